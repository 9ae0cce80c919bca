// Package relationship is how one account of ours takes another beyond following: blocks, mutes, blocked domains, notes and
// endorsements. None of it federates yet, and nobody else sees it. The rules of who sees what stand in package post,
// which reads these tables.
package relationship

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
)

// Relationship is how an account and a target stand to each other.
type Relationship struct {
	TargetID       int64          `db:"target_id"`
	Following      bool           `db:"following"`
	ShowBoosts     bool           `db:"show_boosts"`
	Notify         bool           `db:"notify"`
	Languages      pq.StringArray `db:"languages"`
	FollowedBy     bool           `db:"followed_by"`
	Requested      bool           `db:"requested"`
	RequestedBy    bool           `db:"requested_by"`
	Blocking       bool           `db:"blocking"`
	BlockedBy      bool           `db:"blocked_by"`
	Muting         bool           `db:"muting"`
	MutingNotices  bool           `db:"muting_notices"`
	MuteExpiresAt  *time.Time     `db:"mute_expires_at"`
	DomainBlocking bool           `db:"domain_blocking"`
	Endorsed       bool           `db:"endorsed"`
	Note           string         `db:"note"`
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

// Between returns how the account stands to each target, by target id; unknown targets are left out.
func (s *Service) Between(ctx context.Context, accountID int64, targetIDs []int64) (map[int64]Relationship, error) {
	byID := make(map[int64]Relationship, len(targetIDs))
	if len(targetIDs) == 0 {
		return byID, nil
	}
	list, err := between(ctx, s.db, accountID, targetIDs)
	if err != nil {
		return nil, fmt.Errorf("relationship.Between of %d: %w", accountID, err)
	}
	for _, r := range list {
		byID[r.TargetID] = r
	}
	return byID, nil
}

// Sweep removes mutes whose time is over. They hide nothing any more; this only clears away.
func (s *Service) Sweep(ctx context.Context) error {
	if err := deleteExpiredMutes(ctx, s.db, time.Now()); err != nil {
		return fmt.Errorf("relationship.Sweep: %w", err)
	}
	return nil
}

// target returns the other account, when the actor may have a relationship with it at all: any person of ours, with
// anyone but themselves.
func (s *Service) target(ctx context.Context, actor account.Account, id int64) (account.Account, error) {
	if err := person(actor); err != nil {
		return account.Account{}, err
	}
	target, err := s.accounts.ByID(ctx, id)
	switch {
	case err != nil:
		return target, err
	case target.ID == actor.ID:
		return target, fault.New(fault.Invalid, "error.relation.self")
	case target.State == account.Gone:
		return target, fault.New(fault.NotFound, "error.account.not_found")
	}
	return target, nil
}

func person(actor account.Account) error {
	if !actor.Local() || actor.Kind != account.Person || !actor.Able(account.RoleGuest) {
		return fault.New(fault.Forbidden, "error.relation.forbidden")
	}
	return nil
}
