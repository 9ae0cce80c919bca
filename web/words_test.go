package web

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/web/locales"
)

var (
	faultKey    = regexp.MustCompile(`"(error\.[a-z0-9_.]*[a-z0-9_])"`)
	auditAction = regexp.MustCompile(`(?m)^.*(?:[aA]udit\(|\baction\b).*$`)
	actionName  = regexp.MustCompile(`"([a-z_]+\.[a-z_]+)"`)
)

// TestDomainKeys finds refusals and log entries of the domain and the federation that a language has no words for.
func TestDomainKeys(t *testing.T) {
	t.Parallel()
	bundle, err := locales.Load()
	must(t, err)
	keys := map[string]string{}
	for _, decision := range []string{
		curation.Accept, curation.Decline, curation.Reopen, curation.Feature, curation.Unfeature, curation.Annotate, curation.ProposeAccept, curation.ProposeDecline,
		curation.Later, curation.Question, curation.Assign, curation.Group, curation.Ungroup, curation.Lead, curation.Notice, curation.Undo,
	} {
		keys["audit.curation."+decision], keys["desk.decision."+decision] = "curation", "desk"
	}
	for _, dir := range []string{"../internal", "../federation"} {
		must(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(os.DirFS(dir), name)
			for _, m := range faultKey.FindAllSubmatch(source, -1) {
				keys[string(m[1])] = name
			}
			for _, line := range auditAction.FindAll(source, -1) {
				for _, m := range actionName.FindAllSubmatch(line, -1) {
					keys["audit."+string(m[1])] = name
				}
			}
			return err
		}))
	}
	if len(keys) < 100 {
		t.Errorf("only %d keys found", len(keys))
	}
	for key, name := range keys {
		for _, lang := range languages {
			if bundle.For(lang).T(key, "Count", 2) == key {
				t.Errorf("%s: %s asks for %q", lang, name, key)
			}
		}
	}
}
