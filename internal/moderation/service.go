// Package moderation is what people report to those who look after the instance, and what these do about it.
package moderation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Categories of reports.
const (
	Spam      = "spam"
	Legal     = "legal"
	Violation = "violation" // of the rules of this instance
	Other     = "other"
)

// Limits of a report, and of what is said when it is closed, in characters where text is meant.
const (
	maxComment    = 1_000
	maxResolution = 1_000
	maxPosts      = 50
)

// Report is what somebody reported. It begins open and ends resolved, for good.
type Report struct {
	ID           int64         `db:"id"`
	AccountID    *int64        `db:"account_id"` // who reported; nil when their account is gone
	TargetID     int64         `db:"target_id"`
	PostIDs      pq.Int64Array `db:"post_ids"`
	RuleIDs      pq.Int64Array `db:"rule_ids"`
	Category     string        `db:"category"`
	Comment      string        `db:"comment"`
	Forward      bool          `db:"forward"` // the other instance was told, without saying who reported
	ResolvedByID *int64        `db:"resolved_by_id"`
	ResolvedAt   *time.Time    `db:"resolved_at"`
	Resolution   string        `db:"resolution"`
	CreatedAt    time.Time     `db:"created_at"`
	Host         string        `db:"host"` // of the other server that sent it; "" for ours
	URI          string        `db:"uri"`  // by which that server knows it
}

// View is a report with whom and what it is about. Posts are shown whoever may see them otherwise: whoever reported them
// has shown them to the moderators.
type View struct {
	Report
	By         account.Account // zero when their account is gone
	Target     account.Account
	ResolvedBy account.Account // zero while it is open
	Posts      []post.View     // in any state
}

// Draft is what somebody wants to report.
type Draft struct {
	TargetID int64
	PostIDs  []int64
	RuleIDs  []int64
	Category string // "" is Other, or Violation where rules are named
	Comment  string
	Forward  bool
}

// Service keeps reports.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
	jobs     *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, posts: posts, jobs: jobs}
}

func errNotFound() error { return fault.New(fault.NotFound, "error.moderation.not_found") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.moderation.forbidden") }

// Submit reports an account and some of its posts to the moderators. Posts of others, and those that the actor cannot see, are
// left out. Errors: NotFound, Forbidden, Invalid.
func (s *Service) Submit(ctx context.Context, actor account.Account, d Draft) (View, error) {
	if !actor.Able(account.RoleGuest) {
		return View{}, errForbidden()
	}
	if d.TargetID == actor.ID {
		return View{}, fault.New(fault.Invalid, "error.moderation.self")
	}
	target, err := s.accounts.ByID(ctx, d.TargetID)
	if err != nil {
		return View{}, err
	}
	r, err := draft(d)
	if err != nil {
		return View{}, err
	}
	r.AccountID = &actor.ID
	r.Forward = r.Forward && !target.Local()
	wanted := d.PostIDs[:min(len(d.PostIDs), maxPosts)]
	seen, err := s.posts.ByIDs(ctx, post.Viewer{AccountID: actor.ID}, wanted)
	if err != nil {
		return View{}, err
	}
	for _, id := range wanted {
		if p, ok := seen[id]; ok && p.AccountID == target.ID && !slices.Contains(r.PostIDs, id) {
			r.PostIDs = append(r.PostIDs, id)
		}
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insert(ctx, tx, r); err != nil {
			return fmt.Errorf("moderation.Submit about %d: %w", target.ID, err)
		}
		if err := s.accounts.Audit(ctx, tx, actor, "report.submit", target.Handle(), r.Category); err != nil {
			return err
		}
		if r.Forward {
			if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.Flag, ID: r.ID}); err != nil {
				return err
			}
		}
		return s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyReport, ID: r.ID})
	})
	return View{Report: r, By: actor, Target: target}, err
}

func draft(d Draft) (Report, error) {
	now := time.Now()
	r := Report{
		ID: db.NewID(now), TargetID: d.TargetID, PostIDs: pq.Int64Array{}, RuleIDs: pq.Int64Array(slices.Clip(d.RuleIDs)), Category: d.Category,
		Comment: strings.TrimSpace(d.Comment), Forward: d.Forward, CreatedAt: now,
	}
	if r.RuleIDs == nil {
		r.RuleIDs = pq.Int64Array{}
	}
	if r.Category == "" {
		r.Category = Other
		if len(r.RuleIDs) > 0 {
			r.Category = Violation
		}
	}
	var mistakes []fault.Field
	if utf8.RuneCountInString(r.Comment) > maxComment {
		mistakes = append(mistakes, fault.Field{Name: "comment", Message: "error.moderation.comment", Args: map[string]any{"Max": maxComment}})
	}
	if !slices.Contains([]string{Spam, Legal, Violation, Other}, r.Category) {
		mistakes = append(mistakes, fault.Field{Name: "category", Message: "error.moderation.category"})
	}
	return r, fault.Fields(mistakes...)
}

