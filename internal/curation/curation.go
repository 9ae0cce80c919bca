// Package curation is the desk: practices of followed catalogues wait, an editor decides, the decision is announced
// by our catalogue. It never changes a practice: that stays with its origin. Practices are collected on every instance,
// but looked at and decided only while the organisation says that it curates: so whoever begins to curate finds what
// came before, and who ceases takes nothing back.
package curation

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// States of a practice on the desk. Stored are Waiting, Accepted and Declined; the others follow from what stands beside.
const (
	Waiting   = "waiting"
	Changed   = "changed"   // an accepted one whose origin has published a newer revision since
	Proposed  = "proposed"  // one of two editors has decided
	Asked     = "asked"     // its authors have not answered yet
	Postponed = "postponed" // put aside until a day
	Withdrawn = "withdrawn" // decided, and gone since
	Accepted  = "accepted"  // changed or not
	Declined  = "declined"
)

// Kinds of decisions.
const (
	Accept    = "accept"
	Decline   = "decline"
	Feature   = "feature"
	Unfeature = "unfeature"
	Annotate  = "annotate"
	Reopen    = "reopen"

	ProposeAccept  = "propose_accept" // where two decide
	ProposeDecline = "propose_decline"
	Later          = "later"
	Question       = "question"
	Assign         = "assign"
	Group          = "group"
	Ungroup        = "ungroup"
	Lead           = "lead"
	Notice         = "notice" // that it was withdrawn
	Undo           = "undo"
)

// Slugs of the collections every curating catalogue has.
const (
	Curated  = "kuratiert"
	Featured = "hervorgehoben"
)

// Decision is one entry of the log.
type Decision struct {
	ID        int64      `db:"id"`
	PostID    int64      `db:"post_id"`
	AccountID *int64     `db:"account_id"` // who decided; nil when their account is gone
	Decision  string     `db:"decision"`
	Revision  int        `db:"revision"`
	Reason    string     `db:"reason"`
	CreatedAt time.Time  `db:"created_at"`
	Year      int        `db:"year"`
	Number    int        `db:"number"`    // within the year; both together are how a decision is cited
	Public    bool       `db:"public"`    // the world was told of it
	EditorID  *int64     `db:"editor_id"` // to whom Assign gave it; nil: to nobody
	OtherID   *int64     `db:"other_id"`  // of Group, Ungroup and Lead: the other practice
	NoteID    *int64     `db:"note_id"`   // what Question and Annotate published
	Until     *time.Time `db:"until"`     // of Later
	UndoesID  *int64     `db:"undoes_id"` // of Undo: what was taken back
	Undone    bool       `db:"undone"`    // it was taken back
}

// Service is the desk.
type Service struct {
	db            *sqlx.DB
	organizations *organization.Service
	accounts      *account.Service
	posts         *post.Service
	practices     *practice.Service
	jobs          *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, organizations *organization.Service, accounts *account.Service, posts *post.Service, practices *practice.Service, jobs *job.Queue) *Service {
	return &Service{db: db, organizations: organizations, accounts: accounts, posts: posts, practices: practices, jobs: jobs}
}

// mayDecide refuses everyone but editors of an instance that curates.
func (s *Service) mayDecide(ctx context.Context, actor account.Account) error {
	_, err := s.curating(ctx, actor)
	return err
}

// curating is mayDecide with the organisation that curates.
func (s *Service) curating(ctx context.Context, actor account.Account) (organization.Organization, error) {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return organization.Organization{}, fault.New(fault.Forbidden, "error.curation.forbidden")
	}
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return o, fmt.Errorf("curation: %w", err)
	}
	if !o.Curates {
		return o, fault.New(fault.Forbidden, "error.curation.not_curating")
	}
	return o, nil
}

// Arrived puts a practice, ours or received, on the desk; idempotent. What is not public cannot be announced and does not
// come to the desk. What was decided stays decided when it comes in a
// new revision: an accepted one then stands among the changed.
func (s *Service) Arrived(ctx context.Context, postID int64) error {
	p, err := s.posts.Get(ctx, postID)
	if fault.Is(err, fault.NotFound) || err == nil && (p.State != post.StatePublished || p.Visibility != post.Public) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("curation.Arrived %d: %w", postID, err)
	}
	if err := insertEntry(ctx, s.db, postID); err != nil {
		return fmt.Errorf("curation.Arrived %d: %w", postID, err)
	}
	return nil
}

// maxLog is how many decisions about one practice are listed.
const maxLog = 500

// Decisions lists the log of one practice, newest first.
func (s *Service) Decisions(ctx context.Context, postID int64) ([]Decision, error) {
	list, err := decisions(ctx, s.db, postID, "", 0, maxLog)
	if err != nil {
		return nil, fmt.Errorf("curation.Decisions of %d: %w", postID, err)
	}
	return list, nil
}

// Log lists decisions about all practices, newest first, of one kind where it is not "", from before a decision (0: the newest).
// Editors and above.
func (s *Service) Log(ctx context.Context, actor account.Account, kind string, before int64, limit int) ([]Decision, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return nil, err
	}
	list, err := decisions(ctx, s.db, 0, kind, before, min(max(1, limit), 100))
	if err != nil {
		return nil, fmt.Errorf("curation.Log: %w", err)
	}
	return list, nil
}

// DecisionByID returns one entry of the log; fault.NotFound.
func (s *Service) DecisionByID(ctx context.Context, id int64) (Decision, error) {
	d, err := decisionByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return d, fault.New(fault.NotFound, "error.desk.no_decision")
	}
	if err != nil {
		return d, fmt.Errorf("curation.DecisionByID %d: %w", id, err)
	}
	return d, nil
}

// Collection returns the public posts of a collection in order; withdrawn ones are left out. fault.NotFound for a slug
// that is neither Curated nor Featured.
func (s *Service) Collection(ctx context.Context, slug string) ([]post.Post, error) {
	if slug != Curated && slug != Featured {
		return nil, errNotFound()
	}
	ids, err := collection(ctx, s.db, slug == Featured)
	if err != nil {
		return nil, fmt.Errorf("curation.Collection %s: %w", slug, err)
	}
	byID, err := s.posts.ByIDs(ctx, post.Viewer{}, ids)
	if err != nil {
		return nil, err
	}
	list := make([]post.Post, 0, len(ids))
	for _, id := range ids {
		if p, ok := byID[id]; ok {
			list = append(list, p)
		}
	}
	return list, nil
}

func errNotFound() error { return fault.New(fault.NotFound, "error.curation.not_found") }

func errNoCollection() error { return fault.New(fault.NotFound, "error.collection.not_found") }
