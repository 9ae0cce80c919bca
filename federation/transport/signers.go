package transport

import (
	"context"
	"net"
	"runtime"
	"sync"
)

// signers make signatures, each of which takes a core for a millisecond or two: as many at once as there are cores, on threads
// that the system prefers all others to. So a letter to the whole country uses what is there, and nobody who waits for a page,
// nor the database, waits for it.
type signers struct {
	number int
	begin  sync.Once
	ended  sync.Once
	work   chan func()
	end    chan struct{}
}

func newSigners() *signers {
	return &signers{number: runtime.NumCPU(), work: make(chan func()), end: make(chan struct{})}
}

// MakeRoom lets the program use as many threads beside those that sign as it would have without them. It is for the whole
// process, once.
func MakeRoom() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + runtime.NumCPU()) }

// do runs f on one of the threads and waits for it; an error says that it has not begun.
func (s *signers) do(ctx context.Context, f func()) error {
	s.begin.Do(func() {
		for range s.number {
			go s.run()
		}
	})
	done := make(chan struct{})
	select {
	case s.work <- func() { defer close(done); f() }:
		<-done
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.end:
		return net.ErrClosed
	}
}

// run keeps its thread, which ends with it.
func (s *signers) run() {
	runtime.LockOSThread()
	yieldToOthers()
	for {
		select {
		case f := <-s.work:
			f()
		case <-s.end:
			return
		}
	}
}

func (s *signers) close() { s.ended.Do(func() { close(s.end) }) }
