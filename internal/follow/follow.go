// Package follow is who reads whom: requests, approvals, the follower lists that deliveries fan out to.
package follow

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/paging"
)

// State of a follow.
type State string

const (
	Pending  State = "pending"
	Accepted State = "accepted"
	Rejected State = "rejected"
)

// Follow is one arrow from AccountID (the reader) to TargetID.
type Follow struct {
	ID         int64      `db:"id"`
	AccountID  int64      `db:"account_id"`
	TargetID   int64      `db:"target_id"`
	URI        string     `db:"uri"`
	State      State      `db:"state"`
	CreatedAt  time.Time  `db:"created_at"`
	AcceptedAt *time.Time `db:"accepted_at"`
	UndoneAt   *time.Time `db:"undone_at"`
}

// Relation is what stands between two accounts.
type Relation struct {
	Following, Requested, FollowedBy bool
}

// Service makes and ends follows.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	jobs     *job.Queue
	baseURL  string
	// autoAccept are hosts whose follows need no approval.
	autoAccept []string
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, jobs *job.Queue, baseURL string, autoAccept []string) *Service {
	return &Service{db: db, accounts: accounts, jobs: jobs, baseURL: baseURL, autoAccept: autoAccept}
}

// Follow lets reader follow target: pending until the target's server (or its owner, if local and approving)
// accepts. A second call changes nothing. Local targets without approval are accepted at once. A remote
// target gets job.Distribute{Follow}. actor is who clicked: reader itself (member or above), or an editor acting
// for one of our groups. Following an Application means following its catalogue and forum: the web layer resolves
// those and calls Follow for each.
func (s *Service) Follow(ctx context.Context, actor account.Account, readerID, targetID int64) (Follow, error) {
	panic("not built")
}

// Unfollow ends it (also a pending request) and enqueues job.Distribute{UndoFollow} for remote targets.
func (s *Service) Unfollow(ctx context.Context, actor account.Account, readerID, targetID int64) error {
	panic("not built")
}

// Receive notes a Follow that arrived for a local target and accepts it at once unless the target approves
// followers (and the host is not in autoAccept); it enqueues AcceptFollow and Notify. Repeats re-send the Accept.
func (s *Service) Receive(ctx context.Context, followerID, targetID int64, uri string) error {
	panic("not built")
}

// ReceiveUndo ends a follow of a remote reader.
func (s *Service) ReceiveUndo(ctx context.Context, followerID, targetID int64) error {
	panic("not built")
}

// ReceiveAnswer notes Accept (true) or Reject (false) by targetID of our follow: by its uri, else by the pair.
// The first accept of a target enqueues job.Backfill.
func (s *Service) ReceiveAnswer(ctx context.Context, targetID int64, followURI string, readerURI string, accepted bool) error {
	panic("not built")
}

// Answer lets the followed account (or an editor for our groups) approve or refuse a waiting request.
func (s *Service) Answer(ctx context.Context, actor account.Account, followID int64, accept bool) error {
	panic("not built")
}

// ByID returns a follow, also an undone one.
func (s *Service) ByID(ctx context.Context, id int64) (Follow, error) { panic("not built") }

// Relation and Relations tell what stands between reader and others.
func (s *Service) Relation(ctx context.Context, readerID, otherID int64) (Relation, error) {
	panic("not built")
}

// Followers and Following list accepted ones, newest first. Requests lists what waits for targetID's answer.
func (s *Service) Followers(ctx context.Context, targetID int64, page paging.Page) ([]account.Account, error) {
	panic("not built")
}
func (s *Service) Following(ctx context.Context, readerID int64, page paging.Page) ([]account.Account, error) {
	panic("not built")
}
func (s *Service) Requests(ctx context.Context, targetID int64) ([]Request, error) {
	panic("not built")
}

// Sent lists the follows of readerID that are not undone, with their state.
func (s *Service) Sent(ctx context.Context, readerID int64) ([]Request, error) { panic("not built") }

// Counts returns how many follow the account and how many it follows.
func (s *Service) Counts(ctx context.Context, accountID int64) (followers, following int, err error) {
	panic("not built")
}

// FollowedByUs reports whether any local account follows accountID (accepted).
func (s *Service) FollowedByUs(ctx context.Context, accountID int64) (bool, error) {
	panic("not built")
}

// Request is a follow with the account at its other end.
type Request struct {
	Follow  Follow
	Account account.Account
}
