package relationship

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

func suggestions(ctx context.Context, db sqlx.ExtContext, accountID int64, limit, offset int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT a.id FROM accounts a LEFT JOIN account_stats s ON s.account_id = a.id
		WHERE a.state = 'active' AND a.discoverable AND NOT a.limited AND a.id <> $1
			AND (a.domain IS NULL OR a.domain IN (
				SELECT target.domain FROM follows f JOIN accounts g ON g.id = f.account_id JOIN accounts target ON target.id = f.target_id
				WHERE g.domain IS NULL AND g.kind = 'group' AND f.state = 'accepted' AND f.undone_at IS NULL))
			AND (a.kind = 'group' OR a.kind <> 'application' AND a.id IN (
				SELECT p.account_id FROM practices JOIN posts p ON p.id = practices.post_id
				WHERE p.state = 'published' AND p.visibility = 'public'))
			AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.account_id = $1 AND f.target_id = a.id AND f.undone_at IS NULL)
			AND NOT EXISTS (SELECT 1 FROM suggestion_dismissals d WHERE d.account_id = $1 AND d.target_id = a.id)
			AND `+account.Heard("a.id", "$1")+`
		ORDER BY a.kind = 'group' DESC, s.followers_count DESC NULLS LAST, a.id
		LIMIT $2 OFFSET $3`, accountID, limit, offset)
	return ids, err
}

func insertDismissal(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO suggestion_dismissals (account_id, target_id) VALUES ($1, $2)
		ON CONFLICT (account_id, target_id) DO NOTHING`, accountID, targetID)
	return err
}
