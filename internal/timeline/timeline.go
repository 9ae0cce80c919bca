// Package timeline reads posts in time order for one reader. It is queries only: visibility stands in the WHERE clause.
package timeline

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Service reads timelines.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service) *Service {
	return &Service{db: db, accounts: accounts, posts: posts}
}

// Home is what the reader follows and wrote: posts and boosts (BoostedBy set), each post once, newest first. Answers
// to people whom the reader does not follow are left out. next is the MaxID of the following page, 0 at the end.
func (s *Service) Home(ctx context.Context, reader account.Account, page paging.Page) (items []post.View, next int64, err error) {
	lines, err := home(ctx, s.db, reader.ID, page, page.Size()+1)
	if err != nil {
		return nil, 0, fmt.Errorf("timeline.Home of %d: %w", reader.ID, err)
	}
	return s.complete(ctx, post.Viewer{AccountID: reader.ID}, lines, page)
}

// Public is every public post of this instance (localOnly) or of all known ones, answers left out.
func (s *Service) Public(ctx context.Context, viewer post.Viewer, localOnly bool, page paging.Page) (items []post.View, next int64, err error) {
	lines, err := public(ctx, s.db, localOnly, page, page.Size()+1)
	if err != nil {
		return nil, 0, fmt.Errorf("timeline.Public: %w", err)
	}
	return s.complete(ctx, viewer, lines, page)
}

// complete turns lines, of which there may be one more than fits, into views. A page read upwards comes with its oldest
// line first; below it there is always the line it was read from.
func (s *Service) complete(ctx context.Context, viewer post.Viewer, lines []line, page paging.Page) ([]post.View, int64, error) {
	more := len(lines) > page.Size() || page.Upwards()
	lines = lines[:min(len(lines), page.Size())]
	paging.NewestFirst(page, lines)
	var next int64
	if more && len(lines) > 0 {
		next = lines[len(lines)-1].Cursor
	}
	ids, boosters := make([]int64, len(lines)), make([]int64, 0, len(lines))
	for i, l := range lines {
		ids[i] = l.PostID
		if l.BoostedBy != nil {
			boosters = append(boosters, *l.BoostedBy)
		}
	}
	byID, err := s.posts.ByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, 0, err
	}
	accounts, err := s.accounts.ByIDs(ctx, boosters)
	if err != nil {
		return nil, 0, err
	}
	var list []post.Post
	var by []*int64
	for _, l := range lines {
		if p, ok := byID[l.PostID]; ok { // it may have been withdrawn since the first query
			list, by = append(list, p), append(by, l.BoostedBy)
		}
	}
	views, err := s.posts.Views(ctx, viewer, list)
	if err != nil {
		return nil, 0, err
	}
	for i := range views {
		if by[i] != nil {
			booster := accounts[*by[i]]
			views[i].BoostedBy = &booster
		}
	}
	return views, next, nil
}
