package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
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
		a, admins, err := s.lockPerson(ctx, tx, actor, id)
		switch {
		case err != nil:
			return err
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

// SetState suspends an account or makes it active again. Ours are for administrators, others' for moderators too; nobody can suspend
// themselves, the last administrator or the instance's own groups. Suspending one of ours ends its sessions, login links and
// tokens for good. What an account of a refused domain was by itself stays what it was: see Account.Refused.
func (s *Service) SetState(ctx context.Context, actor Account, id int64, want State) error {
	return s.SetStateBecause(ctx, actor, id, want, "")
}

// SetStateBecause is SetState with a reason for the log.
func (s *Service) SetStateBecause(ctx context.Context, actor Account, id int64, want State, reason string) error {
	if want != Active && want != Suspended {
		return fault.Fields(fault.Field{Name: "state", Message: "error.account.state"})
	}
	return s.restrict(ctx, actor, id, func(tx *sqlx.Tx, a Account) error {
		state := a.State
		if a.Refused {
			state = Active
		}
		if state == want {
			return nil
		}
		if err := updateState(ctx, tx, id, want); err != nil {
			return fmt.Errorf("account.SetState %d: %w", id, err)
		}
		if want == Suspended && a.Local() {
			if err := endSessions(ctx, tx, id); err != nil {
				return fmt.Errorf("account.SetState %d: end sessions: %w", id, err)
			}
		}
		if err := s.jobs.Enqueue(ctx, tx, job.TellUnseen{}); err != nil {
			return err
		}
		return s.Audit(ctx, tx, actor, "account.state", a.Handle(), because(fmt.Sprintf("%s → %s", state, want), reason))
	})
}

// SetSilenced limits an account, or ends that, for whom SetState is: what it writes reaches its followers and whom it mentions, and
// nobody else comes across it.
func (s *Service) SetSilenced(ctx context.Context, actor Account, id int64, want bool, reason string) error {
	return s.restrict(ctx, actor, id, func(tx *sqlx.Tx, a Account) error {
		if a.Silenced == want {
			return nil
		}
		if err := updateSilenced(ctx, tx, id, want); err != nil {
			return fmt.Errorf("account.SetSilenced %d: %w", id, err)
		}
		action := "account.unsilence"
		if want {
			action = "account.silence"
		}
		return s.Audit(ctx, tx, actor, action, a.Handle(), because("", reason))
	})
}

// MaxReason is how many characters a reason may have.
const MaxReason = 500

// because is a detail of the log with the reason behind it.
func because(detail, reason string) string {
	reason = strings.TrimSpace(reason)
	if detail == "" || reason == "" {
		return detail + reason
	}
	return detail + ": " + reason
}

// restrict changes, in one transaction, an account that the actor may restrict.
func (s *Service) restrict(ctx context.Context, actor Account, id int64, change func(tx *sqlx.Tx, a Account) error) error {
	if !actor.Able(RoleModerator) {
		return errForbidden()
	}
	defer s.remembered.touch()
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		admins, err := lockAdmins(ctx, tx)
		if err != nil {
			return fmt.Errorf("account: lock administrators: %w", err)
		}
		// The actor's row was read some time ago: what they may do is looked up again.
		now := actor
		if !actor.IsOperator() {
			if now, err = s.ByIDIn(ctx, tx, actor.ID); err != nil {
				return err
			}
		}
		a, err := s.lock(ctx, tx, id)
		switch {
		case !now.Able(RoleModerator), err == nil && a.Local() && !now.Able(RoleAdmin):
			return errForbidden()
		case err != nil:
			return err
		case a.Local() && a.Kind != Person:
			return fault.New(fault.Conflict, "error.account.not_a_person")
		case a.State == Gone:
			return fault.New(fault.Conflict, "error.account.gone")
		}
		if err := dispensable(admins, actor, a); err != nil {
			return err
		}
		return change(tx, a)
	})
}

// dispensable refuses what would leave the instance without an administrator, and what nobody does to themselves.
func dispensable(admins []int64, actor, a Account) error {
	switch {
	case slices.Equal(admins, []int64{a.ID}):
		return fault.New(fault.Conflict, "error.account.last_admin")
	case a.ID == actor.ID:
		return fault.New(fault.Conflict, "error.account.self")
	}
	return nil
}

// lockPerson locks one of our people, and who can administrate; it makes sure that the actor, whose row was read some time ago, still
// can. Errors: Forbidden, NotFound, Conflict for what is no person of ours.
func (s *Service) lockPerson(ctx context.Context, tx *sqlx.Tx, actor Account, id int64) (a Account, admins []int64, err error) {
	if admins, err = lockAdmins(ctx, tx); err != nil {
		return a, nil, fmt.Errorf("account: lock administrators: %w", err)
	}
	if !actor.IsOperator() && !slices.Contains(admins, actor.ID) {
		return a, nil, errForbidden()
	}
	if a, err = s.lock(ctx, tx, id); err == nil && (!a.Local() || a.Kind != Person) {
		err = fault.New(fault.Conflict, "error.account.not_a_person")
	}
	return a, admins, err
}

func (s *Service) lock(ctx context.Context, tx *sqlx.Tx, id int64) (Account, error) {
	a, err := lockAccount(ctx, tx, id)
	return found(a, err, "account: lock %d", id)
}
