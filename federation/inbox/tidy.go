package inbox

import (
	"context"
	"fmt"
	"time"
)

// keepReceived is how long the bytes of what we received stay: for the operator who wonders why something was rejected. A
// signature is good for an hour only, so an older repeat cannot come.
const keepReceived = 90 * 24 * time.Hour

// Tidy removes what arrived long ago and was dealt with. What may still be taken back by its mere id stays.
func (in *Inbox) Tidy(ctx context.Context) error {
	if err := deleteReceived(ctx, in.DB, in.now().Add(-keepReceived)); err != nil {
		return fmt.Errorf("inbox.Tidy: %w", err)
	}
	return nil
}
