package practice

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

// comparedRow is a figure of a practice that is found, without what stands around it.
type comparedRow struct {
	PostID   int64    `db:"post_id"`
	Position int      `db:"position"`
	Unit     string   `db:"unit"`
	Before   *float64 `db:"value_before"`
	After    *float64 `db:"value_after"`
	Change   *float64 `db:"change"`
}

// figures lists those of one quantity of all that a search finds and that has all the facet values, of the newest practices first.
func (s *search) figures(ctx context.Context, db sqlx.ExtContext, quantity string, archived bool, required []int32, limit int) (rows []comparedRow, err error) {
	from := s.from + ` AND NOT i.archived`
	if archived {
		from = s.from + ` AND i.archived`
	}
	args := &search{args: append([]any{}, s.args...)}
	if len(required) > 0 {
		from += ` AND i.facets @> ` + args.arg(pq.Array(required)) + `::integer[]`
	}
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT f.post_id, f.position, f.unit, f.value_before, f.value_after, f.change
		FROM (SELECT i.post_id, i.published_at`+from+`) i JOIN practice_figures f ON f.post_id = i.post_id
		WHERE f.quantity = `+args.arg(quantity)+` ORDER BY `+newestFirst+`, f.position LIMIT `+args.arg(limit), args.args...)
	return rows, err
}

// Origin is where a figure comes from.
type Origin struct {
	PostID           int64  `db:"post_id"`
	URI              string `db:"uri"` // ActivityPub id of the practice
	URL              string `db:"url"` // its page at home, "" where it named none
	Local            bool   `db:"local"`
	Title            string `db:"title"`
	Language         string `db:"language"`
	OrganizationName string `db:"organization_name"` // of the practice, else the name of its author
	Level            string `db:"level"`
	Region           string `db:"region"`
	Licence          string `db:"licence"`
	Revision         int    `db:"revision"`
}

func originsOf(ctx context.Context, db sqlx.ExtContext, viewerID int64, ids []int64) (list []Origin, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT p.id AS post_id, p.uri, p.url, p.local, p.title, p.language,
			coalesce(nullif(pr.organization_name, ''), nullif(a.display_name, ''), a.username) AS organization_name,
			pr.level, pr.region, pr.licence, pr.revision
		FROM posts p JOIN practices pr ON pr.post_id = p.id JOIN accounts a ON a.id = p.account_id
		WHERE p.id = ANY ($2) AND `+post.ListedTo("p", "$1"), viewerID, pq.Array(ids))
	return list, err
}

// grownRow says that a practice grew out of another one.
type grownRow struct {
	ID     int64 `db:"id"`
	Source int64 `db:"source"`
}

// grownFrom lists which practices grew out of which, as they say themselves, or whoever of their own house reuses the other one.
func grownFrom(ctx context.Context, db sqlx.ExtContext) (rows []grownRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT pr.post_id AS id, source.id AS source
		FROM practices pr JOIN posts source ON source.uri = pr.reuse_of WHERE pr.reuse_of <> ''
		UNION
		SELECT own.id, note.in_reply_to_id
		FROM reuses r JOIN posts note ON note.id = r.post_id AND note.state = 'published' AND NOT note.hidden AND note.in_reply_to_id IS NOT NULL
			JOIN posts own ON own.uri = r.practice_uri
			JOIN accounts said ON said.id = note.account_id JOIN accounts wrote ON wrote.id = own.account_id
		WHERE r.practice_uri <> '' AND said.domain IS NOT DISTINCT FROM wrote.domain`)
	return rows, err
}

// countMethods counts which of the practices say how they know a figure that is summed up.
func countMethods(ctx context.Context, db sqlx.ExtContext, quantity string, ids []int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		SELECT count(DISTINCT f.post_id) FROM practice_figures f JOIN (VALUES `+yearlyFactors(quantity)+`) AS factor (unit, times) ON factor.unit = f.unit
		WHERE f.post_id = ANY ($1) AND f.quantity = $2 AND f.method <> '' AND coalesce(f.value_after - f.value_before, f.change) IS NOT NULL`, pq.Array(ids), quantity)
	return n, err
}
