// Package auth is how a person proves who they are: passkeys (WebAuthn), invitations, one-time login links, sessions
// and API tokens. There are no passwords. Secrets are stored as SHA-256 of 256 random bits.
package auth

import (
	"context"
	"net/http"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// Session is one browser that is logged in.
type Session struct {
	ID        int64     `db:"id"`
	AccountID int64     `db:"account_id"`
	UserAgent string    `db:"user_agent"`
	CreatedAt time.Time `db:"created_at"`
	SeenAt    time.Time `db:"seen_at"`
	ExpiresAt time.Time `db:"expires_at"`
}

// Passkey is one registered authenticator.
type Passkey struct {
	ID        int64      `db:"id"`
	AccountID int64      `db:"account_id"`
	Name      string     `db:"name"`
	CreatedAt time.Time  `db:"created_at"`
	UsedAt    *time.Time `db:"used_at"`
}

// Invitation lets one person make an account with a role.
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

// Service keeps secrets and sessions.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	baseURL  string
}

// New returns the service; the WebAuthn relying party is the host of baseURL (without port), its name is shown by browsers.
func New(db *sqlx.DB, accounts *account.Service, baseURL, name string) (*Service, error) {
	panic("not built")
}

// Invite makes an invitation (administrators; role at most their own) and returns its secret once. Zero actor: the command line.
func (s *Service) Invite(ctx context.Context, actor account.Account, role account.Role, note string, lifetime time.Duration) (secret string, err error) {
	panic("not built")
}

// Invitation returns an open invitation. fault.NotFound when unknown, used, revoked or expired.
func (s *Service) Invitation(ctx context.Context, secret string) (Invitation, error) {
	panic("not built")
}
func (s *Service) Invitations(ctx context.Context, actor account.Account) ([]Invitation, error) {
	panic("not built")
}
func (s *Service) RevokeInvitation(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}

// BeginRegistration starts a WebAuthn registration for an invitation (username, displayName chosen by the person; nothing is
// stored until it succeeds). FinishRegistration makes account, passkey and session. options is the JSON for the browser,
// ceremony the secret that must come back (cookie).
func (s *Service) BeginRegistration(ctx context.Context, invitation, username, displayName string) (options []byte, ceremony string, err error) {
	panic("not built")
}
func (s *Service) FinishRegistration(ctx context.Context, ceremony, keyName string, r *http.Request) (account.Account, string, error) {
	panic("not built")
}

// BeginAddPasskey and FinishAddPasskey register a further authenticator of someone logged in.
func (s *Service) BeginAddPasskey(ctx context.Context, actor account.Account) (options []byte, ceremony string, err error) {
	panic("not built")
}
func (s *Service) FinishAddPasskey(ctx context.Context, actor account.Account, ceremony, keyName string, r *http.Request) error {
	panic("not built")
}

// BeginLogin and FinishLogin: discoverable login; the authenticator names the account. The string is the session secret.
func (s *Service) BeginLogin(ctx context.Context) (options []byte, ceremony string, err error) {
	panic("not built")
}
func (s *Service) FinishLogin(ctx context.Context, ceremony string, r *http.Request) (account.Account, string, error) {
	panic("not built")
}

// Passkeys lists, RenamePasskey renames, RevokePasskey removes an own one (the last one only after another way in exists: refused with fault.Conflict).
func (s *Service) Passkeys(ctx context.Context, actor account.Account) ([]Passkey, error) {
	panic("not built")
}
func (s *Service) RenamePasskey(ctx context.Context, actor account.Account, id int64, name string) error {
	panic("not built")
}
func (s *Service) RevokePasskey(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}

// LoginLink makes a one-time link secret for an account (command line and administrators); UseLoginLink opens a session with it.
func (s *Service) LoginLink(ctx context.Context, accountID int64, lifetime time.Duration) (secret string, err error) {
	panic("not built")
}

// CheckLoginLink looks without using it up (the page asks for a click, so that link scanners do not consume it).
func (s *Service) CheckLoginLink(ctx context.Context, secret string) (account.Account, error) {
	panic("not built")
}
func (s *Service) UseLoginLink(ctx context.Context, secret, userAgent string) (account.Account, string, error) {
	panic("not built")
}

// Authenticate returns the account of a session secret and prolongs it; fault.Unauthorized.
func (s *Service) Authenticate(ctx context.Context, secret string) (account.Account, Session, error) {
	panic("not built")
}
func (s *Service) Logout(ctx context.Context, secret string) error { panic("not built") }
func (s *Service) Sessions(ctx context.Context, actor account.Account) ([]Session, error) {
	panic("not built")
}
func (s *Service) RevokeSession(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}

// Token mints an API token for an account and returns it once; AuthenticateToken accepts it (Authorization: Bearer).
func (s *Service) Token(ctx context.Context, accountID int64, name, scopes string) (string, error) {
	panic("not built")
}
func (s *Service) AuthenticateToken(ctx context.Context, token string) (account.Account, error) {
	panic("not built")
}
