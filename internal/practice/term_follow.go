package practice

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Uses is how many practices have a term.
type Uses struct {
	Ours   int `db:"ours"` // drafts too
	Others int `db:"others"`
}

// TermUses counts the practices of each of our entries that is used.
func (s *Service) TermUses(ctx context.Context) (map[int64]Uses, error) {
	rows, err := termUses(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("practice.TermUses: %w", err)
	}
	uses := make(map[int64]Uses, len(rows))
	for _, r := range rows {
		uses[r.TermID] = r.Uses
	}
	return uses, nil
}

// MoveTerm gives all practices of one entry another one. It returns those of ours that had both and lost a word by it, for
// FollowTerms.
func (s *Service) MoveTerm(ctx context.Context, tx *sqlx.Tx, from, to int64) (lost []int64, err error) {
	if lost, err = moveTerm(ctx, tx, from, to); err != nil {
		return nil, fmt.Errorf("practice.MoveTerm %d: %w", from, err)
	}
	return lost, nil
}

// ResolveTerms looks up anew which entry practices mean that say one of these words or ids.
func (s *Service) ResolveTerms(ctx context.Context, tx *sqlx.Tx, scheme string, words, uris []string) error {
	if err := resolveTerms(ctx, tx, scheme, words, uris); err != nil {
		return fmt.Errorf("practice.ResolveTerms %s: %w", scheme, err)
	}
	return nil
}

// FollowTerms has our practices say what their terms are called now, wherever they were read before: their words are the
// house's, not their authors', so this is no new version. Others' keep their words and are found by ours. practices are more of ours that lost a word.
func (s *Service) FollowTerms(ctx context.Context, tx *sqlx.Tx, terms, practices []int64) error {
	ids, err := termedOtherwise(ctx, tx, terms, practices)
	if err != nil {
		return fmt.Errorf("practice.FollowTerms: %w", err)
	}
	for _, id := range ids {
		if err := s.followTerms(ctx, tx, id); err != nil && !db.IsNotFound(err) {
			return fmt.Errorf("practice.FollowTerms: %d: %w", id, err)
		}
	}
	if err := staleTerms(ctx, tx, terms); err != nil {
		return fmt.Errorf("practice.FollowTerms: %w", err)
	}
	return nil
}

func (s *Service) followTerms(ctx context.Context, tx *sqlx.Tx, id int64) error {
	p, err := s.posts.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := renameTerms(ctx, tx, id); err != nil {
		return err
	}
	if p.State != post.StatePublished {
		return nil
	}
	details, err := s.load(ctx, tx, id)
	if err != nil {
		return err
	}
	nowhere := func(string) string { return "" }
	_, _, written := s.markup.RenderWithLinks(p.Source, nowhere, nowhere)
	if err := s.posts.RetagArticle(ctx, tx, p, hashtags(details.Fields, written)); err != nil {
		return err
	}
	return s.index(ctx, tx, id, markup.Text(p.HTML))
}
