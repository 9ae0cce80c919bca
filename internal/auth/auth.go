// Package auth is how a person proves who they are: passkeys (WebAuthn), invitations, one-time login links, sessions
// and API tokens. There are no passwords. Secrets are stored as SHA-256 of 256 random bits. It must not limit rates:
// that is the surface's part.
package auth

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// Lifetimes. A zero lifetime in a call means the default.
const (
	ceremonyLifetime = 5 * time.Minute
	// SessionLifetime begins anew with each use; seenEvery spares a write per request.
	SessionLifetime = 30 * 24 * time.Hour
	seenEvery       = 5 * time.Minute

	defaultInvitationLifetime = 14 * 24 * time.Hour
	maxInvitationLifetime     = 90 * 24 * time.Hour
	defaultLoginLinkLifetime  = 24 * time.Hour
	maxLoginLinkLifetime      = 7 * 24 * time.Hour
)

// Service keeps secrets and sessions.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	webauthn *webauthn.WebAuthn
	now      func() time.Time
	log      *slog.Logger
}

// New returns the service; the WebAuthn relying party is the host of baseURL (without port), its name is shown by browsers.
// Browsers accept no IP address there.
func New(db *sqlx.DB, accounts *account.Service, baseURL, name string) (*Service, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("auth.New: base URL: %w", err)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("auth.New: base URL %q has no host", baseURL)
	}
	if name = strings.TrimSpace(name); name == "" {
		name = u.Hostname()
	}
	timeout := webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyLifetime, TimeoutUVD: ceremonyLifetime}
	w, err := webauthn.New(&webauthn.Config{
		RPID:                  strings.ToLower(u.Hostname()),
		RPDisplayName:         name,
		RPOrigins:             []string{u.Scheme + "://" + strings.ToLower(u.Host)},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(),
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
	})
	if err != nil {
		return nil, fmt.Errorf("auth.New: relying party %q: %w", u.Hostname(), err)
	}
	return &Service{db: db, accounts: accounts, webauthn: w, now: time.Now, log: slog.Default()}, nil
}

func errForbidden() error { return fault.New(fault.Forbidden, "error.auth.forbidden") }

// lifetime returns the default for 0 and refuses what is no time or too long.
func lifetime(d, fallback, limit time.Duration) (time.Duration, error) {
	if d == 0 {
		return fallback, nil
	}
	if d < 0 || d > limit {
		return 0, fault.Fields(fault.Field{Name: "lifetime", Message: "error.auth.lifetime", Args: map[string]any{"Days": int(limit.Hours() / 24)}})
	}
	return d, nil
}
