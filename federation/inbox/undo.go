package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// undo takes back a Follow, Like, Announce or Block. What Add did is taken back by Remove, a Move by the next one.
func (in *Inbox) undo(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	original, err := in.original(ctx, a)
	if err != nil {
		return err
	}
	// RULE: nobody takes back what another did.
	if original.Actor != a.Actor || !vocab.SameHost(original.ID, a.Actor) {
		return rejected("%s is by %s", original.ID, original.Actor)
	}
	switch original.Type {
	case "Follow":
		target, err := in.Accounts.ByURI(ctx, original.ObjectID)
		if err != nil {
			return err
		}
		return in.Follows.ReceiveUndo(ctx, m.actor.ID, target.ID)
	case "Block":
		if original.Target != "" {
			return ignored("a ban from %s", original.Target)
		}
		target, err := in.blocked(ctx, original)
		if err != nil {
			return err
		}
		return in.Relationships.ReceiveUnblock(ctx, m.actor.ID, target.ID)
	case "Like", vocab.EmojiReact, "Announce":
	default:
		return ignored("undo of %s", original.Type)
	}
	p, err := in.Posts.Find(ctx, original.ObjectID)
	if fault.Is(err, fault.NotFound) {
		return ignored("unknown post")
	}
	if err != nil {
		return err
	}
	if original.Type == "Announce" {
		return in.Posts.ReceiveUnboost(ctx, m.actor.ID, p.ID)
	}
	return in.Posts.ReceiveUnfavourite(ctx, m.actor.ID, p.ID, in.passOnReaction(ctx, m))
}

// original is what is taken back: embedded, or what we received under that id.
func (in *Inbox) original(ctx context.Context, a vocab.Activity) (vocab.Activity, error) {
	if a.EmbeddedObject() {
		if inner, err := a.Inner(); err == nil && inner.ObjectID != "" {
			return inner, nil
		}
	}
	r, err := receivedByURI(ctx, in.DB, a.ObjectID, a.Actor)
	if db.IsNotFound(err) {
		return vocab.Activity{}, ignored("nothing known under %s", a.ObjectID)
	}
	if err != nil {
		return vocab.Activity{}, err
	}
	if len(r.Body) == 0 { // long ago, and it changed nothing
		return vocab.Activity{ID: r.URI, Type: r.Type, Actor: r.ActorURI, ObjectID: r.ObjectURI}, nil
	}
	return vocab.ParseActivity(r.Body)
}
