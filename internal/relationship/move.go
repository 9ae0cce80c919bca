package relationship

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Moved leads our people on after an account has moved: whoever followed it follows the new one, and whoever blocked or muted it has
// shut out the same person there. It works one job.Move; a second call finds less to do.
func (s *Service) Moved(ctx context.Context, accountID, targetID int64) error {
	old, err := s.accounts.ByID(ctx, accountID)
	if err == nil && old.MovedToURI == "" {
		return nil // taken back meanwhile
	}
	var target account.Account
	if err == nil {
		target, err = s.accounts.ByID(ctx, targetID)
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if old.MovedToURI != target.URI || !target.Is(old.URI) || target.State != account.Active {
		return nil
	}
	// First what shuts out: nobody is to follow whom they blocked.
	if err := s.shutOutToo(ctx, old, target); err != nil {
		return fmt.Errorf("relationship.Moved %d to %d: %w", accountID, targetID, err)
	}
	return s.follows.Lead(ctx, old, target, func(tx *sqlx.Tx, readerID int64) error {
		if err := carryNotes(ctx, tx, readerID, old.ID, target.ID); err != nil {
			return fmt.Errorf("notes: %w", err)
		}
		ids, err := listsWith(ctx, tx, readerID, old.ID)
		for _, id := range ids {
			if err = addToList(ctx, tx, db.NewID(time.Now()), id, target.ID); err != nil {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("lists: %w", err)
		}
		return nil
	})
}

func (s *Service) shutOutToo(ctx context.Context, old, target account.Account) error {
	blockers, err := localBlockers(ctx, s.db, old.ID)
	if err != nil {
		return err
	}
	byID, err := s.accounts.ByIDs(ctx, blockers)
	if err != nil {
		return err
	}
	for _, id := range blockers {
		if id == target.ID {
			continue
		}
		if err := s.Block(ctx, byID[id], target.ID); err != nil && !fault.Is(err, fault.Forbidden) {
			return err
		}
	}
	list, err := mutesOf(ctx, s.db, old.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.AccountID == target.ID {
			continue
		}
		if err := insertMute(ctx, s.db, db.NewID(time.Now()), m, target.ID); err != nil {
			return err
		}
	}
	return nil
}
