package inbox

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// like notes a favourite. It makes nothing known here: a favourite of an unknown post is nothing to fetch for.
func (in *Inbox) like(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	p, err := in.Posts.Find(ctx, a.ObjectID)
	if fault.Is(err, fault.NotFound) {
		return ignored("unknown post")
	}
	if err != nil {
		return err
	}
	if p.State != post.StatePublished {
		return ignored("post is %s", p.State)
	}
	m.about = p.URI
	if gone, err := undone(ctx, in.DB, a.ID, a.Actor); err != nil {
		return err
	} else if gone {
		return ignored("undone meanwhile")
	}
	return in.Posts.ReceiveFavourite(ctx, m.actor.ID, p.ID, a.ID, in.passOnReaction(ctx, m))
}

// passOnReaction lets our group tell all who follow it, as FEP-1b12 has it, so that a post on its board is liked as often
// everywhere. Only what changed something is passed on.
func (in *Inbox) passOnReaction(ctx context.Context, m *message) func(tx *sqlx.Tx, p post.Post) error {
	return func(tx *sqlx.Tx, p post.Post) error { return in.passOn(ctx, tx, p, m) }
}
