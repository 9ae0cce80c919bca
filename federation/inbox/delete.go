package inbox

import (
	"context"
	"errors"
	"net/http"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// delete withdraws a post, or notes that an actor is gone.
func (in *Inbox) delete(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	m.about = a.ObjectID
	switch {
	case a.ObjectID == a.Actor:
		return in.Accounts.MarkGone(ctx, a.Actor)
	// RULE: nobody deletes on another host (go-fed compares only the host of the activity's id).
	case !vocab.SameHost(a.ID, a.Actor, a.ObjectID):
		return rejected("%s is not on the host of %s", a.ObjectID, a.Actor)
	}
	if revoked, err := in.revokedStamp(ctx, a.ObjectID); revoked || err != nil {
		return err
	}
	known, err := in.Posts.Find(ctx, a.ObjectID)
	switch {
	case fault.Is(err, fault.NotFound):
		// RULE: it is remembered, so that a Create that comes later, or is fetched meanwhile, does not revive it.
		return in.Posts.ReceiveDelete(ctx, a.ObjectID)
	case err != nil:
		return err
	// RULE: an author withdraws what is his; a moderator of his host may too, but then the origin must say so.
	case known.AccountID != m.actor.ID:
		return in.deleteIfGone(ctx, known)
	}
	return in.withdraw(ctx, known)
}

// withdraw passes the news on first: should we die in between, it is done once more, and nobody gets it twice.
func (in *Inbox) withdraw(ctx context.Context, p post.Post) error {
	if p.State == post.StatePublished {
		if err := in.passOnNow(ctx, p, from(ctx)); err != nil {
			return err
		}
	}
	return in.gone(ctx, p)
}

// gone withdraws a post, and tells those who know it from what our desk accepted.
func (in *Inbox) gone(ctx context.Context, p post.Post) error {
	if err := in.Posts.ReceiveDelete(ctx, p.URI); err != nil {
		return err
	}
	return in.Curation.Unseen(ctx, p.ID)
}

// deleteIfGone withdraws a post only when its origin has no longer got it.
func (in *Inbox) deleteIfGone(ctx context.Context, p post.Post) error {
	if p.Local {
		return rejected("%s is not the actor's", p.URI)
	}
	// RULE: what may not be asked now is asked later. A withdrawal that is thrown away leaves the post here for good.
	if !in.fetches.allow(vocab.HostOf(p.URI)) {
		return limited()
	}
	o, err := in.fetchObject(ctx, p.URI)
	switch {
	case vanished(err), err == nil && o.Tombstone():
		return in.withdraw(ctx, p)
	case err != nil:
		return err
	}
	return rejected("%s is still there at its origin", p.URI)
}

// vanished reports whether an origin says that it has no such thing, or has it no longer.
//
// RULE: what is withdrawn does not come back. That we are not let in (401, 403), or not understood, says nothing of whether it is
// there: its origin may have been unable to fetch our key.
func vanished(err error) bool {
	var status *transport.StatusError
	return errors.As(err, &status) && (status.Code == http.StatusNotFound || status.Code == http.StatusGone)
}
