package account

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Usage is how many use an instance, for those who wonder whether to.
type Usage struct {
	People         int `db:"people"`          // active accounts of ours
	ActiveMonth    int `db:"active_month"`    // of them: seen in the last 30 days
	ActiveHalfyear int `db:"active_halfyear"` // or 180
	Statuses       int `db:"statuses"`        // that ours wrote for more than the addressed
	Threads        int `db:"threads"`         // of ours that everybody can read
	Comments       int `db:"comments"`        // likewise
	Domains        int `db:"domains"`         // of other instances that are known
}

// Week is what happened in seven days.
type Week struct {
	Start         time.Time `db:"start"`
	Statuses      int       `db:"statuses"`
	Logins        int       `db:"logins"` // people of ours who logged in or let a program in
	Registrations int       `db:"registrations"`
}

// Counting reads many rows for numbers that hardly move, and everyone asks for them.
const usageHolds = time.Minute

// counted holds a number until it is old.
type counted[T any] struct {
	mu    sync.Mutex
	value T
	at    time.Time
}

func (c *counted[T]) get(count func() (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && time.Since(c.at) < usageHolds {
		return c.value, nil
	}
	value, err := count()
	if err == nil {
		c.value, c.at = value, time.Now()
	}
	return value, err
}

// Usage counts, at most once a minute.
func (s *Service) Usage(ctx context.Context) (Usage, error) {
	u, err := s.usage.get(func() (Usage, error) { return countUsage(ctx, s.db, time.Now()) })
	if err != nil {
		return u, fmt.Errorf("account.Usage: %w", err)
	}
	return u, nil
}

// Activity counts the last twelve weeks, the newest first, at most once a minute.
func (s *Service) Activity(ctx context.Context) ([]Week, error) {
	list, err := s.activity.get(func() ([]Week, error) { return countWeeks(ctx, s.db, time.Now()) })
	if err != nil {
		return nil, fmt.Errorf("account.Activity: %w", err)
	}
	return list, nil
}

// Peers lists the hosts of other instances that are known.
func (s *Service) Peers(ctx context.Context) ([]string, error) {
	list, err := s.peers.get(func() ([]string, error) { return knownHosts(ctx, s.db) })
	if err != nil {
		return nil, fmt.Errorf("account.Peers: %w", err)
	}
	return list, nil
}
