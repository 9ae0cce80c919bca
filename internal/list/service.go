// Package list is a person's own lists of accounts they follow. Only their owner sees them.
package list

import (
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
)

// Service writes and reads lists.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	follows  *follow.Service
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, follows *follow.Service) *Service {
	return &Service{db: db, accounts: accounts, follows: follows}
}
