package inbox

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vorbild/vorbild/internal/fault"
)

// What one host can make us fetch: a burst for the first contact, then a steady trickle.
const (
	fetchBurst  = 200
	fetchRate   = 2 // per second
	maxLimiters = 4096
)

// What one host can make us fetch of others by what it forwards: a part of what we fetch of any of them, so that nobody uses up
// the share of a third.
const (
	forwardBurst = 60
	forwardRate  = 0.5 // per second
)

// limiter bounds how much is fetched on behalf of one host.
type limiter struct {
	rate  rate.Limit
	burst int
	mu    sync.Mutex
	hosts map[string]*rate.Limiter
}

func newLimiter(perSecond rate.Limit, burst int) *limiter {
	return &limiter{rate: perSecond, burst: burst, hosts: map[string]*rate.Limiter{}}
}

func (l *limiter) allow(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.hosts[host]
	if !ok {
		if len(l.hosts) >= maxLimiters {
			// Those first of whom little was asked: many new names must not make us forget how much it was of another.
			maps.DeleteFunc(l.hosts, func(_ string, r *rate.Limiter) bool { return r.Tokens() >= float64(l.burst)/2 })
		}
		if len(l.hosts) >= maxLimiters {
			clear(l.hosts) // rather forget all than grow without end
		}
		r = rate.NewLimiter(l.rate, l.burst)
		l.hosts[host] = r
	}
	return r.Allow()
}

// What may wait to be applied. Who sends more is told to come back later: everyone else's activities are worked meanwhile, but the
// rows are there.
const (
	maxPending      = 5_000    // activities of one host
	maxPendingActor = 2_500    // of them, of one actor
	maxPendingBytes = 64 << 20 // of one host
	countEvery      = time.Second
)

// room bounds how much of one host waits. It counts what this process accepts, and asks the database when that comes near the
// bound: there, others accept, too, and what was applied is gone.
type room struct {
	mu    sync.Mutex
	hosts map[string]*waiting
}

// waiting is what is known of one host: what the database said, and what was accepted since.
type waiting struct {
	at     time.Time
	number int
	bytes  int
	actors map[string]int
}

func newRoom() *room { return &room{hosts: map[string]*waiting{}} }

// take reserves room for an activity; count asks the database for what waits of the host, of the actor, and the host's bytes.
func (r *room) take(now time.Time, host, actor string, size int, count func() (ofHost, ofActor, bytes int, err error)) error {
	if r.add(now, host, actor, size) {
		return nil
	}
	ofHost, ofActor, bytes, err := count()
	if err != nil {
		return fault.Wrap(fault.Unavailable, "error.federation.unavailable", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.hosts[host]
	if w == nil {
		w = &waiting{actors: map[string]int{}}
		r.hosts[host] = w
	}
	if now.Sub(w.at) >= countEvery {
		clear(w.actors) // what they sent before has been counted
	}
	w.at, w.number, w.bytes = now, ofHost, bytes
	w.actors[actor] = ofActor
	if ofHost >= maxPending || bytes >= maxPendingBytes || ofActor >= maxPendingActor {
		return fault.Wrap(fault.Limited, "error.federation.limited", fmt.Errorf("inbox: %d activities of %s wait, %d of them by %s, %d bytes", ofHost, host, ofActor, actor, bytes))
	}
	w.number++
	w.bytes += size
	w.actors[actor]++
	return nil
}

// add reports false when the bound may have been reached.
func (r *room) add(now time.Time, host, actor string, size int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.hosts[host]
	if w == nil {
		if len(r.hosts) >= maxLimiters {
			clear(r.hosts)
		}
		w = &waiting{at: now, actors: map[string]int{}}
		r.hosts[host] = w
	}
	// A tenth of the bound is taken as seldom worth a question, whatever has been applied since.
	if w.number >= maxPending/10 && now.Sub(w.at) >= countEvery || w.number >= maxPending || w.bytes >= maxPendingBytes ||
		w.bytes+size > maxPendingBytes/10 && now.Sub(w.at) >= countEvery || w.actors[actor] >= maxPendingActor {
		return false
	}
	w.number++
	w.bytes += size
	w.actors[actor]++
	return true
}
