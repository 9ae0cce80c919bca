package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
)

// follow notes that an actor wants to read one of our accounts.
func (in *Inbox) follow(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	if !in.ours(a.ObjectID) {
		return rejected("%q is not one of our accounts", a.ObjectID)
	}
	target, err := in.Accounts.ByURI(ctx, a.ObjectID)
	if fault.Is(err, fault.NotFound) {
		return rejected("no account %s", a.ObjectID)
	}
	if err != nil {
		return err
	}
	// RULE: a follow that was taken back before we came to read it is not made.
	if gone, err := undone(ctx, in.DB, a.ID, a.Actor); err != nil {
		return err
	} else if gone {
		return ignored("undone meanwhile")
	}
	return in.Follows.Receive(ctx, m.actor.ID, target.ID, a.ID)
}
