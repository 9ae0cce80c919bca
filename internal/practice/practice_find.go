package practice

import (
	"context"
	"fmt"
	"strings"

	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/markup"
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

// excerptWords is how long the place is that a practice was found at.
const excerptWords = 36

// Excerpt is where the words of a search stand in a practice, beyond title and summary, which everybody sees anyway; nil where
// they stand only there.
func (s *Service) Excerpt(ctx context.Context, text string, v View) []german.Segment {
	l := s.lexicon(ctx, s.db)
	q := l.Parse(Filter{Text: text}.cleaned().Text)
	p := v.Practice
	said := append([]string{markup.Text(v.Post.HTML), p.Situation, p.Outcome, p.Prerequisites, p.Pitfalls}, p.Measures...)
	marked, _ := l.Mark(strings.Join(said, " "), q, excerptWords)
	return marked
}
