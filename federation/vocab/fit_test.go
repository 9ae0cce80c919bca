package vocab

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestVeryLong: whatever an author may write, the Create of it has less than 256 KiB, and stays complete in itself.
func TestVeryLong(t *testing.T) {
	t.Parallel()
	r := NewRenderer(base, testWords)
	for name, test := range map[string]struct {
		text, measure string
		count         int
		whole         bool // the text is
		source, terms bool
	}{
		"long":                     {text: "Wärme ", count: 6_000, measure: "kurz", whole: true, source: true, terms: true},
		"without its source":       {text: "Wärme ", count: 15_000, measure: "kurz", whole: true, terms: true},
		"cut":                      {text: "🔥🔥🔥🔥🔥🔥🔥🔥🔥 ", count: 7_000, measure: "kurz", terms: true},
		"without its longest term": {text: "🔥🔥🔥🔥🔥🔥🔥🔥🔥 ", count: 5_000, measure: strings.Repeat("🔥", 1000)},
	} {
		doc := samplePractice()
		doc.Post.Source = strings.Repeat(test.text, test.count)
		doc.Post.HTML = "<p>Anfang</p><p>" + strings.ReplaceAll(strings.Repeat(test.text, test.count), "🔥 ", "🔥</p><p>") + "</p>"
		doc.Practice.Measures = nil
		for range 100 {
			doc.Practice.Measures = append(doc.Practice.Measures, test.measure)
		}
		out, err := r.Create(doc)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Body) > 256<<10 {
			t.Errorf("%s: %d bytes", name, len(out.Body))
		}
		if err := CheckShape(out.Body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var create struct{ Object map[string]any }
		if err := json.Unmarshal(out.Body, &create); err != nil {
			t.Fatal(err)
		}
		content := create.Object["content"].(string)
		if got := strings.Contains(content, doc.Post.HTML); got != test.whole || !strings.HasPrefix(content, "<p>Anfang</p>") || !strings.Contains(content, doc.Post.URL) {
			t.Errorf("%s: the text of %d bytes is whole: %v", name, len(content), got)
		}
		if _, ok := create.Object["source"]; ok != test.source {
			t.Errorf("%s: with source: %v", name, ok)
		}
		if _, ok := create.Object["vb:measures"]; ok != test.terms {
			t.Errorf("%s: with measures: %v", name, ok)
		}
		if create.Object["vb:kind"] != KindPractice || create.Object["name"] != doc.Post.Title || create.Object["summary"] != doc.Post.Summary {
			t.Errorf("%s: %v is no whole practice", name, create.Object["name"])
		}
	}
}
