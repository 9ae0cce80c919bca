package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// move tells the followers of one of ours that its owner is found elsewhere, provided that this is still so.
func (o *Outbox) move(ctx context.Context, id int64) (plan, error) {
	a, err := o.Accounts.ByID(ctx, id)
	if err != nil || !a.Local() || a.MovedToURI == "" {
		return plan{}, err
	}
	out, err := o.Render.Move(a, a.MovedToURI)
	return plan{
		out: out, table: "accounts", id: id, to: recipients{FollowersOf: []int64{id}},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
			now, err := o.Accounts.ByIDIn(ctx, tx, id)
			return now.MovedToURI == a.MovedToURI, err
		},
	}, err
}

// deleteAccount tells every instance that we know of that one of ours is gone: who has read it keeps a copy, whether its people
// follow or not.
func (o *Outbox) deleteAccount(ctx context.Context, id int64) (plan, error) {
	a, err := o.Accounts.ByID(ctx, id)
	if err != nil || !a.Local() || a.State != account.Gone {
		return plan{}, err
	}
	everyone, err := oneOfEach(ctx, o.DB)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.DeleteActor(a)
	return plan{out: out, table: "accounts", id: id, to: recipients{Accounts: everyone}}, err
}

// block tells an account of another server that one of ours has shut it out, undoBlock that it is let in again.
func (o *Outbox) block(ctx context.Context, id int64) (plan, error) {
	b, err := o.Relationships.BlockByID(ctx, id)
	if err != nil {
		return plan{}, err
	}
	accounts, err := o.Accounts.ByIDs(ctx, []int64{b.AccountID, b.TargetID})
	if err != nil {
		return plan{}, err
	}
	who, target := accounts[b.AccountID], accounts[b.TargetID]
	if !who.Local() || target.Local() {
		return plan{}, nil
	}
	out, err := o.Render.Block(id, who, target)
	return plan{
		out: out, table: "blocks", id: id, to: recipients{Accounts: []int64{target.ID}, Personal: true},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) { return blockStands(ctx, tx, id) },
	}, err
}

func (o *Outbox) undoBlock(ctx context.Context, id int64) (plan, error) {
	told, ok, err := o.known(ctx, o.Render.BlockURI(id))
	if err != nil || !ok {
		return plan{}, err
	}
	return o.undo(ctx, told.URI, told.AccountID, "blocks", id, recipients{})
}

// flag carries a report of one of our people on to the server of the reported account.
func (o *Outbox) flag(ctx context.Context, id int64) (plan, error) {
	r, err := o.Moderation.Get(ctx, id)
	if err != nil || !r.Forward {
		return plan{}, err
	}
	target, err := o.Accounts.ByID(ctx, r.TargetID)
	if err != nil || target.Local() {
		return plan{}, err
	}
	instance, err := o.Accounts.Instance(ctx)
	if err != nil {
		return plan{}, err
	}
	to, posts := target.URI, []string{}
	for _, postID := range r.PostIDs {
		p, err := o.Posts.Get(ctx, postID)
		if fault.Is(err, fault.NotFound) || err == nil && p.AccountID != target.ID {
			continue
		}
		if err != nil {
			return plan{}, err
		}
		posts = append(posts, p.URI)
		if p.BoardID == nil {
			continue
		}
		board, err := o.Accounts.ByID(ctx, *p.BoardID)
		if err != nil {
			return plan{}, err
		}
		if !board.Local() && board.Host() == target.Host() {
			to = board.URI // Lemmy asks for the group
		}
	}
	out, err := o.Render.Flag(id, instance, to, target.URI, posts, r.Comment)
	return plan{out: out, table: "reports", id: id, to: recipients{Accounts: []int64{target.ID}}}, err
}

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
