// Package filter is what a person does not want to read: words, phrases and single posts, in some places, for some time.
// It says what matched; leaving it out or hiding it is up to who shows it.
package filter

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/post"
)

// Service writes filters and matches posts against them.
type Service struct {
	db    *sqlx.DB
	posts *post.Service
}

// New returns the service.
func New(db *sqlx.DB, posts *post.Service) *Service { return &Service{db: db, posts: posts} }
