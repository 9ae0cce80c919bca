package practice_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// sample is a practice of the relevance set.
type sample struct {
	Slug     string   `json:"slug"`
	Title    string   `json:"title"`
	Summary  string   `json:"summary"`
	Text     string   `json:"text"`
	Measures []string `json:"measures"`
	Fields   []string `json:"fields"`
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// leastRank is the lowest mean reciprocal rank the search may fall to: 1 has what is looked for always in the first place.
const leastRank = 0.95

// What people look for stands among the first three hits: over the demo's practices, those of testdata/relevance.json, and the
// queries there, each with the practices of which one must be found.
func TestRelevance(t *testing.T) {
	h := newHouse(t)
	var set struct {
		Practices []sample
		Queries   []struct {
			Text string
			Want []string
		}
	}
	readJSON(t, "testdata/relevance.json", &set)
	var demo []sample
	readJSON(t, "../demo/content/practices.json", &demo)
	for i := range demo {
		text, err := os.ReadFile("../demo/content/" + demo[i].Slug + ".md")
		h.Must(err)
		demo[i].Text = string(text)
	}
	slugs := map[int64]string{}
	for _, p := range append(demo, set.Practices...) {
		d := practice.Draft{Title: p.Title, Summary: p.Summary, Source: p.Text, Measures: p.Measures, Level: "kommune"}
		for _, f := range p.Fields {
			d.Fields = append(d.Fields, h.fields[f])
		}
		slugs[h.publish(h.Member, d)] = p.Slug
	}
	if len(set.Queries) < 30 || len(slugs) < 25 {
		t.Fatalf("%d queries, %d practices", len(set.Queries), len(slugs))
	}
	h.Must(h.practices.Learn(h.Ctx))
	sum := 0.0
	for _, q := range set.Queries {
		list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{Text: q.Text, Loose: true, Sort: practice.SortRelevance, Limit: 10})
		h.Must(err)
		var got []string
		for _, v := range list.Items {
			got = append(got, slugs[v.Post.ID])
		}
		place := slices.IndexFunc(got, func(slug string) bool { return slices.Contains(q.Want, slug) })
		if place < 0 || place > 2 {
			t.Errorf("%q finds %v, want one of %v among the first three", q.Text, got, q.Want)
		}
		if place >= 0 {
			sum += 1 / float64(place+1)
		}
	}
	mean := sum / float64(len(set.Queries))
	t.Logf("mean reciprocal rank of %d queries: %.3f", len(set.Queries), mean)
	if mean < leastRank {
		t.Errorf("mean reciprocal rank %.3f, want at least %.2f", mean, leastRank)
	}
}
