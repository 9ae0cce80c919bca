// Package poll is questions with answers to choose from: a post of kind question and its votes.
package poll

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Poll is the details of a question, with what the viewer chose.
type Poll struct {
	PostID      int64
	Multiple    bool
	HideTotals  bool // until it is closed
	ExpiresAt   *time.Time
	ClosedAt    *time.Time
	VotersCount int
	Options     []Option
	Voted       bool  // by the viewer, who counts as having voted in an own one
	OwnVotes    []int // positions
}

// Option is one answer.
type Option struct {
	Title string
	Votes int
}

// Draft is what someone asks.
type Draft struct {
	Options    []string
	Multiple   bool
	HideTotals bool
	ExpiresIn  time.Duration
}

// Service asks, counts and closes.
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

// Ask returns the part of a draft that makes its post a question (the draft's Kind must be post.Question). Fault.Invalid
// comes from Check, which its caller asks first.
func (s *Service) Ask(d Draft) post.Part { return nil }

// Check reports the mistakes of a draft as fault.Invalid.
func (s *Service) Check(d Draft) error { return nil }

// ByPosts returns the polls of those posts that are questions, by post id, as the viewer sees them. now decides whether
// one has expired.
func (s *Service) ByPosts(ctx context.Context, viewerID int64, postIDs []int64) (map[int64]Poll, error) {
	return map[int64]Poll{}, nil
}
