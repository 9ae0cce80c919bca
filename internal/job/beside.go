package job

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// Session is the session in which a working queue holds its slot, for work that goes on beside the jobs and is shared out
// among all processes: what it locks is free for others as soon as this process is gone, however it went.
type Session struct {
	mu       sync.Mutex // the connection answers one question at a time
	conn     *sql.Conn
	stopping chan struct{}
}

// Stopping is closed when the queue is about to stop: nothing new should be begun then. What still runs when its patience is
// over is cancelled.
func (s *Session) Stopping() <-chan struct{} { return s.stopping }

// TryLock takes a lock of this session, unless another session has it. Taken twice, it must be given back twice.
func (s *Session) TryLock(ctx context.Context, space, key int32) (got bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, err = tryLock(ctx, s.conn, space, key); err != nil {
		return false, fmt.Errorf("job.Session: lock: %w", err)
	}
	return got, nil
}

// Unlock gives locks back.
func (s *Session) Unlock(ctx context.Context, space int32, keys ...int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := unlock(ctx, s.conn, space, keys); err != nil {
		return fmt.Errorf("job.Session: unlock: %w", err)
	}
	return nil
}

// Beside has f run whenever the queue works, in every process that works one; call it before Start. It should return soon
// after the session is stopping, and must when ctx ends. An error ends the session: the queue then cancels its jobs and starts
// again, f with it.
func (q *Queue) Beside(f func(ctx context.Context, s *Session) error) { q.beside = append(q.beside, f) }

// companions are what runs beside the jobs of one worker.
type companions struct {
	session *Session
	cancel  context.CancelFunc
	running sync.WaitGroup
	failed  chan error
}

func startCompanions(s *Session, list []func(ctx context.Context, s *Session) error) *companions {
	ctx, cancel := context.WithCancel(context.Background())
	c := &companions{session: s, cancel: cancel, failed: make(chan error, len(list))}
	for _, f := range list {
		c.running.Go(func() {
			if err := f(ctx, s); err != nil {
				c.failed <- err
			}
		})
	}
	return c
}

// stop lets them end, patiently until ctx does.
func (c *companions) stop(ctx context.Context) {
	close(c.session.stopping)
	ended := make(chan struct{})
	go func() {
		c.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	c.cancel()
	<-ended
}
