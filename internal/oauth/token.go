package oauth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-oauth2/oauth2/v4"
	oauth2errors "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// TokenRequest is how a program asks for a token (RFC 6749, 4.1.3 and 4.4.2; RFC 7636, 4.5).
type TokenRequest struct {
	GrantType    string
	ClientID     string
	ClientSecret string
	Code         string
	RedirectURI  string
	Verifier     string
	Scope        string // of a program for itself; a person's code says its own
}

// Exchange gives a program a token: one of a person for their code, or one for itself. It returns the secret, once. A code is
// spent by the first attempt of its app, also when that is refused.
func (s *Service) Exchange(ctx context.Context, r TokenRequest) (auth.Token, string, error) {
	kind := oauth2.GrantType(r.GrantType)
	wanted := &oauth2.TokenGenerateRequest{ClientID: r.ClientID, ClientSecret: r.ClientSecret}
	switch {
	case kind == oauth2.AuthorizationCode && r.Code != "" && r.RedirectURI != "":
		wanted.Code, wanted.RedirectURI, wanted.CodeVerifier = r.Code, r.RedirectURI, r.Verifier
	case kind == oauth2.ClientCredentials:
		a, err := s.Authenticate(ctx, r.ClientID, r.ClientSecret)
		if err != nil {
			return auth.Token{}, "", err
		}
		scopes, err := granted(a, r.Scope)
		if err != nil {
			return auth.Token{}, "", err
		}
		wanted.Scope = strings.Join(scopes, " ")
	case r.GrantType == "", kind == oauth2.AuthorizationCode:
		return auth.Token{}, "", refuse(InvalidRequest)
	default:
		return auth.Token{}, "", refuse(UnsupportedGrantType)
	}
	var l *ledger
	var refused error
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		m, ledger := s.manager(tx)
		l = ledger
		_, err := m.GenerateAccessToken(ctx, kind, wanted)
		if err = refusal(err); fault.KindOf(err) == fault.Internal {
			return fmt.Errorf("oauth.Exchange: %w", err)
		}
		refused = err // what a refusal changed stays: a spent code, a token that ended
		return nil
	})
	if err = errors.Join(err, refused); err != nil {
		return auth.Token{}, "", err
	}
	return l.token, l.secret, nil
}

// refusal translates the library's refusals; every other error is none of its own.
func refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, oauth2errors.ErrInvalidClient):
		return refuse(InvalidClient)
	case errors.Is(err, oauth2errors.ErrInvalidAuthorizeCode), errors.Is(err, oauth2errors.ErrInvalidRedirectURI),
		errors.Is(err, oauth2errors.ErrMissingCodeVerifier), errors.Is(err, oauth2errors.ErrInvalidCodeChallenge):
		return refuse(InvalidGrant)
	}
	return err
}

// Authenticate returns the app that a client id and secret belong to.
func (s *Service) Authenticate(ctx context.Context, clientID, secret string) (App, error) {
	c, err := s.client(ctx, s.db, clientID)
	if err != nil {
		return App{}, err
	}
	if !c.VerifyPassword(secret) {
		return App{}, refuse(InvalidClient)
	}
	return c.App, nil
}

// Revoke ends a token that its own program gives back (RFC 7009). A token that nobody knows is ended already; one of another
// program stays.
func (s *Service) Revoke(ctx context.Context, clientID, clientSecret, token string) error {
	a, err := s.Authenticate(ctx, clientID, clientSecret)
	if err != nil {
		return err
	}
	if token == "" {
		return refuse(InvalidRequest)
	}
	t, err := s.auth.TokenBySecret(ctx, s.db, token)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("oauth.Revoke: %w", err)
	case t.AppID == nil || *t.AppID != a.ID:
		return refuse(UnauthorizedClient)
	}
	return s.auth.EndToken(ctx, s.db, t.ID)
}
