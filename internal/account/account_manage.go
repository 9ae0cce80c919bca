package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// Languages are those an account can read and write its own words in.
var Languages = []string{"de", "en"}

// UpdateProfile changes our person's or group's own words and settings; note is plain text or Markdown.
// The actor must be the account itself, or an administrator. A group's name follows the organisation's: it is
// changed by SaveOrganization only.
func (s *Service) UpdateProfile(ctx context.Context, actor Account, id int64, displayName, note string, approvesFollowers bool, language string) error {
	if !actor.Able(RoleAdmin) && (actor.ID != id || !actor.Able(RoleGuest)) {
		return errForbidden()
	}
	displayName = strings.TrimSpace(displayName)
	note = strings.TrimSpace(strings.ReplaceAll(note, "\r\n", "\n"))
	mistakes := checkDisplayName(displayName)
	switch {
	case utf8.RuneCountInString(note) > maxNote:
		mistakes = append(mistakes, fault.Field{Name: "note", Message: "error.account.too_long", Args: map[string]any{"Max": maxNote}})
	case !utf8.ValidString(note) || strings.ContainsFunc(note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		mistakes = append(mistakes, fault.Field{Name: "note", Message: "error.account.characters"})
	}
	if !slices.Contains(Languages, language) {
		mistakes = append(mistakes, fault.Field{Name: "language", Message: "error.account.language"})
	}
	if err := fault.Fields(mistakes...); err != nil {
		return err
	}
	html := ""
	if note != "" {
		html = s.markup.Render(note)
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		a, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !a.Local() || (a.Kind != Person && a.Kind != Group) {
			return errNotFound()
		}
		if a.Kind == Group && displayName != a.DisplayName {
			return fault.Fields(fault.Field{Name: "display_name", Message: "error.account.group_name"})
		}
		if a.DisplayName == displayName && a.NoteSource == note && a.ApprovesFollowers == approvesFollowers && a.Language == language {
			return nil
		}
		a.DisplayName, a.NoteSource, a.Note, a.ApprovesFollowers, a.Language = displayName, note, html, approvesFollowers, language
		if err := updateProfile(ctx, tx, a); err != nil {
			return fmt.Errorf("account.UpdateProfile %d: %w", id, err)
		}
		if actor.ID != id {
			if err := s.Audit(ctx, tx, actor, "account.profile", a.Handle(), ""); err != nil {
				return err
			}
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdateAccount, ID: id})
	})
}

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
