// Package search finds discussions and comments, documents and editions by their words, and remembers the searches that people want to hear of. What
// practices are found by stands in package practice.
//
// Notes are written into their index by Run, some seconds after they were: nothing that arrives waits for it.
package search

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// rules is the version of what stands in note_index and in saved searches.
const rules = 1<<16 + german.Version

// Service finds notes and keeps searches.
type Service struct {
	db        *sqlx.DB
	accounts  *account.Service
	posts     *post.Service
	practices *practice.Service
	jobs      *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, practices *practice.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, posts: posts, practices: practices, jobs: jobs}
}

func errNotFound() error { return fault.New(fault.NotFound, "error.search.not_found") }
