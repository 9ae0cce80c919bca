package search

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/markup"
)

// How the index keeps up.
const (
	batch       = 100
	pause       = 3 * time.Second
	learnAtMost = time.Minute // between two counts of all words; longer where counting takes long
)

// Run writes what is new into the index until ctx ends. More than one process may do so.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	var learned time.Time
	var took time.Duration
	version := int64(-1)
	for {
		n, err := s.CatchUp(ctx)
		if err == nil && n == 0 && time.Since(learned) > max(learnAtMost, 50*took) {
			var now int64
			if now, err = s.practices.Version(ctx); err == nil && now != version {
				began := time.Now()
				if err = s.practices.Learn(ctx); err == nil {
					learned, took, version = time.Now(), time.Since(began), now
				}
			}
		}
		wait := pause
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.ErrorContext(ctx, "search index", slog.Any("error", err))
		case n > 0:
			wait = 0
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// CatchUp indexes some of what is new or was indexed by other rules, and returns how much: 0 when all is up to date.
func (s *Service) CatchUp(ctx context.Context) (int, error) {
	practices, err := s.practices.Reindex(ctx)
	if err != nil {
		return 0, err
	}
	var notes, stale, searches int
	err = db.InTx(db.Repeatable(ctx), s.db, func(tx *sqlx.Tx) (err error) {
		if notes, err = s.indexNotes(ctx, tx); err != nil {
			return err
		}
		if stale, err = queueStale(ctx, tx, batch); err != nil {
			return err
		}
		searches, err = s.renew(ctx, tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("search.CatchUp: %w", err)
	}
	return practices + notes + stale + searches, nil
}

func (s *Service) indexNotes(ctx context.Context, tx *sqlx.Tx) (int, error) {
	n, rows, err := takeWaiting(ctx, tx, batch)
	if err != nil || len(rows) == 0 {
		return n, err
	}
	l := s.practices.Lexicon(ctx)
	for _, r := range rows {
		words := l.Vector(german.Section{Text: r.Title + " " + r.Summary, Weight: 'A'}, german.Section{Text: markup.Text(r.HTML), Weight: 'C'})
		if err := upsertNote(ctx, tx, r, words); err != nil {
			return 0, fmt.Errorf("note %d: %w", r.ID, err)
		}
	}
	return n, nil
}
