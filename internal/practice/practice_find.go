package practice

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/post"
)

// Find lists the ids of practices whose words fit, the best first: List without all that stands beside a result page.
func (s *Service) Find(ctx context.Context, viewer post.Viewer, text string, limit int) ([]int64, error) {
	f := Filter{Text: text, Sort: SortRelevance, Limit: limit}.cleaned()
	q := s.lexicon(ctx, s.db).Parse(f.Text)
	if q.TSQuery == "" {
		return nil, nil
	}
	ids, err := newSearch(viewer.AccountID, q.TSQuery, f).page(ctx, s.db, f, nil)
	if err != nil {
		return nil, fmt.Errorf("practice.Find: %w", err)
	}
	return ids, nil
}
