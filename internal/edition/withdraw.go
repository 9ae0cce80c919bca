package edition

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
)

// Limits of the reason for which an edition is withdrawn, in characters.
const (
	leastReason = 10
	MaxReason   = 500
)

// Withdraw takes a published edition back, as when a court orders it: its page, its files and all that was written for it are deleted,
// here and, as soon as they hear of it, with all who follow. Its number, title, date and checksum stay, with the reason, which everybody
// reads. Editors, also of an instance that curates no more. A second call changes nothing. fault.NotFound, also for a draft;
// fault.Invalid for the field "reason".
func (s *Service) Withdraw(ctx context.Context, actor account.Account, number, reason string) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return fault.New(fault.Forbidden, "error.edition.forbidden")
	}
	e, err := s.ByNumber(ctx, number)
	if fault.Is(err, fault.Gone) {
		return nil
	}
	if err != nil {
		return err
	}
	reason = markup.Line(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return fault.Fields(fault.Field{Name: "reason", Message: "error.edition.no_reason"})
	case n < leastReason:
		return fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_short", Args: map[string]any{"Min": leastReason}})
	case n > MaxReason:
		return fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_long", Args: map[string]any{"Max": MaxReason}})
	}
	err = db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		state, _, err := lockEdition(ctx, tx, e.ID)
		if err != nil || state == stateWithdrawn {
			return err
		}
		// Followers may have been told since it was read.
		now, err := editionByID(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		if now.PostID != nil {
			if err := s.publications.WithdrawIn(ctx, tx, *now.PostID); err != nil {
				return err
			}
		}
		if err := withdraw(ctx, tx, e.ID, actor.ID, time.Now(), reason); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, "edition.withdraw", e.Number, reason)
	})
	if err != nil {
		return fmt.Errorf("edition.Withdraw %s: %w", number, err)
	}
	return nil
}
