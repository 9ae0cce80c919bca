// Package relationship is how one account of ours takes another beyond following: blocks, mutes, blocked domains, notes and
// endorsements. None of it federates yet, and nobody else sees it. The rules of who sees what stand in package post,
// which reads these tables.
package relationship

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
)

// Relationship is how an account and a target stand to each other.
type Relationship struct {
	Following, ShowBoosts, Notify, FollowedBy  bool
	Requested, RequestedBy                     bool
	Blocking, BlockedBy, Muting, MutingNotices bool
	DomainBlocking, Endorsed                   bool
	MuteExpiresAt                              *time.Time
	Languages                                  []string
	Note                                       string
}

// Service writes and reads relationships.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	follows  *follow.Service
	jobs     *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, follows *follow.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, follows: follows, jobs: jobs}
}

// Between returns how the account stands to each target.
func (s *Service) Between(ctx context.Context, accountID int64, targetIDs []int64) (map[int64]Relationship, error) {
	return map[int64]Relationship{}, nil
}
