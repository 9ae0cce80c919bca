package inbox

import (
	"context"
	"strings"

	"github.com/vorbild/vorbild/federation/vocab"
)

// collected hears that a catalogue took a practice into a collection, or out of it. The collection itself is the truth and
// is read where it stands; what the activity adds for us is that a practice exists that we may not know yet.
func (in *Inbox) collected(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	// RULE: only its owner changes a collection. The owner's collections lie below the owner's id.
	if !strings.HasPrefix(a.Target, m.actor.URI+"/") && a.Target != m.actor.FeaturedURI {
		return rejected("%q is not a collection of %s", a.Target, a.Actor)
	}
	m.about = a.ObjectID
	if a.Reason != "" {
		m.note("reason: %s", a.Reason)
	}
	if in.ours(a.ObjectID) || a.Type != "Add" {
		return ignored("a hint, nothing to change")
	}
	if _, err := in.Posts.Find(ctx, a.ObjectID); err == nil {
		return ignored("a hint, known already")
	}
	followed, err := in.Follows.FollowedByUs(ctx, m.actor.ID)
	if err != nil {
		return err
	}
	if !followed {
		return ignored("nobody here follows %s", a.Actor)
	}
	_, err = in.fetchAndSave(ctx, a.ObjectID, reason{via: &m.actor})
	return err
}
