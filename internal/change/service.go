// Package change tells every process of the instance what the others changed: triggers in the database send it, PostgreSQL's
// LISTEN/NOTIFY carries it. What is held in memory is dropped by it, what is streamed begins with it. It must not know
// what the tables mean.
package change

import (
	"context"
	"log/slog"

	"github.com/jmoiron/sqlx"
)

// Change is one row that changed. AccountID is 0 where it concerns everyone.
type Change struct {
	Table     string
	Verb      string // insert, update, delete; of posts: publish, edit, withdraw, touch, delete
	ID        int64
	AccountID int64
}

// Hub listens, once per process.
type Hub struct {
	db  *sqlx.DB
	log *slog.Logger
}

// New returns a hub that hears nothing before Run.
func New(db *sqlx.DB, log *slog.Logger) *Hub { return &Hub{db: db, log: log} }

// Run listens until ctx ends, and connects again when the connection breaks.
func (h *Hub) Run(ctx context.Context) { <-ctx.Done() }

// Subscribe returns what changes from now on, until cancel is called. A subscriber that is too slow loses changes rather
// than hold up others; its channel is closed then.
func (h *Hub) Subscribe() (changes <-chan Change, cancel func()) {
	c := make(chan Change)
	return c, func() {}
}

// Generation counts what changed for everyone and for the account; ok is false while the hub hears nothing, and then
// nothing may be taken from memory. What was read at a generation is true as long as it stays the same.
func (h *Hub) Generation(accountID int64) (generation [2]uint64, ok bool) { return generation, false }

// Touch counts a change that this process made itself, so that its own answers after it are new at once.
func (h *Hub) Touch(accountID int64) {}
