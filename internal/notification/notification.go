// Package notification tells local accounts what concerns them. Others enqueue job.Notify; only this package decides who
// hears of it.
package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Kinds of notifications.
const (
	Mention       = "mention"
	Reply         = "reply"
	Follow        = "follow"
	FollowRequest = "follow_request"
	Favourite     = "favourite"
	Boost         = "boost"
	Curated       = "curated"
)

// Notification is one line for one account.
type Notification struct {
	ID            int64      `db:"id"`
	AccountID     int64      `db:"account_id"`
	Kind          string     `db:"kind"`
	FromAccountID int64      `db:"from_account_id"`
	PostID        *int64     `db:"post_id"`
	CreatedAt     time.Time  `db:"created_at"`
	ReadAt        *time.Time `db:"read_at"`
}

// View is a notification with who and what. Post is nil for follows.
type View struct {
	Notification
	From account.Account
	Post *post.View
}

// Service writes and reads notifications.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	follows  *follow.Service
	posts    *post.Service
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, follows *follow.Service, posts *post.Service) *Service {
	return &Service{db: db, accounts: accounts, follows: follows, posts: posts}
}

// List is newest first. What is about a post that the reader can no longer see is left out.
func (s *Service) List(ctx context.Context, reader account.Account, page paging.Page) ([]View, error) {
	items, err := list(ctx, s.db, reader.ID, page)
	if err != nil {
		return nil, fmt.Errorf("notification.List of %d: %w", reader.ID, err)
	}
	var from, about []int64
	for _, n := range items {
		from = append(from, n.FromAccountID)
		if n.PostID != nil {
			about = append(about, *n.PostID)
		}
	}
	accounts, err := s.accounts.ByIDs(ctx, from)
	if err != nil {
		return nil, err
	}
	viewer := post.Viewer{AccountID: reader.ID}
	byID, err := s.posts.ByIDs(ctx, viewer, about)
	if err != nil {
		return nil, err
	}
	var posts []post.Post
	at := map[int64]int{} // post id -> place in posts
	for id, p := range byID {
		at[id] = len(posts)
		posts = append(posts, p)
	}
	views, err := s.posts.Views(ctx, viewer, posts)
	if err != nil {
		return nil, err
	}
	var result []View
	for _, n := range items {
		v := View{Notification: n, From: accounts[n.FromAccountID]}
		if n.PostID != nil {
			place, ok := at[*n.PostID]
			if !ok {
				continue
			}
			v.Post = &views[place]
		}
		result = append(result, v)
	}
	return result, nil
}

// Unread counts what the account has not read.
func (s *Service) Unread(ctx context.Context, readerID int64) (int, error) {
	n, err := unread(ctx, s.db, readerID)
	if err != nil {
		return 0, fmt.Errorf("notification.Unread of %d: %w", readerID, err)
	}
	return n, nil
}

// MarkRead marks all up to an id.
func (s *Service) MarkRead(ctx context.Context, reader account.Account, upToID int64) error {
	if err := markRead(ctx, s.db, reader.ID, upToID, time.Now()); err != nil {
		return fmt.Errorf("notification.MarkRead of %d: %w", reader.ID, err)
	}
	return nil
}
