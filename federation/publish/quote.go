package publish

import (
	"net/http"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// stamp serves the leave to quote a post of ours (FEP-044f): 410 once it was taken back or the post is gone.
func (p *Publisher) stamp(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	q, quoted, err := p.Quotes.RequestByID(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case q.State == quote.Rejected || !quoted.Local:
		return notFound("stamp %d", id)
	case q.State == quote.Revoked || quoted.State != post.StatePublished || !quoted.Visibility.Listed():
		return fault.New(fault.Gone, "error.federation.gone")
	}
	author, err := p.Accounts.ByID(ctx, quoted.AccountID)
	if err != nil {
		return err
	}
	body, err := p.Render.Stamp(q, quoted, author, p.Quotes.StampURI(q.ID))
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}
