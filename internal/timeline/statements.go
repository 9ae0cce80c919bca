package timeline

import (
	"context"
	"sync"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
)

// statements are the queries of feeds that are prepared once for each connection: planning them takes longer than running
// them, and the plan is the same for everyone.
type statements struct {
	mu    sync.Mutex
	known map[statement]*sqlx.Stmt
}

type statement struct {
	feed    feed
	upwards bool
}

func (s *statements) recent(ctx context.Context, db *sqlx.DB, f feed, page paging.Page) (*sqlx.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := statement{f, page.Upwards()}
	if prepared, ok := s.known[key]; ok {
		return prepared, nil
	}
	prepared, err := db.PreparexContext(ctx, f.recent(page))
	if err != nil {
		return nil, err
	}
	if s.known == nil {
		s.known = map[statement]*sqlx.Stmt{}
	}
	s.known[key] = prepared
	return prepared, nil
}
