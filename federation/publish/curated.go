package publish

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/post"
)

// curatedPageSize is how many entries a page of what is curated has: others read all of them, again and again.
const curatedPageSize = 100

// collection serves what the catalogue curated: the truth that its Add and Remove only hint at. Where nothing is curated (any
// more), there is no such collection.
func (p *Publisher) collection(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := p.local(r)
	if err != nil {
		return err
	}
	slug := mux.Vars(r)["slug"]
	if a.Username == account.CatalogUsername && schemes[slug] != "" {
		return p.taxonomy(w, r, a, slug)
	}
	if a.Username == account.CatalogUsername && slug == directory.Slug {
		return p.directory(w, r, a)
	}
	if a.Username != account.CatalogUsername || (slug != curation.Curated && slug != curation.Featured) {
		return notFound("collection %s", slug)
	}
	if curates, err := p.Curation.Curates(ctx); err != nil || !curates {
		return cmp.Or(err, notFound("nothing is curated"))
	}
	posts, err := p.Curation.Collection(ctx, slug)
	if err != nil {
		return err
	}
	ids := make([]int64, len(posts))
	for i, entry := range posts {
		ids[i] = entry.ID
	}
	revisions, err := p.Curation.AcceptedRevisions(ctx, ids)
	if err != nil {
		return err
	}
	entries := make([]vocab.Entry, len(posts))
	for i, entry := range posts {
		entries[i] = vocab.Entry{ID: entry.URI, Revision: revisions[entry.ID]}
	}
	id := vocab.CollectionURI(a.URI, slug)
	if r.URL.Query().Get("page") == "" {
		body, err := p.Render.Collection(vocab.Collection{
			ID: id, Total: len(posts), First: id + "?page=true", AttributedTo: a.URI, Kind: "Curation", Checksum: vocab.Checksum(entries),
			Name: p.Words(cmp.Or(a.Language, "de")).T("federation.collection." + slug),
		})
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	page := vocab.Page{ID: pageID(id, r), PartOf: id, Total: len(posts), Items: []any{}}
	// The order is the editors'; the cursor is the last post of the page before.
	start := 1 + slices.IndexFunc(posts, func(x post.Post) bool { return x.ID == before(r) })
	end := min(len(posts), start+curatedPageSize)
	for _, entry := range entries[start:end] {
		page.Items = append(page.Items, entry.ID)
	}
	page.Entries = entries[start:end]
	if end < len(posts) {
		page.Next = nextAfter(id, posts[end-1].ID)
	}
	body, err := p.Render.Page(page)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}
