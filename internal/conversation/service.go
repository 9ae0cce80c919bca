// Package conversation is direct exchanges as each of their people sees them: the last post, read or not.
package conversation

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// Service keeps conversations up to date and reads them.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service) *Service {
	return &Service{db: db, accounts: accounts, posts: posts}
}
