package post

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// maxReceivedPins is how many pins of an account of another server are kept; MaxPins of them are shown.
const maxReceivedPins = 20

// ReceivePin notes that an account of another server has put a post on top of its profile, ReceiveUnpin that it took it down;
// idempotent. Errors: NotFound; Forbidden for a post that is not the account's, nor on its board where it is a group, or that not
// everyone who follows may see.
func (s *Service) ReceivePin(ctx context.Context, accountID, postID int64) error {
	by, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, err := lockPost(ctx, tx, postID)
		if err != nil {
			return err
		}
		if !pinnable(by, p) {
			return errForbidden()
		}
		if err := lockURIs(ctx, tx, "pins of "+decimal(by.ID)); err != nil {
			return err
		}
		if _, err := insertPin(ctx, tx, db.NewID(time.Now()), by.ID, p.ID); err != nil {
			return fmt.Errorf("post.ReceivePin %d: %w", postID, err)
		}
		return keepPins(ctx, tx, by.ID, nil, maxReceivedPins)
	})
}

// ReceiveUnpin ends what ReceivePin noted.
func (s *Service) ReceiveUnpin(ctx context.Context, accountID, postID int64) error {
	if _, err := deletePin(ctx, s.db, accountID, postID); err != nil {
		return fmt.Errorf("post.ReceiveUnpin %d: %w", postID, err)
	}
	return nil
}

// ReceivePins makes the posts, the newest pin first, all that an account of another server has pinned, as its collection says.
// Those that ReceivePin would refuse are left out.
func (s *Service) ReceivePins(ctx context.Context, accountID int64, postIDs []int64) error {
	by, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return err
	}
	if by.Local() {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockURIs(ctx, tx, "pins of "+decimal(by.ID)); err != nil {
			return err
		}
		if err := keepPins(ctx, tx, by.ID, []int64{}, 0); err != nil {
			return fmt.Errorf("post.ReceivePins of %d: %w", accountID, err)
		}
		for _, id := range slices.Backward(postIDs[:min(len(postIDs), maxReceivedPins)]) {
			p, err := postByID(ctx, tx, id)
			if db.IsNotFound(err) || err == nil && !pinnable(by, p) {
				continue
			}
			if err == nil {
				_, err = insertPin(ctx, tx, db.NewID(time.Now()), by.ID, id)
			}
			if err != nil {
				return fmt.Errorf("post.ReceivePins of %d: %w", accountID, err)
			}
		}
		return nil
	})
}

func pinnable(by account.Account, p Post) bool {
	theirs := p.AccountID == by.ID || by.Kind == account.Group && p.BoardID != nil && *p.BoardID == by.ID
	return !by.Local() && theirs && p.State == StatePublished && p.Visibility != Direct
}

// PinOf returns the number of the pin by which a post of ours stands on its author's profile; fault.NotFound where it does not.
func (s *Service) PinOf(ctx context.Context, accountID, postID int64) (int64, error) {
	return s.PinIn(ctx, s.db, accountID, postID)
}

// PinIn is PinOf within the caller's transaction.
func (s *Service) PinIn(ctx context.Context, x sqlx.ExtContext, accountID, postID int64) (int64, error) {
	id, err := pinByPost(ctx, x, accountID, postID)
	if db.IsNotFound(err) {
		return 0, fault.New(fault.NotFound, "error.post.not_found")
	}
	if err != nil {
		return 0, fmt.Errorf("post.PinOf %d: %w", postID, err)
	}
	return id, nil
}
