package outbox

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// DropSuspended gives up what waits for hosts that were suspended. What waits for hosts that are only not allowed is left: they may
// be allowed again.
func (o *Outbox) DropSuspended(ctx context.Context) error {
	if err := dropSuspended(ctx, o.DB); err != nil {
		return fmt.Errorf("outbox.DropSuspended: %w", err)
	}
	return nil
}

func dropSuspended(ctx context.Context, q sqlx.ExtContext) error {
	_, err := q.ExecContext(ctx, `
		UPDATE deliveries d SET state = 'dropped', last_error = 'suspended' FROM lanes l
		WHERE d.host = l.host AND d.state = 'pending' AND l.next_at IS NOT NULL
			AND 'suspend' = (SELECT r.severity FROM domain_rules r WHERE r.domain = ANY (host_names(l.host)) ORDER BY length(r.domain) DESC LIMIT 1)`)
	return err
}
