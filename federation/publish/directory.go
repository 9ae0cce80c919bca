package publish

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
)

// directoryPageSize is how many entries a page of the directory has.
const directoryPageSize = 50

// directory serves the contact persons, committees and networks that are kept here. What others keep is theirs to serve.
func (p *Publisher) directory(w http.ResponseWriter, r *http.Request, catalog account.Account) error {
	entries, err := p.Directory.Own(r.Context())
	if err != nil {
		return err
	}
	id := vocab.CollectionURI(catalog.URI, directory.Slug)
	if r.URL.Query().Get("page") == "" {
		body, err := p.Render.Collection(vocab.Collection{
			ID: id, Total: len(entries), First: id + "?page=1", AttributedTo: catalog.URI, Kind: vocab.KindDirectory, Checksum: vocab.Checksum(vocab.ListedRevisions(entries)),
			Name: p.Words(cmp.Or(catalog.Language, "de")).T("federation.collection." + directory.Slug),
		})
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > len(entries)/directoryPageSize+1 {
		return notFound("no such page")
	}
	page := vocab.Page{ID: id + "?page=" + strconv.Itoa(n), PartOf: id, Total: len(entries), Items: []any{}}
	start, end := min(len(entries), (n-1)*directoryPageSize), min(len(entries), n*directoryPageSize)
	for _, e := range entries[start:end] {
		page.Items = append(page.Items, vocab.ListedItem(e))
	}
	if end < len(entries) {
		page.Next = id + "?page=" + strconv.Itoa(n+1)
	}
	body, err := p.Render.Page(page)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

// listed serves one entry, and leads people to its page.
func (p *Publisher) listed(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	e, err := p.Directory.OwnByID(r.Context(), id)
	if err != nil {
		return notFound("directory entry %d: %w", id, err)
	}
	if isBrowser(r) {
		return see(w, r, e.Page)
	}
	catalog, err := p.Accounts.Catalog(r.Context())
	if err != nil {
		return err
	}
	body, err := p.Render.Listed(e, vocab.CollectionURI(catalog.URI, directory.Slug))
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}
