package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Token lets a program act as an account until it is revoked. Its secret is shown once.
type Token struct {
	ID        int64      `db:"id"`
	AccountID *int64     `db:"account_id"` // nil: a program that acts for itself
	AppID     *int64     `db:"app_id"`     // nil: made by its owner, not asked for by a program
	Name      string     `db:"name"`
	Scopes    string     `db:"scopes"` // separated by blanks
	CreatedAt time.Time  `db:"created_at"`
	UsedAt    *time.Time `db:"used_at"`
	RevokedAt *time.Time `db:"revoked_at"`
}

const (
	// tokenPrefix lets secret scanners recognise a token that was published by mistake.
	tokenPrefix  = "vbt_"
	maxTokenName = 100
)

// Token mints an API token for an account and returns it once: for the actor's own account, or, by the command line
// (account.Operator), for any of our people. name says what it is for; scopes are separated by blanks, none means all.
func (s *Service) Token(ctx context.Context, actor account.Account, accountID int64, name, scopes string) (string, error) {
	if !actor.IsOperator() && (actor.ID != accountID || !person(actor)) {
		return "", errForbidden()
	}
	var mistakes []fault.Field
	if name = strings.TrimSpace(name); name == "" {
		mistakes = append(mistakes, fault.Field{Name: "name", Message: "error.auth.token_name_required"})
	} else if len([]rune(name)) > maxTokenName || !printable(name) {
		mistakes = append(mistakes, fault.Field{Name: "name", Message: "error.auth.token_name", Args: map[string]any{"Max": maxTokenName}})
	}
	wanted, ok := parseScopes(scopes)
	if !ok {
		mistakes = append(mistakes, fault.Field{Name: "scopes", Message: "error.auth.scopes", Args: map[string]any{"Scopes": strings.Join(Scopes, " ")}})
	}
	if err := fault.Fields(mistakes...); err != nil {
		return "", err
	}
	a, err := s.personByID(ctx, s.db, accountID)
	if err != nil {
		return "", err
	}
	secret := NewTokenSecret()
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := s.KeepToken(ctx, tx, Token{AccountID: &a.ID, Name: name, Scopes: wanted}, secret); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, "token.make", a.Username, name+" ("+wanted+")")
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// AuthenticateToken accepts a token (Authorization: Bearer) that may do all of scopes, by default what the web's forms need:
// read, write and follow. fault.Unauthorized for any secret that opens nothing; fault.Forbidden when the token is good but
// lacks a scope, nobody stands behind it, or it belongs to a program of someone else: what people allow such a program
// are calls of clients, not the pages, where it could add a passkey of its own.
func (s *Service) AuthenticateToken(ctx context.Context, token string, scopes ...string) (account.Account, error) {
	if len(scopes) == 0 {
		scopes = []string{"read", "write", "follow"}
	}
	g, err := s.Grant(ctx, token)
	if err != nil {
		return account.Account{}, err
	}
	if g.Account.ID == 0 || g.Token.AppID != nil {
		return account.Account{}, fault.New(fault.Forbidden, "error.auth.scope_missing")
	}
	for _, scope := range scopes {
		if !g.Allows(scope) {
			return account.Account{}, fault.New(fault.Forbidden, "error.auth.scope_missing")
		}
	}
	return g.Account, nil
}

// Grant returns what a token stands for; fault.Unauthorized for any secret that opens nothing.
func (s *Service) Grant(ctx context.Context, token string) (Grant, error) {
	t, err := tokenByHash(ctx, s.db, hashOf(token))
	if db.IsNotFound(err) {
		return Grant{}, errToken()
	}
	if err != nil {
		return Grant{}, fmt.Errorf("auth.Grant: %w", err)
	}
	g := Grant{Token: t}
	if t.AccountID != nil {
		g.Account, err = s.accounts.ByID(ctx, *t.AccountID)
		if fault.Is(err, fault.NotFound) || (err == nil && !person(g.Account)) {
			return Grant{}, errToken()
		}
		if err != nil {
			return Grant{}, fmt.Errorf("auth.Grant: %w", err)
		}
	}
	if now := s.now(); t.UsedAt == nil || now.Sub(*t.UsedAt) >= seenEvery {
		if err := touchToken(ctx, s.db, t.ID, now); err != nil {
			return Grant{}, fmt.Errorf("auth.Grant: %w", err)
		}
	}
	return g, nil
}

