package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Notify works one job.Notify: idempotent, never for one's own doings, never for what the account may not see.
// What concerns one of our groups is told to the editors of this instance.
func (s *Service) Notify(ctx context.Context, n job.Notify) error {
	var err error
	switch n.Event {
	case job.NotifyPost:
		err = s.notifyPost(ctx, n.ID)
	case job.NotifyFollow:
		err = s.notifyFollow(ctx, n.ID)
	case job.NotifyFavourite:
		err = s.notifyReaction(ctx, n.ID, s.posts.FavouriteByID, func(account.Account, post.Post) string { return Favourite })
	case job.NotifyBoost:
		err = s.notifyReaction(ctx, n.ID, s.posts.BoostByID, boostKind)
	default:
		return fmt.Errorf("notification.Notify: unknown event %q", n.Event)
	}
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return nil // what it was about is gone
	}
	if err != nil {
		return fmt.Errorf("notification.Notify %s %d: %w", n.Event, n.ID, err)
	}
	return nil
}

// boostKind tells a curation from a boost: a group that took up a practice which stands on another board. Our own groups
// boost only what the desk accepted, whatever board it stands on.
func boostKind(by account.Account, p post.Post) string {
	if by.Kind == account.Group && p.Kind == post.Article && (by.Local() || p.BoardID == nil || *p.BoardID != by.ID) {
		return Curated
	}
	return Boost
}

func (s *Service) notifyPost(ctx context.Context, id int64) error {
	p, err := s.posts.Get(ctx, id)
	if err != nil || p.State != post.StatePublished {
		return err
	}
	told := map[int64]bool{p.AccountID: true}
	if p.InReplyToID != nil {
		parent, err := s.posts.Get(ctx, *p.InReplyToID)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, told, parent.AccountID, Reply, p.AccountID, &p); err != nil {
			return err
		}
	}
	mentioned, err := s.posts.MentionIDs(ctx, id)
	if err != nil {
		return err
	}
	for _, m := range mentioned {
		if err := s.tell(ctx, told, m, Mention, p.AccountID, &p); err != nil {
			return err
		}
	}
	if p.ThreadID == p.ID {
		return nil
	}
	// Whoever wrote a practice hears of the whole discussion below it, not only of what answers it directly.
	root, err := s.posts.Get(ctx, p.ThreadID)
	if err != nil || root.Kind != post.Article {
		return err
	}
	return s.tell(ctx, told, root.AccountID, Reply, p.AccountID, &p)
}

func (s *Service) notifyFollow(ctx context.Context, id int64) error {
	f, err := s.follows.ByID(ctx, id)
	if err != nil || f.UndoneAt != nil || f.State == follow.Rejected {
		return err
	}
	kind := Follow
	if f.State == follow.Pending {
		kind = FollowRequest
	} else if err := removeRequests(ctx, s.db, f.TargetID, f.AccountID); err != nil {
		return err
	}
	return s.tell(ctx, map[int64]bool{f.AccountID: true}, f.TargetID, kind, f.AccountID, nil)
}

func (s *Service) notifyReaction(ctx context.Context, id int64, get func(context.Context, int64) (post.Reaction, error), kind func(account.Account, post.Post) string) error {
	r, err := get(ctx, id)
	if err != nil || r.UndoneAt != nil {
		return err
	}
	p, err := s.posts.Get(ctx, r.PostID)
	if err != nil || p.State != post.StatePublished {
		return err
	}
	by, err := s.accounts.ByID(ctx, r.AccountID)
	if err != nil {
		return err
	}
	return s.tell(ctx, map[int64]bool{r.AccountID: true}, p.AccountID, kind(by, p), r.AccountID, &p)
}

// tell writes to the account, or to the editors where the account is one of our groups, unless told before.
func (s *Service) tell(ctx context.Context, told map[int64]bool, accountID int64, kind string, fromID int64, about *post.Post) error {
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
		for _, id := range list {
			if err := s.tell(ctx, told, id, kind, fromID, about); err != nil {
				return err
			}
		}
		return nil
	}
	n := Notification{AccountID: to.ID, Kind: kind, FromAccountID: fromID}
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
	n.CreatedAt = time.Now()
	n.ID = db.NewID(n.CreatedAt)
	return insert(ctx, s.db, n)
}
