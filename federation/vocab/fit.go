package vocab

import (
	"encoding/json"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/markup"
)

// maxObject is how long an object may be: with the activity and the @context around it less than 256 KiB, which every peer takes.
const maxObject = 244 << 10

// minContent is what of the text is left in any case, in bytes.
const minContent = 1 << 10

// fit shortens the document of a very long post until every peer takes it. What stands in it twice goes first; then the text ends
// earlier and leads to the page, and last the longest terms of ours go, which are no less on that page.
func (r *Renderer) fit(m map[string]any, doc PostDoc) map[string]any {
	size := func() int {
		b, err := json.Marshal(m)
		if err != nil {
			return 0 // encode will say so
		}
		return len(b)
	}
	for _, key := range []string{"source", "contentMap"} {
		if size() <= maxObject {
			return m
		}
		delete(m, key)
	}
	if size() <= maxObject {
		return m
	}
	content, _ := m["content"].(string)
	more := `<p><a href="` + html.EscapeString(doc.Post.URL) + `">` + html.EscapeString(r.words(doc.Post.Language).T("objects.continued")) + `</a></p>`
	body := withoutFacts(content)
	for limit := len(body) * 3 / 4; size() > maxObject && limit > minContent; limit = limit * 3 / 4 {
		m["content"] = markup.Head(body, limit) + more
	}
	for _, key := range longestTerms(m) {
		if size() <= maxObject {
			break
		}
		delete(m, key)
	}
	return m
}

// longestTerms lists our terms that may go, the longest first.
func longestTerms(m map[string]any) []string {
	length := map[string]int{}
	for key, value := range m {
		if !strings.HasPrefix(key, "vb:") || key == "vb:kind" || key == "vb:schema" || key == "vb:revision" {
			continue
		}
		if b, err := json.Marshal(value); err == nil {
			length[key] = len(b)
		}
	}
	return slices.SortedFunc(maps.Keys(length), func(a, b string) int { return length[b] - length[a] })
}
