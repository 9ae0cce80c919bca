// Package moderation is what people report to those who look after the instance, and what these do about it.
package moderation

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Service keeps reports.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
	jobs     *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, posts: posts, jobs: jobs}
}
