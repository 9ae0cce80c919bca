package publish

import (
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
)

// outbox shows what an account published, newest first: a person's posts and boosts; for a group the posts of its board,
// announced, and what its editors boosted. Whoever begins to follow reads here what there was before.
func (p *Publisher) outbox(w http.ResponseWriter, r *http.Request, a account.Account) error {
	ctx := r.Context()
	n, err := countOutbox(ctx, p.DB, a.ID)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("page") == "" {
		body, err := p.Render.Collection(vocab.Collection{ID: a.OutboxURI, Total: n, First: a.OutboxURI + "?page=true", AttributedTo: a.URI})
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	entries, err := outboxPage(ctx, p.DB, a.ID, before(r), pageSize)
	if err != nil {
		return err
	}
	page := vocab.Page{ID: pageID(a.OutboxURI, r), PartOf: a.OutboxURI, Total: n, Items: []any{}}
	for _, e := range entries {
		item, err := p.outboxItem(a, e)
		if err != nil {
			return err
		}
		page.Items = append(page.Items, item)
	}
	if len(entries) == pageSize {
		page.Next = a.OutboxURI + "?page=true&before=" + strconv.FormatInt(entries[len(entries)-1].ID, 10)
	}
	body, err := p.Render.Page(page)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

func (p *Publisher) outboxItem(a account.Account, e outboxEntry) (map[string]any, error) {
	switch {
	case e.BoostURI != "":
		return p.Render.AnnounceItem(e.BoostURI, a, e.PostURI, e.At)
	case e.AuthorID != a.ID:
		return p.Render.AnnounceItem(a.URI+"/announces/"+strconv.FormatInt(e.ID, 10), a, e.PostURI, e.At)
	}
	return p.Render.CreateItem(e.CreateURI(), a, e.PostURI, e.At)
}
