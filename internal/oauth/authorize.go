package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-oauth2/oauth2/v4"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Request is what a program asks of a person (RFC 6749, 4.1.1; RFC 7636, 4.3).
type Request struct {
	ClientID        string
	RedirectURI     string
	ResponseType    string
	Scope           string // "" asks for reading
	State           string // returned as it came
	Challenge       string
	ChallengeMethod string
}

const (
	maxState = 4000 // bytes
	// s256Length is that of a SHA-256 in base64url.
	s256Length = 43
)

// Asked is a request that is understood: by whom, for what, and where the answer goes.
type Asked struct {
	Request
	App    App
	Scopes []string
}

// Check reads a request. When the error is one that the program may be told, Asked says where: App and RedirectURI are set then,
// and only then.
func (s *Service) Check(ctx context.Context, r Request) (Asked, error) {
	c, err := s.client(ctx, s.db, r.ClientID)
	if err != nil {
		return Asked{}, err
	}
	if !slices.Contains(c.RedirectURIs, r.RedirectURI) {
		return Asked{}, refuse(InvalidRedirect)
	}
	if len(r.State) > maxState {
		r.State = ""
		return Asked{Request: r, App: c.App}, refuse(InvalidRequest)
	}
	asked := Asked{Request: r, App: c.App}
	if r.ResponseType != string(oauth2.Code) {
		return asked, refuse(UnsupportedResponseType)
	}
	// The plain method proves nothing to who can read the request, and it is what a missing one means (RFC 7636, 4.3).
	challenge := strings.TrimRight(r.Challenge, "=")
	if (r.Challenge != "" || r.ChallengeMethod != "") && (r.ChallengeMethod != oauth2.CodeChallengeS256.String() || len(challenge) != s256Length) {
		return asked, refuse(InvalidRequest)
	}
	if asked.Scopes, err = granted(c.App, r.Scope); err != nil {
		return asked, err
	}
	return asked, nil
}

// granted returns the scopes a program asks for, if it registered for them.
func granted(a App, wanted string) ([]string, error) {
	scopes, ok := auth.ParseScopes(wanted)
	if !ok {
		return nil, refuse(InvalidScope)
	}
	if len(scopes) == 0 {
		scopes = []string{defaultScope}
	}
	registered := strings.Fields(a.Scopes)
	if slices.ContainsFunc(scopes, func(scope string) bool { return !auth.Allows(registered, scope) }) {
		return nil, refuse(InvalidScope)
	}
	return scopes, nil
}

// Allow is the person's yes: it returns the code that the program exchanges for a token.
func (s *Service) Allow(ctx context.Context, actor account.Account, r Request) (Asked, string, error) {
	if actor.ID <= 0 || !actor.Local() || !actor.Able(account.RoleGuest) {
		return Asked{}, "", fault.New(fault.Forbidden, "error.auth.forbidden")
	}
	asked, err := s.Check(ctx, r)
	if err != nil {
		return asked, "", err
	}
	var secret string
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		m, _ := s.manager(tx)
		info, err := m.GenerateAuthToken(ctx, oauth2.Code, &oauth2.TokenGenerateRequest{
			ClientID: r.ClientID, UserID: strconv.FormatInt(actor.ID, 10), RedirectURI: r.RedirectURI, Scope: strings.Join(asked.Scopes, " "),
			CodeChallenge: r.Challenge, CodeChallengeMethod: oauth2.CodeChallengeMethod(r.ChallengeMethod),
		})
		if err != nil {
			return fmt.Errorf("oauth.Allow app %d: %w", asked.App.ID, refusal(err))
		}
		secret = info.GetCode()
		return s.accounts.Audit(ctx, tx, actor, "app.allow", actor.Username, asked.App.Name+" ("+strings.Join(asked.Scopes, " ")+")")
	})
	return asked, secret, err
}

// OutOfBand reports whether the person takes the answer to the program themselves.
func (a Asked) OutOfBand() bool { return a.RedirectURI == OutOfBand }

// Granted is where a person's yes goes.
func (a Asked) Granted(secret string) string { return a.answer("code", secret) }

// Refused is where a no goes: of the person (AccessDenied) or of a rule.
func (a Asked) Refused(err error) string {
	c := InvalidRequest
	errors.As(err, &c)
	return a.answer("error", c.Error())
}

// answer adds parameters to the redirect URI, which stays as it was registered otherwise.
func (a Asked) answer(name, value string) string {
	join := "?"
	if strings.Contains(a.RedirectURI, "?") {
		join = "&"
	}
	query := url.QueryEscape(name) + "=" + url.QueryEscape(value)
	if a.State != "" {
		query += "&state=" + url.QueryEscape(a.State)
	}
	return a.RedirectURI + join + query
}
