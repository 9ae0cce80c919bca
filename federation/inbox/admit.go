package inbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// SharedScope is the scope of what comes by the shared inbox; by an own inbox it is the id of its owner.
const SharedScope = "shared"

// Read checks the shape of a body and reads its envelope. fault.Invalid.
func (in *Inbox) Read(body []byte) (vocab.Activity, error) {
	if err := vocab.CheckShape(body); err != nil {
		return vocab.Activity{}, malformed(err)
	}
	a, err := vocab.ParseActivity(body)
	if err != nil {
		return a, malformed(err)
	}
	return a, nil
}

// Unheard reports whether an activity is the deletion of an actor that nobody here has heard of. When a large server closes an
// account, it tells everybody: nothing is asked and nothing kept for it, as the key that signed is gone with the actor.
func (in *Inbox) Unheard(ctx context.Context, a vocab.Activity) bool {
	if a.Type != "Delete" || a.ObjectID != a.Actor || in.ours(a.Actor) {
		return false
	}
	_, err := in.Accounts.ByURI(ctx, a.Actor)
	return fault.Is(err, fault.NotFound)
}

// MayForget reports whether a request whose signer could not be verified needs no verification: the deletion of an actor
// that is gone at its origin has nothing left to delete here.
func (in *Inbox) MayForget(a vocab.Activity, err error) bool {
	return a.Type == "Delete" && a.ObjectID == a.Actor && errors.Is(err, transport.ErrActorGone)
}

// Authorize checks that the signer may say this. forwarded is true for an activity of another server that the signer
// passes on: nothing in it is believed.
func (in *Inbox) Authorize(_ context.Context, signer account.Account, a vocab.Activity) (forwarded bool, err error) {
	host := vocab.HostOf(a.Actor)
	switch {
	// RULE: the id lies where the actor lives. Otherwise someone could use up the ids of others, whose own activities
	// would then count as seen before.
	case !vocab.SameHost(a.ID, a.Actor):
		return false, forbidden("activity %s of %s", a.ID, a.Actor)
	// RULE: nobody speaks for us but we.
	case host == in.Domain:
		return false, forbidden("activity in our own name")
	case signer.URI == a.Actor:
		return false, nil
	// RULE: the owner of the key is the actor, not only someone on the same host (CVE-2025-54888 and others).
	case vocab.HostOf(signer.URI) == host:
		return false, forbidden("%s speaks for %s", signer.URI, a.Actor)
	}
	return true, nil
}

// Store keeps an authorized activity until it is applied. It returns when the activity is safe; a repeat changes nothing.
// Errors: fault.Limited when too much of its host waits already, fault.Unavailable when it could not be stored now.
func (in *Inbox) Store(ctx context.Context, scope string, a vocab.Activity) error {
	host := vocab.HostOf(a.Actor)
	err := in.room.take(in.now(), host, a.Actor, len(a.Raw), func() (int, int, int, error) { return countPending(ctx, in.DB, host, a.Actor) })
	if err == nil {
		err = in.intake.put(ctx, scope, host, a)
	}
	if err != nil {
		return fmt.Errorf("inbox.Store %s: %w", a.ID, err)
	}
	in.greeter.seen(host)
	return nil
}

// Forwarded looks at what an activity of a third server is about, at its origin, provided that we would want to know: the
// embedded data are dropped, and a stranger cannot make us fetch what he likes. fault.Limited when the signer's host forwards more
// than we look up.
func (in *Inbox) Forwarded(ctx context.Context, signer account.Account, a vocab.Activity) error {
	switch a.Type {
	case "Create", "Update", "Delete":
	default:
		return nil
	}
	if !vocab.SameHost(a.Actor, a.ObjectID) || a.ObjectID == a.Actor {
		return nil
	}
	known, err := in.known(ctx, a)
	if err != nil || !known {
		return err
	}
	if !in.forwards.allow(vocab.HostOf(signer.URI)) {
		return limited()
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error {
		return in.Jobs.Enqueue(ctx, tx, job.FetchPost{URI: a.ObjectID})
	})
}

// known reports whether we have the object, or follow its author.
func (in *Inbox) known(ctx context.Context, a vocab.Activity) (bool, error) {
	if _, err := in.Posts.Find(ctx, a.ObjectID); err == nil {
		return true, nil
	} else if !fault.Is(err, fault.NotFound) {
		return false, err
	}
	author, err := in.Accounts.ByURI(ctx, a.Actor)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return in.Follows.FollowedByUs(ctx, author.ID)
}

func malformed(err error) error {
	return fault.Wrap(fault.Invalid, "error.federation.malformed", err)
}

func forbidden(format string, args ...any) error {
	return fault.Wrap(fault.Forbidden, "error.federation.forbidden", fmt.Errorf("inbox: "+format, args...))
}
