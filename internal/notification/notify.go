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
	case job.NotifyPoll:
		err = s.notifyPoll(ctx, n.ID)
	case job.NotifyMoved:
		err = s.notifyMoved(ctx, n.ID)
	case job.NotifyReport:
		err = s.notifyReport(ctx, n.ID)
	case job.NotifyInvited:
		err = s.notifyInvited(ctx, n.ID)
	case job.NotifyAssigned:
		err = s.notifyAssigned(ctx, n.ID)
	case job.NotifySearch:
		err = s.notifySearch(ctx, n.ID)
	case job.NotifyListed:
		err = s.notifyListed(ctx, n.ID)
	case job.NotifyReview:
		err = s.notifyReview(ctx, n.ID)
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
	own := p.InReplyToURI == "" // or an answer to oneself
	if p.InReplyToID != nil {
		parent, err := s.posts.Get(ctx, *p.InReplyToID)
		if err != nil {
			return err
		}
		own = parent.AccountID == p.AccountID
		if err := s.tell(ctx, told, parent.AccountID, Notification{Kind: answerKind(p, parent), FromAccountID: p.AccountID}, &p); err != nil {
			return err
		}
	}
	mentioned, err := s.posts.MentionIDs(ctx, id)
	if err != nil {
		return err
	}
	if err := s.tellAll(ctx, told, mentioned, Notification{Kind: Mention, FromAccountID: p.AccountID}, &p); err != nil {
		return err
	}
	if p.ThreadID != p.ID {
		// Whoever wrote a practice hears of the whole discussion below it, not only of what answers it directly.
		root, err := s.posts.Get(ctx, p.ThreadID)
		if err != nil {
			return err
		}
		if root.Kind == post.Article {
			if err := s.tell(ctx, told, root.AccountID, Notification{Kind: Reply, FromAccountID: p.AccountID}, &p); err != nil {
				return err
			}
		}
	}
	if p.EditedAt != nil {
		return s.notifyEdit(ctx, p)
	}
	if !own || p.Visibility == post.Direct || p.PublishedAt == nil || time.Since(*p.PublishedAt) > newsAge {
		return nil
	}
	followers, err := closeFollowers(ctx, s.db, p.AccountID)
	if err != nil {
		return err
	}
	return s.tellAll(ctx, told, followers, Notification{Kind: Status, FromAccountID: p.AccountID}, &p)
}

// answerKind tells a reuse or an assessment of a practice from other answers.
func answerKind(p, parent post.Post) string {
	switch {
	case parent.Kind == post.Article && p.Role == post.RoleReuse:
		return Reuse
	case parent.Kind == post.Article && p.Role == post.RoleAssessment:
		return Assessment
	}
	return Reply
}

// newsAge is how old a post may be that followers are told of: what is fetched from the archive of an account is no news.
const newsAge = 24 * time.Hour

