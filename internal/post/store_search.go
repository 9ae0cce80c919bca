package post

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// searchPosts reads through windows of posts, each the newest of one index, rather than through an index of words, which
// every post would have to pay for as it is written.
func searchPosts(ctx context.Context, db sqlx.ExtContext, viewerID int64, patterns []string, q Query) (list []Post, err error) {
	windows := `SELECT NULL::bigint AS id WHERE false`
	switch {
	case q.FromID != 0 && viewerID != 0:
		windows = `(SELECT id FROM posts WHERE account_id = $3 ORDER BY id DESC LIMIT 5000)`
	case len(patterns) > 0:
		windows = `
			(SELECT id FROM posts WHERE account_id = $1 ORDER BY id DESC LIMIT 5000)
			UNION (SELECT post_id FROM favourites WHERE account_id = $1 AND undone_at IS NULL ORDER BY id DESC LIMIT 2000)
			UNION (SELECT post_id FROM bookmarks WHERE account_id = $1 ORDER BY id DESC LIMIT 2000)
			UNION (SELECT post_id FROM mentions WHERE account_id = $1 ORDER BY post_id DESC LIMIT 2000)
			UNION (SELECT id FROM (
				SELECT n.id, n.local, n.account_id FROM posts n WHERE n.state = 'published' AND n.visibility = 'public' ORDER BY n.id DESC LIMIT 5000) n
				WHERE n.local AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = n.account_id AND a.indexable))`
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		WITH known AS (`+windows+`), found AS (
			SELECT k.id FROM known k JOIN posts p ON p.id = k.id
			WHERE CASE WHEN p.title || ' ' || p.summary || ' ' || p.html ILIKE ALL (coalesce($2::text[], '{}'))
				-- Words of the text, not of its markup.
				THEN p.title || ' ' || p.summary || ' ' || regexp_replace(p.html, '<[^>]*>', '', 'g') ILIKE ALL (coalesce($2::text[], '{}')) END
			UNION
			SELECT unnest($4::bigint[])
		)
		SELECT `+columns+` FROM found JOIN posts p ON p.id = found.id
		WHERE ($3 = 0 OR p.account_id = $3) AND `+ShownTo("p", "$1::bigint")+`
		ORDER BY array_position($4::bigint[], p.id) NULLS LAST, p.id DESC
		LIMIT $5 OFFSET $6`, viewerID, pq.Array(patterns), q.FromID, pq.Int64Array(q.Best), q.Limit, q.Offset)
	return list, err
}
