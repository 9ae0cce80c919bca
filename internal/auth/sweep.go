package auth

import (
	"context"
	"fmt"
	"time"
)

// keepUsed is how long used or expired login links and revoked tokens stay to be looked at.
const keepUsed = 30 * 24 * time.Hour

// Sweep removes what has expired: ceremonies and sessions at once, login links and tokens after keepUsed, and with them tokens
// that a program got for itself and does not use; it asks for another when it needs one. Everything works without it, the
// tables only grow. Invitations stay: they tell who came in by which.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	if err := sweep(ctx, s.db, now, now.Add(-keepUsed)); err != nil {
		return fmt.Errorf("auth.Sweep: %w", err)
	}
	return nil
}
