package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/practice"
)

// TestCompareVersionsIsBounded: texts that are made to be laborious are compared as far as that goes, and shown whole.
func TestCompareVersionsIsBounded(t *testing.T) {
	t.Parallel()
	const lines, words = 12, 900
	text := func(odd string) string {
		var list []string
		for range lines {
			list = append(list, strings.Repeat("a "+odd+" ", words/2)+odd)
		}
		return strings.Join(list, "\n")
	}
	before, after := text("b"), text("c")
	byWord, whole := 0, 0
	for _, line := range compareVersions(before, after) {
		if line.Kind != "added" {
			continue
		}
		if whole++; len(line.Parts) > 3 { // more than what is the same before and behind
			byWord++
		}
	}
	if whole != lines || byWord != 2 {
		t.Errorf("of %d lines %d are compared by words, want 2 of %d", whole, byWord, lines)
	}
	// Many short lines of which none is like another.
	var shuffled []string
	for i := range 3_000 {
		shuffled = append(shuffled, fmt.Sprint(i))
	}
	long := strings.Join(shuffled, "\n")
	if got := len(compareVersions(long, strings.ReplaceAll(long, "1", "x"))); got < 5_500 {
		t.Errorf("%d lines: too long a text is compared line by line", got)
	}
}

// TestHistoryOfManyVersions: a practice that was changed often is told of page by page.
func TestHistoryOfManyVersions(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := int64(0)
	for i := range versionsPerPage + 3 {
		var err error
		id, err = in.Practices.Publish(t.Context(), in.people["member"], id, practice.Draft{
			Title: "Oft geändert", Summary: "Ein Beispiel, das oft geändert wurde.", Source: fmt.Sprintf("Stand %d.", i+1), Level: "land", Licence: practice.Licences[0],
		})
		must(t, err)
	}
	page := func(query string) (numbers []string, a answer) {
		a = in.get(practiceURL(id)+"/verlauf"+query, "")
		if a.StatusCode != http.StatusOK {
			t.Fatalf("status %d", a.StatusCode)
		}
		a.Find(".versions h2").Each(func(_ int, s *goquery.Selection) { numbers = append(numbers, strings.TrimSpace(s.Text())) })
		return numbers, a
	}
	first, a := page("")
	if len(first) != versionsPerPage || first[0] != "Fassung 23" || a.Find(".versions").Text() == "" {
		t.Errorf("the first page tells of %v", first)
	}
	if href := a.Find("nav a[rel=next]").AttrOr("href", ""); href != practiceURL(id)+"/verlauf?seite=2" {
		t.Errorf("it leads on to %q", href)
	}
	second, a := page("?seite=2")
	if diff := cmp.Diff([]string{"Fassung 3", "Fassung 2", "Fassung 1"}, second); diff != "" {
		t.Error("the second page", diff)
	}
	if text := a.Find(".versions").Text(); !strings.Contains(text, "Stand 2") {
		t.Errorf("the second page says %q", text)
	}
}
