package vocab

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseTaxonomy(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		raw  string
		want Taxonomy
	}{
		"whole": {`{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Taxonomy","vb:scheme":"goals","attributedTo":"https://a.example/g","vb:checksum":"ab",
			"orderedItems":[{"id":"https://a.example/1","notation":"7","name":"Kennzahlen","summary":"Was gemessen wird."},{"id":"https://a.example/2","name":"Messen","vb:replacedBy":{"id":"https://a.example/1"}}]}`,
			Taxonomy{ID: "https://a.example/c", Scheme: "goals", AttributedTo: "https://a.example/g", Checksum: "ab", Terms: []Term{
				{ID: "https://a.example/1", Notation: "7", Name: "Kennzahlen", Summary: "Was gemessen wird."}, {ID: "https://a.example/2", Name: "Messen", ReplacedBy: "https://a.example/1"}}}},
		"by pages": {`{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Taxonomy","vb:scheme":"fields","first":"https://a.example/c?page=1"}`,
			Taxonomy{ID: "https://a.example/c", Scheme: "fields", First: "https://a.example/c?page=1"}},
		"embedded page": {`{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Taxonomy","vb:scheme":"fields","first":{"id":"https://a.example/c?page=1","type":"OrderedCollectionPage","next":"https://a.example/c?page=2","orderedItems":[{"id":"https://a.example/1","name":"Netze"}]}}`,
			Taxonomy{ID: "https://a.example/c", Scheme: "fields", Next: "https://a.example/c?page=2", Terms: []Term{{ID: "https://a.example/1", Name: "Netze"}}}},
		"others say what theirs are": {`{"id":"https://a.example/c","type":"OrderedCollectionPage","orderedItems":["https://b.example/1",{"id":"https://b.example/2","name":"Gelogen","summary":"x"},{"name":"ohne id"},7,null,"x"]}`,
			Taxonomy{ID: "https://a.example/c", Terms: []Term{{ID: "https://b.example/1"}, {ID: "https://b.example/2"}}}},
		"another kind": {`{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Curation","vb:scheme":"goals"}`, Taxonomy{ID: "https://a.example/c"}},
	} {
		got, err := ParseTaxonomy([]byte(row.raw))
		if diff := cmp.Diff(row.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	for _, raw := range []string{`[]`, `{"id":"https://a.example/c","type":"Article"}`, `{`} {
		if got, err := ParseTaxonomy([]byte(raw)); err == nil {
			t.Errorf("%s: read as %+v", raw, got)
		}
	}
}

func TestParseTaxonomies(t *testing.T) {
	t.Parallel()
	raw := `{"id":"https://a.example/g/praxis","type":"Group","vb:taxonomies":["https://a.example/c/1","https://b.example/c/2","javascript:1",7,{"id":"https://a.example/c/3"}]}`
	if diff := cmp.Diff([]string{"https://a.example/c/1", "https://a.example/c/3"}, ParseTaxonomies([]byte(raw))); diff != "" {
		t.Error(diff)
	}
}
