package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// move leads those of ours who follow an account on to where its owner has gone.
func (in *Inbox) move(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	// RULE: nobody moves another.
	if a.ObjectID != a.Actor {
		return rejected("%s moves %s", a.Actor, a.ObjectID)
	}
	if vocab.HostOf(a.Target) == "" || a.Target == a.Actor {
		return rejected("target %q", a.Target)
	}
	followed, err := in.Follows.FollowedByUs(ctx, m.actor.ID)
	if err != nil {
		return err
	}
	if !followed {
		return ignored("nobody here follows %s", a.Actor)
	}
	target, err := in.fresh(ctx, a.Target)
	if err != nil {
		return err
	}
	// RULE: the new account says that it is the same, now and at its origin; what we remember of it may be as old as we like.
	if !target.Is(a.Actor) {
		return rejected("%s does not know %s", target.URI, a.Actor)
	}
	return in.Accounts.ReceiveMove(ctx, m.actor.ID, target)
}

// fresh returns an account as its origin describes it now.
func (in *Inbox) fresh(ctx context.Context, uri string) (account.Account, error) {
	if in.ours(uri) {
		a, err := in.Accounts.ByURI(ctx, uri)
		if err != nil {
			return a, err
		}
		return in.Accounts.ByID(ctx, a.ID) // not from memory
	}
	if !in.fetches.allow(vocab.HostOf(uri)) {
		return account.Account{}, fault.New(fault.Limited, "error.federation.limited")
	}
	return in.Fetch.RefreshActor(ctx, uri)
}
