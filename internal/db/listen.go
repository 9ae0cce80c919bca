package db

import (
	"context"

	"github.com/lib/pq"
)

// DialListener opens a connection outside the pool that can LISTEN, within ctx, which lib/pq does not know there. What it hears
// goes to incoming, which is closed when the connection ends; somebody must read it all the while, for replies to LISTEN
// come by the same way.
func DialListener(ctx context.Context, dsn string, incoming chan<- *pq.Notification) (*pq.ListenerConn, error) {
	type result struct {
		conn *pq.ListenerConn
		err  error
	}
	dialed := make(chan result, 1)
	go func() {
		conn, err := pq.NewListenerConn(dsn, incoming)
		dialed <- result{conn, err}
	}()
	select {
	case r := <-dialed:
		return r.conn, r.err
	case <-ctx.Done():
		go func() {
			if r := <-dialed; r.conn != nil {
				r.conn.Close() //nolint:errcheck // nobody has used it
			}
		}()
		return nil, ctx.Err()
	}
}
