package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
)

// accept and reject are answers to a Follow of ours, or to our request to quote.
func (in *Inbox) accept(ctx context.Context, a vocab.Activity) error { return in.answer(ctx, a, true) }

func (in *Inbox) reject(ctx context.Context, a vocab.Activity) error { return in.answer(ctx, a, false) }

func (in *Inbox) answer(ctx context.Context, a vocab.Activity, accepted bool) error {
	m := from(ctx)
	if handled, err := in.quoteAnswered(ctx, a, accepted); handled || err != nil {
		return err
	}
	followURI, reader := a.ObjectID, ""
	if a.EmbeddedObject() {
		f, err := a.Inner()
		if err != nil {
			return err
		}
		// RULE: only a Follow of ours is answered, and only by the one it asks.
		if f.Type != "Follow" || !in.ours(f.Actor) {
			return rejected("answers a %s by %s", f.Type, f.Actor)
		}
		if f.ObjectID != a.Actor {
			return rejected("answers for %s", f.ObjectID)
		}
		followURI, reader = f.ID, f.Actor
	}
	return in.Follows.ReceiveAnswer(ctx, m.actor.ID, followURI, reader, accepted)
}
