package vocab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-fed/activity/streams"
)

// KindTaxonomy marks the collection of the entries of a taxonomy, KindTerm each of them.
const (
	KindTaxonomy = "Taxonomy"
	KindTerm     = "Term"
)

// Taxonomies are the names of a catalogue's taxonomies on the wire: as the collection is called, and as the property of a practice
// whose entries it has.
var Taxonomies = []string{"goals", "fields"}

func taxonomies(catalogURI string) []string {
	list := make([]string, len(Taxonomies))
	for i, slug := range Taxonomies {
		list[i] = CollectionURI(catalogURI, slug)
	}
	return list
}

// Term is an entry of a taxonomy. One that another instance maintains is told by its id only.
type Term struct {
	ID         string
	Notation   string
	Name       string
	Summary    string
	ReplacedBy string // id of the one that took its place
}

// Taxonomy is a collection of entries, or a page of it.
type Taxonomy struct {
	ID           string
	Scheme       string // one of Taxonomies
	AttributedTo string
	Checksum     string
	First, Next  string
	Terms        []Term
}

func (t Term) object() map[string]any {
	m := texts("id", t.ID, "type", "Object", "notation", t.Notation, "name", t.Name, "summary", t.Summary, "vb:replacedBy", t.ReplacedBy)
	m["vb:kind"] = KindTerm
	return m
}

// TermItem is an entry as it stands in its collection: its id where that is all there is to say.
func TermItem(t Term) any {
	if t.Name == "" {
		return t.ID
	}
	return t.object()
}

// Term builds the document of an entry; collection is the taxonomy it belongs to.
func (r *Renderer) Term(t Term, collection string) ([]byte, error) {
	d := newDraft()
	o := streams.NewActivityStreamsObject()
	setID(o, d.iri(t.ID))
	for key, value := range t.object() {
		if key != "id" && key != "type" {
			d.set(key, value)
		}
	}
	d.set("context", collection)
	return d.document(o)
}

// TermsChecksum is vb:checksum of a taxonomy: the SHA-256, as hexadecimal digits, of its entries in their order, each its id,
// notation, name, summary and replacedBy, each ended by a line feed.
func TermsChecksum(terms []Term) string {
	h := sha256.New()
	for _, t := range terms {
		fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s\n", t.ID, t.Notation, t.Name, t.Summary, t.ReplacedBy)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ParseTaxonomies reads which collections of entries a catalogue names in its actor's document: on its own host only.
func ParseTaxonomies(raw []byte) []string {
	f, err := parseFields(raw)
	if err != nil {
		return nil
	}
	var list []string
	for _, entry := range f.list("vb:taxonomies") {
		if address := ownAddress(entry, f.text("id")); address != "" && len(list) < maxTaxonomies {
			list = append(list, address)
		}
	}
	return list
}

// maxTaxonomies is how many collections of one catalogue are looked at.
const maxTaxonomies = 10

// ParseTaxonomy reads a taxonomy, or a page of it. What it says of itself counts on its first document only.
//
// RULE: an entry is what its own host says it is. Of those of other hosts there is but the id.
func ParseTaxonomy(raw []byte) (Taxonomy, error) {
	f, err := parseFields(raw)
	if err != nil {
		return Taxonomy{}, err
	}
	switch f.text("type") {
	case "Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage":
	default:
		return Taxonomy{}, fmt.Errorf("%w: %.100q is no collection", ErrMalformed, f.text("id"))
	}
	t := Taxonomy{
		ID: f.text("id"), Scheme: f.text("vb:scheme"), AttributedTo: f.id("attributedTo"), Checksum: f.text("vb:checksum"),
		First: f.id("first"), Next: f.id("next"),
	}
	if f.text("vb:kind") != KindTaxonomy {
		t.Scheme = ""
	}
	list := f.list("orderedItems")
	if page, err := parseFields(f["first"]); err == nil && len(list) == 0 {
		list, t.First, t.Next = page.list("orderedItems"), "", page.id("next")
	}
	for _, entry := range list {
		term, ok := parseTerm(entry)
		if !SameHost(term.ID, t.ID) {
			term = Term{ID: term.ID}
		}
		if ok {
			t.Terms = append(t.Terms, term)
		}
	}
	return t, nil
}

func parseTerm(raw json.RawMessage) (Term, bool) {
	f, err := parseFields(raw)
	if err != nil {
		id := idOf(raw)
		return Term{ID: id}, HostOf(id) != ""
	}
	t := Term{ID: f.text("id"), Notation: f.text("notation"), Name: f.text("name"), Summary: f.text("summary"), ReplacedBy: f.id("vb:replacedBy")}
	return t, HostOf(t.ID) != "" && len(t.ID) <= maxShort && len(t.Name) <= maxText && !strings.ContainsRune(t.ID, 0)
}
