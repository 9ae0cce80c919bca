package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// block notes that an account elsewhere wants to have nothing to do with one of ours.
func (in *Inbox) block(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	if a.Target != "" {
		return ignored("a ban from %s", a.Target) // Lemmy's: it holds there, and there it is enforced
	}
	target, err := in.blocked(ctx, a)
	if err != nil {
		return err
	}
	if gone, err := undone(ctx, in.DB, a.ID, a.Actor); err != nil {
		return err
	} else if gone {
		return ignored("undone meanwhile")
	}
	return in.Relationships.ReceiveBlock(ctx, m.actor.ID, target.ID, a.ID)
}

// blocked is who a Block is about.
func (in *Inbox) blocked(ctx context.Context, a vocab.Activity) (account.Account, error) {
	if !in.ours(a.ObjectID) {
		return account.Account{}, rejected("%q is not one of our accounts", a.ObjectID)
	}
	target, err := in.Accounts.ByURI(ctx, a.ObjectID)
	if fault.Is(err, fault.NotFound) {
		return target, rejected("no account %s", a.ObjectID)
	}
	return target, err
}
