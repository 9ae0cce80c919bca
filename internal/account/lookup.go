package account

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vorbild/vorbild/internal/fault"
)

// LookupsPerMinute is how often one account can make us ask other servers. A search is a GET and so not held by
// the limits of writing, but each one is a request in our name to an address that somebody typed.
const LookupsPerMinute = 30

// lookups counts who made us ask others. The zero value is ready.
type lookups struct {
	mu      sync.Mutex
	waiting map[int64]*rate.Limiter
}

// CountLookup counts one question to another server that an account made us ask, in a page or by a client; fault.Limited
// when there were too many.
func (s *Service) CountLookup(actor Account) error {
	s.lookups.mu.Lock()
	defer s.lookups.mu.Unlock()
	limiter := s.lookups.waiting[actor.ID]
	if limiter == nil {
		if s.lookups.waiting == nil {
			s.lookups.waiting = map[int64]*rate.Limiter{}
		}
		limiter = rate.NewLimiter(rate.Every(time.Minute/LookupsPerMinute), LookupsPerMinute)
		s.lookups.waiting[actor.ID] = limiter
	}
	if !limiter.Allow() {
		return fault.New(fault.Limited, "search.limited")
	}
	return nil
}

// Followable lists whom it means to follow a: the account itself or, for an instance, its catalogue and its forum, which
// resolver fetches where we do not know them yet (nil: we ask nobody).
func (s *Service) Followable(ctx context.Context, resolver Resolver, a Account) ([]Account, error) {
	if a.Kind != Application {
		return []Account{a}, nil
	}
	var targets []Account
	for _, uri := range []string{a.CatalogURI, a.ForumURI} {
		if uri == "" {
			continue
		}
		target, err := s.ByURI(ctx, uri)
		if fault.Is(err, fault.NotFound) && resolver != nil {
			target, err = resolver.ResolveURI(ctx, uri)
		}
		if err != nil {
			return nil, fmt.Errorf("group of %s: %w", a, err)
		}
		targets = append(targets, target)
	}
	if len(targets) == 0 {
		return nil, fault.New(fault.Invalid, "member.error.no_catalog")
	}
	return targets, nil
}
