package inbox

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// The spaces of locks: "turn" and "ftch" read as numbers. Who holds a host's turn applies what it sent; who holds its fetch
// asks it on behalf of a job.
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
	Attempts    int        `db:"attempts"`
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

// hiddenHere reports whether moderators took a post out of everyone's sight.
func hiddenHere(ctx context.Context, q sqlx.ExtContext, postID int64) (bool, error) {
	var yes bool
	if err := sqlx.GetContext(ctx, q, &yes, `SELECT hidden FROM posts WHERE id = $1`, postID); err != nil {
		return false, fmt.Errorf("hiddenHere %d: %w", postID, err)
	}
	return yes, nil
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
	key := fetchKey(kind, host)
	for waited := time.Duration(0); ; waited += turnPoll {
		var got bool
		err := sqlx.GetContext(ctx, conn, &got, `SELECT pg_try_advisory_lock($1)`, key)
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
		if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, key); err != nil {
			// The lock would stay with the session: end the session.
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		conn.Close()
	}, nil
}

// fetchKey is the key of a host's lock.
//
// RULE: nobody finds a name that has the key of another's: whoever answers slowly would hold up the other's jobs.
func fetchKey(kind int32, host string) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", kind, host))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
