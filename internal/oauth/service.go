// Package oauth is how people let programs act for them (RFC 6749, RFC 7636): registered apps, authorizations, and the tokens
// that come of them, which package auth keeps. It must not write HTTP: the pages are web's, the endpoints mastodon's.
package oauth

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
)

// App is a registered program.
type App struct {
	ID           int64          `db:"id"`
	ClientID     string         `db:"client_id"`
	Name         string         `db:"name"`
	Website      string         `db:"website"`
	RedirectURIs pq.StringArray `db:"redirect_uris"`
	Scopes       string         `db:"scopes"`
	CreatedAt    time.Time      `db:"created_at"`
}

// Service keeps apps and authorizations.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	auth     *auth.Service
	baseURL  string
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, auth *auth.Service, baseURL string) *Service {
	return &Service{db: db, accounts: accounts, auth: auth, baseURL: baseURL}
}

// AppsByIDs returns apps by id.
func (s *Service) AppsByIDs(ctx context.Context, ids []int64) (map[int64]App, error) {
	return map[int64]App{}, nil
}
