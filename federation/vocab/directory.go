package vocab

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/organization"
)

// KindDirectory marks the collection of the contact persons, committees and networks that a catalogue keeps.
const KindDirectory = "Directory"

// listedKinds are the kinds of entries on the wire.
var listedKinds = map[directory.Kind]string{directory.Contact: "ContactPerson", directory.Committee: "Committee", directory.Network: "Network"}

// Directory is such a collection, or a page of it.
type Directory struct {
	ID           string
	Kind         string // vb:kind
	AttributedTo string
	Checksum     string
	First, Next  string
	Revisions    []Entry // of all entries, what cannot be read of them too
	Entries      []directory.Entry
	Foreign      int // entries that are another host's: only it can say what they are
}

// ListedRevisions are what the checksum of a directory is made of.
func ListedRevisions(list []directory.Entry) []Entry {
	entries := make([]Entry, len(list))
	for i, e := range list {
		entries[i] = Entry{ID: e.URI, Revision: e.Revision}
	}
	return entries
}

// ListedItem is an entry as it stands in its collection. It is an Object, not a Group or a Person: those are actors, to whom others would
// want to write.
func ListedItem(e directory.Entry) map[string]any {
	m := texts("id", e.URI, "type", "Object", "vb:kind", listedKinds[e.Kind], "name", e.Name, "summary", e.Summary, "url", e.Page, "vb:level", string(e.Level),
		"vb:region", e.Region, "vb:cadence", e.Cadence, "vb:members", e.Members)
	m["updated"] = e.UpdatedAt.UTC().Format(time.RFC3339)
	m["vb:confirmed"] = e.ConfirmedAt.UTC().Format(time.DateOnly)
	m["vb:revision"] = e.Revision
	if e.Organization != "" {
		m["vb:organization"] = texts("name", e.Organization)
	}
	if contact := texts("unit", e.Unit, "email", e.Email, "phone", e.Phone, "url", e.Website); len(contact) > 0 {
		m["vb:contact"] = contact
	}
	return m
}

// Listed builds the document of an entry; collection is the directory it stands in.
func (r *Renderer) Listed(e directory.Entry, collection string) ([]byte, error) {
	d := newDraft()
	item := ListedItem(e)
	item["context"] = collection
	for key, value := range item {
		if key != "id" && key != "type" {
			d.set(key, value)
		}
	}
	o := streams.NewActivityStreamsObject()
	setID(o, d.iri(e.URI))
	return d.document(o)
}

// AddListed tells that an entry of the catalogue's directory is new, was changed or confirmed: each of its revisions is told once.
func (r *Renderer) AddListed(catalog account.Account, e directory.Entry) (Outgoing, error) {
	collection := CollectionURI(catalog.URI, directory.Slug)
	d, a := newDraft(), openly(catalog)
	t := streams.NewActivityStreamsAdd()
	d.setActivity(t, fmt.Sprintf("%s#add-%d-%d", collection, e.ID, e.Revision), catalog.URI, e.URI, a)
	d.set("target", collection)
	return d.finish(t, catalog.ID, e.URI, nil, a)
}

// RemoveListed tells that an entry has left the directory.
func (r *Renderer) RemoveListed(catalog account.Account, id int64, uri string) (Outgoing, error) {
	collection := CollectionURI(catalog.URI, directory.Slug)
	d, a := newDraft(), openly(catalog)
	t := streams.NewActivityStreamsRemove()
	d.setActivity(t, fmt.Sprintf("%s#remove-%d", collection, id), catalog.URI, uri, a)
	d.set("target", collection)
	return d.finish(t, catalog.ID, uri, nil, a)
}

// ParseDirectoryOf reads which directory a catalogue names in its actor's document: on its own host only, "" for none.
func ParseDirectoryOf(raw []byte) string {
	f, err := parseFields(raw)
	if err != nil {
		return ""
	}
	return ownAddress(f["vb:directory"], f.text("id"))
}

// ParseDirectory reads a directory, or a page of it. What it says of itself counts on its first document only.
//
// RULE: an entry is what its own host says it is; those of other hosts are counted and left out.
func ParseDirectory(raw []byte) (Directory, error) {
	f, err := parseFields(raw)
	if err != nil {
		return Directory{}, err
	}
	switch f.text("type") {
	case "Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage":
	default:
		return Directory{}, fmt.Errorf("%w: %.100q is no collection", ErrMalformed, f.text("id"))
	}
	d := Directory{
		ID: f.text("id"), Kind: f.text("vb:kind"), AttributedTo: f.id("attributedTo"), Checksum: f.text("vb:checksum"), First: f.id("first"), Next: f.id("next"),
	}
	list := f.list("orderedItems")
	if page, err := parseFields(f["first"]); err == nil && len(list) == 0 {
		list, d.First, d.Next = page.list("orderedItems"), "", page.id("next")
	}
	for _, raw := range list {
		e, ok := parseListed(raw)
		d.Revisions = append(d.Revisions, Entry{ID: e.URI, Revision: e.Revision})
		switch {
		case !SameHost(e.URI, d.ID):
			d.Foreign++
		case ok:
			d.Entries = append(d.Entries, e)
		}
	}
	return d, nil
}

func parseListed(raw json.RawMessage) (directory.Entry, bool) {
	f, err := parseFields(raw)
	if err != nil {
		return directory.Entry{URI: idOf(raw)}, false
	}
	t := &termReader{fields: f}
	e := directory.Entry{
		URI: f.text("id"), Name: oneLine(f.text("name")), Summary: clip(f.text("summary"), maxText), Level: organization.Level(t.oneOf("vb:level", levels)),
		Region: t.oneOf("vb:region", organization.Regions), Cadence: oneLine(t.short("vb:cadence")), Members: t.long("vb:members"), Revision: t.integer("vb:revision"),
		Page: ownAddress(f["url"], f.text("id")),
	}
	for kind, word := range listedKinds {
		if f.text("vb:kind") == word {
			e.Kind = kind
		}
	}
	e.Organization, _ = t.organization()
	if contact, ok := t.object("vb:contact"); ok {
		e.Unit, e.Phone, e.Website = contact.short("unit"), contact.short("phone"), contact.address("url")
		if address, err := mail.ParseAddress(contact.short("email")); err == nil {
			e.Email = address.Address
		}
	}
	e.ConfirmedAt, _ = time.Parse(time.DateOnly, f.text("vb:confirmed")) // else the zero time: never
	return e, e.Kind.Valid() && slices.Contains(levels, string(e.Level)) && e.Name != "" && HostOf(e.URI) != "" && len(e.URI) <= maxShort && !strings.ContainsRune(e.URI, 0)
}
