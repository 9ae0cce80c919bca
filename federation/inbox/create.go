package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
)

// create takes in a new post, or the several votes that GoToSocial sends at once.
func (in *Inbox) create(ctx context.Context, a vocab.Activity) error {
	var first error
	for _, part := range a.Parts() {
		err := in.createOne(ctx, part)
		if err != nil && asVerdict(err) == nil && !fault.Is(err, fault.Invalid) {
			return err
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func (in *Inbox) createOne(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	o, err := in.objectOf(ctx, a)
	if err != nil {
		return err
	}
	if in.ours(o.ID) {
		return ignored("our own post")
	}
	m.about = o.ID
	// RULE: a vote is never shown as a post: who voted for what is for the author of the poll only.
	if o.Vote() && in.ours(o.InReplyTo) {
		if voted, err := in.Polls.ReceiveVote(ctx, m.actor, o.InReplyTo, o.Name, o.ID); err != nil || voted {
			return err
		}
	}
	_, _, err = in.save(ctx, o, m.actor, reason{told: m, first: true})
	return err
}

// objectOf returns the object of a Create or Update, as its author's server says it.
func (in *Inbox) objectOf(ctx context.Context, a vocab.Activity) (vocab.Object, error) {
	m := from(ctx)
	if a.EmbeddedObject() {
		o, err := vocab.ParseObject(a.Object)
		if err != nil {
			return o, err
		}
		// RULE: an embedded object is believed only if activity, actor, object and author are of one host, and the
		// author is the owner of the key that signed (FEP-fe34).
		if vocab.SameHost(a.ID, a.Actor, o.ID, o.AttributedTo) && o.AttributedTo == m.actor.URI {
			return o, nil
		}
		// RULE: a different author on the actor's own host is not explained by forwarding.
		if vocab.SameHost(a.Actor, o.ID) {
			return o, rejected("%s is attributed to %s", o.ID, o.AttributedTo)
		}
	}
	// RULE: whoever makes us fetch must be someone we read, or speak to someone here. The answer must then be by the
	// actor itself: nobody creates or changes another's post.
	if vocab.HostOf(a.ObjectID) == "" || in.ours(a.ObjectID) {
		return vocab.Object{}, rejected("object %q", a.ObjectID)
	}
	// RULE: nobody makes us call a third host: what stands there could not be the actor's.
	if !vocab.SameHost(a.Actor, a.ObjectID) {
		return vocab.Object{}, rejected("%s by %s", a.ObjectID, a.Actor)
	}
	if err := in.mayAsk(ctx, a); err != nil {
		return vocab.Object{}, err
	}
	o, err := in.fetchObject(ctx, a.ObjectID)
	if err != nil {
		return o, err
	}
	if o.AttributedTo != m.actor.URI {
		return o, rejected("%s is attributed to %s", o.ID, o.AttributedTo)
	}
	return o, nil
}

// mayAsk reports, as an error, when an activity must not make us fetch something.
func (in *Inbox) mayAsk(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	followed, err := in.Follows.FollowedByUs(ctx, m.actor.ID)
	if err != nil {
		return err
	}
	if !followed && !in.addressed(ctx, a) {
		return ignored("neither followed nor addressed to anyone here")
	}
	if !in.fetches.allow(vocab.HostOf(a.Actor)) {
		return fault.New(fault.Limited, "error.federation.limited")
	}
	return nil
}

// addressed reports whether one of our accounts stands in to or cc.
func (in *Inbox) addressed(ctx context.Context, a vocab.Activity) bool {
	for _, ids := range [][]string{a.To, a.Cc} {
		for _, id := range ids {
			if in.ours(id) {
				if _, err := in.Accounts.ByURI(ctx, id); err == nil {
					return true
				}
			}
		}
	}
	return false
}
