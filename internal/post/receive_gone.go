package post

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// forgetAtOnce is how many posts Forget looks up at a time.
const forgetAtOnce = 100

// Forget withdraws what a gone account wrote and ends its favourites and boosts: readers expect that somebody who was deleted,
// here or on another server, is no longer read here. Each row in a transaction of its own, so that a long history
// holds nobody up; what an interrupted call left, the next one takes.
func (s *Service) Forget(ctx context.Context, accountID int64) error {
	a, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return err
	}
	if a.State != account.Gone {
		return nil
	}
	return s.forget(ctx, accountID)
}

// Purge is Forget for an account of a domain that does not federate any more.
func (s *Service) Purge(ctx context.Context, accountID int64) error {
	a, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return err
	}
	if a.Local() || a.State == account.Active {
		return nil
	}
	return s.forget(ctx, accountID)
}

func (s *Service) forget(ctx context.Context, accountID int64) error {
	each := func(find func(ctx context.Context, db sqlx.ExtContext, accountID int64, limit int) ([]int64, error), end func(tx *sqlx.Tx, postID int64) error) error {
		for {
			ids, err := find(ctx, s.db, accountID, forgetAtOnce)
			if err != nil || len(ids) == 0 {
				return err
			}
			for _, id := range ids {
				if err := s.inTx(ctx, func(tx *sqlx.Tx) error { return end(tx, id) }); err != nil {
					return err
				}
			}
		}
	}
	if err := each(publishedBy, func(tx *sqlx.Tx, id int64) error {
		_, err := s.withdraw(ctx, tx, id, true)
		return err
	}); err != nil {
		return fmt.Errorf("post.Forget posts of %d: %w", accountID, err)
	}
	for _, k := range []reactionKind{favourites, boosts} {
		if err := each(k.standing, func(tx *sqlx.Tx, id int64) error {
			return s.endReaction(ctx, tx, k, accountID, id, false)
		}); err != nil {
			return fmt.Errorf("post.Forget %s of %d: %w", k.table, accountID, err)
		}
	}
	return nil
}
