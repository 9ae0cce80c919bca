package vocab

import "encoding/json"

// ReadCollection is what we read of another server's collection or page.
type ReadCollection struct {
	Items []Item
	First string // id of the first page, when it is not embedded
	Next  string
}

// Item is one entry: an id, or an object or activity with one.
type Item struct {
	ID       string
	Type     string // "" for a mere id
	Actor    string
	ObjectID string
}

// ParseCollection reads items or orderedItems, of the collection itself or of its embedded first page.
func ParseCollection(raw []byte) (ReadCollection, error) {
	f, err := parseFields(raw)
	if err != nil {
		return ReadCollection{}, err
	}
	c := ReadCollection{Items: items(f), Next: f.id("next"), First: f.id("first")}
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
	return out
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
