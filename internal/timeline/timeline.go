// Package timeline reads posts in time order for one reader. It is queries only: visibility stands in the WHERE clause.
package timeline

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Service reads timelines.
type Service struct {
	db    *sqlx.DB
	posts *post.Service
}

// New returns the service.
func New(db *sqlx.DB, posts *post.Service) *Service { return &Service{db: db, posts: posts} }

// Home is what the reader follows and wrote: posts and boosts (BoostedBy set), each post once, newest first.
// next is the MaxID of the following page, 0 at the end.
func (s *Service) Home(ctx context.Context, reader account.Account, page paging.Page) (items []post.View, next int64, err error) {
	panic("not built")
}

// Public is every public post of this instance (localOnly) or of all known ones, answers left out.
func (s *Service) Public(ctx context.Context, viewer post.Viewer, localOnly bool, page paging.Page) (items []post.View, next int64, err error) {
	panic("not built")
}
