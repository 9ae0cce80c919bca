package relationship

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// Block shuts two accounts off from each other: neither follows the other any more, nor can begin to, neither sees the
// other's posts in lists, and what each was told of the other is taken away. A second call changes nothing.
func (s *Service) Block(ctx context.Context, actor account.Account, targetID int64) error {
	target, err := s.target(ctx, actor, targetID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		// First the follows: they take the lock under which nobody begins one.
		if err := s.follows.Sever(ctx, tx, actor, target); err != nil {
			return err
		}
		now := time.Now()
		id := db.NewID(now)
		inserted, err := insertBlock(ctx, tx, id, actor.ID, target.ID, "", now)
		if err != nil {
			return fmt.Errorf("relationship.Block %d -> %d: %w", actor.ID, target.ID, err)
		}
		if inserted && !target.Local() {
			if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.Block, ID: id}); err != nil {
				return err
			}
		}
		if err := s.forget(ctx, tx, actor, target); err != nil {
			return fmt.Errorf("relationship.Block %d -> %d: %w", actor.ID, target.ID, err)
		}
		return nil
	})
}

// forget takes away what two accounts were told of each other and how the actor recommends the target.
func (s *Service) forget(ctx context.Context, tx *sqlx.Tx, actor, target account.Account) error {
	if err := deleteNotificationsBetween(ctx, tx, actor.ID, target.ID); err != nil {
		return fmt.Errorf("notifications: %w", err)
	}
	if err := deleteEndorsementsBetween(ctx, tx, actor.ID, target.ID); err != nil {
		return fmt.Errorf("endorsements: %w", err)
	}
	return nil
}

// Unblock opens again. What a block ended stays ended.
func (s *Service) Unblock(ctx context.Context, actor account.Account, targetID int64) error {
	target, err := s.target(ctx, actor, targetID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		id, err := deleteBlock(ctx, tx, actor.ID, target.ID)
		switch {
		case db.IsNotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("relationship.Unblock %d -> %d: %w", actor.ID, targetID, err)
		case target.Local():
			return nil
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UndoBlock, ID: id})
	})
}

// BlockDomain lets the actor hear nothing more of an instance: follows both ways end, its accounts are hidden.
func (s *Service) BlockDomain(ctx context.Context, actor account.Account, domain string) error {
	if err := person(actor); err != nil {
		return err
	}
	domain, ok := host(domain)
	switch {
	case !ok:
		return fault.Fields(fault.Field{Name: "domain", Message: "error.relation.domain"})
	case domain == s.accounts.Domain():
		return fault.Fields(fault.Field{Name: "domain", Message: "error.relation.own_domain"})
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now := time.Now()
		if err := insertDomainBlock(ctx, tx, db.NewID(now), actor.ID, domain, now); err != nil {
			return fmt.Errorf("relationship.BlockDomain %d %s: %w", actor.ID, domain, err)
		}
		if err := s.follows.SeverHost(ctx, tx, actor, domain); err != nil {
			return err
		}
		if err := deleteNotificationsFromHost(ctx, tx, actor.ID, domain); err != nil {
			return fmt.Errorf("relationship.BlockDomain %d %s: notifications: %w", actor.ID, domain, err)
		}
		return nil
	})
}

// UnblockDomain opens again. A domain that is not blocked is no error.
func (s *Service) UnblockDomain(ctx context.Context, actor account.Account, domain string) error {
	if err := person(actor); err != nil {
		return err
	}
	domain, ok := host(domain)
	if !ok {
		return fault.Fields(fault.Field{Name: "domain", Message: "error.relation.domain"})
	}
	if err := deleteDomainBlock(ctx, s.db, actor.ID, domain); err != nil {
		return fmt.Errorf("relationship.UnblockDomain %d %s: %w", actor.ID, domain, err)
	}
	return nil
}

// host reads what people write for an instance: its name, with or without https:// and what follows.
func host(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || len(u.Host) > 255 || strings.ContainsAny(u.Host, " \t%_,") {
		return "", false
	}
	return u.Host, strings.Contains(u.Hostname(), ".") && !strings.HasPrefix(u.Host, ".") && !strings.Contains(u.Host, "..")
}
