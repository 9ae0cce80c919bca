package vocab

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-fed/activity/streams"

	"github.com/vorbild/vorbild/internal/account"
)

// Collection describes an OrderedCollection; First is the id of its first page, "" when only the count is shown.
type Collection struct {
	ID           string
	Total        int
	First        string
	AttributedTo string
	Name         string
	Summary      string
	Kind         string // vb:kind
	Checksum     string // vb:checksum, of what a catalogue curated: Checksum; of a taxonomy: TermsChecksum
	Scheme       string // vb:scheme, of a taxonomy
	URL          string // its page
	Chapters     []Chapter
}

// Kinds of collections of a catalogue that curates.
const (
	KindCuration    = "Curation"
	KindCollections = "Collections" // the list of those that it named itself
)

// Chapter is one of vb:chapters; the entries of a collection name theirs.
type Chapter struct{ Name, Summary string }

// CollectionURI is the id of one of a catalogue's collections.
func CollectionURI(catalogURI, slug string) string { return catalogURI + "/collections/" + slug }

// CollectionsURI is the id of the list of the collections that a catalogue named itself. Their ids lie below it.
func CollectionsURI(catalogURI string) string { return catalogURI + "/collections" }

// Collection builds the document of an OrderedCollection that is read by pages.
func (r *Renderer) Collection(c Collection) ([]byte, error) {
	d := newDraft()
	t := streams.NewActivityStreamsOrderedCollection()
	setID(t, d.iri(c.ID))
	setTotal(t, c.Total)
	setName(t, c.Name)
	setSummary(t, c.Summary)
	if c.First != "" {
		first := streams.NewActivityStreamsFirstProperty()
		first.SetIRI(d.iri(c.First))
		t.SetActivityStreamsFirst(first)
	}
	d.set("attributedTo", c.AttributedTo)
	d.set("vb:kind", c.Kind)
	d.set("vb:checksum", c.Checksum)
	d.set("vb:scheme", c.Scheme)
	d.set("url", c.URL)
	if len(c.Chapters) > 0 {
		d.set("vb:chapters", each(c.Chapters, func(c Chapter) map[string]any { return texts("name", c.Name, "summary", c.Summary) }))
	}
	return d.document(t)
}

// Items builds a short OrderedCollection with its items in it: featured posts, the posts of a thread.
func (r *Renderer) Items(c Collection, ids []string) ([]byte, error) {
	d := newDraft()
	t := streams.NewActivityStreamsOrderedCollection()
	setID(t, d.iri(c.ID))
	setTotal(t, len(ids))
	setName(t, c.Name)
	d.set("attributedTo", c.AttributedTo)
	d.set("vb:kind", c.Kind)
	d.set("orderedItems", ids)
	return d.document(t)
}

// Page is one page of a collection. Items are ids, or raw activities already built.
type Page struct {
	ID, PartOf, Next, Prev string
	Total                  int
	Items                  []any
	Entries                []Entry // what more is to be said of the items
}

// Entry is what vb:entries says of an item of a collection that a catalogue curates.
type Entry struct {
	ID       string
	Revision int // the one that was accepted
	// In a collection that the catalogue named itself:
	Chapter   string
	Note      string // the editors' annotation, plain text
	Featured  bool
	Withdrawn bool // its source took it back: it is no item, but keeps its place
}

// Checksum is the SHA-256, as hexadecimal digits, of the entries of a collection in their order: each its id, a blank, its
// revision and a line feed; then, where there is one of them, its chapter, its note, and the words highlighted and withdrawn where
// it is that, each of the four ended by a line feed. Because of it the collection's own document changes with every entry, also
// on a later page, and who reads the pages one by one notices when they changed in between.
func Checksum(list []Entry) string {
	h := sha256.New()
	for _, e := range list {
		fmt.Fprintf(h, "%s %d\n", e.ID, e.Revision)
		if e.Chapter != "" || e.Note != "" || e.Featured || e.Withdrawn {
			fmt.Fprintf(h, "%s\n%s\n%s\n%s\n", e.Chapter, e.Note, word("highlighted", e.Featured), word("withdrawn", e.Withdrawn))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func word(s string, said bool) string {
	if said {
		return s
	}
	return ""
}

func entries(list []Entry) []any {
	out := make([]any, len(list))
	for i, e := range list {
		m := texts("chapter", e.Chapter, "note", e.Note)
		m["id"], m["revision"] = e.ID, e.Revision
		if e.Featured {
			m["highlighted"] = true
		}
		if e.Withdrawn {
			m["withdrawn"] = true
		}
		out[i] = m
	}
	return out
}

// Page builds an OrderedCollectionPage.
func (r *Renderer) Page(p Page) ([]byte, error) {
	d := newDraft()
	t := streams.NewActivityStreamsOrderedCollectionPage()
	setID(t, d.iri(p.ID))
	setTotal(t, p.Total)
	part := streams.NewActivityStreamsPartOfProperty()
	part.SetIRI(d.iri(p.PartOf))
	t.SetActivityStreamsPartOf(part)
	if p.Next != "" {
		next := streams.NewActivityStreamsNextProperty()
		next.SetIRI(d.iri(p.Next))
		t.SetActivityStreamsNext(next)
	}
	if p.Prev != "" {
		prev := streams.NewActivityStreamsPrevProperty()
		prev.SetIRI(d.iri(p.Prev))
		t.SetActivityStreamsPrev(prev)
	}
	d.set("orderedItems", p.Items)
	if len(p.Entries) > 0 {
		d.set("vb:entries", entries(p.Entries))
	}
	return d.document(t)
}

// Replies builds the Collection of a post's direct answers with its only page embedded, as Mastodon reads it.
func (r *Renderer) Replies(id string, ids []string) ([]byte, error) {
	d := newDraft()
	t := streams.NewActivityStreamsCollection()
	setID(t, d.iri(id))
	setTotal(t, len(ids))
	d.set("first", map[string]any{
		"type": "CollectionPage", "id": id + "?page=1", "partOf": id, "items": toAny(ids),
	})
	return d.document(t)
}

// RepliesPage is that page on its own.
func (r *Renderer) RepliesPage(id string, ids []string) ([]byte, error) {
	d := newDraft()
	t := streams.NewActivityStreamsCollectionPage()
	setID(t, d.iri(id+"?page=1"))
	part := streams.NewActivityStreamsPartOfProperty()
	part.SetIRI(d.iri(id))
	t.SetActivityStreamsPartOf(part)
	d.set("items", ids)
	return d.document(t)
}

// Count builds a Collection of which only the size is told: likes and shares.
func (r *Renderer) Count(id string, n int) ([]byte, error) {
	d := newDraft()
	return d.document(d.count(id, n))
}

// AnnounceItem is a group's or person's boost as it stands in an outbox page.
func (r *Renderer) AnnounceItem(id string, actor account.Account, postURI string, at time.Time) (map[string]any, error) {
	d := newDraft()
	t := streams.NewActivityStreamsAnnounce()
	d.setActivity(t, id, actor.URI, postURI, openly(actor))
	setPublished(t, at)
	return d.object(t)
}

// CreateItem is a Create as it stands in an outbox page.
func (r *Renderer) CreateItem(id string, actor account.Account, postURI string, at time.Time) (map[string]any, error) {
	d := newDraft()
	t := streams.NewActivityStreamsCreate()
	d.setActivity(t, id, actor.URI, postURI, openly(actor))
	setPublished(t, at)
	return d.object(t)
}
