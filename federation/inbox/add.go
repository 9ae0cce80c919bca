package inbox

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// collected hears that an account put something into a collection of its own, or took it out: a pin, or a practice that a catalogue
// curates. Of the latter the collection itself is the truth and is read where it stands; what the activity adds for us is that a
// practice exists that we may not know yet.
func (in *Inbox) collected(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	// RULE: only its owner changes a collection. The owner's collections lie below the owner's id.
	if !strings.HasPrefix(a.Target, m.actor.URI+"/") && (a.Target == "" || a.Target != m.actor.FeaturedURI) {
		return rejected("%q is not a collection of %s", a.Target, a.Actor)
	}
	m.about = a.ObjectID
	if a.Reason != "" {
		m.note("reason: %s", a.Reason)
	}
	if a.Target == m.actor.FeaturedURI {
		return in.pinned(ctx, a)
	}
	if kept, err := in.relisted(ctx, a); err != nil || kept {
		return err
	}
	kept, err := in.hinted(ctx, a)
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(a.ObjectID, vocab.CollectionsURI(m.actor.URI)+"/"):
		return in.readSoon(ctx)
	case kept && a.Type == "Remove":
		return in.lookAgain(ctx, a.ObjectID)
	case in.ours(a.ObjectID) || a.Type != "Add":
		if kept {
			return nil
		}
		return ignored("a hint, nothing to change")
	}
	if _, err := in.Posts.Find(ctx, a.ObjectID); err == nil {
		if kept {
			return nil
		}
		return ignored("a hint, known already")
	}
	return in.fetchCollected(ctx, a)
}

// readSoon has the collections of a catalogue read that says that it published one or took one back.
func (in *Inbox) readSoon(ctx context.Context) error {
	m := from(ctx)
	_, watched, err := in.Curation.Watched(ctx, m.actor.ID)
	if err != nil {
		return err
	}
	if !watched {
		return ignored("nobody here follows %s", m.actor.URI)
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error { return in.Jobs.Enqueue(ctx, tx, job.ReadCurated{AccountID: m.actor.ID}) })
}

// lookAgain has a practice fetched that a catalogue curates no longer: its origin may have withdrawn it, which only those hear of it
// who follow the origin.
func (in *Inbox) lookAgain(ctx context.Context, uri string) error {
	p, err := in.Posts.Find(ctx, uri)
	if fault.Is(err, fault.NotFound) || err == nil && (p.Local || p.State != post.StatePublished) {
		return nil
	}
	if err != nil {
		return err
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error { return in.Jobs.Enqueue(ctx, tx, job.FetchPost{URI: uri}) })
}

// pinned puts a post on top of its author's profile, or takes it down.
func (in *Inbox) pinned(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	p, err := in.Posts.Find(ctx, a.ObjectID)
	if fault.Is(err, fault.NotFound) {
		if a.Type != "Add" || in.ours(a.ObjectID) {
			return ignored("unknown post")
		}
		if err := in.fetchCollected(ctx, a); err != nil {
			return err
		}
		p, err = in.Posts.Find(ctx, a.ObjectID)
	}
	if err != nil {
		return err
	}
	if a.Type != "Add" {
		return in.Posts.ReceiveUnpin(ctx, m.actor.ID, p.ID)
	}
	return in.Posts.ReceivePin(ctx, m.actor.ID, p.ID)
}

// fetchCollected makes known what somebody we read has collected.
func (in *Inbox) fetchCollected(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
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
