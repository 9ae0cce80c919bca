package change

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/db"
)

const (
	// pingEvery and pingTimeout bound how long a connection that died silently is believed.
	pingEvery   = 5 * time.Second
	pingTimeout = 5 * time.Second
	// A lost connection is opened again at once, a server that does not answer is asked less and less often.
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Run listens until ctx ends, and connects again when the connection breaks. A hub runs once.
func (h *Hub) Run(ctx context.Context) {
	defer h.end()
	dsn := db.DSN(h.db)
	if dsn == "" {
		h.log.WarnContext(ctx, "changes are not heard: the database cannot be listened to")
		<-ctx.Done()
		return
	}
	retry := firstRetry
	for {
		began := time.Now()
		err := h.listen(ctx, dsn)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > pingEvery {
			retry = firstRetry
		}
		h.log.WarnContext(ctx, "changes are not heard for a moment", slog.Any("error", err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(retry):
			retry = min(2*retry, lastRetry)
		}
	}
}

// listen hears what changes as long as one connection lasts.
func (h *Hub) listen(ctx context.Context, dsn string) error {
	incoming := make(chan *pq.Notification, 64)
	conn, err := db.DialListener(ctx, dsn, incoming)
	if err != nil {
		return fmt.Errorf("change: connect: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	kept := make(chan error, 1)
	go func() { kept <- h.keep(ctx, conn) }()
	for n := range incoming { // until the connection is closed, by whichever side
		if n != nil {
			h.hear(n.Extra)
		}
	}
	cancel()
	err = <-kept
	h.pause()
	return err
}

// keep subscribes the connection and asks now and then whether it still stands; when it returns, it does not.
func (h *Hub) keep(ctx context.Context, conn *pq.ListenerConn) error {
	defer conn.Close() //nolint:errcheck // the error is only that it was closed already
	if err := ask(conn, "LISTEN "+channel); err != nil {
		return err
	}
	h.begin()
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("change: connection lost: %w", ctx.Err())
		case <-ticker.C:
			if err := ask(conn, ""); err != nil {
				return err
			}
		}
	}
}

// ask runs a statement, and closes a connection that does not answer.
func ask(conn *pq.ListenerConn, statement string) error {
	timer := time.AfterFunc(pingTimeout, func() { conn.Close() }) //nolint:errcheck // closed is closed
	defer timer.Stop()
	if _, err := conn.ExecSimpleQuery(statement); err != nil {
		return fmt.Errorf("change: %q: %w", statement, err)
	}
	return nil
}
