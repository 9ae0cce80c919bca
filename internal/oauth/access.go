package oauth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Access is what a person has allowed a program, with all its tokens: each login of it is one.
type Access struct {
	App    App
	Scopes []string
	Since  time.Time
	UsedAt *time.Time // nil: not used yet
}

// Accesses lists the programs that can act for the actor, last used first.
func (s *Service) Accesses(ctx context.Context, actor account.Account) ([]Access, error) {
	tokens, err := s.auth.Tokens(ctx, actor)
	if err != nil {
		return nil, err
	}
	byApp := map[int64]*Access{}
	var ids []int64
	for _, t := range tokens {
		if t.AppID == nil {
			continue
		}
		a := byApp[*t.AppID]
		if a == nil {
			a = &Access{Since: t.CreatedAt}
			byApp[*t.AppID] = a
			ids = append(ids, *t.AppID)
		}
		a.add(t)
	}
	apps, err := s.AppsByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	var list []Access
	for _, id := range ids {
		if app, ok := apps[id]; ok {
			byApp[id].App = app
			list = append(list, *byApp[id])
		}
	}
	slices.SortStableFunc(list, func(a, b Access) int { return cmp.Compare(b.last(), a.last()) })
	return list, nil
}

func (a *Access) add(t auth.Token) {
	for scope := range strings.FieldsSeq(t.Scopes) {
		if !slices.Contains(a.Scopes, scope) {
			a.Scopes = append(a.Scopes, scope)
		}
	}
	if t.CreatedAt.Before(a.Since) {
		a.Since = t.CreatedAt
	}
	if t.UsedAt != nil && (a.UsedAt == nil || t.UsedAt.After(*a.UsedAt)) {
		a.UsedAt = t.UsedAt
	}
}

func (a *Access) last() int64 {
	if a.UsedAt != nil {
		return a.UsedAt.UnixNano()
	}
	return a.Since.UnixNano()
}

// Withdraw ends all that the actor has allowed a program; fault.NotFound where that is nothing.
func (s *Service) Withdraw(ctx context.Context, actor account.Account, appID int64) error {
	a, err := s.AppByID(ctx, appID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		n, err := s.auth.EndTokensOf(ctx, tx, actor.ID, appID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "error.oauth.app_not_found")
		}
		if err := deleteCodesOf(ctx, tx, actor.ID, appID); err != nil {
			return fmt.Errorf("oauth.Withdraw app %d: %w", appID, err)
		}
		return s.accounts.Audit(ctx, tx, actor, "app.withdraw", actor.Username, a.Name)
	})
}
