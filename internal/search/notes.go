package search

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Bounds of a search in notes.
const (
	maxQuery = 200  // characters
	MaxNotes = 1000 // how many are found at most: the newest
	maxLimit = 50
	excerpt  = 36 // words
)

// Note is a discussion or a comment, a document or an edition, with the place where it was found.
type Note struct {
	post.View
	Excerpt []german.Segment
}

// Notes finds discussions and comments the viewer may see by all the words of a text, the newest first, and how many there are, up
// to MaxNotes. Whoever does not want to be found by what they wrote is not, except by themselves.
func (s *Service) Notes(ctx context.Context, viewer post.Viewer, text string, offset, limit int) (list []Note, total int, err error) {
	return s.find(ctx, viewer, false, text, offset, limit)
}

// Publications is Notes for the documents and editions that this instance and those it reads have published.
func (s *Service) Publications(ctx context.Context, viewer post.Viewer, text string, offset, limit int) (list []Note, total int, err error) {
	return s.find(ctx, viewer, true, text, offset, limit)
}

func (s *Service) find(ctx context.Context, viewer post.Viewer, publications bool, text string, offset, limit int) (list []Note, total int, err error) {
	if text = markup.Line(text); utf8.RuneCountInString(text) > maxQuery {
		text = string([]rune(text)[:maxQuery])
	}
	l := s.practices.Lexicon(ctx)
	q := l.Parse(text)
	if q.TSQuery == "" {
		return nil, 0, nil
	}
	ids, total, err := findNotes(ctx, s.db, viewer.AccountID, publications, q.TSQuery, max(offset, 0), min(max(limit, 1), maxLimit))
	if err != nil {
		return nil, 0, fmt.Errorf("search.find: %w", err)
	}
	if len(ids) == 0 {
		return nil, total, nil
	}
	byID, err := s.posts.ByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, 0, fmt.Errorf("search.find: %w", err)
	}
	posts := make([]post.Post, 0, len(ids))
	for _, id := range ids {
		if p, ok := byID[id]; ok {
			posts = append(posts, p)
		}
	}
	views, err := s.posts.Views(ctx, viewer, posts)
	if err != nil {
		return nil, 0, fmt.Errorf("search.find: %w", err)
	}
	for _, v := range views {
		list = append(list, Note{View: v, Excerpt: noteExcerpt(l, q, v.Post)})
	}
	return list, total, nil
}

// noteExcerpt is where the words stand in a note. What hides behind a warning stays there.
func noteExcerpt(l *german.Lexicon, q german.Query, p post.Post) []german.Segment {
	if p.Sensitive {
		return nil
	}
	marked, _ := l.Mark(markup.Text(p.HTML), q, excerpt)
	return marked
}
