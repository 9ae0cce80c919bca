package account

import (
	"context"
	"fmt"
)

// Home is where accounts of another instance live: the domain of their handles and the host of their ids, which differ where an
// instance is known by another name than that of its server.
type Home struct {
	Domain string `db:"domain"`
	Host   string `db:"host"`
}

// RefusedHomes lists the homes with accounts that are hidden because their domain does not federate.
func (s *Service) RefusedHomes(ctx context.Context) ([]Home, error) {
	list, err := refusedHomes(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("account.RefusedHomes: %w", err)
	}
	return list, nil
}

// RefusedAt lists some accounts of a home after the one with that id, 0 for the first, by id: for who goes through all of them.
func (s *Service) RefusedAt(ctx context.Context, h Home, after int64, limit int) ([]int64, error) {
	ids, err := refusedAt(ctx, s.db, h, after, limit)
	if err != nil {
		return nil, fmt.Errorf("account.RefusedAt %s: %w", h.Domain, err)
	}
	return ids, nil
}

// Erase takes what a refused account said of itself. When its domain federates again, it says so anew.
func (s *Service) Erase(ctx context.Context, id int64) error {
	if err := eraseRefused(ctx, s.db, id); err != nil {
		return fmt.Errorf("account.Erase %d: %w", id, err)
	}
	return nil
}
