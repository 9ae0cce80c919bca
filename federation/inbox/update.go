package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
)

// update takes over what changed in a post or in the actor itself. A post we do not know yet is taken in as by Create.
func (in *Inbox) update(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	if a.ObjectID == a.Actor {
		// RULE: an actor is read from its origin, never from the activity: it holds the key that the next activities
		// are checked with.
		m.about = a.Actor
		_, err := in.Fetch.RefreshActor(ctx, a.Actor)
		return err
	}
	// Some say by an Update that a post has become a Tombstone.
	if o, err := vocab.ParseObject(a.Object); err == nil && a.EmbeddedObject() && o.Tombstone() {
		return in.delete(ctx, a)
	}
	o, err := in.objectOf(ctx, a)
	if err != nil {
		return err
	}
	if in.ours(o.ID) {
		return rejected("our own post")
	}
	m.about = o.ID
	_, _, err = in.save(ctx, o, m.actor, reason{told: m})
	return err
}
