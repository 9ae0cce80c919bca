package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// BeginLogin and FinishLogin: discoverable login; the authenticator names the account. The string is the session secret.
func (s *Service) BeginLogin(ctx context.Context) (options []byte, ceremonySecret string, err error) {
	assertion, session, err := s.webauthn.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", fmt.Errorf("auth.BeginLogin: %w", err)
	}
	return s.begin(ctx, ceremony{Purpose: forLogin, Session: *session}, assertion)
}

// FinishLogin checks the authenticator's answer and opens a session. Whatever is wrong with the answer, the stranger
// learns only that it was refused (fault.Unauthorized).
func (s *Service) FinishLogin(ctx context.Context, ceremonySecret string, r *http.Request) (account.Account, string, error) {
	c, err := s.take(ctx, ceremonySecret, forLogin)
	if err != nil {
		return account.Account{}, "", err
	}
	who, credential, err := s.webauthn.FinishPasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		return s.userOf(ctx, handle)
	}, c.Session, bounded(r))
	if err != nil {
		return account.Account{}, "", refused(fault.Unauthorized, "error.auth.login_refused", err)
	}
	a := who.(user).account
	var session string
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		known, err := usePasskey(ctx, tx, a.ID, credential, s.now())
		if err != nil {
			return fmt.Errorf("auth.FinishLogin: passkey of %d: %w", a.ID, err)
		}
		if !known { // revoked since it was read
			return fault.New(fault.Unauthorized, "error.auth.login_refused")
		}
		session, err = s.openSession(ctx, tx, a, r.UserAgent())
		return err
	})
	if err != nil {
		return account.Account{}, "", err
	}
	if credential.Authenticator.CloneWarning {
		// Two authenticators may share one key. The person is not locked out: some authenticators count badly.
		s.log.WarnContext(ctx, "passkey may have been cloned: its counter went back", "account", a, "counter", credential.Authenticator.SignCount)
	}
	return a, session, nil
}

var errUnknownHandle = errors.New("unknown user handle")

// userOf finds the person an authenticator speaks for.
func (s *Service) userOf(ctx context.Context, handle []byte) (user, error) {
	id, ok := idOf(handle)
	if !ok {
		return user{}, errUnknownHandle
	}
	a, err := s.accounts.ByID(ctx, id)
	if fault.Is(err, fault.NotFound) || (err == nil && !person(a)) {
		return user{}, errUnknownHandle
	}
	if err != nil {
		return user{}, &ownError{err}
	}
	credentials, err := credentialsOf(ctx, s.db, id)
	if err != nil {
		return user{}, &ownError{fmt.Errorf("auth: passkeys of %d: %w", id, err)}
	}
	return user{a, credentials}, nil
}
