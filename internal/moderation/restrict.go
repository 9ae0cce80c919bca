package moderation

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Restriction is what moderators can do to an account.
type Restriction string

const (
	Silence   Restriction = "silence"
	Unsilence Restriction = "unsilence"
	Suspend   Restriction = "suspend"
	Restore   Restriction = "restore" // ends Suspend
)

// Hidden is a post that moderators took out of everyone's sight.
type Hidden struct {
	PostID    int64     `db:"post_id"`
	AccountID *int64    `db:"account_id"` // who did it; nil when their account is gone
	Reason    string    `db:"reason"`
	CreatedAt time.Time `db:"created_at"`
}

// Restrict limits or suspends an account of another server, or ends that, for moderators; ours are for administrators. The reason
// stands in the log. Errors: Forbidden, NotFound, Invalid, Conflict.
func (s *Service) Restrict(ctx context.Context, actor account.Account, id int64, how Restriction, reason string) error {
	if !actor.Able(account.RoleModerator) {
		return errForbidden()
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	switch how {
	case Silence, Unsilence:
		return s.accounts.SetSilenced(ctx, actor, id, how == Silence, reason)
	case Suspend:
		return s.accounts.SetStateBecause(ctx, actor, id, account.Suspended, reason)
	case Restore:
		return s.accounts.SetStateBecause(ctx, actor, id, account.Active, reason)
	}
	return fault.New(fault.Invalid, "error.invalid")
}

// Hide takes a post of another server out of everyone's sight, here only: its origin hears nothing of it, and an edit does not
// bring it back. Doing it again changes the reason. Posts of ours are deleted instead. Errors: Forbidden, NotFound, Invalid, Conflict.
func (s *Service) Hide(ctx context.Context, actor account.Account, postID int64, reason string) error {
	reason = strings.TrimSpace(reason)
	if err := checkReason(reason); err != nil {
		return err
	}
	if reason == "" {
		return fault.Fields(fault.Field{Name: "reason", Message: "error.policy.reason.empty"})
	}
	return s.onPost(ctx, actor, postID, "post.hide", reason, func(tx *sqlx.Tx, p post.Post) (bool, error) {
		if p.Local {
			return false, fault.New(fault.Conflict, "error.policy.hide.local")
		}
		return true, hidePost(ctx, tx, Hidden{PostID: p.ID, AccountID: byWhom(actor), Reason: reason, CreatedAt: time.Now()})
	})
}

// Show ends Hide; what is not hidden stays as it is.
func (s *Service) Show(ctx context.Context, actor account.Account, postID int64) error {
	return s.onPost(ctx, actor, postID, "post.show", "", func(tx *sqlx.Tx, p post.Post) (bool, error) { return showPost(ctx, tx, p.ID) })
}

// HiddenPosts returns those of the posts that are hidden, by id, for moderators; to everybody else none.
func (s *Service) HiddenPosts(ctx context.Context, actor account.Account, ids []int64) (map[int64]Hidden, error) {
	if !actor.Able(account.RoleModerator) || len(ids) == 0 {
		return nil, nil
	}
	list, err := hiddenPosts(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("moderation.HiddenPosts: %w", err)
	}
	byID := make(map[int64]Hidden, len(list))
	for _, h := range list {
		byID[h.PostID] = h
	}
	return byID, nil
}

// Post returns a post in any state for who decides about it, with its author. Errors: Forbidden, NotFound.
func (s *Service) Post(ctx context.Context, actor account.Account, id int64) (post.View, error) {
	if !actor.Able(account.RoleModerator) {
		return post.View{}, errForbidden()
	}
	p, err := s.posts.Get(ctx, id)
	if err != nil {
		return post.View{}, err
	}
	// RULE: what only chosen people may read is shown to moderators in reports only, by one of these people.
	if p.State != post.StatePublished || !p.Visibility.Listed() {
		return post.View{}, fault.New(fault.NotFound, "error.post.not_found")
	}
	views, err := s.posts.Views(ctx, post.Viewer{AccountID: actor.ID}, []post.Post{p})
	if err != nil {
		return post.View{}, err
	}
	return views[0], nil
}

// onPost does something to a post and notes it, if it changed anything.
func (s *Service) onPost(ctx context.Context, actor account.Account, id int64, action, detail string, do func(*sqlx.Tx, post.Post) (bool, error)) error {
	if !actor.Able(account.RoleModerator) {
		return errForbidden()
	}
	p, err := s.posts.Get(ctx, id)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		changed, err := do(tx, p)
		if err != nil || !changed {
			return err
		}
		if err := s.jobs.Enqueue(ctx, tx, job.TellUnseen{}); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, action, p.URI, detail)
	})
}

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > account.MaxReason {
		return fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_long", Args: map[string]any{"Max": account.MaxReason}})
	}
	return nil
}
