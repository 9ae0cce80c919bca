package search

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

const savedColumns = `s.id, s.account_id, s.name, s.query, s.token, s.created_at`

// savedRules are what a practice must have to fit.
type savedRules struct {
	Text, Matches string
	Facets        []string
	Accepted      bool
}

// countSaved counts the searches of an account, but for the one with that query, while nobody else adds one.
func countSaved(ctx context.Context, db sqlx.ExtContext, accountID int64, query string) (n int, err error) {
	if _, err := db.ExecContext(ctx, `SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE`, accountID); err != nil {
		return 0, err
	}
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM saved_searches WHERE account_id = $1 AND query <> $2`, accountID, query)
	return n, err
}

func upsertSaved(ctx context.Context, db sqlx.ExtContext, s Saved, r savedRules) (saved Saved, err error) {
	err = sqlx.GetContext(ctx, db, &saved, `
		INSERT INTO saved_searches AS s (id, account_id, name, query, token, rules, text, matches, facets, accepted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (account_id, query) DO UPDATE SET name = EXCLUDED.name
		RETURNING `+savedColumns, s.ID, s.AccountID, s.Name, s.Query, s.Token, rules, r.Text, r.Matches, pq.Array(append([]string{}, r.Facets...)), r.Accepted)
	return saved, err
}

func savedOf(ctx context.Context, db sqlx.ExtContext, accountID int64) (list []Saved, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+savedColumns+` FROM saved_searches s WHERE s.account_id = $1 ORDER BY lower(s.name), s.id`, accountID)
	return list, err
}

func removeSaved(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (int64, error) {
	result, err := db.ExecContext(ctx, `DELETE FROM saved_searches WHERE account_id = $1 AND id = $2`, accountID, id)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func savedByToken(ctx context.Context, db sqlx.ExtContext, token string) (s Saved, err error) {
	err = sqlx.GetContext(ctx, db, &s, `
		SELECT `+savedColumns+` FROM saved_searches s JOIN accounts a ON a.id = s.account_id AND a.state = 'active' WHERE s.token = $1`, token)
	return s, err
}

type hitRow struct {
	PostID int64 `db:"post_id"`
	Saved
}

func savedOfHits(ctx context.Context, db sqlx.ExtContext, accountID int64, postIDs []int64) (rows []hitRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT DISTINCT ON (h.post_id) h.post_id, `+savedColumns+`
		FROM saved_search_hits h JOIN saved_searches s ON s.id = h.search_id
		WHERE s.account_id = $1 AND h.post_id = ANY ($2) ORDER BY h.post_id, h.id`, accountID, pq.Array(postIDs))
	return rows, err
}

// insertHits notes which saved searches a practice fits whose owners may see it, were not told of it and, by this search, of
// nothing else today.
func insertHits(ctx context.Context, db sqlx.ExtContext, postID int64, now time.Time) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		WITH fits AS MATERIALIZED (
			SELECT s.id
			FROM practice_index i
				JOIN posts p ON p.id = i.post_id
				CROSS JOIN saved_searches s
				JOIN accounts a ON a.id = s.account_id AND a.state = 'active'
			WHERE i.post_id = $1 AND i.listed AND NOT i.archived AND s.account_id <> i.account_id
				AND (s.told_on IS NULL OR s.told_on < $2::date)
				AND s.facets <@ ARRAY(SELECT v.facet || '=' || v.value FROM facet_values v WHERE v.id = ANY (i.facets))
				AND (NOT s.accepted OR EXISTS (SELECT 1 FROM curations c WHERE c.post_id = i.post_id AND c.state = 'accepted'))
				AND CASE WHEN s.matches = '' THEN true ELSE i.words @@ s.matches::tsquery END
				AND NOT EXISTS (SELECT 1 FROM saved_search_hits h WHERE h.search_id = s.id AND h.post_id = i.post_id)
				AND `+post.ShownTo("p", "s.account_id")+`
		), told AS (
			UPDATE saved_searches SET told_on = $2::date
			WHERE id IN (SELECT id FROM fits) AND (told_on IS NULL OR told_on < $2::date) RETURNING id
		)
		INSERT INTO saved_search_hits (search_id, post_id) SELECT id, $1 FROM told ON CONFLICT DO NOTHING RETURNING id`,
		postID, now.Format(time.DateOnly))
	return ids, err
}

type staleRow struct {
	ID   int64  `db:"id"`
	Text string `db:"text"`
}

func staleSaved(ctx context.Context, db sqlx.ExtContext, limit int) (rows []staleRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT id, text FROM saved_searches WHERE rules <> $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`, rules, limit)
	return rows, err
}

func renewSaved(ctx context.Context, db sqlx.ExtContext, id int64, matches string) error {
	_, err := db.ExecContext(ctx, `UPDATE saved_searches SET rules = $2, matches = $3 WHERE id = $1`, id, rules, matches)
	return err
}

func renameFacet(ctx context.Context, db sqlx.ExtContext, old, facet string) error {
	_, err := db.ExecContext(ctx, `UPDATE saved_searches SET facets = array_replace(facets, $1, $2) WHERE $1 = ANY (facets)`, old, facet)
	return err
}
