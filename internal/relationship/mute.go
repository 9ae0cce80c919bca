package relationship

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

const (
	maxNote = 2_000 // characters
	maxMute = 10 * 365 * 24 * time.Hour
)

// Mute hides a target from the actor's lists for a time, 0 for good; with notices also from the notifications. The target
// learns nothing of it, and follows stay. A second call sets both anew.
func (s *Service) Mute(ctx context.Context, actor account.Account, targetID int64, notices bool, period time.Duration) error {
	target, err := s.target(ctx, actor, targetID)
	if err != nil {
		return err
	}
	if period < 0 || period > maxMute {
		return fault.Fields(fault.Field{Name: "duration", Message: "error.relation.duration"})
	}
	now := time.Now()
	var until *time.Time
	if period > 0 {
		end := now.Add(period)
		until = &end
	}
	if err := upsertMute(ctx, s.db, db.NewID(now), actor.ID, target.ID, notices, until, now); err != nil {
		return fmt.Errorf("relationship.Mute %d -> %d: %w", actor.ID, target.ID, err)
	}
	return nil
}

// Unmute shows the target again.
func (s *Service) Unmute(ctx context.Context, actor account.Account, targetID int64) error {
	if _, err := s.target(ctx, actor, targetID); err != nil {
		return err
	}
	if err := deleteMute(ctx, s.db, actor.ID, targetID); err != nil {
		return fmt.Errorf("relationship.Unmute %d -> %d: %w", actor.ID, targetID, err)
	}
	return nil
}

// SetNote keeps a note of the actor on an account for themselves; an empty one is removed.
func (s *Service) SetNote(ctx context.Context, actor account.Account, targetID int64, comment string) error {
	if err := person(actor); err != nil {
		return err
	}
	if _, err := s.accounts.ByID(ctx, targetID); err != nil {
		return err
	}
	comment = strings.TrimSpace(strings.ReplaceAll(comment, "\r\n", "\n"))
	if utf8.RuneCountInString(comment) > maxNote {
		return fault.Fields(fault.Field{Name: "comment", Message: "error.relation.note", Args: map[string]any{"Max": maxNote}})
	}
	if err := setNote(ctx, s.db, actor.ID, targetID, comment); err != nil {
		return fmt.Errorf("relationship.SetNote %d -> %d: %w", actor.ID, targetID, err)
	}
	return nil
}

// Endorse recommends, on the actor's profile, someone whom the actor follows; it counts as long as they do.
func (s *Service) Endorse(ctx context.Context, actor account.Account, targetID int64) error {
	target, err := s.target(ctx, actor, targetID)
	if err != nil {
		return err
	}
	now := time.Now()
	following, err := insertEndorsement(ctx, s.db, db.NewID(now), actor.ID, target.ID, now)
	if err != nil {
		return fmt.Errorf("relationship.Endorse %d -> %d: %w", actor.ID, target.ID, err)
	}
	if !following {
		return fault.New(fault.Invalid, "error.relation.endorse")
	}
	return nil
}

// Unendorse takes a recommendation back.
func (s *Service) Unendorse(ctx context.Context, actor account.Account, targetID int64) error {
	if _, err := s.target(ctx, actor, targetID); err != nil {
		return err
	}
	if err := deleteEndorsement(ctx, s.db, actor.ID, targetID); err != nil {
		return fmt.Errorf("relationship.Unendorse %d -> %d: %w", actor.ID, targetID, err)
	}
	return nil
}
