package vocab

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/directory"
)

func day(s string) time.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return at
}

func TestParseDirectory(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		raw  string
		want Directory
	}{
		"whole": {`{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Directory","attributedTo":"https://a.example/g","vb:checksum":"ab","orderedItems":[
			{"id":"https://a.example/1","type":"Object","vb:kind":"ContactPerson","name":"Green-IT: Stelle","vb:level":"land","vb:region":"DE-SH","url":"https://a.example/v/1","vb:organization":{"name":"Staatskanzlei"},
				"vb:contact":{"unit":"Referat","email":"green-it@a.example","phone":"+49 1","url":"https://www.a.example"},"vb:confirmed":"2026-11-22","vb:revision":3},
			{"id":"https://a.example/2","type":"Group","vb:kind":"Committee","name":"AG","summary":"Stimmt ab.","vb:level":"bund","vb:cadence":"monatlich","vb:members":"Alle"}]}`,
			Directory{ID: "https://a.example/c", Kind: KindDirectory, AttributedTo: "https://a.example/g", Checksum: "ab",
				Revisions: []Entry{{ID: "https://a.example/1", Revision: 3}, {ID: "https://a.example/2", Revision: 0}},
				Entries: []directory.Entry{
					{URI: "https://a.example/1", Kind: directory.Contact, Name: "Green-IT: Stelle", Level: "land", Region: "DE-SH", Page: "https://a.example/v/1", Organization: "Staatskanzlei",
						Unit: "Referat", Email: "green-it@a.example", Phone: "+49 1", Website: "https://www.a.example", ConfirmedAt: day("2026-11-22"), Revision: 3},
					{URI: "https://a.example/2", Kind: directory.Committee, Name: "AG", Summary: "Stimmt ab.", Level: "bund", Cadence: "monatlich", Members: "Alle"},
				}}},
		"by pages": {`{"id":"https://a.example/c","type":"OrderedCollection","vb:kind":"Directory","first":"https://a.example/c?page=1"}`,
			Directory{ID: "https://a.example/c", Kind: KindDirectory, First: "https://a.example/c?page=1"}},
		"embedded page": {`{"id":"https://a.example/c","type":"OrderedCollection","first":{"id":"https://a.example/c?page=1","type":"OrderedCollectionPage","next":"https://a.example/c?page=2","orderedItems":[
			{"id":"https://a.example/1","vb:kind":"Network","name":"Netz","vb:level":"extern"}]}}`,
			Directory{ID: "https://a.example/c", Next: "https://a.example/c?page=2", Revisions: []Entry{{ID: "https://a.example/1", Revision: 0}},
				Entries: []directory.Entry{{URI: "https://a.example/1", Kind: directory.Network, Name: "Netz", Level: "extern"}}}},
		"what is not believed": {`{"id":"https://a.example/c","type":"OrderedCollectionPage","orderedItems":[{"id":"https://b.example/1","vb:kind":"Committee","name":"Gelogen","vb:level":"land"},
			{"id":"https://a.example/2","vb:kind":"Person","name":"x","vb:level":"land"},{"id":"https://a.example/3","vb:kind":"Network","name":"x","vb:level":"welt"},{"id":"https://a.example/4","vb:kind":"Network","vb:level":"land"},
			{"id":"https://a.example/5","vb:kind":["Network"],"name":"x","vb:level":"land"},
			{"id":"https://a.example/6","vb:kind":"Network","name":"x","vb:level":"land","url":"https://b.example/","vb:region":"DE-XX","vb:contact":{"url":"javascript:1","email":"x"},"vb:confirmed":"bald","vb:revision":"drei"},7,null,"x"]}`,
			Directory{ID: "https://a.example/c", Foreign: 4, Revisions: []Entry{{ID: "https://b.example/1", Revision: 0}, {ID: "https://a.example/2", Revision: 0}, {ID: "https://a.example/3", Revision: 0}, {ID: "https://a.example/4", Revision: 0}, {ID: "https://a.example/5", Revision: 0}, {ID: "https://a.example/6", Revision: 0}, {}, {}, {ID: "x", Revision: 0}},
				Entries: []directory.Entry{{URI: "https://a.example/6", Kind: directory.Network, Name: "x", Level: "land"}}}},
	} {
		got, err := ParseDirectory([]byte(row.raw))
		if diff := cmp.Diff(row.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	for _, raw := range []string{`[]`, `{"id":"https://a.example/c","type":"Article"}`, `{`} {
		if got, err := ParseDirectory([]byte(raw)); err == nil {
			t.Errorf("%s: read as %+v", raw, got)
		}
	}
}

// What we say of an entry is what others read.
func TestListedItem(t *testing.T) {
	t.Parallel()
	want := directory.Entry{
		URI: "https://a.example/directory/1", Kind: directory.Committee, Name: "AG Nachhaltige IT: Land", Summary: "Stimmt\nab & mehr.", Level: "land", Region: "DE-SH", Organization: "Staatskanzlei",
		Unit: "Referat 35", Cadence: "viermal im Jahr", Members: "Ressorts", Email: "green-it@a.example", Phone: "+49 431 988-0", Website: "https://www.a.example/", Page: "https://a.example/verzeichnis/1",
		Revision: 4, ConfirmedAt: day("2026-11-22"),
	}
	item, err := json.Marshal(ListedItem(want))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseDirectory([]byte(`{"id":"https://a.example/c","type":"OrderedCollectionPage","orderedItems":[` + string(item) + `]}`))
	if err != nil || len(got.Entries) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if diff := cmp.Diff(want, got.Entries[0]); diff != "" {
		t.Error(diff)
	}
}

func TestParseDirectoryOf(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"id":"https://a.example/g/praxis","vb:directory":"https://a.example/c/1"}`: "https://a.example/c/1",
		`{"id":"https://a.example/g/praxis","vb:directory":"https://b.example/c/1"}`: "",
		`{"id":"https://a.example/g/praxis"}`:                                        "",
		`[]`:                                                                         "",
	} {
		if got := ParseDirectoryOf([]byte(raw)); got != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
}
