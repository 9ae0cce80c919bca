package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/vorbild/vorbild/"

// The domain in the order in which it may be imported: a package may use those on earlier lines, and its own line not at all.
var domain = [][]string{
	{"organization"},
	{"peer"},
	{"account"},
	{"auth", "follow"},
	{"oauth", "relationship", "list"},
	{"post"},
	{"practice", "publication", "media", "poll", "event", "quote"},
	{"assessment", "reuse", "search"},
	{"curation", "taxonomy", "directory", "timeline", "notification", "tag", "filter", "conversation", "schedule", "moderation", "lane"},
	{"edition"},
	{"push", "imports"},
}

var platform = []string{"change", "config", "db", "export", "fault", "german", "i18n", "job", "markup", "observe", "paging", "postgres", "request", "sheet"}

type goPackage struct {
	ImportPath   string
	Dir          string
	Imports      []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

// forTests reports whether the package is the ground that tests of others stand on (dbtest, posttest ...): it sets up by
// hand what the layers keep apart.
func (p goPackage) forTests() bool { return strings.HasSuffix(p.ImportPath, "test") }

// skipTest is what no test may call: a test that is skipped where CI runs holds nothing.
var skipTest = regexp.MustCompile(`\b[tbf]\.Skip(Now|f)?\(`)

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		list = append(list, p)
	}
	if len(list) < 20 {
		t.Fatalf("go list found only %d packages", len(list))
	}
	return list
}

func rank(name string) int {
	return slices.IndexFunc(domain, func(line []string) bool { return slices.Contains(line, name) })
}

// mayImport says whether the house allows from to import to, both relative to the module, and if not, why.
func mayImport(from, to string) (reason string, ok bool) {
	surface := func(p string) string {
		for _, s := range []string{"web", "federation", "internal/mastodon"} {
			if p == s || strings.HasPrefix(p, s+"/") {
				return s
			}
		}
		return ""
	}
	if from == "internal/app" || from == "cmd/vorbild" {
		return "", true
	}
	if to == "internal/app" {
		return "only cmd/vorbild imports the composition root", false
	}
	if s := surface(to); s != "" {
		if surface(from) == s {
			return "", true
		}
		return "a surface is imported by nobody but internal/app", false
	}
	if surface(from) != "" {
		return "", true
	}
	fromName, toName := strings.TrimPrefix(from, "internal/"), strings.TrimPrefix(to, "internal/")
	base, _, _ := strings.Cut(fromName, "/")
	if slices.Contains(platform, base) {
		if rank(toName) >= 0 {
			return "the platform knows nothing of the domain", false
		}
		return "", true
	}
	if r := rank(fromName); r >= 0 && rank(toName) >= r {
		return "the domain's order is organization < account < auth, follow < oauth, relationship, list < post < practice, publication, media, poll < assessment, reuse, search < curation, timeline, notification, tag, filter, conversation, schedule, moderation, lane < edition < push, imports", false
	}
	return "", true
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, to := range p.Imports {
			external := !strings.HasPrefix(to, module)
			to = strings.TrimPrefix(to, module)
			switch {
			case external && strings.HasPrefix(to, "github.com/go-fed/") && !strings.HasPrefix(p.ImportPath, "federation"):
				t.Errorf("%s imports %s: only federation speaks ActivityStreams", p.ImportPath, to)
			case external && to == "html/template" && strings.HasPrefix(p.ImportPath, "internal/"):
				t.Errorf("%s imports %s: only web renders pages", p.ImportPath, to)
			case !external:
				if reason, ok := mayImport(p.ImportPath, to); !ok {
					t.Errorf("%s imports %s: %s", p.ImportPath, to, reason)
				}
			}
		}
	}
}

func TestImportRulesCatchViolations(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"web", "federation/vocab"}, {"federation/inbox", "web"}, {"internal/post", "internal/practice"}, {"internal/post", "web"},
		{"internal/follow", "internal/auth"}, {"internal/db", "internal/account"}, {"internal/job", "federation/outbox"}, {"web", "internal/app"},
	} {
		if _, ok := mayImport(c[0], c[1]); ok {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
}

// Facts that must stand in one layer only, as patterns over the source of everything that is not a test.
func TestFactsStandInTheirLayer(t *testing.T) {
	t.Parallel()
	rules := []struct {
		pattern *regexp.Regexp
		allowed func(dir, file string) bool
		why     string
	}{
		{regexp.MustCompile("(?s)[`\"]\\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\\s[^`\"]*?\\b(FROM|INTO|SET|VALUES|AS)\\b"),
			func(dir, file string) bool {
				base, _, _ := strings.Cut(strings.TrimPrefix(dir, "internal/"), "/")
				return strings.HasPrefix(file, "store") || slices.Contains(platform, base)
			}, "SQL stands only in store*.go and migrations/"},
		{regexp.MustCompile(`streams\.New[A-Z]\w*\(\)`),
			func(dir, _ string) bool { return dir == "federation/vocab" }, "ActivityStreams objects are built only in federation/vocab"},
		{regexp.MustCompile(`http\.(Client\{|DefaultClient|Get\(|Post\()`),
			func(dir, _ string) bool { return dir == "federation/transport" || dir == "internal/demo" }, "only federation/transport talks to other servers"},
	}
	for _, p := range packages(t) {
		name := filepath.Base(p.ImportPath)
		if slices.Contains([]string{"util", "utils", "common", "helpers", "misc", "types", "models"}, name) {
			t.Errorf("package %s: the name says nothing", p.ImportPath)
		}
		tests := slices.Concat(p.TestGoFiles, p.XTestGoFiles)
		for _, file := range slices.Concat(p.GoFiles, tests) {
			raw, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if skipTest.Match(raw) {
				t.Errorf("%s/%s: nothing is skipped", p.ImportPath, file)
			}
			if slices.Contains(tests, file) || p.forTests() {
				continue
			}
			if lines := bytes.Count(raw, []byte("\n")); lines > 600 {
				t.Errorf("%s/%s has %d lines: split it along a noun", p.ImportPath, file, lines)
			}
			for _, r := range rules {
				if !r.allowed(p.ImportPath, file) && r.pattern.Match(raw) {
					t.Errorf("%s/%s: %s", p.ImportPath, file, r.why)
				}
			}
		}
	}
}
