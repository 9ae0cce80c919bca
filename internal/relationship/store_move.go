package relationship

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// localBlockers lists who of ours blocks an account.
func localBlockers(ctx context.Context, db sqlx.ExtContext, targetID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT b.account_id FROM blocks b JOIN accounts a ON a.id = b.account_id
		WHERE b.target_id = $1 AND a.domain IS NULL ORDER BY b.account_id`, targetID)
	return ids, err
}

// muteRow is a mute of one account by another.
type muteRow struct {
	AccountID     int64      `db:"account_id"`
	Notifications bool       `db:"notifications"`
	ExpiresAt     *time.Time `db:"expires_at"`
}

func mutesOf(ctx context.Context, db sqlx.ExtContext, targetID int64) (list []muteRow, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT account_id, notifications, expires_at FROM mutes
		WHERE target_id = $1 AND (expires_at IS NULL OR expires_at > now()) ORDER BY account_id`, targetID)
	return list, err
}

func insertMute(ctx context.Context, db sqlx.ExtContext, id int64, m muteRow, targetID int64) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO mutes (id, account_id, target_id, notifications, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, target_id) DO NOTHING`, id, m.AccountID, targetID, m.Notifications, m.ExpiresAt)
	return err
}

// carryNotes copies what an account noted about another to a third, unless it noted something there.
func carryNotes(ctx context.Context, db sqlx.ExtContext, accountID, oldID, targetID int64) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO account_notes (account_id, target_id, comment)
		SELECT account_id, $3::bigint, comment FROM account_notes WHERE account_id = $1 AND target_id = $2
		ON CONFLICT (account_id, target_id) DO NOTHING`, accountID, oldID, targetID)
	return err
}

// listsWith are an account's lists that hold another.
func listsWith(ctx context.Context, db sqlx.ExtContext, accountID, memberID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT m.list_id FROM list_members m JOIN lists l ON l.id = m.list_id
		WHERE l.account_id = $1 AND m.target_id = $2 ORDER BY m.list_id`, accountID, memberID)
	return ids, err
}

func addToList(ctx context.Context, db sqlx.ExtContext, id, listID, memberID int64) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO list_members (id, list_id, target_id) VALUES ($1, $2, $3) ON CONFLICT (list_id, target_id) DO NOTHING`, id, listID, memberID)
	return err
}
