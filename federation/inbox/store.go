package inbox

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
)

// The spaces of takeTurn's locks: "turn" and "ftch" read as numbers.
const (
	receiveTurn = 0x7475726e
	fetchTurn   = 0x66746368
)

// How long a job looks for its turn, and how often.
const (
	turnWait = 200 * time.Millisecond
	turnPoll = 20 * time.Millisecond
)

// row is one received activity.
type row struct {
	ID          int64      `db:"id"`
	Scope       string     `db:"scope"`
	URI         string     `db:"uri"`
	ActorURI    string     `db:"actor_uri"`
	Type        string     `db:"type"`
	ObjectURI   string     `db:"object_uri"`
	Body        []byte     `db:"body"`
	ProcessedAt *time.Time `db:"processed_at"`
}

// insertReceived stores the bytes; fresh is false when the activity came to this inbox before.
func insertReceived(ctx context.Context, q sqlx.ExtContext, scope string, a vocab.Activity, at time.Time) (id int64, fresh bool, err error) {
	err = sqlx.GetContext(ctx, q, &id, `INSERT INTO inbox_activities (scope, uri, actor_uri, type, object_uri, body, received_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (scope, uri) DO NOTHING RETURNING id`,
		scope, a.ID, a.Actor, a.Type, a.ObjectID, []byte(a.Raw), at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("insertReceived: %w", err)
	}
	return id, true, nil
}

func receivedByID(ctx context.Context, q sqlx.ExtContext, id int64) (row, error) {
	var r row
	err := sqlx.GetContext(ctx, q, &r, `SELECT id, scope, uri, actor_uri, type, object_uri, body, processed_at FROM inbox_activities WHERE id = $1`, id)
	return r, err
}

// receivedByURI returns an activity that an actor sent before, to any inbox.
func receivedByURI(ctx context.Context, q sqlx.ExtContext, uri, actor string) (row, error) {
	var r row
	err := sqlx.GetContext(ctx, q, &r, `SELECT id, scope, uri, actor_uri, type, object_uri, body, processed_at
		FROM inbox_activities WHERE uri = $1 AND actor_uri = $2 ORDER BY id LIMIT 1`, uri, actor)
	return r, err
}

// undone reports whether the actor has taken back an activity, possibly before we came to read it.
func undone(ctx context.Context, q sqlx.ExtContext, uri, actor string) (bool, error) {
	var yes bool
	err := sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1 FROM inbox_activities WHERE object_uri = $1 AND type = 'Undo' AND actor_uri = $2)`, uri, actor)
	return yes, err
}

// boostedBy reports whether an account shares a post.
func boostedBy(ctx context.Context, q sqlx.ExtContext, accountID, postID int64) (bool, error) {
	var yes bool
	err := sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1 FROM boosts WHERE account_id = $1 AND post_id = $2 AND undone_at IS NULL)`, accountID, postID)
	return yes, err
}

func markProcessed(ctx context.Context, q sqlx.ExtContext, id int64, outcome, note, objectURI string, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE inbox_activities SET processed_at = $2, outcome = $3, note = $4, object_uri = CASE WHEN $5 = '' THEN object_uri ELSE $5 END WHERE id = $1`,
		id, at, outcome, note, objectURI)
	if err != nil {
		return fmt.Errorf("markProcessed %d: %w", id, err)
	}
	return nil
}

// deleteReceived removes what was processed before the given time, a portion at a time so that nobody waits for its locks.
func deleteReceived(ctx context.Context, q sqlx.ExtContext, before time.Time) error {
	for {
		res, err := q.ExecContext(ctx, `DELETE FROM inbox_activities WHERE id IN (
			SELECT i.id FROM inbox_activities i WHERE i.received_at < $1 AND i.processed_at < $1
				AND NOT EXISTS (SELECT 1 FROM follows x WHERE x.uri = i.uri AND x.undone_at IS NULL)
				AND NOT EXISTS (SELECT 1 FROM favourites x WHERE x.uri = i.uri AND x.undone_at IS NULL)
				AND NOT EXISTS (SELECT 1 FROM boosts x WHERE x.uri = i.uri AND x.undone_at IS NULL)
			LIMIT 5000)`, before)
		if err != nil {
			return fmt.Errorf("deleteReceived: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
	}
}

// errBusy says that another job of the same host runs; it is no failure, and no attempt is lost.
var errBusy = errors.New("inbox: the host's turn is taken")

// takeTurn makes the jobs of one kind about one host run one after the other, in all processes, until done is called. It
// holds a session's lock, not a transaction: fetching may take seconds. Who finds the turn taken waits a moment and then
// gets errBusy, so that jobs of a busy host occupy neither workers nor connections.
func takeTurn(ctx context.Context, d *sqlx.DB, kind int32, host string) (done func(), err error) {
	conn, err := d.Connx(ctx)
	if err != nil {
		return nil, fmt.Errorf("takeTurn: %w", err)
	}
	h := fnv.New32a()
	h.Write([]byte(host))
	key := int32(h.Sum32())
	for waited := time.Duration(0); ; waited += turnPoll {
		var got bool
		err := sqlx.GetContext(ctx, conn, &got, `SELECT pg_try_advisory_lock($1, $2)`, kind, key)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("takeTurn: %w", err), conn.Close())
		}
		if got {
			break
		}
		if waited >= turnWait {
			return nil, errors.Join(errBusy, conn.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), conn.Close())
		case <-time.After(turnPoll):
		}
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1, $2)`, kind, key); err != nil {
			// The lock would stay with the session: end the session.
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		conn.Close()
	}, nil
}
