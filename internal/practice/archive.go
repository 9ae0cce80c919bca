package practice

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Archive says that a published practice is outdated, and why: it stays readable at its address, but only who asks for what is
// archived finds it. Author, or editors and above.
func (s *Service) Archive(ctx context.Context, actor account.Account, id int64, reason string) error {
	reason = strings.TrimSpace(markup.Block(reason))
	var wrong mistakes
	wrong.text("reason", reason, minReason)
	wrong.length("reason", reason, maxReason)
	if err := wrong.err(); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	return s.shelve(ctx, actor, id, &now, reason, Archived)
}

// Restore takes a practice out of the archive. Author, or editors and above.
func (s *Service) Restore(ctx context.Context, actor account.Account, id int64) error {
	return s.shelve(ctx, actor, id, nil, "", Restored)
}

func (s *Service) shelve(ctx context.Context, actor account.Account, id int64, at *time.Time, reason string, event Event) error {
	if _, err := s.mine(ctx, actor, id); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, err := s.posts.Lock(ctx, tx, id)
		if err != nil {
			return asPractice(err)
		}
		switch p.State {
		case post.StateWithdrawn:
			return errGone()
		case post.StateDraft:
			return fault.New(fault.Conflict, "error.practice.draft_archive")
		}
		details, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		if (details.ArchivedAt != nil) == (at != nil) {
			return nil // a second click
		}
		if err := archivePractice(ctx, tx, id, at, reason); err != nil {
			return fmt.Errorf("practice.%s %d: %w", event, id, err)
		}
		if err := s.record(ctx, tx, actor, Entry{PostID: id, Event: event, Text: reason}); err != nil {
			return err
		}
		if err := s.posts.TouchArticle(ctx, tx, p); err != nil {
			return err
		}
		if p.AccountID == actor.ID {
			return nil
		}
		return s.accounts.Audit(ctx, tx, actor, "practice."+string(event), p.URI, reason)
	})
}
