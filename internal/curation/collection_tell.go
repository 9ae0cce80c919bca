package curation

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// CollectionChange is what is told of a collection: a practice came into it or left it. Without a practice, the collection
// itself was published or taken back.
type CollectionChange struct {
	ID           int64     `db:"id"`
	CollectionID int64     `db:"collection_id"` // 0 for Curated and Featured
	Slug         string    `db:"slug"`          // Curated or Featured, else ""
	PostID       int64     `db:"post_id"`       // 0 for the collection itself
	Entered      bool      `db:"entered"`
	Revision     int       `db:"revision"`
	Chapter      string    `db:"chapter"`
	Reason       string    `db:"reason"`
	CreatedAt    time.Time `db:"created_at"`

	// How the practice is now.
	Shown     bool `db:"shown"`     // to everyone
	Withdrawn bool `db:"withdrawn"` // by its source
}

func (a *arrangement) change(e Entry, entered bool, reason string) CollectionChange {
	return CollectionChange{CollectionID: a.ID, PostID: e.PostID, Entered: entered, Revision: e.Revision, Chapter: e.Chapter, Reason: reason}
}

// tell writes a change down and has it sent.
func (s *Service) tell(ctx context.Context, tx *sqlx.Tx, c CollectionChange) error {
	c.CreatedAt = time.Now()
	c.ID = db.NewID(c.CreatedAt)
	if err := insertChange(ctx, tx, c); err != nil {
		return fmt.Errorf("curation: change of collection %d: %w", c.CollectionID, err)
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.TellCollection, ID: c.ID})
}

// tellHolders tells, for every published collection that holds a practice, that it came into it or left it: it does with its
// acceptance.
func (s *Service) tellHolders(ctx context.Context, tx *sqlx.Tx, postID int64, entered bool, revision int, reason string) error {
	list, err := holdersOf(ctx, tx, postID)
	if err != nil {
		return fmt.Errorf("curation: collections of %d: %w", postID, err)
	}
	for _, c := range list {
		c.PostID, c.Entered, c.Revision, c.Reason = postID, entered, revision, reason
		if err := s.tell(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// Why a practice left without a decision, as other servers' logs show it.
const (
	goneReason   = "withdrawn at its source"
	hiddenReason = "not shown by this instance"
)

// unseenAtOnce is how many practices TellUnseen looks up at a time.
const unseenAtOnce = 200

// TellUnseen tells who follows our catalogue of each accepted practice that left its collections without a decision: its source
// took it back, or its author was suspended here, or is gone; and of each that came back. They may not follow the source, and hear
// it from nobody else. Each is told once, however often it is called.
func (s *Service) TellUnseen(ctx context.Context) error {
	for after := int64(0); ; {
		ids, err := unseen(ctx, s.db, after, unseenAtOnce)
		if err != nil {
			return fmt.Errorf("curation.TellUnseen: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		for _, id := range ids {
			if err := s.Unseen(ctx, id); err != nil {
				return err
			}
			after = id
		}
	}
}

// Unseen is TellUnseen for one practice.
func (s *Service) Unseen(ctx context.Context, postID int64) error {
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		e, err := lockEntry(ctx, tx, postID)
		if db.IsNotFound(err) || err == nil && e.State != Accepted {
			return nil
		}
		if err != nil {
			return err
		}
		v, err := visibilityOf(ctx, tx, postID)
		if err != nil || v.Shown == v.Told {
			return err
		}
		revision, reason := e.RevisionAccepted, ""
		switch {
		case v.Withdrawn:
			revision, reason = 0, goneReason
		case !v.Shown:
			revision, reason = 0, hiddenReason
		}
		slugs := []string{Curated}
		if e.Featured {
			slugs = append(slugs, Featured)
		}
		for _, slug := range slugs {
			if err := s.tell(ctx, tx, CollectionChange{Slug: slug, PostID: postID, Entered: v.Shown, Revision: revision, Reason: reason}); err != nil {
				return err
			}
		}
		return s.tellHolders(ctx, tx, postID, v.Shown, revision, reason)
	})
	if err != nil {
		return fmt.Errorf("curation.Unseen %d: %w", postID, err)
	}
	return nil
}

// ChangeByID returns what is to be told; fault.NotFound.
func (s *Service) ChangeByID(ctx context.Context, id int64) (CollectionChange, error) {
	c, err := changeByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return c, fault.New(fault.NotFound, "error.collection.not_found")
	}
	if err != nil {
		return c, fmt.Errorf("curation.ChangeByID %d: %w", id, err)
	}
	return c, nil
}

// Holds reports whether a change is still true, as q sees it.
func (s *Service) Holds(ctx context.Context, q sqlx.ExtContext, c CollectionChange) (bool, error) {
	in, err := stands(ctx, q, c)
	if err != nil {
		return false, fmt.Errorf("curation.Holds %d: %w", c.ID, err)
	}
	return in == c.Entered, nil
}
