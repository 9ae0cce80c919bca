package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"github.com/vorbild/vorbild/internal/db"
)

// driver is River's driver for database/sql, which only polls, plus a connection of lib/pq that listens. So a
// job is seen by all processes when it is committed, and not half a second later; what people do here passes four
// or five jobs before it is seen on another instance. A server it cannot listen to is polled.
type driver struct {
	*riverdatabasesql.Driver
	db  *sqlx.DB
	dsn string
}

func newDriver(conn *sqlx.DB) driver {
	return driver{riverdatabasesql.New(conn.DB), conn, db.DSN(conn)}
}

// SupportsListener implements riverdriver.Driver.
func (d driver) SupportsListener() bool { return d.dsn != "" }

// GetListener implements riverdriver.Driver.
func (d driver) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{db: d.db, dsn: d.dsn, schema: params.Schema}
}

var _ riverdriver.Driver[*sql.Tx] = driver{}

// listener implements riverdriver.Listener with one connection outside the pool. River connects it anew when a
// method returns an error.
type listener struct {
	db  *sqlx.DB
	dsn string

	mu       sync.Mutex
	schema   string
	conn     *pq.ListenerConn
	received chan *pq.Notification // closed when conn is lost
}

// notificationBacklog is how many wake-ups may wait. More are dropped: they only say "look into the queue".
const notificationBacklog = 1000

func (l *listener) Connect(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		return errors.New("job listener: already connected")
	}
	if l.schema == "" {
		if err := l.db.GetContext(ctx, &l.schema, "SELECT coalesce(current_schema(), '')"); err != nil {
			return fmt.Errorf("job listener: current schema: %w", err)
		}
	}
	// lib/pq sends on a channel while nobody may be reading; the relay makes sure that it never has to wait, since
	// replies to LISTEN come by the same loop.
	incoming, received := make(chan *pq.Notification), make(chan *pq.Notification, notificationBacklog)
	conn, err := db.DialListener(ctx, l.dsn, incoming)
	if err != nil {
		return fmt.Errorf("job listener: connect: %w", err)
	}
	go func() {
		defer close(received)
		for n := range incoming {
			select {
			case received <- n:
			default:
			}
		}
	}()
	l.conn, l.received = conn, received
	return nil
}

func (l *listener) Close(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil
	}
	l.conn.Close() //nolint:errcheck // the error is only that it was closed already
	l.conn = nil
	return nil
}

func (l *listener) Listen(_ context.Context, topic string) error {
	return l.do(func(conn *pq.ListenerConn) error {
		_, err := conn.Listen(l.channel(topic))
		return err
	})
}

func (l *listener) Unlisten(_ context.Context, topic string) error {
	return l.do(func(conn *pq.ListenerConn) error {
		_, err := conn.Unlisten(l.channel(topic))
		return err
	})
}

func (l *listener) Ping(context.Context) error {
	return l.do((*pq.ListenerConn).Ping)
}

func (l *listener) do(f func(*pq.ListenerConn) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return errors.New("job listener: not connected")
	}
	if err := f(l.conn); err != nil {
		return fmt.Errorf("job listener: %w", err)
	}
	return nil
}

func (l *listener) Schema() string { return l.schema }

// SetAfterConnectExec is for River's own tests.
func (l *listener) SetAfterConnectExec(string) {}

func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	l.mu.Lock()
	received := l.received
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case n, ok := <-received:
		if !ok {
			return nil, errors.New("job listener: connection lost")
		}
		return &riverdriver.Notification{Topic: strings.TrimPrefix(n.Channel, l.channel("")), Payload: n.Extra}, nil
	}
}

// channel is the name of a topic in PostgreSQL, as River's SQL writes it.
func (l *listener) channel(topic string) string { return l.schema + "." + topic }
