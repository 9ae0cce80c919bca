package vocab

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/publication"
)

func sampleDocument() PostDoc {
	return PostDoc{
		Post: post.Post{
			ID: 60, URI: base + "/publications/60", URL: base + "/handreichungen/60", AccountID: 2, Local: true, Kind: post.Article, Role: post.RoleDocument,
			State: post.StatePublished, Visibility: post.Public, ThreadID: 60, ContextURI: base + "/threads/60",
			Title: "Leitfaden: Abwärme nutzen", Summary: "Wie ein Rechenzentrum ein Wärmenetz speist.",
			HTML: "<h2>Anlass</h2><p>A & B: 100 % Ökostrom</p>", Source: "## Anlass\n\nA & B: 100 % Ökostrom", Language: "de",
			PublishedAt: &noon, EditedAt: &evening, CreatedAt: noon,
		},
		Author: cat, Tags: []string{"GreenIT"},
		Publication: &publication.Publication{
			PostID: 60, Kind: publication.Document, Type: "guide", Version: "1.1", Revision: 2,
			Files: []publication.File{
				{URL: base + "/handreichungen/60/dateien/7/leitfaden.pdf", MediaType: "application/pdf", Name: "Leitfaden [1.1] <PDF>", Bytes: 123_456},
				{URL: base + "/handreichungen/60/dateien/8/vorlage.odt", MediaType: "application/vnd.oasis.opendocument.text"},
			},
		},
	}
}

func sampleEdition() PostDoc {
	doc := sampleDocument()
	doc.Post.ID, doc.Post.URI, doc.Post.URL, doc.Post.Role, doc.Post.EditedAt = 61, base+"/publications/61", base+"/papier/2026-1", post.RoleEdition, nil
	doc.Post.Title = "Best-Practice-Papier 2026-1"
	doc.Publication = &publication.Publication{
		PostID: 61, Kind: publication.Edition, Version: "2026-1", Revision: 1, Checksum: strings.Repeat("0a", 32),
		Entries: []publication.Entry{
			{URI: "https://bund.example/practices/7", Revision: 3, Chapter: "Rechenzentrum: Wärme"},
			{URI: base + "/practices/42", Revision: 1, Chapter: "Beschaffung"},
		},
		Files: []publication.File{{URL: base + "/papier/2026-1.pdf", MediaType: "application/pdf", Name: "Ausgabe als PDF", Bytes: 1}},
	}
	return doc
}

// What we say of a document or an edition is what our own kind reads, word for word, and nothing that was only put there for others.
func TestPublicationIsReadAsSaid(t *testing.T) {
	t.Parallel()
	for _, doc := range []PostDoc{sampleDocument(), sampleEdition()} {
		body, err := NewRenderer(base, testWords).Post(doc)
		if err != nil {
			t.Fatal(err)
		}
		o, err := ParseObject(body)
		if err != nil || !o.IsPublication() || o.IsPractice() {
			t.Fatalf("%s: %v, publication %v, practice %v", doc.Post.URI, err, o.IsPublication(), o.IsPractice())
		}
		if o.Role != doc.Post.Role || o.Name != doc.Post.Title || o.Summary != doc.Post.Summary || o.Content != doc.Post.HTML || o.URL != doc.Post.URL || o.AttributedTo != cat.URI {
			t.Errorf("read as %+v", o)
		}
		want := *doc.Publication
		want.PostID = 0
		got, dropped := o.Publication()
		if diff := cmp.Diff(want, got); diff != "" || len(dropped) > 0 {
			t.Errorf("%s (dropped %v): -said +read\n%s", doc.Post.URI, dropped, diff)
		}
	}
}

// Terms that break a rule are dropped one by one.
func TestPublicationDropsWhatBreaksARule(t *testing.T) {
	t.Parallel()
	body, err := NewRenderer(base, testWords).Post(sampleEdition())
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	m["vb:kind"], m["vb:documentType"], m["vb:version"] = "Document", "novel", strings.Repeat("9", 600)
	m["vb:entries"] = []any{"no object", map[string]any{"id": "javascript:alert(1)", "revision": 1}, map[string]any{"id": "https://bund.example/practices/7", "revision": "three"}}
	m["attachment"] = []any{
		map[string]any{"type": "Document", "url": "javascript:alert(1)"}, map[string]any{"type": "Link", "href": "https://bund.example/a"},
		map[string]any{"type": "Document", "url": []any{map[string]any{"type": "Link", "href": "https://bund.example/b.pdf"}}, "vb:bytes": -5.5},
	}
	if body, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	o, err := ParseObject(body)
	if err != nil {
		t.Fatal(err)
	}
	got, dropped := o.Publication()
	want := publication.Publication{
		Kind: publication.Document, Revision: 1, Checksum: strings.Repeat("0a", 32), Entries: []publication.Entry{{URI: "https://bund.example/practices/7"}},
		Files: []publication.File{{URL: "https://bund.example/b.pdf"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff([]string{"vb:version", "vb:documentType", "vb:entries"}, dropped); diff != "" {
		t.Errorf("dropped: -want +got\n%s", diff)
	}
	// Whoever is no Article is none, whatever it calls itself.
	m["type"] = "Note"
	if body, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if o, err = ParseObject(body); err != nil || o.IsPublication() {
		t.Errorf("a note is a publication (%v)", err)
	}
}
