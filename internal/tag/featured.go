package tag

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/text/unicode/norm"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// MaxFeatured is how many hashtags an account can feature.
const MaxFeatured = 10

// Featured is a hashtag that someone shows on their profile, with what they wrote about it for everyone.
type Featured struct {
	ID            int64      `db:"id"`
	AccountID     int64      `db:"account_id"`
	Name          string     `db:"name"` // as its owner writes it
	StatusesCount int        `db:"statuses_count"`
	LastStatusAt  *time.Time `db:"last_status_at"`
}

// Featured lists those of an account, what it wrote most about first.
func (s *Service) Featured(ctx context.Context, accountID int64) ([]Featured, error) {
	list, err := featuredBy(ctx, s.db, accountID)
	if err != nil {
		return nil, fmt.Errorf("tag.Featured by %d: %w", accountID, err)
	}
	return list, nil
}

// Feature shows a hashtag; one that is shown already stays.
func (s *Service) Feature(ctx context.Context, actor account.Account, name string) (f Featured, err error) {
	if !actor.Able(account.RoleGuest) {
		return f, errForbidden()
	}
	key, err := check(name)
	if err != nil {
		return f, err
	}
	written := norm.NFC.String(strings.TrimPrefix(strings.TrimSpace(name), "#"))
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockFeatured(ctx, tx, actor.ID); err != nil {
			return fmt.Errorf("tag.Feature: %w", err)
		}
		list, err := featuredBy(ctx, tx, actor.ID)
		if err != nil {
			return fmt.Errorf("tag.Feature: %w", err)
		}
		for _, f = range list {
			if Key(f.Name) == key {
				return nil
			}
		}
		if len(list) >= MaxFeatured {
			return fault.Fields(fault.Field{Name: "name", Message: "error.tag.too_many", Args: map[string]any{"Most": MaxFeatured}})
		}
		id := db.NewID(time.Now())
		if err := insertFeatured(ctx, tx, id, actor.ID, written); err != nil {
			return fmt.Errorf("tag.Feature: %w", err)
		}
		if list, err = featuredBy(ctx, tx, actor.ID); err != nil {
			return fmt.Errorf("tag.Feature: %w", err)
		}
		for _, f = range list {
			if f.ID == id {
				return nil
			}
		}
		return fmt.Errorf("tag.Feature: %d is missing", id)
	})
	return f, err
}

// Unfeature takes one of the actor's from the profile, by id.
func (s *Service) Unfeature(ctx context.Context, actor account.Account, id int64) error {
	if !actor.Able(account.RoleGuest) {
		return errForbidden()
	}
	deleted, err := deleteFeatured(ctx, s.db, actor.ID, id)
	if err != nil {
		return fmt.Errorf("tag.Unfeature %d: %w", id, err)
	}
	if !deleted {
		return fault.New(fault.NotFound, "error.tag.not_found")
	}
	return nil
}

// UnfeatureName is Unfeature by name; what is not featured stays so.
func (s *Service) UnfeatureName(ctx context.Context, actor account.Account, name string) (Tag, error) {
	return s.change(ctx, actor, name, func(key string) error { return deleteFeaturedName(ctx, s.db, actor.ID, key) })
}

// Suggestions are the hashtags the actor uses most and does not feature yet.
func (s *Service) Suggestions(ctx context.Context, actor account.Account) ([]Tag, error) {
	keys, err := usedMost(ctx, s.db, actor.ID, MaxFeatured)
	if err != nil {
		return nil, fmt.Errorf("tag.Suggestions for %d: %w", actor.ID, err)
	}
	return s.describe(ctx, post.Viewer{AccountID: actor.ID}, keys)
}
