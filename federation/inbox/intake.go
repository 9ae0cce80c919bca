package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
)

// What is stored in one commit at most, and how long that may take. The rest waits for the next.
const (
	commitRows  = 64
	commitBytes = 1 << 20
	commitTime  = 10 * time.Second
)

// arrival is one activity that waits to be stored.
type arrival struct {
	scope string
	host  string
	a     vocab.Activity
	done  chan error
}

// intake stores what arrives. While one commit is under way, whatever else arrives gathers for the next: the busier the
// instance, the more share one. Everyone hears of the fate of their own activity.
type intake struct {
	db     *sqlx.DB
	now    func() time.Time
	stored func(hosts []string) // told which hosts have something new, after the commit

	mu      sync.Mutex
	waiting []*arrival
	running bool
}

// put returns when the activity is safe, or was before. Errors: fault.Unavailable when the database does not take it now.
func (k *intake) put(ctx context.Context, scope, host string, a vocab.Activity) error {
	w := &arrival{scope: scope, host: host, a: a, done: make(chan error, 1)}
	k.mu.Lock()
	k.waiting = append(k.waiting, w)
	start := !k.running
	k.running = true
	k.mu.Unlock()
	if start {
		go k.drain()
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, "error.federation.unavailable", ctx.Err())
	}
}

// drain stores until nothing waits.
func (k *intake) drain() {
	for {
		k.mu.Lock()
		n, size := 0, 0
		for n < len(k.waiting) && n < commitRows && (n == 0 || size+len(k.waiting[n].a.Raw) <= commitBytes) {
			size += len(k.waiting[n].a.Raw)
			n++
		}
		batch := k.waiting[:n:n]
		if k.waiting = k.waiting[n:]; len(k.waiting) == 0 {
			k.waiting = nil
		}
		k.running = n > 0
		k.mu.Unlock()
		if n == 0 {
			return
		}
		k.commit(batch)
	}
}

func (k *intake) commit(batch []*arrival) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	hosts, err := insertReceived(ctx, k.db, batch, k.now())
	if len(hosts) > 0 {
		k.stored(hosts)
	}
	if err != nil && len(batch) > 1 && ofOneRow(err) {
		for _, w := range batch {
			k.commit([]*arrival{w})
		}
		return
	}
	if err != nil {
		err = fault.Wrap(fault.Unavailable, "error.federation.unavailable", fmt.Errorf("inbox: store: %w", err))
	}
	for _, w := range batch {
		w.done <- err
	}
}

// ofOneRow reports whether an error is about what stands in some row (SQLSTATE classes 22, 23 and 54), for which the others
// are not to blame.
func ofOneRow(err error) bool {
	var e *pq.Error
	if !errors.As(err, &e) || len(e.Code) < 2 {
		return false
	}
	switch e.Code[:2] {
	case "22", "23", "54":
		return true
	}
	return false
}
