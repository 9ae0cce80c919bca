package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

const (
	// MaxAliases is how many other accounts one of ours can name as its own.
	MaxAliases = 10
	// MoveCooldown is how long one of ours stays where they moved before they can move again, receivedCooldown how long another
	// server's account does: each move makes every follower follow anew.
	MoveCooldown     = 30 * 24 * time.Hour
	receivedCooldown = 7 * 24 * time.Hour
)

// AddAlias lets one of our people say that an account elsewhere is theirs too, so that it can move here. The alias was just read
// from its origin. Errors: Forbidden, Invalid with field alias.
func (s *Service) AddAlias(ctx context.Context, actor, alias Account) error {
	switch {
	case alias.ID == actor.ID:
		return moveError("alias", "error.account.alias_self")
	case alias.Kind == Group || alias.Kind == Application:
		return moveError("alias", "error.account.alias_kind")
	}
	return s.change(ctx, actor, func(_ *sqlx.Tx, a *Account) error {
		if a.Is(alias.URI) {
			return nil
		}
		if len(a.AlsoKnownAs) >= MaxAliases {
			return fault.Fields(fault.Field{Name: "alias", Message: "error.account.alias_many", Args: map[string]any{"Max": MaxAliases}})
		}
		a.AlsoKnownAs = append(a.AlsoKnownAs, alias.URI)
		return nil
	})
}

// RemoveAlias takes back what AddAlias said; an unknown one is no error.
func (s *Service) RemoveAlias(ctx context.Context, actor Account, uri string) error {
	return s.change(ctx, actor, func(_ *sqlx.Tx, a *Account) error {
		a.AlsoKnownAs = slices.DeleteFunc(a.AlsoKnownAs, func(x string) bool { return x == uri })
		return nil
	})
}

// MoveTo sends one of our people's followers on to another account of theirs: ours follow it at once, others are told. The
// target was just read from its origin. Errors: Forbidden, Invalid with field target.
func (s *Service) MoveTo(ctx context.Context, actor, target Account) error {
	switch {
	case target.ID == actor.ID:
		return moveError("target", "error.account.move_self")
	case target.Kind == Group || target.Kind == Application:
		return moveError("target", "error.account.move_kind")
	case target.State != Active:
		return moveError("target", "error.account.move_unavailable")
	case target.MovedToURI != "":
		return moveError("target", "error.account.move_moved")
	// RULE: nobody sends readers to an account that does not say it is theirs.
	case !target.Is(actor.URI):
		return moveError("target", "error.account.move_alias")
	}
	return s.change(ctx, actor, func(tx *sqlx.Tx, a *Account) error {
		now := time.Now()
		if a.MovedAt != nil && now.Sub(*a.MovedAt) < MoveCooldown {
			return moveError("target", "error.account.move_lately")
		}
		a.MovedToURI, a.MovedAt = target.URI, &now
		if err := s.Audit(ctx, tx, actor, "account.move", a.Handle(), target.Handle()); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.MoveAccount, ID: a.ID}, job.Move{AccountID: a.ID, TargetID: target.ID})
	})
}

// Stay takes back MoveTo: the notice goes. Who has moved on meanwhile stays there.
func (s *Service) Stay(ctx context.Context, actor Account) error {
	return s.change(ctx, actor, func(tx *sqlx.Tx, a *Account) error {
		if a.MovedToURI == "" {
			return nil
		}
		a.MovedToURI = ""
		return s.Audit(ctx, tx, actor, "account.stay", a.Handle(), "")
	})
}

// change lets one of our people alter where else they are found, and tells the world.
func (s *Service) change(ctx context.Context, actor Account, alter func(tx *sqlx.Tx, a *Account) error) error {
	if !actor.Local() || actor.Kind != Person || !actor.Able(RoleGuest) {
		return errForbidden()
	}
	defer s.remembered.touch()
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		a, err := s.lock(ctx, tx, actor.ID)
		if err != nil {
			return err
		}
		if err := alter(tx, &a); err != nil {
			return err
		}
		changed, err := updateMoved(ctx, tx, a)
		if err != nil {
			return fmt.Errorf("account: move of %d: %w", a.ID, err)
		}
		if !changed {
			return nil
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdateAccount, ID: a.ID})
	})
}

// ReceiveMove notes that an account of another server has moved to target, which was just read from its origin, and leads its
// followers here on. Errors: Forbidden when target does not say it is the same, Conflict when it moved lately.
func (s *Service) ReceiveMove(ctx context.Context, id int64, target Account) error {
	defer s.remembered.touch()
	defer s.remembered.touch()
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		a, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		now := time.Now()
		switch {
		case a.Local(), a.Kind == Application, target.Kind == Application, target.ID == a.ID, target.State != Active:
			return errForbidden()
		// RULE: both sides say so: the old one by its Move, the new one in its document.
		case !target.Is(a.URI):
			return fault.New(fault.Forbidden, "error.account.move_alias")
		// RULE: an account that moves to and fro must not make all its readers follow anew each time.
		case a.MovedAt != nil && now.Sub(*a.MovedAt) < receivedCooldown:
			return fault.New(fault.Conflict, "error.account.move_lately")
		}
		a.MovedToURI, a.MovedAt = target.URI, &now
		if _, err := updateMoved(ctx, tx, a); err != nil {
			return fmt.Errorf("account.ReceiveMove %d: %w", id, err)
		}
		return s.jobs.Enqueue(ctx, tx, job.Move{AccountID: a.ID, TargetID: target.ID})
	})
}

// MovedTo finds where those of the accounts are that have moved, by their ids: only known accounts that say they are the same.
// Anyone can name any account as their new one; that it is shown takes both.
func (s *Service) MovedTo(ctx context.Context, list []Account) (map[int64]Account, error) {
	var uris []string
	for _, a := range list {
		if a.MovedToURI != "" && a.State == Active {
			uris = append(uris, a.MovedToURI)
		}
	}
	moved := make(map[int64]Account, len(uris))
	if len(uris) == 0 {
		return moved, nil
	}
	targets, err := activeByURIs(ctx, s.db, uris)
	if err != nil {
		return nil, fmt.Errorf("account.MovedTo: %w", err)
	}
	for _, a := range list {
		for _, target := range targets {
			if target.URI == a.MovedToURI && target.Is(a.URI) && a.State == Active {
				moved[a.ID] = target
			}
		}
	}
	return moved, nil
}

func moveError(field, message string) error {
	return fault.Fields(fault.Field{Name: field, Message: message})
}
