package post

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
)

// Span says which part of a list a page holds, where the cursors are not the ids of its items: First and Last are those of
// the newest and the oldest item, 0 for an empty page; More reports whether there is anything older.
type Span struct {
	First, Last int64
	More        bool
}

// Bookmarks and Favourites list what an account marked and may still see, the newest mark first.
func (s *Service) Bookmarks(ctx context.Context, viewer Viewer, page paging.Page) ([]View, Span, error) {
	return s.marked(ctx, viewer, "bookmarks", page)
}

// Favourites is Bookmarks for favourites.
func (s *Service) Favourites(ctx context.Context, viewer Viewer, page paging.Page) ([]View, Span, error) {
	return s.marked(ctx, viewer, "favourites", page)
}

func (s *Service) marked(ctx context.Context, viewer Viewer, table string, page paging.Page) ([]View, Span, error) {
	rows, err := markedBy(ctx, s.db, table, viewer.AccountID, page)
	if err != nil {
		return nil, Span{}, fmt.Errorf("post: %s: %w", table, err)
	}
	rows, span := SpanOf(page, rows, func(r markedPost) int64 { return r.Cursor })
	posts := make([]Post, len(rows))
	for i, r := range rows {
		posts[i] = r.Post
	}
	views, err := s.Views(ctx, viewer, posts)
	return views, span, err
}

// FavouritedBy and BoostedBy list who favourited or boosted a post the viewer may see, the newest first.
func (s *Service) FavouritedBy(ctx context.Context, viewer Viewer, id int64, page paging.Page) ([]account.Account, Span, error) {
	return s.reactedBy(ctx, viewer, favourites, id, page)
}

// BoostedBy is FavouritedBy for boosts.
func (s *Service) BoostedBy(ctx context.Context, viewer Viewer, id int64, page paging.Page) ([]account.Account, Span, error) {
	return s.reactedBy(ctx, viewer, boosts, id, page)
}

func (s *Service) reactedBy(ctx context.Context, viewer Viewer, k reactionKind, id int64, page paging.Page) ([]account.Account, Span, error) {
	if _, err := s.forViewer(ctx, viewer, id); err != nil {
		return nil, Span{}, err
	}
	rows, err := reactorsOf(ctx, s.db, k, viewer.AccountID, id, page)
	if err != nil {
		return nil, Span{}, fmt.Errorf("post: %s of %d: %w", k.table, id, err)
	}
	rows, span := SpanOf(page, rows, func(r reactor) int64 { return r.Cursor })
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.AccountID
	}
	byID, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return nil, Span{}, err
	}
	list := make([]account.Account, 0, len(ids))
	for _, id := range ids {
		if a, ok := byID[id]; ok {
			list = append(list, a)
		}
	}
	return list, span, nil
}

// SpanOf drops the row too many that was read to know whether there are more, and turns the page the right way round.
func SpanOf[T any](page paging.Page, rows []T, cursor func(T) int64) ([]T, Span) {
	span := Span{More: page.Upwards()} // below a page that was read upwards stands at least its own cursor
	if len(rows) > page.Size() {
		rows, span.More = rows[:page.Size()], true
	}
	paging.NewestFirst(page, rows)
	if len(rows) > 0 {
		span.First, span.Last = cursor(rows[0]), cursor(rows[len(rows)-1])
	}
	return rows, span
}

// Boosted returns a boost as the line of a timeline that it makes: the post, who boosted it, and when. fault.NotFound where
// there is none that stands, or the viewer may not see the post, or wants to hear nothing of who boosted it.
func (s *Service) Boosted(ctx context.Context, viewer Viewer, boostID int64) (View, error) {
	r, err := shownBoost(ctx, s.db, viewer.AccountID, boostID)
	return s.boosted(ctx, viewer, r, err)
}

// BoostURI is the ActivityPub id of the boost that brought a view. Of others' boosts, which are not kept apart, it is that of
// the post.
func (v View) BoostURI() string {
	if v.BoostedBy == nil || !v.BoostedBy.Local() {
		return v.Post.URI
	}
	return v.BoostedBy.URI + boosts.path + decimal(v.BoostID)
}

// BoostBy is Boosted for the boost of a post by an account.
func (s *Service) BoostBy(ctx context.Context, viewer Viewer, accountID, postID int64) (View, error) {
	r, err := standingReaction(ctx, s.db, boosts, accountID, postID)
	return s.boosted(ctx, viewer, r, err)
}

func (s *Service) boosted(ctx context.Context, viewer Viewer, r Reaction, err error) (View, error) {
	if db.IsNotFound(err) {
		return View{}, errNotFound()
	}
	if err != nil {
		return View{}, fmt.Errorf("post: boost: %w", err)
	}
	v, err := s.ByID(ctx, viewer, r.PostID)
	if err != nil {
		return v, err
	}
	booster, err := s.accounts.ByID(ctx, r.AccountID)
	if err != nil {
		return v, err
	}
	v.BoostedBy, v.BoostID, v.BoostedAt = &booster, r.ID, r.CreatedAt
	return v, nil
}
