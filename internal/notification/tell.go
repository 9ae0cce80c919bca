package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
)

func (s *Service) tellAll(ctx context.Context, told map[int64]bool, accountIDs []int64, n Notification, about *post.Post) error {
	for _, id := range accountIDs {
		if err := s.tell(ctx, told, id, n, about); err != nil {
			return err
		}
	}
	return nil
}

// tell writes n to the account, or to the editors where the account is one of our groups, unless told before.
func (s *Service) tell(ctx context.Context, told map[int64]bool, accountID int64, n Notification, about *post.Post) error {
	if told[accountID] {
		return nil
	}
	told[accountID] = true
	to, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return err
	}
	if !to.Local() {
		return nil
	}
	if to.Kind != account.Person {
		list, err := editors(ctx, s.db)
		if err != nil {
			return err
		}
		return s.tellAll(ctx, told, list, n, about)
	}
	if about != nil {
		seen, err := s.posts.ByIDs(ctx, post.Viewer{AccountID: to.ID}, []int64{about.ID})
		if err != nil {
			return err
		}
		if _, ok := seen[about.ID]; !ok {
			return nil
		}
		n.PostID = &about.ID
	}
	n.AccountID = to.ID
	from, err := s.accounts.ByID(ctx, n.FromAccountID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error { return s.write(ctx, tx, n, from, about) })
}

// write stores what the reader's blocks, mutes and policy let through, once, and says so to the listeners.
func (s *Service) write(ctx context.Context, tx *sqlx.Tx, n Notification, from account.Account, about *post.Post) error {
	now := time.Now()
	var thread int64
	if about != nil {
		thread = about.ThreadID
	}
	st, err := standingOf(ctx, tx, n.AccountID, n.FromAccountID, thread, now.Add(-newFollower))
	if err != nil {
		return fmt.Errorf("notification: standing of %d and %d: %w", n.AccountID, n.FromAccountID, err)
	}
	if !st.Heard && n.Kind != Report && n.Kind != Review && n.Kind != Assigned && n.Kind != Unconfirmed {
		return nil
	}
	policy, err := policyIn(ctx, tx, n.AccountID)
	if err != nil {
		return err
	}
	switch policy.answer(n.Kind, from, about, st, now) {
	case Drop:
		return nil
	case Filter:
		n.Filtered = true
	}
	if n.Kind == Update {
		if err := removeBefore(ctx, tx, n.AccountID, about.ID, Update, *about.EditedAt); err != nil {
			return fmt.Errorf("notification: updates of %d: %w", n.AccountID, err)
		}
	}
	n.CreatedAt = now
	n.ID, err = insert(ctx, tx, n)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if n.Filtered {
		if err := ask(ctx, tx, db.NewID(now), n.AccountID, n.FromAccountID, now); err != nil {
			return fmt.Errorf("notification: request to %d: %w", n.AccountID, err)
		}
		return nil
	}
	for _, listen := range s.onTold {
		if err := listen(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}
