package tag

import (
	"context"
	"fmt"
	"strings"

	"github.com/vorbild/vorbild/internal/post"
)

// Search lists the hashtags of posts the viewer may see whose names begin with text, without #, the exact one first, then those used
// by most posts.
func (s *Service) Search(ctx context.Context, viewer post.Viewer, text string, limit, offset int) ([]Tag, error) {
	text = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "#"))
	if text == "" || strings.ContainsAny(text, " \t\n@:/") {
		return nil, nil
	}
	names, err := searchNames(ctx, s.db, viewer.AccountID, text, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("tag.Search: %w", err)
	}
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = Key(name)
	}
	return s.describe(ctx, viewer, keys)
}
