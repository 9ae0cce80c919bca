package job

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/db/dbtest"
)

var quiet = slog.New(slog.DiscardHandler)

func enqueue(t *testing.T, conn *sqlx.DB, q *Queue, args ...river.JobArgs) {
	t.Helper()
	err := db.InTx(t.Context(), conn, func(tx *sqlx.Tx) error { return q.Enqueue(t.Context(), tx, args...) })
	if err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, q *Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
}

func stop(t *testing.T, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// counts says how many jobs there are in each state that River knows.
func counts(t *testing.T, conn *sqlx.DB) map[string]int {
	t.Helper()
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := conn.SelectContext(t.Context(), &rows, "SELECT state::text AS state, count(*) AS n FROM river_job GROUP BY state"); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts
}

func TestEnqueueFollowsTheTransaction(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	boom := errors.New("boom")
	err := db.InTx(t.Context(), conn, func(tx *sqlx.Tx) error {
		if err := q.Enqueue(t.Context(), tx, Forget{AccountID: 1}, Distribute{Verb: CreatePost, ID: 2}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if got := counts(t, conn); len(got) != 0 {
		t.Errorf("jobs of a transaction that was rolled back: %v", got)
	}
	enqueue(t, conn, q)
	enqueue(t, conn, q, Forget{AccountID: 1}, Distribute{Verb: CreatePost, ID: 2})
	if diff := cmp.Diff(map[string]int{"available": 2}, counts(t, conn)); diff != "" {
		t.Error(diff)
	}
}

func TestUniqueJobs(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	enqueue(t, conn, q, FetchPost{URI: "https://a.example/1"}, FetchPost{URI: "https://b.example/1"}, FetchPost{URI: "https://a.example/1"}, PushSend{NotificationID: 1}, PushSend{NotificationID: 1})
	enqueue(t, conn, q, FetchPost{URI: "https://a.example/1"})
	var got []string
	err := conn.Select(&got, "SELECT kind || ' ' || args::text FROM river_job ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`post.fetch {"uri": "https://a.example/1"}`, `post.fetch {"uri": "https://b.example/1"}`,
		`push.send {"notification_id": 1, "subscription_id": 0}`, `push.send {"notification_id": 1, "subscription_id": 0}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Two transactions that enqueue the same unique jobs in opposite order must not wait for each other for ever.
func TestUniqueJobsDoNotLockUp(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	hosts := make([]river.JobArgs, 50)
	for i := range hosts {
		hosts[i] = FetchPost{URI: "https://a.example/" + strings.Repeat("x", i+1)}
	}
	backwards := slices.Clone(hosts)
	slices.Reverse(backwards)
	for range 10 {
		var wg sync.WaitGroup
		for _, args := range [][]river.JobArgs{hosts, backwards} {
			wg.Go(func() {
				err := db.InTx(t.Context(), conn, func(tx *sqlx.Tx) error { return q.Enqueue(t.Context(), tx, args...) })
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, err := conn.Exec("DELETE FROM river_job"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWork(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	var log bytes.Buffer
	q := New(conn, slog.New(slog.NewTextHandler(&log, nil)))
	Work(q, func(_ context.Context, job *river.Job[Forget]) error {
		switch job.Args.AccountID {
		case 1:
			return nil
		case 2:
			return errors.New("peer is asleep")
		case 3:
			return river.JobCancel(errors.New("never"))
		case 4:
			panic("oops")
		default:
			return river.JobSnooze(time.Hour)
		}
	})
	// What another process enqueued is seen too: here a queue that only inserts.
	other := New(conn, quiet)
	start(t, q)
	enqueue(t, conn, other, Forget{AccountID: 1}, Forget{AccountID: 2}, Forget{AccountID: 3}, Forget{AccountID: 4}, Forget{AccountID: 5})
	// A first failure is tried again after a second, which River books as available.
	eventually(t, "each job has been tried", func() bool {
		var untried int
		if err := conn.Get(&untried, "SELECT count(*) FROM river_job WHERE attempted_at IS NULL OR state = 'running'"); err != nil {
			t.Fatal(err)
		}
		return untried == 0
	})
	stop(t, q)
	type row struct {
		ID     int    `db:"id"`
		State  string `db:"state"`
		Errors int    `db:"errors"`
	}
	var got []row
	err := conn.Select(&got, `SELECT (args->>'account_id')::int AS id, CASE WHEN state = 'retryable' THEN 'available' ELSE state END AS state,
		least(1, coalesce(array_length(errors, 1), 0)) AS errors FROM river_job ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	want := []row{{1, "completed", 0}, {2, "available", 1}, {3, "cancelled", 1}, {4, "available", 1}, {5, "scheduled", 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{`level=WARN msg="job failed" kind=account.forget job=`, `attempt=1 max_attempts=25 error="peer is asleep"`, `msg="job panicked"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %s", want)
		}
	}
	if n := strings.Count(log.String(), "attempt=1 max_attempts=25 error=\"peer is asleep\""); n != 1 || strings.Contains(log.String(), "JobExecutor:") {
		t.Errorf("a failure must be logged once:\n%s", log.String())
	}
}

// Jobs are announced: who polls seldom begins with them all the same.
func TestAnnounced(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	q.pollEvery = time.Hour
	begun := make(chan int64, 1)
	Work(q, func(_ context.Context, j *river.Job[Forget]) error {
		begun <- j.Args.AccountID
		return nil
	})
	start(t, q)
	for i := range int64(5) {
		enqueue(t, conn, q, Forget{AccountID: i})
		select {
		case got := <-begun:
			if got != i {
				t.Errorf("begun is %d, enqueued was %d", got, i)
			}
		case <-time.After(time.Minute):
			t.Fatal("nobody hears of a job")
		}
	}
}

func TestRestartRecoversOrphans(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	enqueue(t, conn, q, Forget{AccountID: 1}, Forget{AccountID: 2}, Forget{AccountID: 3}, Forget{AccountID: 4})
	// Workers 1 and 3 were killed at work, worker 3 at the last attempt of job 3; worker 7 is of another program.
	_, err := conn.Exec(`UPDATE river_job SET state = 'running', attempted_at = now(),
		attempt = CASE args->>'account_id' WHEN '3' THEN max_attempts ELSE 1 END,
		attempted_by = CASE args->>'account_id' WHEN '1' THEN '{worker-9,worker-1}'::text[] WHEN '4' THEN '{elsewhere-7}' ELSE '{worker-3}' END`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec("INSERT INTO river_leader (elected_at, expires_at, leader_id, name) VALUES (now(), now() + interval '1 hour', 'worker-3', 'default')"); err != nil {
		t.Fatal(err)
	}
	done := make(chan int64, 10)
	Work(q, func(_ context.Context, job *river.Job[Forget]) error {
		done <- job.Args.AccountID
		return nil
	})
	began := time.Now()
	start(t, q)
	got := []int64{<-done, <-done}
	if slices.Sort(got); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("done again: %v, want 1 and 2", got)
	}
	if wait := time.Since(began); wait > time.Minute { // without us they would wait for an hour
		t.Errorf("orphans waited %v", wait)
	}
	eventually(t, "the jobs' states", func() bool {
		return cmp.Equal(counts(t, conn), map[string]int{"completed": 2, "discarded": 1, "running": 1})
	})
	eventually(t, "a new leader", func() bool {
		var leader string
		if err := conn.Get(&leader, "SELECT coalesce(max(leader_id), '') FROM river_leader"); err != nil {
			t.Fatal(err)
		}
		return leader == "worker-1"
	})
}

// A worker that lives notices that another one has died.
func TestSurvivorRecoversOrphans(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	q.watchEvery = 50 * time.Millisecond
	done := make(chan struct{})
	Work(q, func(context.Context, *river.Job[Forget]) error {
		close(done)
		return nil
	})
	start(t, q)
	_, err := conn.Exec(`INSERT INTO river_job (args, kind, queue, state, max_attempts, attempt, attempted_at, attempted_by)
		VALUES ('{"account_id": 1}', 'account.forget', 'default', 'running', 25, 1, now(), '{worker-2}')`)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("job of a dead worker was not done")
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	queue := func() *Queue {
		q := New(conn, quiet)
		Work(q, func(context.Context, *river.Job[Forget]) error { return nil })
		return q
	}
	id := func(q *Queue) string { return q.running.worker.client.ID() }
	a, b, c := queue(), queue(), queue()
	start(t, a)
	start(t, b)
	if id(a) != "worker-1" || id(b) != "worker-2" {
		t.Errorf("slots %s and %s", id(a), id(b))
	}
	if err := a.Start(t.Context()); err == nil {
		t.Error("a started queue started again")
	}
	stop(t, a)
	stop(t, a) // no harm
	start(t, c)
	if id(c) != "worker-1" {
		t.Errorf("slot of a stopped worker not used again: %s", id(c))
	}
	start(t, a)
	if id(a) != "worker-3" {
		t.Errorf("restarted queue has slot %s", id(a))
	}
}

func TestLostSession(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	q.watchEvery = 50 * time.Millisecond
	begun, done := make(chan struct{}, 10), make(chan struct{}, 10)
	Work(q, func(ctx context.Context, job *river.Job[Forget]) error {
		begun <- struct{}{}
		if job.Args.AccountID == 1 {
			<-ctx.Done()
			if job.Attempt == 1 && len(job.AttemptedBy) == 1 {
				return ctx.Err()
			}
		}
		done <- struct{}{}
		return nil
	})
	start(t, q)
	enqueue(t, conn, q, Forget{AccountID: 1})
	<-begun
	if _, err := conn.Exec("UPDATE river_job SET args = '{\"account_id\": 2}'"); err != nil { // so that it ends next time
		t.Fatal(err)
	}
	var ended int
	err := conn.Get(&ended, `SELECT count(pg_terminate_backend(pid)) FROM pg_locks
		WHERE locktype = 'advisory' AND classid = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, slotLock)
	if err != nil || ended != 1 {
		t.Fatalf("%d sessions ended, error %v", ended, err)
	}
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the queue did not start again")
	}
	eventually(t, "the job completed", func() bool { return counts(t, conn)["completed"] == 1 })
	var row struct {
		Attempt int `db:"attempt"`
		Errors  int `db:"errors"`
	}
	if err := conn.Get(&row, "SELECT attempt, coalesce(array_length(errors, 1), 0) AS errors FROM river_job"); err != nil {
		t.Fatal(err)
	}
	if row.Attempt != 1 || row.Errors != 0 {
		t.Errorf("the interruption was counted as a failure: %+v", row)
	}
}

func TestStopCancelsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	begun := make(chan struct{})
	Work(q, func(ctx context.Context, _ *river.Job[Forget]) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	start(t, q)
	enqueue(t, conn, q, Forget{AccountID: 1})
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]int{"available": 1}, counts(t, conn)); diff != "" {
		t.Errorf("an interrupted job must be available to the next process: %s", diff)
	}
}

func TestRetryPolicy(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 14: 16384 * time.Second, 15: maxRetryWait, 200: maxRetryWait} {
		job := &rivertype.JobRow{Errors: make([]rivertype.AttemptError, failures)}
		before := time.Now()
		next := retryPolicy{}.NextRetry(job)
		if next.Sub(before) < want*88/100 || time.Until(next) > want*112/100 {
			t.Errorf("after %d failures: %v, want about %v", failures, next.Sub(before), want)
		}
	}
}

func TestPruning(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	q := New(conn, quiet)
	Work(q, func(context.Context, *river.Job[Forget]) error { return nil })
	_, err := conn.Exec(`INSERT INTO river_job (args, kind, queue, state, max_attempts, finalized_at) VALUES
		('{}', 'account.forget', 'default', 'completed', 25, now() - interval '61 minutes'),
		('{}', 'account.forget', 'default', 'completed', 25, now() - interval '50 minutes'),
		('{}', 'account.forget', 'default', 'discarded', 25, now() - interval '29 days'),
		('{}', 'account.forget', 'default', 'discarded', 25, now() - interval '31 days')`)
	if err != nil {
		t.Fatal(err)
	}
	start(t, q)
	eventually(t, "old jobs pruned", func() bool {
		return cmp.Equal(counts(t, conn), map[string]int{"completed": 1, "discarded": 1})
	})
}
