package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/db"
)

// askTimeout is how long a database may take to answer on the connection of a session before that is given up.
const askTimeout = 10 * time.Second

// session is one connection outside the pool that proves, by a lock, that who emptied a lane under its number still lives, and
// that hears when a lane was filled. It is lost with its connection; a new one gets a new number, so that nobody takes the claims
// of another for its own.
type session struct {
	number int32
	conn   *pq.ListenerConn
	woken  chan struct{} // something was filled; one entry stands for any number of times
	lost   chan struct{} // closed when the connection has ended
}

func openSession(ctx context.Context, dsn string) (*session, error) {
	incoming := make(chan *pq.Notification, 64)
	conn, err := db.DialListener(ctx, dsn, incoming)
	if err != nil {
		return nil, fmt.Errorf("session of the lanes: connect: %w", err)
	}
	s := &session{number: 1 + rand.Int32N(1<<31-2), conn: conn, woken: make(chan struct{}, 1), lost: make(chan struct{})}
	go func() {
		defer close(s.lost)
		for range incoming {
			select {
			case s.woken <- struct{}{}:
			default:
			}
		}
	}()
	for _, statement := range sessionBegins(s.number) {
		if err := s.ask(statement); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// ask runs a statement, and closes a connection that does not answer.
func (s *session) ask(statement string) error {
	timer := time.AfterFunc(askTimeout, func() { s.conn.Close() }) //nolint:errcheck // closed is closed
	defer timer.Stop()
	if _, err := s.conn.ExecSimpleQuery(statement); err != nil {
		return fmt.Errorf("session of the lanes: %q: %w", statement, err)
	}
	return nil
}

// close ends the session, and with it the lock.
func (s *session) close() {
	s.conn.Close() //nolint:errcheck // the error is only that it was closed already
	<-s.lost
}
