package outbox

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// DropRefused gives up what waits for hosts that rules keep it from: anything for those that were suspended, and what only the
// administration network may read for those that do not belong to it any more. What waits for hosts that are only not allowed is
// left: they may be allowed again.
func (o *Outbox) DropRefused(ctx context.Context) error {
	if err := dropSuspended(ctx, o.DB); err != nil {
		return fmt.Errorf("outbox.DropRefused: %w", err)
	}
	if err := dropOutside(ctx, o.DB); err != nil {
		return fmt.Errorf("outbox.DropRefused: %w", err)
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

// dropOutside begins with the posts for the network, which are few. That one is withdrawn may be told to who has left.
func dropOutside(ctx context.Context, q sqlx.ExtContext) error {
	_, err := q.ExecContext(ctx, `
		UPDATE deliveries d SET state = 'dropped', last_error = 'not in the network' FROM posts p JOIN activities a ON a.object_uri = p.uri
		WHERE p.visibility = 'network' AND p.state = 'published' AND d.activity_id = a.id AND d.state = 'pending' AND NOT in_network(d.host)`)
	return err
}
