package mastodon

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/fault"
)

// eventTimeout bounds the work for one change.
const eventTimeout = 15 * time.Second

// streams takes what changes to those who listen at this process. It works as long as somebody does: one goroutine, one change
// after the other, so that all hear everything in the order in which it happened.
type streams struct {
	server *Server

	mu        sync.Mutex
	listeners map[*listener]struct{}
	callers   map[string]int
	worker    int    // the number of the one that works, 0 for none
	workers   int    // how many there have been
	stop      func() // ends the subscription of the worker
}

func newStreams(s *Server) *streams {
	return &streams{server: s, listeners: map[*listener]struct{}{}, callers: map[string]int{}}
}

// join lets a listener hear what changes from now on.
func (st *streams) join(l *listener) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.callers[l.caller] >= maxConnections {
		return fault.New(fault.Limited, "live.error.connections")
	}
	st.callers[l.caller]++
	st.listeners[l] = struct{}{}
	if st.worker == 0 {
		st.workers++
		st.worker = st.workers
		go st.work(st.worker, st.hear())
	}
	return nil
}

func (st *streams) leave(l *listener) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.listeners, l)
	if st.callers[l.caller]--; st.callers[l.caller] <= 0 {
		delete(st.callers, l.caller)
	}
	if len(st.listeners) == 0 && st.worker != 0 {
		st.worker = 0
		st.stop()
	}
}

// hear subscribes. The caller holds mu.
func (st *streams) hear() <-chan change.Change {
	changes, cancel := st.server.Changes.Subscribe()
	st.stop = cancel
	return changes
}

// work takes changes until nobody listens any more. Who listens after that has another worker.
func (st *streams) work(worker int, changes <-chan change.Change) {
	for changes != nil {
		for c := range changes {
			if !st.works(worker) {
				return
			}
			ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
			if err := st.take(ctx, c); err != nil && !fault.Is(err, fault.NotFound) { // what has gone since is no news
				st.server.Log.ErrorContext(ctx, "stream", slog.String("table", c.Table), slog.String("verb", c.Verb), slog.Int64("id", c.ID), slog.Any("error", err))
			}
			cancel()
		}
		changes = st.again(worker)
	}
}

func (st *streams) works(worker int) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.worker == worker
}

// again decides what to do when a subscription has ended: nobody listens any more, the server stops, or it was too slow.
func (st *streams) again(worker int) <-chan change.Change {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.worker != worker {
		return nil
	}
	select {
	case <-st.server.Changes.Done():
		for l := range st.listeners {
			l.end(goingAway)
		}
		st.worker = 0
		return nil
	default:
	}
	changes := st.hear()
	go st.recheckAll() // beside the worker, which is behind already
	return changes
}

// take does what follows from one change.
func (st *streams) take(ctx context.Context, c change.Change) error {
	switch c.Table + " " + c.Verb {
	case "posts publish":
		return st.tellPost(ctx, c.ID, false)
	case "posts edit":
		return st.tellPost(ctx, c.ID, true)
	case "posts withdraw", "posts delete":
		return st.tellGone(ctx, c.ID, c.ID)
	case "boosts insert", "boosts update":
		return st.tellBoost(ctx, c.ID, c.Verb == "insert")
	case "notifications insert":
		return st.tellNotification(ctx, c.AccountID, c.ID)
	case "conversations insert", "conversations update":
		return st.tellConversation(ctx, c.AccountID, c.ID)
	}
	switch c.Table {
	case "":
		st.recheckAll()
	case "filters":
		st.send(message{event: "filters_changed"}, func(l *listener, sub stream) bool { return sub.name == "user" && l.grant.Account.ID == c.AccountID })
	case "api_tokens", "accounts":
		for _, l := range st.find(func(l *listener) bool {
			return c.Table == "api_tokens" && l.grant.Token.ID == c.ID || c.Table == "accounts" && l.grant.Account.ID == c.ID
		}) {
			_ = st.recheck(ctx, l) // it ends the listener
		}
	}
	return nil
}

// recheck reads again what the token of a listener allows, and ends it where that is nothing any more, or less than it hears.
func (st *streams) recheck(ctx context.Context, l *listener) error {
	if l.secret == "" {
		return nil
	}
	g, err := st.server.Auth.Grant(ctx, l.secret)
	st.mu.Lock()
	defer st.mu.Unlock()
	if err == nil {
		for sub := range l.subscriptions {
			if err = allowed(g, streamNames[sub.name]); err != nil {
				break
			}
		}
	}
	switch {
	case err == nil:
		l.grant = g
	case fault.KindOf(err) == fault.Internal:
		l.end(goingAway) // who knows; a client that comes again is asked again
	default:
		l.end(tokenEnded)
	}
	return err
}

func (st *streams) recheckAll() {
	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	for _, l := range st.find(func(*listener) bool { return true }) {
		_ = st.recheck(ctx, l) // it ends the listener
	}
}

func (st *streams) grantOf(l *listener) auth.Grant {
	st.mu.Lock()
	defer st.mu.Unlock()
	return l.grant
}

func (st *streams) subscribe(l *listener, sub stream, label []byte) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if _, ok := l.subscriptions[sub]; !ok && len(l.subscriptions) >= maxSubscriptions {
		return fault.New(fault.Limited, "live.error.subscriptions")
	}
	l.subscriptions[sub] = label
	return nil
}

func (st *streams) unsubscribe(l *listener, sub stream) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(l.subscriptions, sub)
}

func (st *streams) find(is func(*listener) bool) (found []*listener) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for l := range st.listeners {
		if is(l) {
			found = append(found, l)
		}
	}
	return found
}

// place is a subscription of a listener.
type place struct {
	l     *listener
	sub   stream
	label []byte
	// accountID is whose eyes it has, 0 for visitors.
	accountID int64
}

// places are the subscriptions that concern something.
func (st *streams) places(concerns func(l *listener, sub stream) bool) (places []place) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for l := range st.listeners {
		for sub, label := range l.subscriptions {
			if concerns(l, sub) {
				places = append(places, place{l, sub, label, l.grant.Account.ID})
			}
		}
	}
	return places
}

// send says the same to all whom it concerns.
func (st *streams) send(m message, concerns func(l *listener, sub stream) bool) {
	for _, p := range st.places(concerns) {
		m.label = p.label
		p.l.tell(m)
	}
}
