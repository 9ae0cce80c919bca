package web

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/vorbild/vorbild/internal/practice"
)

// TestLinksSayWhatTheyMean: words in the query of a link are escaped once, so that they lead to what they name.
func TestLinksSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	goals, err := in.Practices.Terms(t.Context(), practice.SchemeGoal)
	must(t, err)
	goal := goals[0]
	for _, g := range goals {
		if url.QueryEscape(g.Name) != g.Name {
			goal = g
		}
	}
	if url.QueryEscape(goal.Name) == goal.Name {
		t.Fatal("no goal whose name must be escaped")
	}
	id := in.publish("editor", func(d *practice.Draft) { d.Goals = []int64{goal.ID} })
	query := func(a answer, selector, key string) string {
		t.Helper()
		u, err := url.Parse(a.Find(selector).First().AttrOr("href", ""))
		must(t, err)
		return u.Query().Get(key)
	}
	path := fmt.Sprintf("/praxisbeispiele/%d", id)
	page := in.get(path, visitorName)
	if got := query(page, `main a[href^="/praxisbeispiele?ziel="]`, "ziel"); got != goal.Name {
		t.Errorf("the link of the goal says %q, want %q", got, goal.Name)
	}
	if n := in.get("/praxisbeispiele?ziel="+url.QueryEscape(goal.Name), visitorName).Find(`main a[href="` + path + `"]`).Length(); n == 0 {
		t.Error("the list of the goal lacks the practice")
	}
	for path, want := range map[string]string{
		"/praxisbeispiele?q=K%C3%BChl+Wasser&land=DE-SH": "/praxisbeispiele?q=K%C3%BChl+Wasser&land=DE-SH",
		path:                        path,
		"/anmelden?weiter=%2Fsuche": "", // no login page that leads to itself, deeper and deeper
		"/einladung/geheim":         "",
	} {
		a := in.get(path, visitorName)
		if got := query(a, `header a[href^="/anmelden"]`, "weiter"); got != want {
			t.Errorf("%s: the login leads back to %q, want %q", path, got, want)
		}
		if a.StatusCode == http.StatusInternalServerError {
			t.Errorf("%s fails", path)
		}
	}
}
