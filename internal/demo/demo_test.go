package demo

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestContentIsWhole(t *testing.T) {
	t.Parallel()
	c, err := loadContent()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.practices) < 10 || len(c.threads) < 3 || len(c.decisions) < 8 {
		t.Errorf("%d practices, %d threads, %d decisions are too few", len(c.practices), len(c.threads), len(c.decisions))
	}
	slugs, users, known := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, i := range instances(8401) {
		slugs[i.Slug] = true
	}
	for _, a := range functionalAccounts {
		users[a.username] = true
	}
	author := func(what, instance, username string) {
		if !slugs[instance] || !users[username] {
			t.Errorf("%s is by %s at %s, whom the demo does not have", what, username, instance)
		}
	}
	for _, p := range c.practices {
		known[p.Slug] = true
		author(p.Slug, p.Instance, p.Author)
		if len(p.Figures) == 0 || len(p.Goals) == 0 || p.Level == "" || strings.TrimSpace(p.Source) == "" {
			t.Errorf("%s lacks figures, goals, level or text", p.Slug)
		}
	}
	var crossing func(home string, answers []note) bool
	crossing = func(home string, answers []note) bool {
		crosses := false
		for _, a := range answers {
			author("an answer", a.Instance, a.Author)
			crosses = crossing(home, a.Answers) || crosses || a.Instance != home
		}
		return crosses
	}
	for _, n := range c.threads {
		author(n.Slug, n.Instance, n.Author)
		if !crossing(n.Instance, n.Answers) {
			t.Errorf("the thread %s stays on its instance", n.Slug)
		}
	}
	for _, n := range c.comments {
		author("a comment on "+n.Practice, n.Instance, n.Author)
		if !known[n.Practice] {
			t.Errorf("a comment is on %q, which is no practice", n.Practice)
		}
	}
	home := map[string]string{}
	for _, p := range c.practices {
		home[p.Slug] = p.Instance
	}
	for _, r := range c.reuses {
		author("a reuse of "+r.Practice, r.Instance, r.Author)
		if !known[r.Practice] || home[r.Practice] == r.Instance {
			t.Errorf("%s says it reuses %q, which is no practice of another", r.Instance, r.Practice)
		}
	}
	for _, a := range c.assessments {
		author("an assessment of "+a.Practice, a.Instance, a.Author)
		if !known[a.Practice] {
			t.Errorf("an assessment is of %q, which is no practice", a.Practice)
		}
	}
	if len(c.documents) < 2 {
		t.Errorf("%d documents are too few", len(c.documents))
	}
	for _, d := range c.documents {
		author("the document "+d.Slug, d.Instance, "redaktion")
		if d.Title == "" || d.Summary == "" || d.Source == "" || d.Type == "" || d.Version == "" {
			t.Errorf("the document %s has gaps", d.Slug)
		}
	}
	decided, kinds := map[string]int{}, map[string]int{}
	for _, d := range c.decisions {
		if !known[d.Practice] {
			t.Errorf("a decision is on %q, which is no practice", d.Practice)
		}
		decided[d.Practice]++
		kinds[d.Decision]++
	}
	for practice := range known {
		if decided[practice] != 1 {
			t.Errorf("%d decisions on %s, want one", decided[practice], practice)
		}
	}
	if kinds["annehmen"] < 8 || kinds["ablehnen"] == 0 || kinds["nachfragen"] == 0 || kinds["spaeter"] == 0 {
		t.Errorf("the desk shows only %v", kinds)
	}
}

func TestStateGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.once("a", func() (string, error) { return "made", nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.once("b", func() (string, error) { return "", errors.New("no") }); err == nil {
		t.Error("a failed step counts as done")
	}
	if s, err = openState(dir); err != nil {
		t.Fatal(err)
	}
	got, err := s.once("a", func() (string, error) { return "made again", nil })
	if err != nil || got != "made" || s.has("b") {
		t.Errorf("after a restart a is %q (%v), b done: %v", got, err, s.has("b"))
	}
	if err := os.WriteFile(filepath.Join(dir, "demo.json"), []byte(`{"done`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openState(dir); err == nil || !strings.Contains(err.Error(), "delete the directory") {
		t.Errorf("a damaged state says %v", err)
	}
}

func TestPrepareSaysWhatToDo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"taken port":                    {Options{DataDir: t.TempDir(), Port: port}, "--port"},
		"no such directory can be made": {Options{DataDir: filepath.Join(file, "below"), Port: port + 1}, "--data"},
	} {
		d := &federation{options: c.options, instances: instances(c.options.Port)}
		if err := d.prepare(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIDOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/praxisbeispiele/17": "17", "/diskussionen/17": "17", "/diskussionen/17#beitrag-18": "18", "http://a.localhost:1/praxisbeispiele/17#beitrag-19": "19",
		"/praxisbeispiele/neu": "", "/": "",
	} {
		if got, err := idOf(address); got != want || (err != nil) != (want == "") {
			t.Errorf("idOf(%q) = %q, %v", address, got, err)
		}
	}
}
