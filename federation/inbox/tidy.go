package inbox

import (
	"context"
	"fmt"
	"time"
)

const (
	// keepReceived is how long the log of what we received stays. A signature is good for an hour only, so an older repeat
	// cannot come.
	keepReceived = 90 * 24 * time.Hour
	// keepUnused is how long the bytes stay of what was ignored or rejected, for the operator who wonders why; the reason stays
	// with the log.
	keepUnused = 14 * 24 * time.Hour
	// maxUnused bounds these bytes: anybody can send what we ignore, and must not fill the disk by that. The oldest go first.
	maxUnused = 256 << 20
)

// Tidy removes what arrived long ago and was dealt with. What may still be taken back by its mere id stays.
func (in *Inbox) Tidy(ctx context.Context) error {
	now := in.now()
	if err := deleteReceived(ctx, in.DB, now.Add(-keepReceived)); err != nil {
		return fmt.Errorf("inbox.Tidy: %w", err)
	}
	if err := emptyUnused(ctx, in.DB, now.Add(-keepUnused), now.Add(-2*keepUnused), maxUnused); err != nil {
		return fmt.Errorf("inbox.Tidy: %w", err)
	}
	return nil
}
