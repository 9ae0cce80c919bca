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

// BlockEnds is who blocks whom.
type BlockEnds struct {
	AccountID int64 `db:"account_id"`
	TargetID  int64 `db:"target_id"`
}

// BlockByID finds a block that stands; fault.NotFound.
func (s *Service) BlockByID(ctx context.Context, id int64) (BlockEnds, error) {
	b, err := blockByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return b, fault.New(fault.NotFound, "error.relation.not_found")
	}
	if err != nil {
		return b, fmt.Errorf("relationship.BlockByID %d: %w", id, err)
	}
	return b, nil
}

// ReceiveBlock notes that an account of another server wants to have nothing to do with one of our people, by the rules of Block.
// The blocked one is not told.
func (s *Service) ReceiveBlock(ctx context.Context, accountID, targetID int64, uri string) error {
	by, target, err := s.remotePair(ctx, accountID, targetID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.follows.Sever(ctx, tx, target, by); err != nil {
			return err
		}
		now := time.Now()
		if _, err := insertBlock(ctx, tx, db.NewID(now), by.ID, target.ID, uri, now); err != nil {
			return fmt.Errorf("relationship.ReceiveBlock %d -> %d: %w", by.ID, target.ID, err)
		}
		if err := s.forget(ctx, tx, by, target); err != nil {
			return fmt.Errorf("relationship.ReceiveBlock %d -> %d: %w", by.ID, target.ID, err)
		}
		return nil
	})
}

// ReceiveUnblock ends what ReceiveBlock noted; nothing to end is no error.
func (s *Service) ReceiveUnblock(ctx context.Context, accountID, targetID int64) error {
	by, target, err := s.remotePair(ctx, accountID, targetID)
	if err != nil {
		return err
	}
	if _, err := deleteBlock(ctx, s.db, by.ID, target.ID); err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("relationship.ReceiveUnblock %d -> %d: %w", by.ID, target.ID, err)
	}
	return nil
}

// remotePair makes sure that another server's account speaks of one of our people.
func (s *Service) remotePair(ctx context.Context, accountID, targetID int64) (by, target account.Account, err error) {
	if by, err = s.accounts.ByID(ctx, accountID); err != nil {
		return by, target, err
	}
	if target, err = s.accounts.ByID(ctx, targetID); err != nil {
		return by, target, err
	}
	if by.Local() || !target.Local() {
		return by, target, fault.New(fault.Forbidden, "error.relation.forbidden")
	}
	return by, target, nil
}
