package vocab

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCollection(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		raw  string
		want ReadCollection
	}{
		"ids": {`{"id":"https://a.example/c","type":"OrderedCollection","orderedItems":["https://a.example/1","nonsense",3]}`,
			ReadCollection{Items: []Item{{ID: "https://a.example/1"}}}},
		"one": {`{"id":"https://a.example/c","type":"Collection","items":"https://a.example/1"}`, ReadCollection{Items: []Item{{ID: "https://a.example/1"}}}},
		"embedded page": {`{"id":"https://a.example/c","type":"Collection","first":{"type":"CollectionPage","id":"https://a.example/c?p=1","next":"https://a.example/c?p=2","items":["https://a.example/1"]}}`,
			ReadCollection{Items: []Item{{ID: "https://a.example/1"}}, First: "https://a.example/c?p=1", Next: "https://a.example/c?p=2"}},
		"empty embedded page": {`{"id":"https://a.example/c","type":"Collection","first":{"type":"CollectionPage","next":"https://a.example/c?p=2","items":[]}}`,
			ReadCollection{Next: "https://a.example/c?p=2"}},
		"activities": {`{"id":"https://a.example/o","type":"OrderedCollectionPage","orderedItems":[
				{"id":"https://a.example/x","type":"Create","actor":"https://a.example/u","object":{"id":"https://a.example/1","type":"Note"}},
				{"id":"https://a.example/y","type":"Announce","actor":"https://a.example/g","object":{"id":"https://b.example/x","type":"Create","actor":"https://b.example/u","object":"https://b.example/2"}}]}`,
			ReadCollection{Items: []Item{
				{ID: "https://a.example/x", Type: "Create", Actor: "https://a.example/u", ObjectID: "https://a.example/1"},
				{ID: "https://a.example/y", Type: "Announce", Actor: "https://a.example/g", ObjectID: "https://b.example/2"}}}},
		"curated": {`{"id":"https://a.example/c","type":"OrderedCollectionPage","orderedItems":["https://a.example/1","https://a.example/2","https://a.example/3"],
				"vb:entries":[{"id":"https://a.example/2","revision":4,"chapter":" Kühlung\n"},{"id":"https://a.example/3","revision":-1},7]}`,
			ReadCollection{Items: []Item{{ID: "https://a.example/1"}, {ID: "https://a.example/2", Revision: 4, Chapter: "Kühlung"}, {ID: "https://a.example/3"}}}},
	} {
		got, err := ParseCollection([]byte(row.raw))
		if diff := cmp.Diff(row.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	for _, raw := range []string{`{"id":"https://a.example/1","type":"Note","items":["https://a.example/2"]}`, `[]`, `{"items":["https://a.example/2"]}`} {
		if got, err := ParseCollection([]byte(raw)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: read as %+v, %v", raw, got, err)
		}
	}
}

// What a reader computes of the entries it read is what the writer said of them.
func TestChecksum(t *testing.T) {
	t.Parallel()
	list := []Entry{{ID: "https://a.example/1", Revision: 2}, {ID: "https://a.example/2"}}
	// printf 'https://a.example/1 2\nhttps://a.example/2 0\n' | sha256sum
	if got := Checksum(list); got != "471bdd047f7961b017ca63e1fc337b72e81b7e68e116e5ffad5128c63a4dc584" {
		t.Errorf("checksum %s", got)
	}
	if Checksum(list) == Checksum([]Entry{list[1], list[0]}) || Checksum(list) == Checksum([]Entry{list[0], {ID: list[1].ID, Revision: 1}}) {
		t.Error("order or revision do not count")
	}
}

// Only what its source withdrew, and is no item, keeps a place; what a catalogue says of the items is plain and short.
func TestWithdrawnEntries(t *testing.T) {
	t.Parallel()
	got, err := ParseCollection([]byte(`{"id":"https://a.example/c?page=1","type":"OrderedCollectionPage","orderedItems":["https://a.example/1","https://a.example/2"],"vb:entries":[
		{"id":"https://b.example/8","withdrawn":true,"chapter":"Anfang"},
		{"id":"https://a.example/1","note":"Gut.\nSehr gut.","highlighted":true},
		{"id":"https://b.example/9","revision":2,"withdrawn":true},{"id":"https://b.example/7"},{"id":"javascript:alert(1)","withdrawn":true},
		{"id":"https://a.example/2","withdrawn":true,"highlighted":"yes"},
		{"id":"https://b.example/10","withdrawn":true}]}`))
	want := []Item{
		{ID: "https://b.example/8", Withdrawn: true, Chapter: "Anfang"}, {ID: "https://a.example/1", Note: "Gut.\nSehr gut.", Featured: true},
		{ID: "https://b.example/9", Revision: 2, Withdrawn: true}, {ID: "https://a.example/2"}, {ID: "https://b.example/10", Withdrawn: true},
	}
	if diff := cmp.Diff(want, got.Items); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestParseNamed(t *testing.T) {
	t.Parallel()
	whole := `{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Curation","attributedTo":"https://a.example/g","name":" Räume\u202e ","summary":"Eins.\n\nZwei.",
		"url":"https://a.example/sammlungen/raeume","vb:chapters":[{"name":"Betrieb","summary":"Ohne Umbau"},7,{"summary":"ohne Namen"},{"name":"Kauf"}]}`
	got, err := ParseNamed([]byte(whole))
	want := NamedCollection{
		ID: "https://a.example/c", AttributedTo: "https://a.example/g", Name: "Räume", Summary: "Eins.\n\nZwei.", URL: "https://a.example/sammlungen/raeume",
		Chapters: []Chapter{{"Betrieb", "Ohne Umbau"}, {Name: "Kauf"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	elsewhere, err := ParseNamed([]byte(`{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Curation","name":"Räume","url":"https://b.example/raeume"}`))
	if err != nil || elsewhere.URL != "" {
		t.Errorf("a page on another host: %q, %v", elsewhere.URL, err)
	}
	for _, raw := range []string{`[]`, `{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Curation"}`, `{"id":"https://a.example/c","type":"OrderedCollection","name":"Räume"}`,
		`{"id":"https://a.example/c","type":"Article","vb:kind":"Curation","name":"Räume"}`} {
		if got, err := ParseNamed([]byte(raw)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: read as %+v, %v", raw, got, err)
		}
	}
}
