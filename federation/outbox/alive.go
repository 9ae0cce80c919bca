package outbox

import (
	"sync"
	"time"
)

const (
	aliveTime = 20 * time.Second
	maxAlive  = 1 << 14
)

// alive remembers for some seconds who was heard, so that a busy host costs no question for each of its messages.
type alive struct {
	mu    sync.Mutex
	heard map[string]time.Time
}

func (a *alive) recently(host string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, ok := a.heard[host]
	return ok && now.Sub(at) < aliveTime
}

func (a *alive) note(host string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.heard == nil || len(a.heard) >= maxAlive {
		a.heard = map[string]time.Time{}
	}
	a.heard[host] = now
}

// forget: the host does not answer us; when it is heard next, that is news.
func (a *alive) forget(host string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.heard, host)
}
