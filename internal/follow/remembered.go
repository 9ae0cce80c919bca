package follow

import (
	"context"
	"sync"

	"github.com/vorbild/vorbild/internal/account"
)

// maxRemembered bounds of how many accounts it is remembered whether somebody here follows them.
const maxRemembered = 10_000

// remembered is whom somebody here follows, as long as no follow changed. The zero value remembers nothing.
type remembered struct {
	changes account.Changes

	mu       sync.Mutex
	at       uint64
	followed map[int64]bool
}

// Remember lets FollowedByUs answer from memory. It is for constructors: not safe once the service is in use.
func (s *Service) Remember(c account.Changes) { s.remembered.changes = c }

func (r *remembered) get(ctx context.Context, id int64, read func(context.Context, int64) (bool, error)) (bool, error) {
	if r.changes == nil {
		return read(ctx, id)
	}
	at, ok := r.changes.GenerationOf("follows")
	if !ok {
		return read(ctx, id)
	}
	r.mu.Lock()
	if r.followed == nil || r.at != at || len(r.followed) >= maxRemembered {
		r.at, r.followed = at, map[int64]bool{}
	}
	yes, known := r.followed[id]
	r.mu.Unlock()
	if known {
		return yes, nil
	}
	yes, err := read(ctx, id)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == at { // what was read is true of that generation or a later one
		r.followed[id] = yes
	}
	return yes, nil
}

// touch makes this process see at once that a follow of ours was accepted: posts may be the next that arrives.
func (r *remembered) touch() {
	if r.changes != nil {
		r.changes.TouchTables("follows")
	}
}
