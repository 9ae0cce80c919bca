package auth

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Invitation lets one person make an account with a role. It is open until it is used, revoked or expired.
type Invitation struct {
	ID        int64        `db:"id"`
	Role      account.Role `db:"role"`
	Note      string       `db:"note"`
	CreatedAt time.Time    `db:"created_at"`
	ExpiresAt time.Time    `db:"expires_at"`
	UsedByID  *int64       `db:"used_by_id"`
	UsedAt    *time.Time   `db:"used_at"`
	RevokedAt *time.Time   `db:"revoked_at"`
}

// Open reports whether the invitation can be used at that time.
func (i Invitation) Open(now time.Time) bool {
	return i.UsedAt == nil && i.RevokedAt == nil && now.Before(i.ExpiresAt)
}

const maxInvitationNote = 500

// Invite makes an invitation (administrators; role at most their own) and returns its secret once. The command line is
// account.Operator.
func (s *Service) Invite(ctx context.Context, actor account.Account, role account.Role, note string, valid time.Duration) (secret string, err error) {
	if !actor.Able(account.RoleAdmin) {
		return "", errForbidden()
	}
	note = strings.TrimSpace(note)
	if !role.Valid() || !actor.Role.AtLeast(role) {
		return "", fault.Fields(fault.Field{Name: "role", Message: "error.account.role"})
	}
	if utf8.RuneCountInString(note) > maxInvitationNote || !printable(note) {
		return "", fault.Fields(fault.Field{Name: "note", Message: "error.auth.note", Args: map[string]any{"Max": maxInvitationNote}})
	}
	if valid, err = lifetime(valid, defaultInvitationLifetime, maxInvitationLifetime); err != nil {
		return "", err
	}
	now := s.now()
	i := Invitation{ID: db.NewID(now), Role: role, Note: note, CreatedAt: now, ExpiresAt: now.Add(valid)}
	secret, hash := newSecret()
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertInvitation(ctx, tx, i, hash, rowID(actor)); err != nil {
			return fmt.Errorf("auth.Invite: %w", err)
		}
		return s.accounts.Audit(ctx, tx, actor, "invitation.make", string(role), note)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Invitation returns an open invitation. fault.NotFound when unknown, used, revoked or expired.
func (s *Service) Invitation(ctx context.Context, secret string) (Invitation, error) {
	i, err := invitationByHash(ctx, s.db, hashOf(secret))
	if db.IsNotFound(err) || (err == nil && !i.Open(s.now())) {
		return Invitation{}, errInvitation()
	}
	if err != nil {
		return Invitation{}, fmt.Errorf("auth.Invitation: %w", err)
	}
	return i, nil
}

// Invitations lists all, newest first, for administrators.
func (s *Service) Invitations(ctx context.Context, actor account.Account) ([]Invitation, error) {
	if !actor.Able(account.RoleAdmin) {
		return nil, errForbidden()
	}
	list, err := invitations(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("auth.Invitations: %w", err)
	}
	return list, nil
}

// RevokeInvitation closes one that is not used yet (administrators). A second call changes nothing.
func (s *Service) RevokeInvitation(ctx context.Context, actor account.Account, id int64) error {
	if !actor.Able(account.RoleAdmin) {
		return errForbidden()
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		i, err := lockInvitation(ctx, tx, id)
		switch {
		case db.IsNotFound(err):
			return errInvitation()
		case err != nil:
			return fmt.Errorf("auth.RevokeInvitation %d: %w", id, err)
		case i.UsedAt != nil:
			return fault.New(fault.Conflict, "error.auth.invitation_used")
		case i.RevokedAt != nil:
			return nil
		}
		if err := revokeInvitation(ctx, tx, id, s.now()); err != nil {
			return fmt.Errorf("auth.RevokeInvitation %d: %w", id, err)
		}
		return s.accounts.Audit(ctx, tx, actor, "invitation.revoke", string(i.Role), i.Note)
	})
}

func errInvitation() error { return fault.New(fault.NotFound, "error.auth.invitation") }

// rowID is the actor's id as a reference to its row; the command line has none.
func rowID(actor account.Account) *int64 {
	if actor.ID <= 0 {
		return nil
	}
	return &actor.ID
}
