package job

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// slotLock is the space of the advisory locks (slotLock, n) that say which worker ids are alive: "work" as a number.
const slotLock = 0x776f726b

const slotPrefix = "worker-"

// maxSlots bounds the search for a free slot; far more than an instance runs processes.
const maxSlots = 256

// trySlot takes slot n for the session of conn, unless another session has it.
func trySlot(ctx context.Context, conn *sql.Conn, n int) (bool, error) {
	return tryLock(ctx, conn, slotLock, int32(n))
}

func releaseSlot(ctx context.Context, conn *sql.Conn, n int) error {
	return unlock(ctx, conn, slotLock, []int32{int32(n)})
}

// tryLock takes a lock for the session of conn, unless another session has it.
func tryLock(ctx context.Context, conn *sql.Conn, space, key int32) (got bool, err error) {
	err = conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1, $2)", space, key).Scan(&got)
	return got, err
}

func unlock(ctx context.Context, conn *sql.Conn, space int32, keys []int32) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1, key) FROM unnest($2::int[]) AS key", space, pq.Array(keys))
	return err
}

// releaseAll gives back every lock of the session.
func releaseAll(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock_all()")
	return err
}

// noticeDeath makes the server end the session of conn, and with it its locks, within about a minute after its machine
// was cut off. A process that dies on a living machine needs none of this. Sockets without TCP ignore it.
func noticeDeath(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT set_config('tcp_keepalives_idle', '30', false),
		set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false)`)
	return err
}

// slotsWithJobs returns the slots that the running jobs belong to.
func slotsWithJobs(ctx context.Context, conn *sql.Conn) ([]int, error) {
	rows, err := conn.QueryContext(ctx, `SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)]
		FROM river_job WHERE state = 'running'
		UNION SELECT leader_id FROM river_leader`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var slots []int
	for rows.Next() {
		var id sql.NullString
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(id.String, slotPrefix)); err == nil && strings.HasPrefix(id.String, slotPrefix) && n > 0 {
			slots = append(slots, n)
		}
	}
	return slots, rows.Err()
}

// recoverSlot makes the running jobs of slot n available again and takes it out of the office of the leader. The
// caller holds the slot's lock, so nobody works these jobs. A job that keeps killing its process is given up after
// its last attempt.
func recoverSlot(ctx context.Context, conn *sql.Conn, n int) (jobs int64, err error) {
	id := slotPrefix + strconv.Itoa(n)
	if _, err := conn.ExecContext(ctx, "DELETE FROM river_leader WHERE leader_id = $1", id); err != nil {
		return 0, fmt.Errorf("leader: %w", err)
	}
	result, err := conn.ExecContext(ctx, `
		UPDATE river_job SET
			state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END::river_job_state,
			finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
			scheduled_at = least(scheduled_at, now()),
			errors = array_append(errors, jsonb_build_object(
				'at', now(), 'attempt', attempt, 'error', 'the process that ran it died', 'trace', ''))
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`, id)
	if err != nil {
		return 0, fmt.Errorf("jobs: %w", err)
	}
	return result.RowsAffected()
}

// countByState counts jobs that are not done. Those that are to run later count as such.
func countByState(ctx context.Context, q sqlx.ExtContext) (map[string]int, error) {
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT state::text, count(*) AS n FROM river_job WHERE state <> 'completed' GROUP BY state`)
	counts := map[string]int{"available": 0, "scheduled": 0, "retryable": 0, "running": 0, "discarded": 0}
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts, err
}
