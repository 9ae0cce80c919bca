// Package change tells every process of the instance what the others changed: triggers in the database send it, PostgreSQL's
// LISTEN/NOTIFY carries it. What is held in memory is dropped by it, what is streamed begins with it. It must not know
// what the tables mean.
package change

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
)

// channel is what the triggers notify.
const channel = "changes"

// Bounds of what the hub remembers and holds ready.
const (
	maxAccounts = 1 << 16 // counters of single accounts; beyond, everything counts as changed and they begin anew
	maxTables   = 1 << 8
	backlog     = 1 << 12 // changes that wait for one subscriber
)

// Change is one row that changed. AccountID is 0 where it concerns everyone. A Change without a Table says that the
// connection was lost for a while: anything may have changed unheard.
type Change struct {
	Table     string
	Verb      string // insert, update, delete; of posts: publish, edit, withdraw, touch, delete
	ID        int64
	AccountID int64
}

// Hub listens, once per process.
type Hub struct {
	db   *sqlx.DB
	log  *slog.Logger
	done chan struct{}

	mu          sync.RWMutex
	listening   bool
	ended       bool
	everyone    uint64 // counts changes that concern everyone, and lost connections
	accounts    map[int64]uint64
	anything    uint64 // counts what concerns all tables
	tables      map[string]uint64
	subscribers map[*subscriber]struct{}
}

type subscriber struct{ changes chan Change }

// New returns a hub that hears nothing before Run.
func New(db *sqlx.DB, log *slog.Logger) *Hub {
	return &Hub{
		db: db, log: log, done: make(chan struct{}),
		accounts: map[int64]uint64{}, tables: map[string]uint64{}, subscribers: map[*subscriber]struct{}{},
	}
}

// Subscribe returns what changes from now on, until cancel is called. A subscriber that is too slow loses changes rather
// than hold up others; its channel is closed then, and when the hub ends.
func (h *Hub) Subscribe() (changes <-chan Change, cancel func()) {
	s := &subscriber{make(chan Change, backlog)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subscribers[s] = struct{}{}
	if h.ended {
		h.drop(s)
	}
	return s.changes, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(s)
	}
}

// drop ends a subscription, once. The caller holds mu.
func (h *Hub) drop(s *subscriber) {
	if _, ok := h.subscribers[s]; ok {
		delete(h.subscribers, s)
		close(s.changes)
	}
}

// Done is closed when Run has ended and nothing will be heard any more.
func (h *Hub) Done() <-chan struct{} { return h.done }

// Generation counts what changed for everyone and for the account; ok is false while the hub hears nothing, and then
// nothing may be taken from memory. What was read at a generation is true as long as it stays the same.
func (h *Hub) Generation(accountID int64) (generation [2]uint64, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	generation[0] = h.everyone
	if accountID != 0 {
		generation[1] = h.accounts[accountID]
	}
	return generation, h.listening
}

// GenerationOf is Generation for what depends on nothing but some tables, whoever a change of theirs concerns.
func (h *Hub) GenerationOf(tables ...string) (generation uint64, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	generation = h.anything
	for _, t := range tables {
		generation += h.tables[t]
	}
	return generation, h.listening
}

// Touch counts a change that this process made itself, so that its own answers after it are new at once: for the account, or
// with 0 for everyone.
func (h *Hub) Touch(accountID int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count(accountID)
}

// TouchTables is Touch for what was read by GenerationOf.
func (h *Hub) TouchTables(tables ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range tables {
		h.countTable(t)
	}
}

// count bumps one counter. The caller holds mu.
func (h *Hub) count(accountID int64) {
	if accountID == 0 {
		h.everyone++
		return
	}
	if len(h.accounts) >= maxAccounts {
		clear(h.accounts)
		h.everyone++
	}
	h.accounts[accountID]++
}

func (h *Hub) countTable(table string) {
	if len(h.tables) >= maxTables {
		// The sum over some tables must never come back to what it was.
		for _, n := range h.tables {
			h.anything += n
		}
		clear(h.tables)
	}
	h.tables[table]++
}

// hear takes one message of a trigger: "table verb id account".
func (h *Hub) hear(payload string) {
	c, err := parse(payload)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.log.Warn("change not understood", slog.Any("error", err))
		h.miss()
		return
	}
	h.count(c.AccountID)
	h.countTable(c.Table)
	h.tell(c)
}

func parse(payload string) (c Change, err error) {
	parts := strings.Fields(payload)
	if len(parts) != 4 {
		return c, fmt.Errorf("change: %d words instead of 4", len(parts))
	}
	c.Table, c.Verb = parts[0], parts[1]
	if c.ID, err = strconv.ParseInt(parts[2], 10, 64); err != nil {
		return c, fmt.Errorf("change of %s: id: %w", c.Table, err)
	}
	if c.AccountID, err = strconv.ParseInt(parts[3], 10, 64); err != nil {
		return c, fmt.Errorf("change of %s: account: %w", c.Table, err)
	}
	return c, nil
}

// begin: from now on everything is heard; what changed before was not.
func (h *Hub) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.miss()
	h.listening = true
}

// pause: nothing is heard until begin.
func (h *Hub) pause() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listening = false
}

// miss lets everything count as changed. The caller holds mu.
func (h *Hub) miss() {
	h.everyone++
	h.anything++
	h.tell(Change{})
}

// tell never waits. The caller holds mu.
func (h *Hub) tell(c Change) {
	for s := range h.subscribers {
		select {
		case s.changes <- c:
		default:
			h.drop(s)
		}
	}
}

// end closes all subscriptions.
func (h *Hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended, h.listening = true, false
	for s := range h.subscribers {
		h.drop(s)
	}
	close(h.done)
}
