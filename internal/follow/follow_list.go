package follow

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
)

// ByID returns a follow, also an undone one.
func (s *Service) ByID(ctx context.Context, id int64) (Follow, error) {
	f, err := followByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return Follow{}, errNotFound()
	}
	if err != nil {
		return Follow{}, fmt.Errorf("follow.ByID %d: %w", id, err)
	}
	return f, nil
}

// Relation tells what stands between reader and another account, Relations between reader and many, by their ids.
func (s *Service) Relation(ctx context.Context, readerID, otherID int64) (Relation, error) {
	relations, err := s.Relations(ctx, readerID, []int64{otherID})
	return relations[otherID], err
}

// Relations leaves out accounts that nothing connects with reader.
func (s *Service) Relations(ctx context.Context, readerID int64, otherIDs []int64) (map[int64]Relation, error) {
	list, err := followsBetween(ctx, s.db, readerID, otherIDs)
	if err != nil {
		return nil, fmt.Errorf("follow.Relations of %d: %w", readerID, err)
	}
	relations := make(map[int64]Relation, len(list))
	for _, f := range list {
		if f.AccountID == readerID {
			r := relations[f.TargetID]
			r.Following, r.Requested = f.State == Accepted, f.State == Pending
			relations[f.TargetID] = r
		}
		if f.TargetID == readerID && f.State == Accepted {
			r := relations[f.AccountID]
			r.FollowedBy = true
			relations[f.AccountID] = r
		}
	}
	return relations, nil
}

// Followers lists accepted ones, newest first. The cursors of page are ids of accounts in this list.
func (s *Service) Followers(ctx context.Context, targetID int64, page paging.Page) ([]account.Account, error) {
	ids, err := followerIDs(ctx, s.db, targetID, page)
	if err != nil {
		return nil, fmt.Errorf("follow.Followers of %d: %w", targetID, err)
	}
	return s.inOrder(ctx, ids)
}

// Following lists whom readerID follows, accepted ones, newest first. The cursors of page are ids of accounts in this list.
func (s *Service) Following(ctx context.Context, readerID int64, page paging.Page) ([]account.Account, error) {
	ids, err := followingIDs(ctx, s.db, readerID, page)
	if err != nil {
		return nil, fmt.Errorf("follow.Following of %d: %w", readerID, err)
	}
	return s.inOrder(ctx, ids)
}

// Requests lists what waits for targetID's answer, oldest first.
func (s *Service) Requests(ctx context.Context, targetID int64) ([]Request, error) {
	list, err := pendingFor(ctx, s.db, targetID)
	if err != nil {
		return nil, fmt.Errorf("follow.Requests for %d: %w", targetID, err)
	}
	return s.withAccounts(ctx, list, func(f Follow) int64 { return f.AccountID })
}

// Sent lists the follows of readerID that are not undone, with their state, newest first.
func (s *Service) Sent(ctx context.Context, readerID int64) ([]Request, error) {
	list, err := sentBy(ctx, s.db, readerID)
	if err != nil {
		return nil, fmt.Errorf("follow.Sent by %d: %w", readerID, err)
	}
	return s.withAccounts(ctx, list, func(f Follow) int64 { return f.TargetID })
}

// Counts returns how many follow the account and how many it follows.
func (s *Service) Counts(ctx context.Context, accountID int64) (followers, following int, err error) {
	if followers, following, err = counts(ctx, s.db, accountID); err != nil {
		return 0, 0, fmt.Errorf("follow.Counts of %d: %w", accountID, err)
	}
	return followers, following, nil
}

// FollowedByUs reports whether any local account follows accountID (accepted).
func (s *Service) FollowedByUs(ctx context.Context, accountID int64) (bool, error) {
	yes, err := followedByUs(ctx, s.db, accountID)
	if err != nil {
		return false, fmt.Errorf("follow.FollowedByUs %d: %w", accountID, err)
	}
	return yes, nil
}

func (s *Service) inOrder(ctx context.Context, ids []int64) ([]account.Account, error) {
	byID, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]account.Account, 0, len(ids))
	for _, id := range ids {
		if a, ok := byID[id]; ok {
			list = append(list, a)
		}
	}
	return list, nil
}

func (s *Service) withAccounts(ctx context.Context, follows []Follow, other func(Follow) int64) ([]Request, error) {
	ids := make([]int64, len(follows))
	for i, f := range follows {
		ids[i] = other(f)
	}
	byID, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Request, 0, len(follows))
	for i, f := range follows {
		if a, ok := byID[ids[i]]; ok {
			list = append(list, Request{Follow: f, Account: a})
		}
	}
	return list, nil
}
