// Package notification tells local accounts what concerns them. Others enqueue job.Notify; only this package decides who
// hears of it.
package notification

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Notification is one line for one account. Kind: mention, reply, follow, follow_request, favourite, boost, curated.
type Notification struct {
	ID            int64      `db:"id"`
	AccountID     int64      `db:"account_id"`
	Kind          string     `db:"kind"`
	FromAccountID int64      `db:"from_account_id"`
	PostID        *int64     `db:"post_id"`
	CreatedAt     time.Time  `db:"created_at"`
	ReadAt        *time.Time `db:"read_at"`
}

// View is a notification with who and what.
type View struct {
	Notification
	From account.Account
	Post *post.View
}

// Service writes and reads notifications.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service) *Service {
	return &Service{db: db, accounts: accounts, posts: posts}
}

// Notify works one job.Notify: idempotent, never for one's own doings, never for what the account may not see.
// Follows and reactions of our groups' content go to the editors of this instance.
func (s *Service) Notify(ctx context.Context, n job.Notify) error { panic("not built") }

// List is newest first; Unread counts; MarkRead marks all up to id.
func (s *Service) List(ctx context.Context, reader account.Account, page paging.Page) ([]View, error) {
	panic("not built")
}
func (s *Service) Unread(ctx context.Context, readerID int64) (int, error) { panic("not built") }
func (s *Service) MarkRead(ctx context.Context, reader account.Account, upToID int64) error {
	panic("not built")
}
