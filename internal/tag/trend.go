package tag

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
)

const (
	// trendHolds is how long what is counted over everything is used again.
	trendHolds = 5 * time.Minute
	// trendDays is how old a post may be to stand among the most noticed.
	trendDays = 14
	// maxTrends is how many are counted at all.
	maxTrends = 200
)

// Trending lists the hashtags that most people used in public in the last seven days, most first.
func (s *Service) Trending(ctx context.Context, viewer post.Viewer, limit, offset int) ([]Tag, error) {
	keys, err := s.trends.get(func() ([]string, error) {
		today := time.Now().UTC().Truncate(24 * time.Hour)
		return mostUsed(ctx, s.db, db.FirstID(today.AddDate(0, 0, 1-days)), maxTrends)
	})
	if err != nil {
		return nil, fmt.Errorf("tag.Trending: %w", err)
	}
	return s.describe(ctx, viewer, part(keys, limit, offset))
}

// TrendingPosts lists the public posts of the last days that were noticed most: favourites, boosts and answers.
func (s *Service) TrendingPosts(ctx context.Context, viewer post.Viewer, limit, offset int) ([]post.View, error) {
	ids, err := s.noticed.get(func() ([]int64, error) { return mostNoticed(ctx, s.db, since(), maxTrends) })
	if err != nil {
		return nil, fmt.Errorf("tag.TrendingPosts: %w", err)
	}
	return s.views(ctx, viewer, ids, limit, offset)
}

// TrendingPractices lists the practices of the last days that were noticed most, and on which days they were passed on.
func (s *Service) TrendingPractices(ctx context.Context, viewer post.Viewer, limit, offset int) ([]post.View, map[int64][]Day, error) {
	ids, err := s.practices.get(func() ([]int64, error) { return practicesMostNoticed(ctx, s.db, since(), maxTrends) })
	if err != nil {
		return nil, nil, fmt.Errorf("tag.TrendingPractices: %w", err)
	}
	views, err := s.views(ctx, viewer, ids, limit, offset)
	if err != nil {
		return nil, nil, err
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	history := make(map[int64][]Day, len(views))
	shown := make([]int64, len(views))
	for i, v := range views {
		shown[i], history[v.Post.ID] = v.Post.ID, week(today)
	}
	shares, err := sharesOf(ctx, s.db, shown, db.FirstID(today.AddDate(0, 0, 1-days)))
	if err != nil {
		return nil, nil, fmt.Errorf("tag.TrendingPractices: history: %w", err)
	}
	for _, x := range shares {
		count(history[x.PostID], x.use)
	}
	return views, history, nil
}

func since() int64 { return db.FirstID(time.Now().AddDate(0, 0, -trendDays)) }

// views is what the viewer is shown of the ids, in their order.
func (s *Service) views(ctx context.Context, viewer post.Viewer, ids []int64, limit, offset int) ([]post.View, error) {
	shown, err := shownTo(ctx, s.db, viewer.AccountID, ids)
	if err != nil {
		return nil, fmt.Errorf("tag: shown: %w", err)
	}
	shown = part(shown, limit, offset)
	byID, err := s.posts.ByIDs(ctx, viewer, shown)
	if err != nil {
		return nil, err
	}
	var list []post.Post
	for _, id := range shown {
		if p, ok := byID[id]; ok {
			list = append(list, p)
		}
	}
	return s.posts.Views(ctx, viewer, list)
}

func part[T any](list []T, limit, offset int) []T {
	list = list[min(max(offset, 0), len(list)):]
	return list[:min(limit, len(list))]
}

// held is a list that is counted again when it is old.
type held[T any] struct {
	mu   sync.Mutex
	list []T
	at   time.Time
}

func (h *held[T]) get(count func() ([]T, error)) ([]T, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.at.IsZero() && time.Since(h.at) < trendHolds {
		return h.list, nil
	}
	list, err := count()
	if err == nil {
		h.list, h.at = list, time.Now()
	}
	return list, err
}
