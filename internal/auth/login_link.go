package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// LoginLink makes a one-time link secret for one of our people (administrators, and the command line as
// account.Operator); UseLoginLink opens a session with it. It is how a person gets back in who lost their keys.
func (s *Service) LoginLink(ctx context.Context, actor account.Account, accountID int64, valid time.Duration) (secret string, err error) {
	if !actor.Able(account.RoleAdmin) {
		return "", errForbidden()
	}
	if valid, err = lifetime(valid, defaultLoginLinkLifetime, maxLoginLinkLifetime); err != nil {
		return "", err
	}
	a, err := s.personByID(ctx, s.db, accountID)
	if err != nil {
		return "", err
	}
	now := s.now()
	secret, hash := newSecret()
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertLoginLink(ctx, tx, hash, a.ID, now, now.Add(valid)); err != nil {
			return fmt.Errorf("auth.LoginLink %d: %w", a.ID, err)
		}
		return s.accounts.Audit(ctx, tx, actor, "login_link.make", a.Username, "")
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// CheckLoginLink looks without using it up (the page asks for a click, so that link scanners do not consume it).
// fault.NotFound when unknown, used, expired, or the account is suspended.
func (s *Service) CheckLoginLink(ctx context.Context, secret string) (account.Account, error) {
	id, err := loginLinkAccount(ctx, s.db, hashOf(secret), s.now())
	if db.IsNotFound(err) {
		return account.Account{}, errLoginLink()
	}
	if err != nil {
		return account.Account{}, fmt.Errorf("auth.CheckLoginLink: %w", err)
	}
	return s.linkedPerson(ctx, s.db, id)
}

// UseLoginLink opens a session; a link can be used once, also when two try at the same time.
func (s *Service) UseLoginLink(ctx context.Context, secret, userAgent string) (account.Account, string, error) {
	var a account.Account
	var session string
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		id, err := useLoginLink(ctx, tx, hashOf(secret), s.now())
		if db.IsNotFound(err) {
			return errLoginLink()
		}
		if err != nil {
			return fmt.Errorf("auth.UseLoginLink: %w", err)
		}
		if a, err = s.linkedPerson(ctx, tx, id); err != nil {
			return err
		}
		if session, err = s.openSession(ctx, tx, a, userAgent); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, a, "login_link.use", a.Username, "")
	})
	if err != nil {
		return account.Account{}, "", err
	}
	return a, session, nil
}

// linkedPerson hides why a link does not work: a stranger must not learn whose account is suspended.
func (s *Service) linkedPerson(ctx context.Context, x sqlx.ExtContext, id int64) (account.Account, error) {
	a, err := s.personByID(ctx, x, id)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		return account.Account{}, errLoginLink()
	}
	return a, err
}

// personByID returns one of our people who may log in.
func (s *Service) personByID(ctx context.Context, x sqlx.ExtContext, id int64) (account.Account, error) {
	a, err := s.accounts.ByIDIn(ctx, x, id)
	if err != nil {
		return account.Account{}, err
	}
	if !person(a) {
		return account.Account{}, fault.New(fault.Conflict, "error.auth.no_login")
	}
	return a, nil
}

func errLoginLink() error { return fault.New(fault.NotFound, "error.auth.login_link") }
