// Package tag is hashtags: who follows or features them, what they are used for, what is used most these days.
package tag

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// Service writes and reads tags.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service

	trends             held[string]
	noticed, practices held[int64]
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service) *Service {
	return &Service{db: db, accounts: accounts, posts: posts}
}
