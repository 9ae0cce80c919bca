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

// Followers lists who follows target, newest first, as far as the viewer (0: a visitor) may see it: nobody where target keeps
// it to themselves or blocks the viewer, and without whom the viewer wants to hear nothing of. The cursors are ids of follows.
func (s *Service) Followers(ctx context.Context, viewerID int64, target account.Account, page paging.Page) ([]Request, error) {
	if open, err := s.opensTo(ctx, viewerID, target); err != nil || !open {
		return nil, err
	}
	list, err := followers(ctx, s.db, viewerID, target.ID, page)
	if err != nil {
		return nil, fmt.Errorf("follow.Followers of %d: %w", target.ID, err)
	}
	return s.withAccounts(ctx, list, func(f Follow) int64 { return f.AccountID })
}

// Following lists whom reader follows, by the same rules as Followers.
func (s *Service) Following(ctx context.Context, viewerID int64, reader account.Account, page paging.Page) ([]Request, error) {
	if open, err := s.opensTo(ctx, viewerID, reader); err != nil || !open {
		return nil, err
	}
	list, err := following(ctx, s.db, viewerID, reader.ID, page)
	if err != nil {
		return nil, fmt.Errorf("follow.Following of %d: %w", reader.ID, err)
	}
	return s.withAccounts(ctx, list, func(f Follow) int64 { return f.TargetID })
}

// opensTo reports whether an account shows the viewer whom it follows and who follows it.
func (s *Service) opensTo(ctx context.Context, viewerID int64, a account.Account) (bool, error) {
	switch {
	case viewerID != 0 && viewerID == a.ID:
		return true, nil
	case a.HideCollections || a.State != account.Active:
		return false, nil
	case viewerID == 0:
		return true, nil
	}
	_, blocked, err := blocksBetween(ctx, s.db, account.Account{ID: viewerID}, a)
	if err != nil {
		return false, fmt.Errorf("follow: does %d block %d: %w", a.ID, viewerID, err)
	}
	return !blocked, nil
}

// Familiar lists who of those that the viewer follows also follows each target, by target id.
func (s *Service) Familiar(ctx context.Context, viewerID int64, targetIDs []int64) (map[int64][]account.Account, error) {
	list, err := familiar(ctx, s.db, viewerID, targetIDs)
	if err != nil {
		return nil, fmt.Errorf("follow.Familiar to %d: %w", viewerID, err)
	}
	requests, err := s.withAccounts(ctx, list, func(f Follow) int64 { return f.AccountID })
	if err != nil {
		return nil, err
	}
	byTarget := make(map[int64][]account.Account, len(targetIDs))
	for _, r := range requests {
		byTarget[r.Follow.TargetID] = append(byTarget[r.Follow.TargetID], r.Account)
	}
	return byTarget, nil
}

// RequestsPage is Requests for clients, newest first. The cursors are ids of follows.
func (s *Service) RequestsPage(ctx context.Context, targetID int64, page paging.Page) ([]Request, error) {
	list, err := pendingPage(ctx, s.db, targetID, page)
	if err != nil {
		return nil, fmt.Errorf("follow.RequestsPage for %d: %w", targetID, err)
	}
	return s.withAccounts(ctx, list, func(f Follow) int64 { return f.AccountID })
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
	return s.remembered.get(ctx, accountID, func(ctx context.Context, id int64) (bool, error) {
		yes, err := followedByUs(ctx, s.db, id)
		if err != nil {
			return false, fmt.Errorf("follow.FollowedByUs %d: %w", id, err)
		}
		return yes, nil
	})
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
