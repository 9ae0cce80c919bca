package practice

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/post"
)

// How many words of a practice say what it is about, and in how many others one of them stands at most: what stands in more
// says little.
const (
	tellingWords = 8
	tellingShare = 2_000
)

// Similar lists other practices that are about the same, as far as the viewer may see them: by their topics and figures, and by
// the rarest words of title and summary.
func (s *Service) Similar(ctx context.Context, viewer post.Viewer, v View, limit int) ([]View, error) {
	ids, err := alike(ctx, s.db, viewer.AccountID, v.Post.ID, german.Any(telling(s.lexicon(ctx, s.db), v)), min(max(limit, 1), maxLimit))
	if err != nil {
		return nil, fmt.Errorf("practice.Similar %d: %w", v.Post.ID, err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.Views(ctx, viewer, ids)
}

// telling are the words that say what a practice is about, the rarest first.
func telling(l *german.Lexicon, v View) []string {
	var list []string
	for _, w := range german.Vocabulary(v.Post.Title, v.Post.Summary) {
		list = append(append(list, w), l.Parts(w)...)
	}
	list = slices.DeleteFunc(list, func(w string) bool { return l.Count(w) > tellingShare })
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Or(rarity(l, a)-rarity(l, b), cmp.Compare(a, b)) })
	list = slices.Compact(list)
	return list[:min(len(list), tellingWords)]
}

// rarity puts words that no other practice has last: they find none.
func rarity(l *german.Lexicon, word string) int {
	if n := l.Count(word); n > 1 {
		return n
	}
	return tellingShare + 1
}
