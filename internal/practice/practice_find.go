package practice

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/post"
)

// Find lists the ids of practices whose words fit, the best first: List without all that stands beside a result page.
func (s *Service) Find(ctx context.Context, viewer post.Viewer, text string, limit int) ([]int64, error) {
	f := Filter{Text: text, Sort: "relevance", Limit: limit}.cleaned()
	if f.Text == "" {
		return nil, nil
	}
	ids, err := searchIDs(ctx, s.db, viewer.AccountID, f)
	if err != nil {
		return nil, fmt.Errorf("practice.Find: %w", err)
	}
	return ids, nil
}
