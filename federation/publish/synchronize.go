package publish

import (
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/federation/vocab"
)

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
