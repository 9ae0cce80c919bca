package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
)

// Entry is one line of the audit log. It is never changed and outlives the account it names.
type Entry struct {
	ID        int64     `db:"id"`
	AccountID *int64    `db:"account_id"` // nil: the command line, or an account that no longer exists
	Username  string    `db:"username"`   // of AccountID, "" without
	Action    string    `db:"action"`     // such as "account.role"; its words are the locale key "audit." + Action
	Subject   string    `db:"subject"`
	Detail    string    `db:"detail"`
	CreatedAt time.Time `db:"created_at"`
}

// Limits in characters; longer words are cut, for the log must never stop what it logs.
const (
	maxSubject = 200
	maxDetail  = 1_000
)

// Audit notes who did what. Pass the transaction of the change, so that neither exists without the other.
func (s *Service) Audit(ctx context.Context, x sqlx.ExtContext, actor Account, action, subject, detail string) error {
	e := Entry{ID: db.NewID(time.Now()), Action: action, Subject: cut(subject, maxSubject), Detail: cut(detail, maxDetail)}
	if actor.ID > 0 {
		e.AccountID = &actor.ID
	}
	if err := insertEntry(ctx, x, e); err != nil {
		return fmt.Errorf("account.Audit %s %q: %w", action, subject, err)
	}
	return nil
}

// AuditLog lists the entries for administrators, newest first.
func (s *Service) AuditLog(ctx context.Context, actor Account, page paging.Page) ([]Entry, error) {
	if !actor.Able(RoleAdmin) {
		return nil, errForbidden()
	}
	list, err := entries(ctx, s.db, page)
	if err != nil {
		return nil, fmt.Errorf("account.AuditLog: %w", err)
	}
	return list, nil
}
