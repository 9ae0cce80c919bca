package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// pin tells that a post was put on top of its author's profile, unpin that it was taken down: whatever is true now.
func (o *Outbox) pin(ctx context.Context, id int64) (plan, error) {
	p, author, err := o.pinnable(ctx, id)
	if err != nil || author.FeaturedURI == "" {
		return plan{}, err
	}
	number, err := o.Posts.PinOf(ctx, author.ID, id)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.Add(author, vocab.Collected{ID: number, Collection: author.FeaturedURI, Object: p.URI})
	return plan{
		out: out, table: "posts", id: id, to: recipients{FollowersOf: []int64{author.ID}},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
			now, err := o.Posts.PinIn(ctx, tx, author.ID, id)
			if fault.Is(err, fault.NotFound) {
				return false, nil
			}
			return now == number, err
		},
	}, err
}

func (o *Outbox) unpin(ctx context.Context, id int64) (plan, error) {
	p, author, err := o.pinnable(ctx, id)
	if err != nil || author.FeaturedURI == "" {
		return plan{}, err
	}
	if _, err := o.Posts.PinOf(ctx, author.ID, id); err == nil || !fault.Is(err, fault.NotFound) {
		return plan{}, err // pinned again
	}
	number, err := lastAdd(ctx, o.DB, author.FeaturedURI, p.URI)
	if err != nil || number == 0 {
		return plan{}, err // nobody was told
	}
	out, err := o.Render.Remove(author, vocab.Collected{ID: number, Collection: author.FeaturedURI, Object: p.URI})
	return plan{
		out: out, table: "posts", id: id, to: recipients{FollowersOf: []int64{author.ID}},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
			_, err := o.Posts.PinIn(ctx, tx, author.ID, id)
			if fault.Is(err, fault.NotFound) {
				return true, nil
			}
			return false, err
		},
	}, err
}

// pinnable returns a post of ours, with its author, of which everyone may know that it is pinned.
func (o *Outbox) pinnable(ctx context.Context, id int64) (post.Post, account.Account, error) {
	p, err := o.Posts.Get(ctx, id)
	if err != nil || !p.Local || p.State != post.StatePublished || p.Visibility != post.Public && p.Visibility != post.Unlisted {
		return p, account.Account{}, err
	}
	author, err := o.Accounts.ByID(ctx, p.AccountID)
	return p, author, err
}
