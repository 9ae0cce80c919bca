package practice

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

type sealRow struct {
	PostID    int64  `db:"post_id"`
	AccountID int64  `db:"account_id"`
	Name      string `db:"name"`
	Username  string `db:"username"`
	Host      string `db:"host"`
	Featured  bool   `db:"featured"`
	Revision  int    `db:"revision"`
	Chapter   string `db:"chapter"`
}

// sealsOf lists which catalogues of other servers curate practices, by the name of the whole instance where we know it. What
// is only featured is not curated. What a limited one says is for who follows it.
func sealsOf(ctx context.Context, db sqlx.ExtContext, ids []int64) (rows []sealRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT p.id AS post_id, a.id AS account_id, a.username, a.domain AS host,
			coalesce((SELECT nullif(h.display_name, '') FROM accounts h WHERE h.domain = a.domain AND h.kind = 'application' AND h.state = 'active'
				ORDER BY h.id LIMIT 1), nullif(a.display_name, ''), a.username) AS name,
			i.revision, i.chapter,
			EXISTS (SELECT 1 FROM curated_items f WHERE f.account_id = i.account_id AND f.slug = 'hervorgehoben' AND f.post_uri = i.post_uri) AS featured
		FROM posts p JOIN curated_items i ON i.post_uri = p.uri AND i.slug = 'kuratiert'
			JOIN accounts a ON a.id = i.account_id AND a.state = 'active' AND NOT a.hidden AND NOT a.limited AND a.domain IS NOT NULL
		WHERE p.id = ANY ($1) ORDER BY p.id, a.id`, pq.Array(ids))
	return rows, err
}
