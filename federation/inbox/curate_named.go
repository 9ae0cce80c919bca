package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/markup"
)

// readNamedCollections makes what we keep of the collections that a catalogue named itself what they are. One that cannot be
// read stays as it is, and does not keep us from the others.
func (v *visit) readNamedCollections(ctx context.Context, a account.Account, list string, kept map[string]curation.Kept) error {
	uris, err := v.namedCollections(ctx, a, list)
	if err != nil {
		return err
	}
	byURI := map[string]curation.Kept{}
	for _, k := range kept {
		if !k.Named() {
			continue
		}
		if byURI[k.URI] = k; slices.Contains(uris, k.URI) {
			continue
		}
		if err := v.Curation.DropCollection(ctx, a.ID, k.Slug); err != nil {
			return err
		}
	}
	var failed []error
	taken := map[string]bool{curation.Curated: true, curation.Featured: true}
	for _, uri := range uris {
		slug, err := v.readNamed(ctx, a, uri, byURI[uri], taken)
		if err != nil {
			failed = append(failed, err)
		}
		taken[slug] = true
	}
	return errors.Join(failed...)
}

// namedCollections are the ids of a catalogue's collections as its list has them; none where there is no list.
func (v *visit) namedCollections(ctx context.Context, a account.Account, list string) (uris []string, err error) {
	if list == "" {
		return nil, nil
	}
	items, whole, err := v.members(ctx, list, maxPages, curation.MaxCollections)
	switch {
	case absent(err):
		return nil, nil
	case err != nil:
		return nil, err
	case !whole:
		return nil, rejected("%s has no end", list)
	}
	for _, item := range items {
		// RULE: a catalogue's collections are on its own host.
		if vocab.SameHost(a.URI, item.ID) && len(item.ID) <= maxPostURI {
			uris = append(uris, item.ID)
		}
	}
	return uris, nil
}

// readNamed reads one of them if it changed. It returns what it is called in the address of our page, which no other one of the
// catalogue may be.
func (v *visit) readNamed(ctx context.Context, a account.Account, uri string, kept curation.Kept, taken map[string]bool) (slug string, err error) {
	doc, changed, err := v.getIf(ctx, uri, kept.ETag)
	switch {
	case absent(err):
		if kept.Slug == "" {
			return "", nil
		}
		return "", v.Curation.DropCollection(ctx, a.ID, kept.Slug)
	case err != nil || !changed:
		return kept.Slug, err
	}
	c, err := vocab.ParseNamed(doc.Body)
	if err != nil {
		return kept.Slug, fmt.Errorf("collection %s: %w", uri, err)
	}
	// RULE: a collection is its owner's, and says so where it stands.
	if c.ID != uri || doc.URI != uri || c.AttributedTo != a.URI {
		return kept.Slug, rejected("%s is not a collection of %s", uri, a.URI)
	}
	if slug = pageName(c); slug == "" || taken[slug] {
		return kept.Slug, rejected("%s has no name for a page, or that of another", uri)
	}
	items, err := v.curatedItems(ctx, doc, uri)
	if err != nil {
		return kept.Slug, err
	}
	if len(items) > curation.MaxEntries {
		return kept.Slug, rejected("%s has more than %d entries", uri, curation.MaxEntries)
	}
	if kept.Slug != "" && kept.Slug != slug {
		if err := v.Curation.DropCollection(ctx, a.ID, kept.Slug); err != nil {
			return kept.Slug, err
		}
	}
	now := curation.Kept{Slug: slug, URI: uri, ETag: doc.ETag, Name: c.Name, Introduction: markup.Block(c.Summary), URL: c.URL}
	for _, chapter := range c.Chapters {
		now.Chapters = append(now.Chapters, curation.Chapter{Name: chapter.Name, Introduction: markup.Block(chapter.Summary)})
	}
	return slug, v.Curation.ReceiveCollection(ctx, a.ID, now, items)
}

var pageNames = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// maxPageName is the longest name of a page, in bytes.
const maxPageName = 80

// pageName is the last part of the address of a collection's page at home, or of its id.
func pageName(c vocab.NamedCollection) string {
	for _, address := range []string{c.URL, c.ID} {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		if name := path.Base(u.Path); len(name) <= maxPageName && pageNames.MatchString(name) {
			return name
		}
	}
	return ""
}
