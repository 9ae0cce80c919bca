package outbox

import (
	"context"
	"fmt"
	"time"
)

// keepSent is how long letters stay that nothing later builds upon: answers to follows, what was taken back, and what our
// groups passed on for others. Who was told of a post must be told when it goes, so those rows stay as long as the post.
const keepSent = 90 * 24 * time.Hour

// Tidy removes what was delivered, or given up, long ago.
func (o *Outbox) Tidy(ctx context.Context) error {
	before := o.now().Add(-keepSent)
	if err := deletePassedOn(ctx, o.DB, before); err != nil {
		return fmt.Errorf("outbox.Tidy: %w", err)
	}
	if err := deleteDelivered(ctx, o.DB, before); err != nil {
		return fmt.Errorf("outbox.Tidy: %w", err)
	}
	return nil
}
