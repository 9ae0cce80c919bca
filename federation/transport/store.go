package transport

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// hostBlocked reports whether an administrator blocked the host or a domain it lies under.
func hostBlocked(ctx context.Context, q sqlx.ExtContext, host string) (bool, error) {
	var blocked bool
	err := sqlx.GetContext(ctx, q, &blocked,
		`SELECT EXISTS (SELECT 1 FROM peers WHERE blocked AND host = ANY($1))`, pq.Array(blockNames(host)))
	if err != nil {
		return false, fmt.Errorf("transport.hostBlocked %s: %w", host, err)
	}
	return blocked, nil
}

// blockNames lists the names whose block holds for host: itself with and without port, and all parents, so that a
// blocked domain cannot come back under a new label.
func blockNames(host string) []string {
	names := []string{host}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
		names = append(names, host)
	}
	for {
		_, parent, ok := strings.Cut(host, ".")
		if !ok || !strings.Contains(parent, ".") {
			return names
		}
		names = append(names, parent)
		host = parent
	}
}
