// Package push wakes clients that are not looking (Web Push, RFC 8030, 8291, 8292): which client wants to hear of what, and
// the message about one notification, sent as a job.
package push

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
)

// Service keeps subscriptions and sends messages.
type Service struct {
	db            *sqlx.DB
	accounts      *account.Service
	notifications *notification.Service
	jobs          *job.Queue
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, notifications *notification.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, notifications: notifications, jobs: jobs}
}
