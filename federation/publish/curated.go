package publish

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

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

// synchronizedPageSize is how many followers a page lists for their host.
const synchronizedPageSize = 500

// synchronization lists the followers of an account that live on the host of who asks (FEP-8fcf).
//
// RULE: who follows whom is shown to nobody but the servers of both.
func (p *Publisher) synchronization(w http.ResponseWriter, r *http.Request) error {
	personal(w)
	accessOf(r).caching = nobody
	reader, err := p.reader(r)
	if err != nil {
		return err
	}
	a, err := p.local(r)
	if err != nil {
		return err
	}
	if a.FollowersURI == "" {
		return notFound("no such collection")
	}
	uris, err := p.Follows.FollowersOn(r.Context(), a.ID, vocab.HostOf(reader.URI), vocab.MaxSynchronized)
	if err != nil {
		return err
	}
	id := vocab.SynchronizationURI(a.FollowersURI)
	c := vocab.Collection{ID: id, AttributedTo: a.URI}
	if len(uris) <= synchronizedPageSize {
		body, err := p.Render.Items(c, uris)
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	if r.URL.Query().Get("page") == "" {
		c.Total, c.First = len(uris), id+"?page=1"
		body, err := p.Render.Collection(c)
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > len(uris)/synchronizedPageSize+1 {
		return notFound("no such page")
	}
	page := vocab.Page{ID: id + "?page=" + strconv.Itoa(n), PartOf: id, Total: len(uris), Items: []any{}}
	start := min(len(uris), (n-1)*synchronizedPageSize)
	end := min(len(uris), start+synchronizedPageSize)
	for _, uri := range uris[start:end] {
		page.Items = append(page.Items, uri)
	}
	if end < len(uris) {
		page.Next = id + "?page=" + strconv.Itoa(n+1)
	}
	body, err := p.Render.Page(page)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}