// List returns the open or the closed reports, newest first, for moderators.
func (s *Service) List(ctx context.Context, actor account.Account, open bool, page paging.Page) ([]View, error) {
	if !actor.Able(account.RoleModerator) {
		return nil, errForbidden()
	}
	list, err := reports(ctx, s.db, open, page)
	if err != nil {
		return nil, fmt.Errorf("moderation.List: %w", err)
	}
	return s.complete(ctx, list)
}

// ByIDs returns those of the reports that exist, for moderators; to everybody else none.
func (s *Service) ByIDs(ctx context.Context, actor account.Account, ids []int64) ([]View, error) {
	if !actor.Able(account.RoleModerator) || len(ids) == 0 {
		return nil, nil
	}
	list, err := reportsByIDs(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("moderation.ByIDs: %w", err)
	}
	return s.complete(ctx, list)
}

// ByID returns a report with its posts, for moderators. Errors: Forbidden, NotFound.
func (s *Service) ByID(ctx context.Context, actor account.Account, id int64) (View, error) {
	if !actor.Able(account.RoleModerator) {
		return View{}, errForbidden()
	}
	list, err := s.ByIDs(ctx, actor, []int64{id})
	if err != nil {
		return View{}, err
	}
	if len(list) == 0 {
		return View{}, errNotFound()
	}
	v := list[0]
	var posts []post.Post
	for _, id := range v.PostIDs {
		p, err := s.posts.Get(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return v, err
		}
		posts = append(posts, p)
	}
	v.Posts, err = s.posts.Views(ctx, post.Viewer{AccountID: actor.ID}, posts)
	return v, err
}

func (s *Service) complete(ctx context.Context, list []Report) ([]View, error) {
	var people []int64
	for _, r := range list {
		people = append(people, r.TargetID)
		for _, id := range []*int64{r.AccountID, r.ResolvedByID} {
			if id != nil {
				people = append(people, *id)
			}
		}
	}
	accounts, err := s.accounts.ByIDs(ctx, people)
	if err != nil {
		return nil, err
	}
	views := make([]View, len(list))
	for i, r := range list {
		views[i] = View{Report: r, Target: accounts[r.TargetID]}
		if r.AccountID != nil {
			views[i].By = accounts[*r.AccountID]
		}
		if r.ResolvedByID != nil {
			views[i].ResolvedBy = accounts[*r.ResolvedByID]
		}
	}
	return views, nil
}

// Resolve closes a report; note says what was done. Closing it again changes nothing. Errors: Forbidden, NotFound, Invalid.
func (s *Service) Resolve(ctx context.Context, actor account.Account, id int64, note string) error {
	if !actor.Able(account.RoleModerator) {
		return errForbidden()
	}
	note = strings.TrimSpace(note)
	if utf8.RuneCountInString(note) > maxResolution {
		return fault.Fields(fault.Field{Name: "resolution", Message: "error.moderation.resolution", Args: map[string]any{"Max": maxResolution}})
	}
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("moderation.Resolve %d: %w", id, err)
		}
		if r.ResolvedAt != nil {
			return nil
		}
		if err := resolve(ctx, tx, id, actor.ID, note); err != nil {
			return fmt.Errorf("moderation.Resolve %d: %w", id, err)
		}
		target, err := s.accounts.ByIDIn(ctx, tx, r.TargetID)
		if err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, "report.resolve", target.Handle(), note)
	})
}

// DeletePost withdraws a reported post of ours, by the rules of post.Delete. Errors: Forbidden, NotFound.
func (s *Service) DeletePost(ctx context.Context, actor account.Account, id, postID int64) error {
	v, err := s.reported(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(v.PostIDs, postID) {
		return errNotFound()
	}
	return s.posts.Delete(ctx, actor, postID)
}

func (s *Service) reported(ctx context.Context, actor account.Account, id int64) (View, error) {
	if !actor.Able(account.RoleModerator) {
		return View{}, errForbidden()
	}
	list, err := s.ByIDs(ctx, actor, []int64{id})
	if err == nil && len(list) == 0 {
		err = errNotFound()
	}
	if err != nil {
		return View{}, err
	}
	return list[0], nil
}
