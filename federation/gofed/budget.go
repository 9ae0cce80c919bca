package gofed

import (
	"errors"
	"io"
	"sync"

	"github.com/vorbild/vorbild/internal/fault"
)

// What bodies may take of the memory while they are read and checked, all together and from one sender.
const (
	maxBodies       = 24 << 20
	maxBodiesSender = maxBodies / 4
)

// budget is the memory for bodies. Only what was sent counts, not what was announced, so that nobody can claim it for nothing.
type budget struct {
	mu      sync.Mutex
	used    int
	senders map[string]int
}

func newBudget() *budget { return &budget{senders: map[string]int{}} }

var errFull = fault.Wrap(fault.Limited, "error.federation.limited", errors.New("gofed: too many bodies at once"))

func (b *budget) take(sender string, n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > maxBodies || b.senders[sender]+n > maxBodiesSender {
		return errFull
	}
	b.used += n
	b.senders[sender] += n
	return nil
}

func (b *budget) give(sender string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.senders[sender] -= n; b.senders[sender] == 0 {
		delete(b.senders, sender)
	}
}

// body counts what is read of a request's body; release gives it back.
type body struct {
	io.Reader
	budget *budget
	sender string
	taken  int
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n > 0 {
		if full := b.budget.take(b.sender, n); full != nil {
			return 0, full
		}
		b.taken += n
	}
	return n, err
}

func (b *body) release() {
	if b.taken > 0 {
		b.budget.give(b.sender, b.taken)
		b.taken = 0
	}
}
