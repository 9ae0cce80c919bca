package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Languages are those an account can read and write its own words in.
var Languages = []string{"de", "en"}

// SetRole gives one of our people a role. It is for administrators; nobody can take the last administrator's role.
func (s *Service) SetRole(ctx context.Context, actor Account, id int64, role Role) error {
	if !actor.Able(RoleAdmin) {
		return errForbidden()
	}
	if !role.Valid() {
		return fault.Fields(fault.Field{Name: "role", Message: "error.account.role"})
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		admins, err := s.administrators(ctx, tx, actor)
		if err != nil {
			return err
		}
		a, err := s.lock(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case !a.Local() || a.Kind != Person:
			return fault.New(fault.Conflict, "error.account.not_a_person")
		case a.State == Gone:
			return fault.New(fault.Conflict, "error.account.gone")
		case a.Role == role:
			return nil
		case slices.Equal(admins, []int64{id}):
			return fault.New(fault.Conflict, "error.account.last_admin")
		}
		if err := updateRole(ctx, tx, id, role); err != nil {
			return fmt.Errorf("account.SetRole %d: %w", id, err)
		}
		return s.Audit(ctx, tx, actor, "account.role", a.Handle(), fmt.Sprintf("%s → %s", a.Role, role))
	})
}

// SetState suspends an account, ours or another's, or makes it active again. It is
// for administrators; nobody can suspend themselves, the last administrator or the instance's own groups. Suspending
// one of ours ends its sessions, login links and tokens for good.
func (s *Service) SetState(ctx context.Context, actor Account, id int64, want State) error {
	if !actor.Able(RoleAdmin) {
		return errForbidden()
	}
	if want != Active && want != Suspended {
		return fault.Fields(fault.Field{Name: "state", Message: "error.account.state"})
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		admins, err := s.administrators(ctx, tx, actor)
		if err != nil {
			return err
		}
		a, err := s.lock(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case a.Local() && a.Kind != Person:
			return fault.New(fault.Conflict, "error.account.not_a_person")
		case a.State == Gone:
			return fault.New(fault.Conflict, "error.account.gone")
		case a.State == want:
			return nil
		case slices.Equal(admins, []int64{id}):
			return fault.New(fault.Conflict, "error.account.last_admin")
		case id == actor.ID:
			return fault.New(fault.Conflict, "error.account.self")
		}
		if err := updateState(ctx, tx, id, want); err != nil {
			return fmt.Errorf("account.SetState %d: %w", id, err)
		}
		if want == Suspended && a.Local() {
			if err := endSessions(ctx, tx, id); err != nil {
				return fmt.Errorf("account.SetState %d: end sessions: %w", id, err)
			}
		}
		return s.Audit(ctx, tx, actor, "account.state", a.Handle(), fmt.Sprintf("%s → %s", a.State, want))
	})
}

// administrators locks who can administrate and makes sure that the actor, whose row was read some time ago, still can.
func (s *Service) administrators(ctx context.Context, tx *sqlx.Tx, actor Account) ([]int64, error) {
	admins, err := lockAdmins(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("account: lock administrators: %w", err)
	}
	if !actor.IsOperator() && !slices.Contains(admins, actor.ID) {
		return nil, errForbidden()
	}
	return admins, nil
}

func (s *Service) lock(ctx context.Context, tx *sqlx.Tx, id int64) (Account, error) {
	a, err := lockAccount(ctx, tx, id)
	return found(a, err, "account: lock %d", id)
}
