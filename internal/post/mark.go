package post

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// MaxPins is how many posts an account can pin to its profile.
const MaxPins = 5

// Bookmark, Unbookmark, MuteThread, UnmuteThread are seen by nobody but the actor; idempotent.
func (s *Service) Bookmark(ctx context.Context, actor account.Account, id int64) error {
	return s.mark(ctx, actor, id, func(p Post) error { return insertBookmark(ctx, s.db, db.NewID(time.Now()), actor.ID, p.ID) })
}

// Unbookmark ends what Bookmark began.
func (s *Service) Unbookmark(ctx context.Context, actor account.Account, id int64) error {
	return s.mark(ctx, actor, id, func(p Post) error { return deleteBookmark(ctx, s.db, actor.ID, p.ID) })
}

// MuteThread tells the actor nothing more of answers in the thread of a post.
func (s *Service) MuteThread(ctx context.Context, actor account.Account, id int64) error {
	return s.mark(ctx, actor, id, func(p Post) error { return insertThreadMute(ctx, s.db, actor.ID, p.ThreadID) })
}

// UnmuteThread ends what MuteThread began.
func (s *Service) UnmuteThread(ctx context.Context, actor account.Account, id int64) error {
	return s.mark(ctx, actor, id, func(p Post) error { return deleteThreadMute(ctx, s.db, actor.ID, p.ThreadID) })
}

// mark does something to a published post the actor may see.
func (s *Service) mark(ctx context.Context, actor account.Account, id int64, do func(p Post) error) error {
	if !actor.Local() || !actor.Able(account.RoleGuest) {
		return errForbidden()
	}
	p, err := s.forViewer(ctx, Viewer{AccountID: actor.ID}, id)
	if err != nil {
		return err
	}
	if p.State != StatePublished {
		return errNotFound()
	}
	if err := do(p); err != nil {
		return fmt.Errorf("post %d: mark: %w", id, err)
	}
	return nil
}

// Pin puts an own post on top of the actor's profile, Unpin takes it down; idempotent. What only the addressed may see cannot
// be pinned, nor more than MaxPins.
func (s *Service) Pin(ctx context.Context, actor account.Account, id int64) error {
	return s.mark(ctx, actor, id, func(p Post) error {
		switch {
		case p.AccountID != actor.ID:
			return pinError("error.post.pin_foreign", nil)
		case p.Visibility == Direct:
			return pinError("error.post.pin_direct", nil)
		}
		return s.inTx(ctx, func(tx *sqlx.Tx) error {
			if err := lockURIs(ctx, tx, "pins of "+decimal(actor.ID)); err != nil {
				return err
			}
			others, err := countOtherPins(ctx, tx, actor.ID, id)
			if err != nil {
				return err
			}
			if others >= MaxPins {
				return pinError("error.post.pin_limit", map[string]any{"Max": MaxPins})
			}
			inserted, err := insertPin(ctx, tx, db.NewID(time.Now()), actor.ID, id)
			if err != nil || !inserted {
				return err
			}
			return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.PinPost, ID: id})
		})
	})
}

// Unpin ends what Pin began.
func (s *Service) Unpin(ctx context.Context, actor account.Account, id int64) error {
	return s.mark(ctx, actor, id, func(p Post) error {
		return s.inTx(ctx, func(tx *sqlx.Tx) error {
			deleted, err := deletePin(ctx, tx, actor.ID, p.ID)
			if err != nil || !deleted {
				return err
			}
			return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UnpinPost, ID: p.ID})
		})
	})
}

func pinError(message string, args map[string]any) error {
	return fault.Fields(fault.Field{Name: "id", Message: message, Args: args})
}

// Pinned lists what an account has pinned and the viewer may see, the newest pin first.
func (s *Service) Pinned(ctx context.Context, viewer Viewer, accountID int64) ([]View, error) {
	list, err := pinnedBy(ctx, s.db, viewer.AccountID, accountID, MaxPins)
	if err != nil {
		return nil, fmt.Errorf("post.Pinned %d: %w", accountID, err)
	}
	return s.Views(ctx, viewer, list)
}
