package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Session is one browser that is logged in. It lives SessionLifetime beyond its last use, or until it is revoked or
// its account suspended.
type Session struct {
	ID        int64     `db:"id"`
	AccountID int64     `db:"account_id"`
	UserAgent string    `db:"user_agent"`
	CreatedAt time.Time `db:"created_at"`
	SeenAt    time.Time `db:"seen_at"`
	ExpiresAt time.Time `db:"expires_at"`
}

const maxUserAgent = 300 // bytes

func (s *Service) openSession(ctx context.Context, tx *sqlx.Tx, a account.Account, userAgent string) (secret string, err error) {
	now := s.now()
	if len(userAgent) > maxUserAgent {
		userAgent = userAgent[:maxUserAgent]
	}
	userAgent = strings.ReplaceAll(strings.ToValidUTF8(userAgent, ""), "\x00", "")
	secret, hash := newSecret()
	session := Session{
		ID: db.NewID(now), AccountID: a.ID, UserAgent: userAgent,
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(SessionLifetime),
	}
	if err := insertSession(ctx, tx, session, hash); err != nil {
		return "", fmt.Errorf("auth: open session of %d: %w", a.ID, err)
	}
	return secret, nil
}

// Authenticate returns the account of a session secret and prolongs it; fault.Unauthorized for any secret that opens
// nothing, whatever the reason.
func (s *Service) Authenticate(ctx context.Context, secret string) (account.Account, Session, error) {
	now := s.now()
	session, err := sessionByHash(ctx, s.db, hashOf(secret), now)
	if db.IsNotFound(err) {
		return account.Account{}, Session{}, errLoggedOut()
	}
	if err != nil {
		return account.Account{}, Session{}, fmt.Errorf("auth.Authenticate: %w", err)
	}
	a, err := s.accounts.ByID(ctx, session.AccountID)
	if fault.Is(err, fault.NotFound) || (err == nil && !person(a)) {
		return account.Account{}, Session{}, errLoggedOut()
	}
	if err != nil {
		return account.Account{}, Session{}, fmt.Errorf("auth.Authenticate: %w", err)
	}
	if now.Sub(session.SeenAt) >= seenEvery {
		session.SeenAt, session.ExpiresAt = now, now.Add(SessionLifetime)
		if err := touchSession(ctx, s.db, session); err != nil {
			return account.Account{}, Session{}, fmt.Errorf("auth.Authenticate: %w", err)
		}
	}
	return a, session, nil
}

// Logout ends the session of a secret; an unknown one is no error.
func (s *Service) Logout(ctx context.Context, secret string) error {
	if err := deleteSessionByHash(ctx, s.db, hashOf(secret)); err != nil {
		return fmt.Errorf("auth.Logout: %w", err)
	}
	return nil
}

// Sessions lists the actor's own open sessions, last used first.
func (s *Service) Sessions(ctx context.Context, actor account.Account) ([]Session, error) {
	list, err := sessions(ctx, s.db, actor.ID, s.now())
	if err != nil {
		return nil, fmt.Errorf("auth.Sessions %d: %w", actor.ID, err)
	}
	return list, nil
}

// RevokeSession ends an own session; fault.NotFound for anyone else's.
func (s *Service) RevokeSession(ctx context.Context, actor account.Account, id int64) error {
	ok, err := deleteSession(ctx, s.db, actor.ID, id)
	if err != nil {
		return fmt.Errorf("auth.RevokeSession %d: %w", id, err)
	}
	if !ok {
		return fault.New(fault.NotFound, "error.auth.session_not_found")
	}
	return nil
}

func errLoggedOut() error { return fault.New(fault.Unauthorized, "error.auth.logged_out") }
