package inbox

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
)

// members reads a collection page by page, in its order and each entry once. whole is false when there was more than
// limit, or than we care to read: totalItems is nothing that anybody could rely on. With an error come the entries read
// before it.
func (v *visit) members(ctx context.Context, uri string, pages, limit int) (items []vocab.Item, whole bool, err error) {
	doc, err := v.get(ctx, uri)
	if err != nil {
		return nil, false, fmt.Errorf("collection %s: %w", uri, err)
	}
	return v.membersFrom(ctx, doc, uri, pages, limit)
}

// membersFrom is members of a collection whose first document was read.
func (v *visit) membersFrom(ctx context.Context, doc transport.Document, uri string, pages, limit int) (items []vocab.Item, whole bool, err error) {
	read, seen := map[string]bool{}, map[string]bool{}
	// RULE: all pages lie on the collection's own host: no host speaks for another's collection, nor makes us call it. One
	// that leads back to a page before, or on without end, is left where it is.
	for next := uri; next != ""; {
		if !vocab.SameHost(uri, next) || read[next] || len(read) == pages {
			return items, false, nil
		}
		if len(read) > 0 {
			if doc, err = v.get(ctx, next); err != nil {
				return items, false, fmt.Errorf("collection %s: %w", uri, err)
			}
		}
		read[next] = true
		if !vocab.SameHost(uri, doc.URI) {
			return items, false, rejected("collection %s leads to %s", uri, doc.URI)
		}
		c, err := vocab.ParseCollection(doc.Body)
		if err != nil {
			return items, false, fmt.Errorf("collection %s: %w", uri, err)
		}
		for _, item := range c.Items {
			key := item.ID
			if key == "" {
				key = item.ObjectID
			}
			if seen[key] {
				continue
			}
			if len(items) == limit {
				return items, false, nil
			}
			seen[key] = true
			items = append(items, item)
		}
		next = c.Next
		if len(c.Items) == 0 && c.First != "" {
			next = c.First
		}
	}
	return items, true, nil
}
