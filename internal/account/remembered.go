package account

import (
	"context"
	"sync"

	"github.com/vorbild/vorbild/internal/fault"
)

// Changes counts what changed in tables, so that accounts can be kept in memory; change.Hub implements it. ok is false while
// nothing is heard and nothing may be kept.
type Changes interface {
	GenerationOf(tables ...string) (generation uint64, ok bool)
	TouchTables(tables ...string)
}

// maxRemembered bounds how many ids are remembered; beyond, all are forgotten.
const maxRemembered = 2_000

// remembered is who is behind the ids that were asked for, as long as no account changed: what other servers send names the
// same few people and collections again and again. Accounts of ours are always read. The zero value remembers nothing.
type remembered struct {
	changes Changes

	mu    sync.Mutex
	at    uint64
	byURI map[string]Account // without an ID where there is none
}

// Remember lets ByURI answer from memory. It is for constructors: not safe once the service is in use.
func (s *Service) Remember(c Changes) { s.remembered.changes = c }

// get returns who has an id, asking read only for what is not known.
func (r *remembered) get(ctx context.Context, uri string, read func(context.Context, string) (Account, error)) (Account, error) {
	if r.changes == nil {
		return read(ctx, uri)
	}
	at, ok := r.changes.GenerationOf("accounts")
	if !ok {
		return read(ctx, uri)
	}
	r.mu.Lock()
	if r.byURI == nil || r.at != at || len(r.byURI) >= maxRemembered {
		r.at, r.byURI = at, map[string]Account{}
	}
	a, known := r.byURI[uri]
	r.mu.Unlock()
	if known && a.ID == 0 {
		return Account{}, errNotFound()
	}
	if known {
		return a, nil
	}
	a, err := read(ctx, uri)
	if err != nil && !fault.Is(err, fault.NotFound) || err == nil && a.Local() {
		return a, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == at { // what was read is true of that generation or a later one
		r.byURI[uri] = a
	}
	return a, err
}

// touch makes this process see its own change at once, whoever else has to be told.
func (r *remembered) touch() {
	if r.changes != nil {
		r.changes.TouchTables("accounts")
	}
}
