package web

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/practice"
)

// validate fails on whatever html-validate finds wrong in a page: elements and attributes that HTML does not have or has elsewhere,
// headings out of order, tables without headers, ids that stand twice. How a doctype is spelt is no mistake.
func validate(t *testing.T, pages map[string]string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("node is missing: %v", err)
	}
	const program = "testdata/node_modules/html-validate/bin/html-validate.mjs"
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("html-validate is missing, run make axe: %v", err)
	}
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.json")
	must(t, os.WriteFile(rules, []byte(`{"root": true, "extends": ["html-validate:standard", "html-validate:a11y"], "rules": {
		"doctype-style": "off", "heading-level": "error", "no-dup-id": "error", "no-inline-style": "error", "wcag/h63": "error", "long-title": "off"}}`), 0o600))
	args := []string{program, "--config", rules, "--formatter", "text"}
	for name, page := range pages {
		file := filepath.Join(dir, name+".html")
		must(t, os.WriteFile(file, []byte(page), 0o600))
		args = append(args, file)
	}
	if out, err := exec.CommandContext(t.Context(), node, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, strings.ReplaceAll(string(out), dir+"/", ""))
	}
}

// TestEditionIsValid: the frozen page of an edition, whatever stands in its practices, is HTML without mistakes.
func TestEditionIsValid(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ids := in.accepted("Wärmere Serverräume", "Freie <b>Kühlung</b> & mehr")
	odd := in.publish("editor", func(d *practice.Draft) {
		d.Title = "Tiefe Gliederung"
		d.Source = "#### Tief\n\nText\n\n# Hoch\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n1. eins\n2. zwei\n   - innen\n\n> ## Zitat\n\n```\nCode <script>\n```\n\n---\n"
	})
	english := in.publish("editor", func(d *practice.Draft) { d.Title, d.Language = "Cooling with outside air", "en" })
	for _, id := range []int64{odd, english} {
		must(t, in.Curation.Accept(t.Context(), in.people["editor"], id))
	}
	place := in.composed(append(ids, odd, english)...)
	must(t, in.Practices.Withdraw(t.Context(), in.people["editor"], ids[0]))
	paper := in.published(place)
	frozen := in.get(paper+".html", "")
	validate(t, map[string]string{"frozen": frozen.body})
	if frozen.text("h3[lang=en]") != "1.4 Cooling with outside air" || frozen.Find("div[lang=en] h4").Length() == 0 || strings.Contains(frozen.text("div[lang=en]"), "Kennzahlen") {
		t.Errorf("a practice in English: %q", frozen.text("[lang=en]"))
	}
}
