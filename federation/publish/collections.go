package publish

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
)

// namedPageSize is how many entries a page of a named collection has.
const namedPageSize = 25

func collectionID(catalog account.Account, c curation.Collection) string {
	return vocab.CollectionURI(catalog.URI, strconv.FormatInt(c.ID, 10))
}

// collections lists the named collections of the catalogue. Where nothing is curated, there is no such list.
func (p *Publisher) collections(w http.ResponseWriter, r *http.Request) error {
	a, err := p.local(r)
	if err != nil {
		return err
	}
	if a.Username != account.CatalogUsername {
		return notFound("collections of %s", a.Username)
	}
	if curates, err := p.Curation.Curates(r.Context()); err != nil || !curates {
		return cmp.Or(err, notFound("nothing is curated"))
	}
	list, err := p.Curation.Collections(r.Context())
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = collectionID(a, c)
	}
	body, err := p.Render.Items(vocab.Collection{
		ID: vocab.CollectionsURI(a.URI), AttributedTo: a.URI, Kind: vocab.KindCollections, Name: p.Words(languageOf(a)).T("federation.collections"),
	}, ids)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

func languageOf(a account.Account) string {
	if a.Language == "" {
		return "de"
	}
	return a.Language
}

// named serves a collection that editors arranged, and its pages.
func (p *Publisher) named(w http.ResponseWriter, r *http.Request) error {
	a, err := p.local(r)
	if err != nil {
		return err
	}
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	if a.Username != account.CatalogUsername {
		return notFound("collection %d of %s", id, a.Username)
	}
	c, err := p.Curation.CollectionByID(r.Context(), id)
	if err != nil {
		return notFound("collection %d: %w", id, err)
	}
	uri := collectionID(a, c)
	entries := entriesOf(c)
	total := 0
	for _, e := range entries {
		if !e.Withdrawn {
			total++
		}
	}
	if r.URL.Query().Get("page") == "" {
		doc := vocab.Collection{
			ID: uri, Total: total, First: uri + "?page=1", AttributedTo: a.URI, Kind: vocab.KindCuration, Checksum: vocab.Checksum(entries),
			Name: c.Name, Summary: c.Introduction, URL: p.BaseURL + "/sammlungen/" + c.Slug,
		}
		for _, chapter := range c.Chapters {
			doc.Chapters = append(doc.Chapters, vocab.Chapter{Name: chapter.Name, Summary: chapter.Introduction})
		}
		body, err := p.Render.Collection(doc)
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > max(1, (len(entries)+namedPageSize-1)/namedPageSize) {
		return notFound("no such page")
	}
	end := min(len(entries), n*namedPageSize)
	at := func(n int) string { return uri + "?page=" + strconv.Itoa(n) }
	page := vocab.Page{ID: at(n), PartOf: uri, Total: total, Items: []any{}, Entries: entries[(n-1)*namedPageSize : end]}
	for _, e := range page.Entries {
		if !e.Withdrawn {
			page.Items = append(page.Items, e.ID)
		}
	}
	if end < len(entries) {
		page.Next = at(n + 1)
	}
	if n > 1 {
		page.Prev = at(n - 1)
	}
	body, err := p.Render.Page(page)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

// entriesOf are the entries of a collection as others read them; of what its source withdrew there is but the place.
func entriesOf(c curation.Collection) []vocab.Entry {
	list := make([]vocab.Entry, len(c.Entries))
	for i, e := range c.Entries {
		list[i] = vocab.Entry{ID: e.URI, Revision: e.Revision, Chapter: e.Chapter, Note: e.Annotation, Featured: e.Featured}
		if e.Withdrawn {
			list[i] = vocab.Entry{ID: e.URI, Revision: e.Revision, Chapter: e.Chapter, Withdrawn: true}
		}
	}
	return list
}

// fromCollection sends on from the page of a collection to the collection.
func (p *Publisher) fromCollection(w http.ResponseWriter, r *http.Request) error {
	c, err := p.Curation.CollectionBySlug(r.Context(), mux.Vars(r)["slug"])
	if err != nil {
		return err
	}
	catalog, err := p.Accounts.Catalog(r.Context())
	if err != nil {
		return err
	}
	return see(w, r, collectionID(catalog, c))
}
