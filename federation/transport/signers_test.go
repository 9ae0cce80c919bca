package transport

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Never more signatures are made at once than there are cores; who has no patience, or comes after the end, hears so.
func TestSigners(t *testing.T) {
	t.Parallel()
	s := newSigners()
	var now, most atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			err := s.do(t.Context(), func() {
				n := now.Add(1)
				for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
				}
				time.Sleep(time.Millisecond)
				now.Add(-1)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := int(most.Load()); n < 1 || n > s.number {
		t.Errorf("%d at once on %d cores", n, s.number)
	}
	hold := make(chan struct{})
	for range s.number {
		begun := make(chan struct{})
		go s.do(t.Context(), func() { close(begun); <-hold }) //nolint:errcheck // it begins
		<-begun
	}
	hasty, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.do(hasty, func() { t.Error("begun") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without patience: %v", err)
	}
	s.close()
	s.close()
	if err := s.do(t.Context(), func() { t.Error("begun") }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	close(hold)
}
