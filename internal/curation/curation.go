// Package curation is the desk: practices of followed catalogues wait, an editor decides, the decision is announced
// by our catalogue. It never changes a practice: that stays with its origin.
package curation

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Decision is one entry of the log.
type Decision struct {
	ID        int64     `db:"id"`
	PostID    int64     `db:"post_id"`
	AccountID *int64    `db:"account_id"`
	Decision  string    `db:"decision"` // accept, decline, feature, unfeature, annotate, reopen
	Revision  int       `db:"revision"`
	Reason    string    `db:"reason"`
	CreatedAt time.Time `db:"created_at"`
}

// Slugs of the collections every curating catalogue has.
const (
	Curated  = "kuratiert"
	Featured = "hervorgehoben"
)

// Service is the desk.
type Service struct {
	db        *sqlx.DB
	accounts  *account.Service
	posts     *post.Service
	practices *practice.Service
	jobs      *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, practices *practice.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, posts: posts, practices: practices, jobs: jobs}
}

// Arrived puts a practice on the desk (idempotent). Called for every new remote practice that our catalogue's
// follows brought, and for our own.
func (s *Service) Arrived(ctx context.Context, postID int64) error { panic("not built") }

// Accept takes the current revision into the aggregate view: our catalogue boosts it (job Announce) and Adds it to
// "kuratiert" (job AddCurated). Accepting again after a change moves the accepted revision. Editors and above.
func (s *Service) Accept(ctx context.Context, actor account.Account, postID int64) error {
	panic("not built")
}

// Decline says no with a reason (5..1000 characters); an accepted one leaves the view (UndoAnnounce, RemoveCurated, and
// RemoveFeatured where featured).
func (s *Service) Decline(ctx context.Context, actor account.Account, postID int64, reason string) error {
	panic("not built")
}

// Reopen puts a decided one back on the desk.
func (s *Service) Reopen(ctx context.Context, actor account.Account, postID int64) error {
	panic("not built")
}

// Feature and Unfeature: accepted ones only.
func (s *Service) Feature(ctx context.Context, actor account.Account, postID int64, featured bool) error {
	panic("not built")
}

// Annotate publishes an editor's note as a comment in the name of the catalogue (post.RoleCurationNote).
func (s *Service) Annotate(ctx context.Context, actor account.Account, postID int64, source string) error {
	panic("not built")
}

// Desk lists practices by state ("waiting", "accepted", "declined", "changed" = accepted but newer revision), oldest
// waiting first, with counts per state.
func (s *Service) Desk(ctx context.Context, actor account.Account, state string, offset, limit int) (items []practice.View, counts map[string]int, err error) {
	panic("not built")
}

// Decisions lists the log of one practice, newest first; DecisionByID one entry.
func (s *Service) Decisions(ctx context.Context, postID int64) ([]Decision, error) {
	panic("not built")
}
func (s *Service) DecisionByID(ctx context.Context, id int64) (Decision, error) { panic("not built") }

// Collection returns the posts of a collection in order, with the accepted revision, for federation; withdrawn ones
// are left out.
func (s *Service) Collection(ctx context.Context, slug string) ([]post.Post, error) {
	panic("not built")
}
