package web

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// lookupsPerMinute is how often one account can make us ask other servers. A search is a GET and so not held by
// limitWrites, but each one is a request in our name to an address that somebody typed.
const lookupsPerMinute = 30

// lookups counts who made us ask others. The zero value is ready.
type lookups struct {
	mu      sync.Mutex
	waiting map[int64]*rate.Limiter
}

// take counts one lookup of an account, fault.Limited when there were too many.
func (l *lookups) take(accountID int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.waiting[accountID]
	if limiter == nil {
		if l.waiting == nil {
			l.waiting = map[int64]*rate.Limiter{}
		}
		limiter = rate.NewLimiter(rate.Every(time.Minute/lookupsPerMinute), lookupsPerMinute)
		l.waiting[accountID] = limiter
	}
	if !limiter.Allow() {
		return fault.New(fault.Limited, "search.limited")
	}
	return nil
}

// lookUpHandle, lookUpURI and lookUpPost ask another server for an account that we do not know yet.
func (s *Site) lookUpHandle(ctx context.Context, actor account.Account, handle string) (account.Account, error) {
	if err := s.lookups.take(actor.ID); err != nil {
		return account.Account{}, err
	}
	return s.Resolver.ResolveHandle(ctx, handle)
}

func (s *Site) lookUpURI(ctx context.Context, actor account.Account, uri string) (account.Account, error) {
	if err := s.lookups.take(actor.ID); err != nil {
		return account.Account{}, err
	}
	return s.Resolver.ResolveURI(ctx, uri)
}

func (s *Site) lookUpPost(ctx context.Context, actor account.Account, address string) (post.Post, error) {
	if err := s.lookups.take(actor.ID); err != nil {
		return post.Post{}, err
	}
	return s.FetchPost(ctx, address)
}
