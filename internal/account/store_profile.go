package account

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

func statsByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Stats, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT account_id, statuses_count, followers_count, following_count, last_status_at
		FROM account_stats WHERE account_id = ANY ($1)`, pq.Int64Array(ids))
	return list, err
}

// updateProfile reports whether that changed anything.
func updateProfile(ctx context.Context, db sqlx.ExtContext, a Account) (changed bool, err error) {
	result, err := db.ExecContext(ctx, `
		UPDATE accounts
		SET display_name = $2, note = $3, note_source = $4, approves_followers = $5, language = $6, discoverable = $7, avatar = $8,
			header = $9, fields = $10, bot = $11, hide_collections = $12, indexable = $13, default_visibility = $14,
			default_sensitive = $15, updated_at = now()
		WHERE id = $1 AND (display_name, note_source, approves_followers, language, discoverable, avatar,
				header, fields, bot, hide_collections, indexable, default_visibility, default_sensitive)
			IS DISTINCT FROM ($2, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14, $15)`,
		a.ID, a.DisplayName, a.Note, a.NoteSource, a.ApprovesFollowers, a.Language, a.Discoverable, a.Avatar,
		a.Header, a.Fields, a.Bot, a.HideCollections, a.Indexable, a.DefaultVisibility, a.DefaultSensitive)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}
