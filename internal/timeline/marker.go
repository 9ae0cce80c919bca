package timeline

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Timelines whose reading is remembered.
const (
	MarkHome          = "home"
	MarkNotifications = "notifications"
)

// Marker is how far someone has read a timeline, shared by all their clients. Version counts how often it moved.
type Marker struct {
	Timeline   string    `db:"timeline"`
	LastReadID int64     `db:"last_read_id"`
	Version    int       `db:"version"`
	UpdatedAt  time.Time `db:"updated_at"`
}

// Markers returns those that the reader has of the timelines.
func (s *Service) Markers(ctx context.Context, reader account.Account, timelines []string) ([]Marker, error) {
	list, err := markers(ctx, s.db, reader.ID, timelines)
	if err != nil {
		return nil, fmt.Errorf("timeline.Markers of %d: %w", reader.ID, err)
	}
	return list, nil
}

// Mark moves markers, all or none, by timeline. Who reads back moves them back: the reader says where they are.
func (s *Service) Mark(ctx context.Context, reader account.Account, lastRead map[string]int64) (list []Marker, err error) {
	if !reader.Able(account.RoleGuest) {
		return nil, fault.New(fault.Forbidden, "error.reading.forbidden")
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		for _, timeline := range []string{MarkHome, MarkNotifications} {
			id, ok := lastRead[timeline]
			if !ok {
				continue
			}
			m, err := saveMarker(ctx, tx, reader.ID, timeline, id, time.Now())
			if err != nil {
				return fmt.Errorf("timeline.Mark %s of %d: %w", timeline, reader.ID, err)
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}
