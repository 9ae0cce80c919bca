package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-oauth2/oauth2/v4"
	oauth2errors "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/models"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db"
)

// ledger gives go-oauth2 our tables for one request, within its transaction, and remembers what came of it. Codes and tokens
// are stored as hashes; the library handles the secrets only on their way to the program.
type ledger struct {
	*Service
	tx     *sqlx.Tx
	client client
	code   *code
	hash   []byte // of the code
	token  auth.Token
	secret string // of the token
}

// manager returns go-oauth2's decisions on a new ledger.
func (s *Service) manager(tx *sqlx.Tx) (*manage.Manager, *ledger) {
	l := &ledger{Service: s, tx: tx}
	m := manage.NewManager()
	m.MapClientStorage(l)
	m.MapTokenStorage(l)
	m.MapAuthorizeGenerate(codeMaker{})
	m.MapAccessGenerate(tokenMaker{})
	m.SetAuthorizeCodeExp(codeLifetime)
	// Clients know no refreshing: a token lives until it is revoked.
	m.SetAuthorizeCodeTokenCfg(&manage.Config{})
	m.SetClientTokenCfg(&manage.Config{})
	m.SetValidateURIHandler(func(registered, address string) error {
		if !slices.Contains(strings.Split(registered, "\n"), address) {
			return oauth2errors.ErrInvalidRedirectURI
		}
		return nil
	})
	return m, l
}

type codeMaker struct{}

func (codeMaker) Token(context.Context, *oauth2.GenerateBasic) (string, error) {
	return newSecret(), nil
}

type tokenMaker struct{}

func (tokenMaker) Token(context.Context, *oauth2.GenerateBasic, bool) (access, refresh string, err error) {
	return auth.NewTokenSecret(), "", nil
}

// GetByID implements oauth2.ClientStore.
func (l *ledger) GetByID(ctx context.Context, clientID string) (oauth2.ClientInfo, error) {
	c, err := l.Service.client(ctx, l.tx, clientID)
	if err != nil {
		return nil, err
	}
	l.client = c
	return c, nil
}

// Create implements oauth2.TokenStore for codes and tokens.
func (l *ledger) Create(ctx context.Context, info oauth2.TokenInfo) error {
	now := l.now()
	if err := touchApp(ctx, l.tx, l.client.ID, now); err != nil {
		return err
	}
	var accountID *int64
	if text := info.GetUserID(); text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		accountID = &id
	}
	if info.GetCode() != "" {
		return insertCode(ctx, l.tx, code{
			AppID: l.client.ID, AccountID: *accountID, RedirectURI: info.GetRedirectURI(), Scopes: info.GetScope(),
			Challenge: info.GetCodeChallenge(), Method: info.GetCodeChallengeMethod().String(), CreatedAt: now, ExpiresAt: now.Add(codeLifetime),
		}, hashOf(info.GetCode()))
	}
	var err error
	l.secret = info.GetAccess()
	l.token, err = l.auth.KeepToken(ctx, l.tx, auth.Token{AccountID: accountID, AppID: &l.client.ID, Name: l.client.Name, Scopes: info.GetScope()}, l.secret)
	if err != nil || l.code == nil {
		return err
	}
	return setCodeToken(ctx, l.tx, l.hash, l.token.ID)
}

// GetByCode implements oauth2.TokenStore. A code that was used before and comes from its own app again has been stolen, by
// whoever came first or by this one: the token it brought ends (RFC 6749, 4.1.2).
func (l *ledger) GetByCode(ctx context.Context, secret string) (oauth2.TokenInfo, error) {
	hash := hashOf(secret)
	c, err := lockCode(ctx, l.tx, hash)
	switch {
	case db.IsNotFound(err):
		return nil, oauth2errors.ErrInvalidAuthorizeCode
	case err != nil:
		return nil, fmt.Errorf("code: %w", err)
	case c.UsedAt != nil && c.TokenID != nil && c.AppID == l.client.ID:
		if err := l.auth.EndToken(ctx, l.tx, *c.TokenID); err != nil {
			return nil, err
		}
		return nil, oauth2errors.ErrInvalidAuthorizeCode
	case c.UsedAt != nil, c.AppID != l.client.ID, !l.now().Before(c.ExpiresAt):
		return nil, oauth2errors.ErrInvalidAuthorizeCode
	}
	l.code, l.hash = &c, hash
	return &models.Token{
		ClientID: l.client.ClientID, UserID: strconv.FormatInt(c.AccountID, 10), RedirectURI: c.RedirectURI, Scope: c.Scopes,
		Code: secret, CodeChallenge: c.Challenge, CodeChallengeMethod: c.Method, CodeCreateAt: time.Now(), CodeExpiresIn: codeLifetime,
	}, nil
}

// RemoveByCode implements oauth2.TokenStore: the code is spent, whatever its verifier is worth.
func (l *ledger) RemoveByCode(ctx context.Context, _ string) error {
	return useCode(ctx, l.tx, l.hash, l.now())
}

// errNoRefreshing answers what the manager is never asked for: tokens are looked up and ended by package auth.
var errNoRefreshing = errors.New("oauth: tokens are kept by package auth")

// GetByAccess implements oauth2.TokenStore.
func (l *ledger) GetByAccess(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, errNoRefreshing
}

// GetByRefresh implements oauth2.TokenStore.
func (l *ledger) GetByRefresh(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, errNoRefreshing
}

// RemoveByAccess implements oauth2.TokenStore.
func (l *ledger) RemoveByAccess(context.Context, string) error { return errNoRefreshing }

// RemoveByRefresh implements oauth2.TokenStore.
func (l *ledger) RemoveByRefresh(context.Context, string) error { return errNoRefreshing }
