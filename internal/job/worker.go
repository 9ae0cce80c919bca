package job

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/riverqueue/river"
)

// How a worker looks after its slot.
const (
	watchInterval = 10 * time.Second
	watchTimeout  = 30 * time.Second // a database that does not answer for so long is as good as gone
	cancelGrace   = 5 * time.Second  // for jobs to notice that they were cancelled
)

// worker is a started queue: a slot in the database, held by a lock of a session of its own, and a River client
// named after the slot. The lock proves that nobody runs the "running" jobs of a slot that can be locked. So the
// jobs of a killed process wait no longer than the next start, and worker ids stay few.
type worker struct {
	q      *Queue
	conn   *sql.Conn
	slot   int
	client *river.Client[*sql.Tx]
	beside *companions
}

// running is what Stop needs to end what Start began.
type running struct {
	cancel context.CancelFunc // ends watch
	done   chan struct{}      // closed when watch has ended
	worker *worker            // belongs to watch until done is closed; nil if it was lost
}

// Start begins to work jobs until Stop. When the session that holds its slot is lost, the queue cancels what it
// does and starts again under a new slot.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running != nil {
		return errors.New("job.Start: already started")
	}
	q.interrupted.Store(false)
	w, err := q.open(ctx)
	if err != nil {
		return fmt.Errorf("job.Start: %w", err)
	}
	// The watch outlives the context of the start: only Stop ends it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	q.running = &running{cancel: cancel, done: make(chan struct{}), worker: w}
	go q.watch(ctx, q.running)
	return nil
}

// Stop lets running jobs end, within ctx. What still runs then is cancelled, and done again by the next start.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.running
	if r == nil {
		return nil
	}
	q.running = nil
	r.cancel()
	<-r.done
	if r.worker == nil {
		return nil
	}
	if err := r.worker.close(ctx); err != nil {
		return fmt.Errorf("job.Stop: %w", err)
	}
	return nil
}

// watch keeps r.worker alive until ctx ends.
func (q *Queue) watch(ctx context.Context, r *running) {
	defer close(r.done)
	for {
		err := r.worker.watch(ctx)
		if ctx.Err() != nil {
			return
		}
		q.log.ErrorContext(ctx, "job queue lost its database session; cancelling its jobs and starting again", "worker", r.worker.client.ID(), "error", err)
		expired, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.worker.close(expired); err != nil {
			q.log.WarnContext(ctx, "job queue did not stop cleanly", "error", err)
		}
		r.worker = nil
		for wait := time.Second; r.worker == nil; wait = min(2*wait, 15*time.Second) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			q.interrupted.Store(false)
			if r.worker, err = q.open(ctx); err != nil && ctx.Err() == nil {
				q.log.ErrorContext(ctx, "job queue cannot start again yet", "error", err)
			}
		}
	}
}

// open takes the lowest free slot, frees the jobs of dead workers and starts to work.
func (q *Queue) open(ctx context.Context) (_ *worker, err error) {
	conn, err := q.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connection of the slot: %w", err)
	}
	w := &worker{q: q, conn: conn}
	defer func() {
		if err != nil {
			w.release()
		}
	}()
	if err := noticeDeath(ctx, conn); err != nil {
		return nil, fmt.Errorf("keepalive: %w", err)
	}
	for w.slot = 1; ; w.slot++ {
		if got, err := trySlot(ctx, conn, w.slot); err != nil {
			return nil, fmt.Errorf("slot %d: %w", w.slot, err)
		} else if got {
			break
		}
		if w.slot == maxSlots {
			return nil, fmt.Errorf("all %d slots are taken", maxSlots)
		}
	}
	if err := w.recover(ctx, w.slot); err != nil {
		return nil, err
	}
	if err := w.recoverOthers(ctx); err != nil {
		return nil, err
	}
	w.client, err = river.NewClient(q.driver, &river.Config{
		ID:                          slotPrefix + strconv.Itoa(w.slot),
		Queues:                      workersPerQueue,
		Workers:                     q.workers,
		FetchCooldown:               fetchPause,
		FetchPollInterval:           w.q.pollEvery,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        2 * jobTimeout, // the second net: the slots catch what a dead process held
		CompletedJobRetentionPeriod: keepDone,
		CancelledJobRetentionPeriod: keepFailed,
		DiscardedJobRetentionPeriod: keepFailed,
		RetryPolicy:                 retryPolicy{},
		ErrorHandler:                errorHandler{q.log},
		Logger:                      riverLog(q.log),
	})
	if err != nil {
		return nil, fmt.Errorf("river client: %w", err)
	}
	// Jobs end by Stop, not by the context of who started the queue.
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("river start: %w", err)
	}
	w.beside = startCompanions(&Session{conn: w.conn, stopping: make(chan struct{})}, q.beside)
	q.log.InfoContext(ctx, "job queue started", "worker", w.client.ID())
	return w, nil
}

// watch returns when ctx ends or the session is lost, and until then frees the jobs of workers that died meanwhile.
func (w *worker) watch(ctx context.Context) error {
	tick := time.NewTicker(w.q.watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.beside.failed:
			return err
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(ctx, watchTimeout)
		w.beside.session.mu.Lock()
		err := w.recoverOthers(ctx)
		w.beside.session.mu.Unlock()
		cancel()
		if err != nil {
			return err
		}
	}
}

// recoverOthers frees the jobs of all workers that are dead.
func (w *worker) recoverOthers(ctx context.Context) error {
	slots, err := slotsWithJobs(ctx, w.conn)
	if err != nil {
		return fmt.Errorf("look for dead workers: %w", err)
	}
	for _, n := range slots {
		if n == w.slot {
			continue
		}
		if dead, err := trySlot(ctx, w.conn, n); err != nil {
			return fmt.Errorf("slot %d: %w", n, err)
		} else if !dead {
			continue
		}
		if err := errors.Join(w.recover(ctx, n), releaseSlot(ctx, w.conn, n)); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) recover(ctx context.Context, slot int) error {
	n, err := recoverSlot(ctx, w.conn, slot)
	if err != nil {
		return fmt.Errorf("recover slot %d: %w", slot, err)
	}
	if n > 0 {
		w.q.log.WarnContext(ctx, "jobs of a dead worker are done again", "worker", slotPrefix+strconv.Itoa(slot), "jobs", n)
	}
	return nil
}

// close stops the client, patiently until ctx ends, and gives the slot back.
func (w *worker) close(ctx context.Context) error {
	defer w.release()
	ended := make(chan struct{})
	go func() {
		w.beside.stop(ctx)
		close(ended)
	}()
	defer func() { <-ended }()
	err := w.client.Stop(ctx)
	if err == nil {
		return nil
	}
	w.q.interrupted.Store(true)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelGrace)
	defer cancel()
	if err := w.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("jobs do not react to cancellation: %w", err)
	}
	return nil
}

// release ends the session, and with it the lock: a pooled connection would keep both.
func (w *worker) release() {
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	_ = releaseAll(ctx, w.conn) // at once, not when the server has noticed
	_ = w.conn.Raw(func(any) error { return sqldriver.ErrBadConn })
	_ = w.conn.Close()
}
