package inbox

import (
	"sync"

	"golang.org/x/time/rate"
)

// What one host can make us fetch: a burst for the first contact, then a steady trickle.
const (
	fetchBurst  = 200
	fetchRate   = 2 // per second
	maxLimiters = 4096
)

// limiter bounds how much is fetched on behalf of one host.
type limiter struct {
	mu    sync.Mutex
	hosts map[string]*rate.Limiter
}

func newLimiter() *limiter { return &limiter{hosts: map[string]*rate.Limiter{}} }

func (l *limiter) allow(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.hosts[host]
	if !ok {
		if len(l.hosts) >= maxLimiters {
			clear(l.hosts) // rather forget who asked than grow without end
		}
		r = rate.NewLimiter(fetchRate, fetchBurst)
		l.hosts[host] = r
	}
	return r.Allow()
}