// NewTokenSecret returns what a program shows to act as a token.
func NewTokenSecret() string {
	secret, _ := newSecret()
	return tokenPrefix + secret
}

// KeepToken stores a token under the hash of its secret and returns it with its id. Who may have one is the caller's to decide.
func (s *Service) KeepToken(ctx context.Context, x sqlx.ExtContext, t Token, secret string) (Token, error) {
	now := s.now()
	t.ID, t.CreatedAt = db.NewID(now), now
	if err := insertToken(ctx, x, t, hashOf(secret)); err != nil {
		return Token{}, fmt.Errorf("auth.KeepToken %q: %w", t.Name, err)
	}
	return t, nil
}

// TokenBySecret returns a token that is not revoked; fault.NotFound where there is none.
func (s *Service) TokenBySecret(ctx context.Context, x sqlx.ExtContext, secret string) (Token, error) {
	t, err := tokenByHash(ctx, x, hashOf(secret))
	if db.IsNotFound(err) {
		return Token{}, fault.New(fault.NotFound, "error.auth.token_not_found")
	}
	if err != nil {
		return Token{}, fmt.Errorf("auth.TokenBySecret: %w", err)
	}
	return t, nil
}

// EndToken revokes a token, whosever it is; one that is revoked already is no error.
func (s *Service) EndToken(ctx context.Context, x sqlx.ExtContext, id int64) error {
	if err := endToken(ctx, x, id, s.now()); err != nil {
		return fmt.Errorf("auth.EndToken %d: %w", id, err)
	}
	return nil
}

// EndTokensOf revokes all tokens by which an app acts as an account, and returns how many there were.
func (s *Service) EndTokensOf(ctx context.Context, x sqlx.ExtContext, accountID, appID int64) (int64, error) {
	n, err := endTokensOf(ctx, x, accountID, appID, s.now())
	if err != nil {
		return 0, fmt.Errorf("auth.EndTokensOf %d by app %d: %w", accountID, appID, err)
	}
	return n, nil
}

// Tokens lists the actor's own tokens that are not revoked, newest first. Those of an app are called like it.
func (s *Service) Tokens(ctx context.Context, actor account.Account) ([]Token, error) {
	list, err := tokens(ctx, s.db, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("auth.Tokens %d: %w", actor.ID, err)
	}
	return list, nil
}

// RevokeToken ends an own token; fault.NotFound for anyone else's.
func (s *Service) RevokeToken(ctx context.Context, actor account.Account, id int64) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		name, err := revokeToken(ctx, tx, actor.ID, id, s.now())
		if db.IsNotFound(err) {
			return fault.New(fault.NotFound, "error.auth.token_not_found")
		}
		if err != nil {
			return fmt.Errorf("auth.RevokeToken %d: %w", id, err)
		}
		return s.accounts.Audit(ctx, tx, actor, "token.revoke", actor.Username, name)
	})
}

func errToken() error { return fault.New(fault.Unauthorized, "error.auth.token") }

// parseScopes puts scopes in the order of Scopes; none means all.
func parseScopes(text string) (string, bool) {
	wanted, ok := ParseScopes(text)
	if !ok || len(wanted) == 0 {
		return strings.Join(AllScopes, " "), ok
	}
	return strings.Join(slices.DeleteFunc(slices.Clone(Scopes), func(scope string) bool { return !slices.Contains(wanted, scope) }), " "), true
}
