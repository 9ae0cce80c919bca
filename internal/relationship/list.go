package relationship

import (
	"context"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
)

// Entry is an account in a list; ID, that of the block or mute itself, pages it.
type Entry struct {
	ID        int64
	Account   account.Account
	ExpiresAt *time.Time // of a mute
}

// DomainBlock is an instance that someone wants to hear nothing of.
type DomainBlock struct {
	ID        int64     `db:"id"`
	Domain    string    `db:"domain"`
	CreatedAt time.Time `db:"created_at"`
}

// Blocks, Mutes and Domains list what an account has shut out, newest first.
func (s *Service) Blocks(ctx context.Context, actor account.Account, page paging.Page) ([]Entry, error) {
	rows, err := blocks(ctx, s.db, actor.ID, page)
	return s.entries(ctx, rows, err, "Blocks")
}

// Mutes leaves out those whose time is over.
func (s *Service) Mutes(ctx context.Context, actor account.Account, page paging.Page) ([]Entry, error) {
	rows, err := mutes(ctx, s.db, actor.ID, page)
	return s.entries(ctx, rows, err, "Mutes")
}

// Domains lists the blocked instances.
func (s *Service) Domains(ctx context.Context, actor account.Account, page paging.Page) ([]DomainBlock, error) {
	list, err := domainBlocks(ctx, s.db, actor.ID, page)
	if err != nil {
		return nil, fmt.Errorf("relationship.Domains: %w", err)
	}
	return list, nil
}

// Endorsements lists whom an account recommends, for a viewer (0: a visitor), newest first.
func (s *Service) Endorsements(ctx context.Context, viewerID, accountID int64, page paging.Page) ([]Entry, error) {
	rows, err := endorsements(ctx, s.db, viewerID, accountID, page)
	return s.entries(ctx, rows, err, "Endorsements")
}

func (s *Service) entries(ctx context.Context, rows []entryRow, err error, what string) ([]Entry, error) {
	if err != nil {
		return nil, fmt.Errorf("relationship.%s: %w", what, err)
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.TargetID
	}
	byID, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, len(rows))
	for _, r := range rows {
		if a, ok := byID[r.TargetID]; ok {
			list = append(list, Entry{ID: r.ID, Account: a, ExpiresAt: r.ExpiresAt})
		}
	}
	return list, nil
}
