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
	// Revision and Chapter are what vb:entries says of the item, in a collection of what a catalogue curated.
	Revision int
	Chapter  string
}

// maxChapter is the longest name of a chapter we take over, in characters.
const maxChapter = 200

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
	readEntries(f, out)
	return out
}

// readEntries adds what vb:entries says of the items.
func readEntries(f fields, items []Item) {
	said := map[string]fields{}
	for _, raw := range f.list("vb:entries") {
		if entry, err := parseFields(raw); err == nil {
			said[entry.text("id")] = entry
		}
	}
	for i := range items {
		if entry, ok := said[items[i].ID]; ok {
			items[i].Revision, _ = integer(entry["revision"])
			items[i].Chapter = clip(oneLine(entry.text("chapter")), maxChapter)
		}
	}
}

// ParseCurating reads from an actor's document where it lists what it curates and what of that it puts in front; "" where
// it does not. Both lie on the actor's own host.
func ParseCurating(raw []byte) (curated, featured string) {
	f, err := parseFields(raw)
	if err != nil {
		return "", ""
	}
	id := f.text("id")
	return ownAddress(f["vb:curated"], id), ownAddress(f["vb:featured"], id)
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