// notifyEdit tells who passed a post on that it is no longer what they passed on.
func (s *Service) notifyEdit(ctx context.Context, p post.Post) error {
	list, err := boosters(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	return s.tellAll(ctx, map[int64]bool{p.AccountID: true}, list, Notification{Kind: Update, FromAccountID: p.AccountID}, &p)
}

// notifyPoll tells the result to who asked and to who voted.
func (s *Service) notifyPoll(ctx context.Context, id int64) error {
	p, err := s.posts.Get(ctx, id)
	if err != nil || p.State != post.StatePublished {
		return err
	}
	list, err := voters(ctx, s.db, id)
	if err != nil {
		return err
	}
	return s.tellAll(ctx, map[int64]bool{}, append(list, p.AccountID), Notification{Kind: Poll, FromAccountID: p.AccountID}, &p)
}

func (s *Service) notifyReport(ctx context.Context, id int64) error {
	by, err := s.reportedBy(ctx, id)
	if err != nil {
		return err
	}
	if by == 0 {
		return nil
	}
	list, err := moderators(ctx, s.db)
	if err != nil {
		return err
	}
	return s.tellAll(ctx, map[int64]bool{by: true}, list, Notification{Kind: Report, FromAccountID: by, ReportID: &id}, nil)
}

// notifyInvited tells one of ours that they may assess a practice.
func (s *Service) notifyInvited(ctx context.Context, id int64) error {
	invited, by, practiceID, err := invitation(ctx, s.db, id)
	if db.IsNotFound(err) {
		return nil // taken back
	}
	if err != nil {
		return err
	}
	p, err := s.posts.Get(ctx, practiceID)
	if err != nil || p.State != post.StatePublished {
		return err
	}
	return s.tell(ctx, map[int64]bool{by: true}, invited, Notification{Kind: Invited, FromAccountID: by}, &p)
}

// notifyListed tells the editors that an entry of our directory waits to be confirmed, in place of what they were told a year before.
func (s *Service) notifyListed(ctx context.Context, id int64) error {
	remindedAt, err := reminded(ctx, s.db, id)
	if db.IsNotFound(err) {
		return nil // it was removed, or confirmed meanwhile
	}
	if err != nil {
		return err
	}
	if err := removeListed(ctx, s.db, id, remindedAt); err != nil {
		return err
	}
	instance, err := s.accounts.Instance(ctx)
	if err != nil {
		return err
	}
	list, err := editors(ctx, s.db)
	if err != nil {
		return err
	}
	return s.tellAll(ctx, map[int64]bool{}, list, Notification{Kind: Unconfirmed, FromAccountID: instance.ID, ListedID: &id}, nil)
}

// notifyAssigned tells an editor that a practice was given to them, and takes back what they were told of it when they had it before.
func (s *Service) notifyAssigned(ctx context.Context, id int64) error {
	a, err := assignmentOf(ctx, s.db, id)
	if db.IsNotFound(err) {
		return nil // taken back, or given to somebody else since
	}
	if err != nil {
		return err
	}
	p, err := s.posts.Get(ctx, a.PostID)
	if err != nil || p.State != post.StatePublished {
		return err
	}
	if err := removeBefore(ctx, s.db, a.EditorID, p.ID, Assigned, a.At); err != nil {
		return err
	}
	return s.tell(ctx, map[int64]bool{a.ByID: true}, a.EditorID, Notification{Kind: Assigned, FromAccountID: a.ByID}, &p)
}

// reportedBy is who a report comes from, 0 when their account is gone. For another server's report our own instance stands: nobody
// there is to be named.
func (s *Service) reportedBy(ctx context.Context, id int64) (int64, error) {
	by, host, err := reporter(ctx, s.db, id)
	switch {
	case db.IsNotFound(err):
		return 0, nil
	case err != nil:
		return 0, err
	case by != nil:
		return *by, nil
	case host == "":
		return 0, nil
	}
	instance, err := s.accounts.Instance(ctx)
	return instance.ID, err
}

// notifySearch tells who saved a search of a practice that fits it. It comes from the practice's author.
func (s *Service) notifySearch(ctx context.Context, id int64) error {
	reader, about, err := searchHit(ctx, s.db, id)
	if db.IsNotFound(err) {
		return nil // the search was forgotten
	}
	if err != nil {
		return err
	}
	p, err := s.posts.Get(ctx, about)
	if err != nil || p.State != post.StatePublished {
		return err
	}
	return s.tell(ctx, map[int64]bool{p.AccountID: true}, reader, Notification{Kind: SavedSearch, FromAccountID: p.AccountID}, &p)
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
	return s.tell(ctx, map[int64]bool{f.AccountID: true}, f.TargetID, Notification{Kind: kind, FromAccountID: f.AccountID}, nil)
}

// notifyMoved tells a reader that whom they followed has moved. It comes from the old account, whose page says where to.
func (s *Service) notifyMoved(ctx context.Context, id int64) error {
	f, err := s.follows.ByID(ctx, id)
	if err != nil {
		return err
	}
	return s.tell(ctx, map[int64]bool{f.TargetID: true}, f.AccountID, Notification{Kind: Moved, FromAccountID: f.TargetID}, nil)
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
	return s.tell(ctx, map[int64]bool{r.AccountID: true}, p.AccountID, Notification{Kind: kind(by, p), FromAccountID: r.AccountID}, &p)
}
