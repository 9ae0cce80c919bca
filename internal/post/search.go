package post

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Query is what someone looks for among the posts they know: their own, those they marked or are mentioned in, and the newest
// public ones of our people who let themselves be found.
type Query struct {
	Words         []string // all must occur, in any part of a word
	FromID        int64    // only posts of this account; 0: of all
	Best          []int64  // posts that were found otherwise; they come first, in this order
	Limit, Offset int
}

const (
	maxSearchWords = 8
	minSearchWord  = 3 // characters: shorter ones stand in every post
)

// Search finds posts the viewer may see. Visitors get only Best.
func (s *Service) Search(ctx context.Context, viewer Viewer, q Query) ([]View, error) {
	var patterns []string
	for _, w := range q.Words {
		if utf8.RuneCountInString(w) >= minSearchWord && len(patterns) < maxSearchWords {
			patterns = append(patterns, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(w)+"%")
		}
	}
	if viewer.AccountID == 0 || (len(patterns) == 0 && q.FromID == 0) {
		patterns = nil
		if len(q.Best) == 0 {
			return nil, nil
		}
	}
	list, err := searchPosts(ctx, s.db, viewer.AccountID, patterns, q)
	if err != nil {
		return nil, fmt.Errorf("post.Search: %w", err)
	}
	return s.Views(ctx, viewer, list)
}
