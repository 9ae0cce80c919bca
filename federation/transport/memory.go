package transport

import "time"

// Changes counts what changed in tables, so that keys can be kept in memory; change.Hub implements it. ok is false while
// nothing is heard and nothing may be kept.
type Changes interface {
	GenerationOf(tables ...string) (generation uint64, ok bool)
}

// keyTable is the name under which the database tells that a key, or whether its owner may act, has changed.
const keyTable = "account_keys"

// KeepBy lets the client keep keys in memory for as long as changes says that none changed. Without it, and while nothing
// is heard, every signature reads the database. It must be called before the client is used.
func (c *Client) KeepBy(changes Changes) { c.changes = changes }

// keyGeneration is what keys held in memory are true of.
func (c *Client) keyGeneration() (uint64, bool) {
	if c.changes == nil {
		return 0, false
	}
	return c.changes.GenerationOf(keyTable)
}

// memory keeps what was read from the database while nothing changes there, but not longer than keepKeys. The
// bounds of number and time are for what nobody asks for any more.
type memory[K comparable, V any] struct {
	entries    *lru[K, remembered[V]]
	generation func() (uint64, bool)
	clock      func() time.Time
}

type remembered[V any] struct {
	value      V
	generation uint64
	until      time.Time
}

func newMemory[K comparable, V any](limit int, generation func() (uint64, bool), clock func() time.Time) *memory[K, V] {
	return &memory[K, V]{entries: newLRU[K, remembered[V]](limit), generation: generation, clock: clock}
}

func (m *memory[K, V]) get(key K) (value V, ok bool) {
	now, heard := m.generation()
	if !heard {
		return value, false
	}
	kept, ok := m.entries.get(key)
	if !ok || kept.generation != now || m.clock().After(kept.until) {
		return value, false
	}
	return kept.value, true
}

// put keeps a value that was read after m.generation() was asked; heard says whether it had an answer.
func (m *memory[K, V]) put(key K, value V, generation uint64, heard bool) {
	if heard {
		m.entries.put(key, remembered[V]{value: value, generation: generation, until: m.clock().Add(keepKeys)})
	}
}
