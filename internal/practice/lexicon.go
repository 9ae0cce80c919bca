package practice

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/german"
)

// What is kept of an instance's words in memory, and for how long.
const (
	maxLexicon    = 30_000
	lexiconPeriod = 10 * time.Minute
)

// lexicon is the instance's words as this process last read them.
type lexicon struct {
	mu   sync.Mutex
	at   time.Time
	list *german.Lexicon
}

// Lexicon returns the words of public practices, as they were some minutes ago.
func (s *Service) Lexicon(ctx context.Context) *german.Lexicon { return s.lexicon(ctx, s.db) }

// lexicon is never nil: where the words cannot be read it is the last one, or an empty one. Nothing is locked while it reads,
// since it is asked for within transactions, too.
func (s *Service) lexicon(ctx context.Context, tx sqlx.ExtContext) *german.Lexicon {
	s.words.mu.Lock()
	list, fresh := s.words.list, s.words.list != nil && time.Since(s.words.at) < lexiconPeriod
	s.words.mu.Unlock()
	if fresh {
		return list
	}
	rows, err := wordsOfAll(ctx, tx, maxLexicon)
	switch {
	case err == nil:
		return s.words.set(rows)
	case list != nil:
		return list
	}
	return german.NewLexicon(nil)
}

func (l *lexicon) set(rows []wordRow) *german.Lexicon {
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Word] = r.Practices
	}
	list := german.NewLexicon(counts)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.at = list, time.Now()
	return list
}

// Version is a number that changes whenever a practice is indexed.
func (s *Service) Version(ctx context.Context) (int64, error) {
	n, err := indexVersion(ctx, s.db)
	if err != nil {
		return 0, fmt.Errorf("practice.Version: %w", err)
	}
	return n, nil
}

// Learn counts the words of public practices anew: what is suggested, and what compounds are taken apart into.
func (s *Service) Learn(ctx context.Context) error {
	var rows []wordRow
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if err := countWords(ctx, tx); err != nil {
			return err
		}
		rows, err = wordsOfAll(ctx, tx, maxLexicon)
		return err
	})
	if err != nil {
		return fmt.Errorf("practice.Learn: %w", err)
	}
	s.words.set(rows)
	return nil
}
