package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
)

// How the queue works. Jobs are told to all processes by NOTIFY; polling finds what became due, or was not heard.
const (
	pollInterval = 500 * time.Millisecond
	fetchPause   = 20 * time.Millisecond // between two fetches of a queue, however many jobs are announced
	// announcePause is how long after one NOTIFY for a queue the next is spared. It must be short: a job that is committed
	// after the workers looked, but whose announcement was spared, waits for the next poll.
	announcePause = time.Millisecond

	jobTimeout = 5 * time.Minute
	keepDone   = time.Hour
	keepFailed = 30 * 24 * time.Hour
)

// workersPerQueue is how many jobs of each queue one process works at a time. Nobody waits for what is fetched or pushed, so
// these queues are polled less often.
var workersPerQueue = map[string]river.QueueConfig{
	QueueDefault: {MaxWorkers: 4},
	QueueFetch:   {MaxWorkers: 3, FetchPollInterval: 4 * pollInterval},
	QueuePush:    {MaxWorkers: 4, FetchPollInterval: 4 * pollInterval},
}

// Queue inserts jobs and, once started, works them. A queue that is never started only inserts.
type Queue struct {
	db      *sqlx.DB
	log     *slog.Logger
	driver  driver
	insert  *river.Client[*sql.Tx]
	workers *river.Workers
	beside  []func(ctx context.Context, s *Session) error

	watchEvery, pollEvery time.Duration

	mu          sync.Mutex // guards running
	running     *running
	interrupted atomic.Bool // jobs that end now with "canceled" were cancelled by us
}

// New returns a queue on db, whose River tables must exist (db.Migrate makes them).
func New(db *sqlx.DB, log *slog.Logger) *Queue {
	q := &Queue{db: db, log: log, driver: newDriver(db), workers: river.NewWorkers(), watchEvery: watchInterval, pollEvery: pollInterval}
	insert, err := river.NewClient(q.driver, &river.Config{Logger: riverLog(log), FetchCooldown: announcePause})
	if err != nil {
		panic(fmt.Sprintf("job.New: %v", err)) // the configuration above is a constant
	}
	q.insert = insert
	return q
}

// Work registers who works jobs of type T; call it before Start, once for each type. f may return river.JobSnooze or
// river.JobCancel. Any other error is logged and tried again later: a job may run more than once, also because its
// process died after the work and before the bookkeeping.
func Work[T river.JobArgs](q *Queue, f func(ctx context.Context, job *river.Job[T]) error) {
	work := func(ctx context.Context, job *river.Job[T]) error {
		err := f(ctx, job)
		if err != nil && q.interrupted.Load() && ctx.Err() != nil {
			return river.JobSnooze(0) // not its fault: no attempt lost, and the next process takes it at once
		}
		return err
	}
	if err := river.AddWorkerSafely(q.workers, river.WorkFunc(work)); err != nil {
		panic(fmt.Sprintf("job.Work: %v", err)) // two workers for one kind
	}
}

// Counts says how many jobs are in each state, those that are done left out.
func (q *Queue) Counts(ctx context.Context) (map[string]int, error) {
	counts, err := countByState(ctx, q.db)
	if err != nil {
		return nil, fmt.Errorf("job.Counts: %w", err)
	}
	return counts, nil
}

// Enqueue inserts jobs in tx: they exist exactly when tx commits. A unique job that already waits or runs is not
// inserted twice.
func (q *Queue) Enqueue(ctx context.Context, tx *sqlx.Tx, args ...river.JobArgs) error {
	params, err := insertParams(args)
	if err != nil {
		return fmt.Errorf("job.Enqueue: %w", err)
	}
	if len(params) == 0 {
		return nil
	}
	if _, err := q.insert.InsertManyTx(ctx, tx.Tx, params); err != nil {
		return fmt.Errorf("job.Enqueue %s: %w", args[0].Kind(), err)
	}
	return nil
}

// insertParams drops unique jobs that are named twice, which one INSERT cannot take, and puts the others of them in
// one order: two transactions that insert the same unique jobs then wait for each other instead of locking up.
func insertParams(args []river.JobArgs) ([]river.InsertManyParams, error) {
	var params []river.InsertManyParams
	unique := map[string]river.JobArgs{}
	for _, a := range args {
		opts, ok := a.(river.JobArgsWithInsertOpts)
		if !ok || !opts.InsertOpts().UniqueOpts.ByArgs {
			params = append(params, river.InsertManyParams{Args: a})
			continue
		}
		encoded, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Kind(), err)
		}
		unique[a.Kind()+" "+string(encoded)] = a
	}
	for _, key := range slices.Sorted(maps.Keys(unique)) {
		params = append(params, river.InsertManyParams{Args: unique[key]})
	}
	return params, nil
}
