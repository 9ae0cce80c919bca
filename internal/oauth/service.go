// Package oauth is how people let programs act for them (RFC 6749, RFC 7636, RFC 7009): registered apps, what a person
// allowed, and the tokens that come of it, which package auth keeps. It must not write HTTP: the pages are web's, the
// endpoints mastodon's.
//
// Who gets a code or a token is decided by the manager of go-oauth2 on our tables (ledger.go). Its HTTP server is not used: it
// reads forms only, while many clients send JSON. Its stores live for one transaction each, because with stores of
// their own two requests at once could both use a code.
package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/fault"
)

const (
	codeLifetime = 10 * time.Minute
	// keepCodes is how long an expired code is remembered, to notice that it comes a second time.
	keepCodes = 24 * time.Hour
	// keepApps is how long an app that nobody uses stays: web clients register anew for each login.
	keepApps = 7 * 24 * time.Hour
)

// Service keeps apps and authorizations.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	auth     *auth.Service
	baseURL  string
	now      func() time.Time
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, auth *auth.Service, baseURL string) *Service {
	return &Service{db: db, accounts: accounts, auth: auth, baseURL: baseURL, now: time.Now}
}

// Code is a refusal as programs are told it (RFC 6749, 4.1.2.1 and 5.2). It is the cause of a fault error whose message says
// the same to people.
type Code string

const (
	InvalidRequest          Code = "invalid_request"
	InvalidClient           Code = "invalid_client"
	InvalidGrant            Code = "invalid_grant"
	InvalidScope            Code = "invalid_scope"
	UnauthorizedClient      Code = "unauthorized_client"
	UnsupportedGrantType    Code = "unsupported_grant_type"
	UnsupportedResponseType Code = "unsupported_response_type"
	AccessDenied            Code = "access_denied"
	// InvalidRedirect is about an address that must not be told anything (RFC 6749, 4.1.2.1); only people read it.
	InvalidRedirect Code = "invalid_redirect_uri"
)

func (c Code) Error() string { return string(c) }

var refusals = map[Code]*fault.Error{
	InvalidRequest:          fault.Wrap(fault.Invalid, "error.oauth.request", InvalidRequest),
	InvalidClient:           fault.Wrap(fault.Unauthorized, "error.oauth.client", InvalidClient),
	InvalidGrant:            fault.Wrap(fault.Invalid, "error.oauth.grant", InvalidGrant),
	InvalidScope:            fault.Wrap(fault.Invalid, "error.oauth.scope", InvalidScope),
	UnauthorizedClient:      fault.Wrap(fault.Forbidden, "error.oauth.not_its_token", UnauthorizedClient),
	UnsupportedGrantType:    fault.Wrap(fault.Invalid, "error.oauth.grant_type", UnsupportedGrantType),
	UnsupportedResponseType: fault.Wrap(fault.Invalid, "error.oauth.response_type", UnsupportedResponseType),
	InvalidRedirect:         fault.Wrap(fault.Invalid, "error.oauth.redirect", InvalidRedirect),
}

func refuse(c Code) error { return refusals[c] }

// Sweep removes expired codes and apps that nobody uses. Everything works without it, the tables only grow.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	if err := deleteCodes(ctx, s.db, now.Add(-keepCodes)); err != nil {
		return fmt.Errorf("oauth.Sweep: codes: %w", err)
	}
	if err := deleteUnusedApps(ctx, s.db, now.Add(-keepApps)); err != nil {
		return fmt.Errorf("oauth.Sweep: apps: %w", err)
	}
	return nil
}

// newSecret returns 256 random bits, which are stored as their hash.
func newSecret() string {
	var bits [32]byte
	rand.Read(bits[:]) //nolint:errcheck // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(bits[:])
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
