package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/organization"
)

// Every term of ours that goes over the wire is explained to people at its namespace's page.
func TestEveryTermIsDocumented(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../federation/vocab/testdata/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	sent := map[string]bool{}
	key := regexp.MustCompile(`"(vb:[A-Za-z]+)":`)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllSubmatch(raw, -1) {
			sent[string(m[1])] = true
		}
	}
	if len(sent) < 15 {
		t.Fatalf("the golden files hold only %d terms", len(sent))
	}
	i := startInstance(t, "terms", organization.Organization{Name: "terms", ShortName: "terms", Level: organization.LevelVerband})
	_, page := i.get("/ns/vorbild", "")
	explained := page.Find("main code").Map(func(_ int, code *goquery.Selection) string { return code.Text() })
	for term := range sent {
		if !slices.Contains(explained, term) {
			t.Errorf("%s is sent but not documented at /ns/vorbild", term)
		}
	}
}
