package inbox

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
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

// part is what a document of a list says of the list's other ones.
type part struct {
	ID, Next, First string
	Size            int // entries
}

// toItsEnd reads a list that an account keeps, page by page, beginning with doc, which stands at uri. read takes over one document and
// says what is needed to go on.
//
// RULE: such a list is its owner's, on its owner's host, to its end.
func (v *visit) toItsEnd(ctx context.Context, owner account.Account, doc transport.Document, uri string, pages, limit int, read func(body []byte, first bool) (part, error)) error {
	seen, size := map[string]bool{}, 0
	for next := uri; next != ""; {
		if !vocab.SameHost(owner.URI, next) || seen[next] || len(seen) == pages {
			return rejected("%s has no end", uri)
		}
		if len(seen) > 0 {
			var err error
			if doc, err = v.get(ctx, next); err != nil {
				return fmt.Errorf("list %s: %w", uri, err)
			}
		}
		if !vocab.SameHost(owner.URI, doc.URI) {
			return rejected("%s leads to %s", uri, doc.URI)
		}
		page, err := read(doc.Body, len(seen) == 0)
		if err != nil {
			return fmt.Errorf("list %s: %w", uri, err)
		}
		if !vocab.SameHost(owner.URI, page.ID) {
			return rejected("%s says that it is %s", uri, page.ID)
		}
		if size += page.Size; size > limit {
			return rejected("%s has more than %d entries", uri, limit)
		}
		seen[next] = true
		next = page.Next
		if len(seen) == 1 && page.Size == 0 && page.First != "" {
			next = page.First
		}
	}
	return nil
}
