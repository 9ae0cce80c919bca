package mastodon

import (
	"container/list"
	"sync"
	"time"
)

// memory keeps what was read last within a bound of bytes. What it keeps is true as long as the generation it was read at
// stays the same, and never longer than keepFor: some of what we answer depends on the time.
type memory[K comparable, V any] struct {
	most int // bytes

	mu      sync.Mutex
	used    int
	entries map[K]*list.Element
	recent  *list.List // of *kept, the last used first
}

// keepFor bounds how long anything is taken from memory.
const keepFor = 30 * time.Second

// generation is what change.Hub counts.
type generation = [2]uint64

type kept[K comparable, V any] struct {
	key   K
	value V
	at    generation
	since time.Time
	size  int
}

func newMemory[K comparable, V any](most int) *memory[K, V] {
	return &memory[K, V]{most: most, entries: map[K]*list.Element{}, recent: list.New()}
}

// get returns what was put under key at this very generation, lately.
func (m *memory[K, V]) get(key K, at generation) (value V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, ok := m.entries[key]
	if !ok {
		return value, false
	}
	k := element.Value.(*kept[K, V])
	if k.at != at || time.Since(k.since) > keepFor {
		m.remove(element)
		return value, false
	}
	m.recent.MoveToFront(element)
	return k.value, true
}

// put keeps a value of so many bytes that was read when at was the generation.
func (m *memory[K, V]) put(key K, at generation, value V, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, ok := m.entries[key]; ok {
		m.remove(element)
	}
	if size > m.most/8 {
		return // it would push out too much
	}
	m.entries[key] = m.recent.PushFront(&kept[K, V]{key, value, at, time.Now(), size})
	for m.used += size; m.used > m.most; {
		m.remove(m.recent.Back())
	}
}

// remove takes an entry out. The caller holds mu.
func (m *memory[K, V]) remove(element *list.Element) {
	k := m.recent.Remove(element).(*kept[K, V])
	delete(m.entries, k.key)
	m.used -= k.size
}
