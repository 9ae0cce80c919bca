package auth

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Passkey is one registered authenticator. An account keeps at least one from its registration on.
type Passkey struct {
	ID        int64      `db:"id"`
	AccountID int64      `db:"account_id"`
	Name      string     `db:"name"`
	CreatedAt time.Time  `db:"created_at"`
	UsedAt    *time.Time `db:"used_at"`
}

const (
	maxPasskeyName = 100
	maxPasskeys    = 20
)

// BeginAddPasskey starts the registration of a further authenticator of someone logged in.
func (s *Service) BeginAddPasskey(ctx context.Context, actor account.Account) (options []byte, ceremonySecret string, err error) {
	if !person(actor) {
		return nil, "", errForbidden()
	}
	known, err := credentialsOf(ctx, s.db, actor.ID)
	if err != nil {
		return nil, "", fmt.Errorf("auth.BeginAddPasskey %d: %w", actor.ID, err)
	}
	if len(known) >= maxPasskeys {
		return nil, "", errTooMany()
	}
	creation, session, err := s.webauthn.BeginRegistration(user{actor, known},
		webauthn.WithExclusions(webauthn.Credentials(known).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("auth.BeginAddPasskey %d: %w", actor.ID, err)
	}
	return s.begin(ctx, ceremony{Purpose: forPasskey, Session: *session, AccountID: actor.ID}, creation)
}

// FinishAddPasskey stores the authenticator of a ceremony that the same person began.
func (s *Service) FinishAddPasskey(ctx context.Context, actor account.Account, ceremonySecret, keyName string, r *http.Request) error {
	if !person(actor) {
		return errForbidden()
	}
	name, err := passkeyName(keyName)
	if err != nil {
		return err
	}
	c, err := s.take(ctx, ceremonySecret, forPasskey)
	if err != nil {
		return err
	}
	if c.AccountID != actor.ID {
		return errCeremony()
	}
	credential, err := s.webauthn.FinishRegistration(user{account: actor}, c.Session, bounded(r))
	if err != nil {
		return refused(fault.Invalid, "error.auth.passkey_refused", err)
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		ids, err := lockPasskeys(ctx, tx, actor.ID)
		if err != nil {
			return fmt.Errorf("auth.FinishAddPasskey %d: %w", actor.ID, err)
		}
		if len(ids) >= maxPasskeys {
			return errTooMany()
		}
		if err := s.addPasskey(ctx, tx, actor, name, credential); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, "passkey.add", actor.Username, name)
	})
}

// Passkeys lists the actor's own, oldest first.
func (s *Service) Passkeys(ctx context.Context, actor account.Account) ([]Passkey, error) {
	list, err := passkeys(ctx, s.db, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("auth.Passkeys %d: %w", actor.ID, err)
	}
	return list, nil
}

// RenamePasskey renames an own one.
func (s *Service) RenamePasskey(ctx context.Context, actor account.Account, id int64, name string) error {
	if !person(actor) {
		return errForbidden()
	}
	if strings.TrimSpace(name) == "" {
		return fault.Fields(fault.Field{Name: "name", Message: "error.auth.passkey_name_required"})
	}
	name, err := passkeyName(name)
	if err != nil {
		return err
	}
	ok, err := renamePasskey(ctx, s.db, actor.ID, id, name)
	if err != nil {
		return fmt.Errorf("auth.RenamePasskey %d: %w", id, err)
	}
	if !ok {
		return errPasskey()
	}
	return nil
}

// RevokePasskey removes an own one. The last one stays (fault.Conflict): without it there is no way back in.
func (s *Service) RevokePasskey(ctx context.Context, actor account.Account, id int64) error {
	if !person(actor) {
		return errForbidden()
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		ids, err := lockPasskeys(ctx, tx, actor.ID)
		if err != nil {
			return fmt.Errorf("auth.RevokePasskey %d: %w", id, err)
		}
		name, err := deletePasskey(ctx, tx, actor.ID, id)
		switch {
		case db.IsNotFound(err):
			return errPasskey()
		case err != nil:
			return fmt.Errorf("auth.RevokePasskey %d: %w", id, err)
		case len(ids) < 2:
			return fault.New(fault.Conflict, "error.auth.last_passkey")
		}
		return s.accounts.Audit(ctx, tx, actor, "passkey.revoke", actor.Username, name)
	})
}

func errPasskey() error { return fault.New(fault.NotFound, "error.auth.passkey_not_found") }

func errTooMany() error {
	return &fault.Error{Kind: fault.Conflict, Message: "error.auth.too_many_passkeys"}
}

// person reports whether the actor is one of our people who may act at all.
func person(actor account.Account) bool {
	return actor.ID > 0 && actor.Local() && actor.Able(account.RoleGuest)
}

// passkeyName gives a nameless key a name, since the person is in the middle of a dialog of the browser.
func passkeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "Passkey", nil
	}
	if utf8.RuneCountInString(name) > maxPasskeyName || !printable(name) {
		return "", fault.Fields(fault.Field{Name: "name", Message: "error.auth.passkey_name", Args: map[string]any{"Max": maxPasskeyName}})
	}
	return name, nil
}

// printable refuses what PostgreSQL or a reader cannot take.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
