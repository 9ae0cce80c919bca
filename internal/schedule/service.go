// Package schedule is posts that wait for their time. What waits is kept as it was sent, and checked like any other when its
// time has come.
package schedule

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// Service keeps what waits and publishes it.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
	media    *media.Service
	polls    *poll.Service
	jobs     *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, media *media.Service, polls *poll.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, posts: posts, media: media, polls: polls, jobs: jobs}
}
