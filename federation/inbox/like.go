package inbox

import (
	"context"

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
	return in.Posts.ReceiveFavourite(ctx, m.actor.ID, p.ID, a.ID)
}
