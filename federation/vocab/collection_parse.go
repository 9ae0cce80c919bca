package vocab

import (
	"encoding/json"
	"fmt"
)

// ReadCollection is what we read of another server's collection or page.
type ReadCollection struct {
	Items []Item
	First string // id of the first page, when it is not embedded
	Next  string
	// Checksum is vb:checksum of what a catalogue curated, "" where it is not said.
	Checksum string
}

// Item is one entry: an id, or an object or activity with one.
type Item struct {
	ID       string
	Type     string // "" for a mere id
	Actor    string
	ObjectID string
	// What vb:entries says of the item, in a collection of what a catalogue curated.
	Revision            int
	Chapter, Note       string
	Featured, Withdrawn bool
}

// Bounds of what we take over of a collection, in characters.
const (
	maxChapter     = 200
	maxNote        = 1_000
	maxChapterText = 2_000
	maxChapters    = 50 // and how many of them
)

// ParseCollection reads items or orderedItems, of the collection itself or of its embedded first page.
func ParseCollection(raw []byte) (ReadCollection, error) {
	f, err := parseFields(raw)
	if err != nil {
		return ReadCollection{}, err
	}
	switch f.text("type") {
	case "Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage":
	default:
		return ReadCollection{}, fmt.Errorf("%w: %.100q is no collection", ErrMalformed, f.text("id"))
	}
	c := ReadCollection{Items: items(f), Next: f.id("next"), First: f.id("first"), Checksum: f.text("vb:checksum")}
	if page, err := parseFields(f["first"]); err == nil && len(c.Items) == 0 {
		c.Items, c.Next, c.First = items(page), page.id("next"), page.id("id")
	}
	return c, nil
}

func items(f fields) []Item {
	list := f.list("orderedItems")
	if len(list) == 0 {
		list = f.list("items")
	}
	var out []Item
	for _, raw := range list {
		if item := parseItem(raw); HostOf(item.ID) != "" || HostOf(item.ObjectID) != "" {
			out = append(out, item)
		}
	}
	return withEntries(f, out)
}

// withEntries adds what vb:entries says of the items, and puts what it calls withdrawn, and is no item, where it stood.
func withEntries(f fields, items []Item) []Item {
	at := make(map[string]int, len(items))
	for i, item := range items {
		at[item.ID] = i
	}
	gone := map[int][]Item{} // by how many items come before
	next := 0
	for _, raw := range f.list("vb:entries") {
		entry, err := parseFields(raw)
		if err != nil {
			continue
		}
		said := Item{ID: entry.text("id"), Chapter: clip(oneLine(entry.text("chapter")), maxChapter), Note: clip(entry.text("note"), maxNote)}
		said.Revision, _ = integer(entry["revision"])
		said.Featured = entry.boolean("highlighted")
		if i, ok := at[said.ID]; ok && said.ID != "" {
			items[i].Revision, items[i].Chapter, items[i].Note, items[i].Featured = said.Revision, said.Chapter, said.Note, said.Featured
			next = i + 1
		} else if said.Withdrawn = entry.boolean("withdrawn"); said.Withdrawn && HostOf(said.ID) != "" {
			gone[next] = append(gone[next], said)
		}
	}
	if len(gone) == 0 {
		return items
	}
	out := make([]Item, 0, len(items)+len(gone))
	for i := 0; i <= len(items); i++ {
		out = append(out, gone[i]...)
		if i < len(items) {
			out = append(out, items[i])
		}
	}
	return out
}

// NamedCollection is what a collection that a catalogue named itself says of itself, as plain text.
type NamedCollection struct {
	ID           string
	AttributedTo string
	Name         string
	Summary      string
	URL          string // its page, on its own host; "" where it says none
	Chapters     []Chapter
}

// ParseNamed reads the first document of a collection that a catalogue named itself.
func ParseNamed(raw []byte) (NamedCollection, error) {
	f, err := parseFields(raw)
	if err != nil {
		return NamedCollection{}, err
	}
	c := NamedCollection{
		ID: f.text("id"), AttributedTo: f.id("attributedTo"), Name: clip(oneLine(f.plain("name")), maxChapter), Summary: clip(f.plain("summary"), maxText),
	}
	c.URL = ownAddress(f["url"], c.ID)
	if f.text("type") != "OrderedCollection" || f.text("vb:kind") != KindCuration || c.Name == "" {
		return c, fmt.Errorf("%w: %.100q is no collection with a name", ErrMalformed, c.ID)
	}
	for _, raw := range f.list("vb:chapters") {
		chapter, err := parseFields(raw)
		if err != nil || len(c.Chapters) == maxChapters {
			continue
		}
		if name := clip(oneLine(chapter.plain("name")), maxChapter); name != "" {
			c.Chapters = append(c.Chapters, Chapter{Name: name, Summary: clip(chapter.plain("summary"), maxChapterText)})
		}
	}
	return c, nil
}

// ParseCurating reads from an actor's document where it lists what it curates, what of that it puts in front, and the collections
// that it named itself; "" where it does not. All lie on the actor's own host.
func ParseCurating(raw []byte) (curated, featured, named string) {
	f, err := parseFields(raw)
	if err != nil {
		return "", "", ""
	}
	id := f.text("id")
	return ownAddress(f["vb:curated"], id), ownAddress(f["vb:featured"], id), ownAddress(f["vb:collections"], id)
}

func parseItem(raw json.RawMessage) Item {
	f, err := parseFields(raw)
	if err != nil {
		return Item{ID: idOf(raw)}
	}
	item := Item{ID: f.text("id"), Type: f.text("type"), Actor: f.id("actor"), ObjectID: f.id("object")}
	if inner, err := parseFields(f["object"]); err == nil && inner.id("object") != "" {
		item.ObjectID = inner.id("object") // a group's Announce of a Create
	}
	return item
}

// Post is the id of the post that an entry of an actor's outbox stands for: its Create, or what it announces.
func (i Item) Post(actor string) string {
	switch i.Type {
	case "Create", "Announce":
		if i.Actor != "" && i.Actor != actor {
			return ""
		}
		return i.ObjectID
	case "":
		return ""
	}
	if kinds[i.Type] != "" {
		return i.ID
	}
	return ""
}
