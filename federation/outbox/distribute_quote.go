package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// askQuote asks the author of the post that one of ours quotes.
func (o *Outbox) askQuote(ctx context.Context, id int64) (plan, error) {
	doc, err := o.Document(ctx, id)
	if err != nil || doc.Quote == nil || doc.Quote.State != quote.Pending || doc.Quote.QuotedID == nil || doc.Post.State != post.StatePublished {
		return plan{}, err
	}
	quoted, err := o.Posts.Get(ctx, *doc.Quote.QuotedID)
	if err != nil || quoted.Local {
		return plan{}, err
	}
	author, err := o.Accounts.ByID(ctx, quoted.AccountID)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.AskQuote(doc, author)
	return plan{out: out, table: "posts", id: id, to: recipients{Accounts: []int64{author.ID}, Personal: true}}, err
}

// updateQuote tells those who know a post of ours that the leave to quote came or went.
func (o *Outbox) updateQuote(ctx context.Context, id int64) (plan, error) {
	doc, err := o.Document(ctx, id)
	if err != nil || doc.Quote == nil || doc.Post.State != post.StatePublished || !doc.Post.Local {
		return plan{}, err
	}
	if _, ok, err := o.known(ctx, vocab.CreateURI(doc.Post)); err != nil || !ok {
		return plan{}, err // the Create is still to come and will say what is true then
	}
	out, err := o.Render.UpdateQuote(doc)
	p := o.aboutPost(doc, out)
	p.to.ToldOf = doc.Post.URI
	return p, err
}

// answerQuote grants or refuses what somebody of another server asked.
func (o *Outbox) answerQuote(ctx context.Context, id int64) (plan, error) {
	r, quoted, author, asker, err := o.quoteRequest(ctx, id)
	if err != nil || asker.Local() || r.URI == "" {
		return plan{}, err
	}
	out, err := o.Render.AnswerQuote(r, quoted, author, asker, o.Quotes.StampURI(r.ID))
	p := plan{out: out, table: "quote_requests", id: id, to: recipients{Accounts: []int64{asker.ID}, Personal: true}}
	p.still = func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
		now, err := quoteRequestState(ctx, tx, id)
		return now == string(r.State), err
	}
	return p, err
}

// revokeQuote takes a stamp back: at the server of the one who quoted, and for all who read the author.
func (o *Outbox) revokeQuote(ctx context.Context, id int64) (plan, error) {
	r, quoted, author, asker, err := o.quoteRequest(ctx, id)
	if err != nil || r.State != quote.Revoked {
		return plan{}, err
	}
	out, err := o.Render.RevokeQuote(r, quoted, author, asker, o.Quotes.StampURI(r.ID))
	return plan{out: out, table: "quote_requests", id: id, to: recipients{FollowersOf: []int64{author.ID}, Accounts: []int64{asker.ID}}}, err
}

func (o *Outbox) quoteRequest(ctx context.Context, id int64) (r quote.Request, quoted post.Post, author, asker account.Account, err error) {
	if r, quoted, err = o.Quotes.RequestByID(ctx, id); err != nil {
		return r, quoted, author, asker, err
	}
	accounts, err := o.Accounts.ByIDs(ctx, []int64{quoted.AccountID, r.AccountID})
	if err != nil {
		return r, quoted, author, asker, err
	}
	author, known := accounts[quoted.AccountID]
	asker, knownToo := accounts[r.AccountID]
	if !known || !knownToo {
		err = fault.New(fault.NotFound, "error.account.not_found")
	}
	return r, quoted, author, asker, err
}
