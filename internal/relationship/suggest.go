package relationship

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
)

// Suggestions names accounts that the actor may want to follow: groups and authors of best practices of this instance and of
// those that our groups follow. Whom they follow, asked to follow, or do not want to be advised, is left out.
func (s *Service) Suggestions(ctx context.Context, actor account.Account, limit, offset int) ([]account.Account, error) {
	ids, err := suggestions(ctx, s.db, actor.ID, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("relationship.Suggestions: %w", err)
	}
	byID, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]account.Account, 0, len(ids))
	for _, id := range ids {
		if a, ok := byID[id]; ok {
			list = append(list, a)
		}
	}
	return list, nil
}

// DismissSuggestion lets the actor no more be advised to follow an account.
func (s *Service) DismissSuggestion(ctx context.Context, actor account.Account, targetID int64) error {
	target, err := s.target(ctx, actor, targetID)
	if err != nil {
		return err
	}
	if err := insertDismissal(ctx, s.db, actor.ID, target.ID); err != nil {
		return fmt.Errorf("relationship.DismissSuggestion %d: %w", targetID, err)
	}
	return nil
}
