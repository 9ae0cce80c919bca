package practice

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

// search is one search as SQL: what its text finds, the reader may see, and our desk says. Its text has only the conditions
// that are asked for, so that PostgreSQL can plan each of them.
type search struct {
	from string
	args []any
}

func (s *search) arg(v any) string {
	s.args = append(s.args, v)
	return fmt.Sprintf("$%d", len(s.args))
}

// words is the number of the parameter that holds the tsquery, when there is one.
const words = "$2"

// newSearch begins a search by a tsquery, "" for none. It reads practice_index as i.
func newSearch(viewerID int64, query string, f Filter) *search {
	s := &search{args: []any{viewerID}}
	var b strings.Builder
	b.WriteString(` FROM practice_index i`)
	if f.Accepted || f.Featured {
		b.WriteString(` JOIN curations c ON c.post_id = i.post_id AND c.state = 'accepted'`)
		if f.Featured {
			b.WriteString(` AND c.featured`)
		}
	}
	b.WriteString(` WHERE i.listed AND ` + post.ListedIn("i", "$1"))
	if query != "" {
		b.WriteString(` AND i.words @@ ` + s.arg(query) + `::tsquery`)
	}
	s.from = b.String()
	return s
}

// packedRows are all rows of a search, those that are archived apart.
type packedRows struct {
	Current  []byte `db:"current"`
	Archived []byte `db:"archived"`
}

// counted reads what is to be counted, in one pass: each row behind the number of its practice. Those that are not indexed yet
// are left out.
func (s *search) counted(ctx context.Context, db sqlx.ExtContext) (r packedRows, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT string_agg(int8send(i.post_id) || i.packed, '') FILTER (WHERE NOT i.archived AND i.packed <> '') AS current,
			string_agg(int8send(i.post_id) || i.packed, '') FILTER (WHERE i.archived AND i.packed <> '') AS archived`+s.from, s.args...)
	return r, err
}

// rankDepth is how many hits are put in order by how well they fit: those with the words in their title, then the newest.
// Ranking reads all words of a practice, and nobody reads on so far.
const rankDepth = 300

const newestFirst = `i.published_at DESC, i.post_id DESC`

// page lists the ids of what has all the facet values, in the order asked for.
func (s *search) page(ctx context.Context, db sqlx.ExtContext, f Filter, required []int32) (ids []int64, err error) {
	from := s.from + ` AND NOT i.archived`
	if f.State == StateArchived {
		from = s.from + ` AND i.archived`
	}
	args := &search{args: append([]any{}, s.args...)}
	if len(required) > 0 {
		from += ` AND i.facets @> ` + args.arg(pq.Array(required)) + `::integer[]`
	}
	var query string
	switch {
	case f.Sort == SortRelevance && f.Text != "" && f.Offset+f.Limit <= rankDepth:
		query = `
			SELECT i.post_id FROM (
				SELECT i.post_id AS id` + from + ` ORDER BY i.title @@ ` + words + `::tsquery DESC, ` + newestFirst + ` LIMIT ` + args.arg(rankDepth) + `
			) best JOIN practice_index i ON i.post_id = best.id
			ORDER BY ts_rank(i.words, ` + words + `::tsquery, 1) DESC, ` + newestFirst
	case f.Sort == SortRelevance && f.Text != "":
		query = `SELECT i.post_id` + from + ` ORDER BY i.title @@ ` + words + `::tsquery DESC, ` + newestFirst
	case f.Sort == SortEffect:
		query = `SELECT i.post_id` + from + ` ORDER BY i.emissions NULLS LAST, i.electricity NULLS LAST, ` + newestFirst
	case f.Sort == SortReused:
		query = `SELECT i.post_id` + strings.Replace(from, ` FROM practice_index i`, ` FROM practice_index i LEFT JOIN (`+reuses+`) reused ON reused.id = i.post_id`, 1) +
			` ORDER BY reused.times DESC NULLS LAST, ` + newestFirst
	default:
		query = `SELECT i.post_id` + from + ` ORDER BY ` + newestFirst
	}
	err = sqlx.SelectContext(ctx, db, &ids, query+` LIMIT `+args.arg(f.Limit)+` OFFSET `+args.arg(f.Offset), args.args...)
	return ids, err
}

// reuses counts who says in public that they reuse a practice or are about to.
const reuses = `
	SELECT answer.in_reply_to_id AS id, count(DISTINCT answer.account_id) AS times
	FROM posts answer JOIN reuses u ON u.post_id = answer.id AND u.state <> 'rejected'
	WHERE answer.role = 'Reuse' AND answer.in_reply_to_id IS NOT NULL AND answer.state = 'published' AND answer.visibility = 'public' AND NOT answer.hidden
		AND answer.account_id NOT IN (SELECT id FROM accounts WHERE hidden OR limited)
	GROUP BY answer.in_reply_to_id`

// anything reports whether a search finds something that has all the facet values.
func (s *search) anything(ctx context.Context, db sqlx.ExtContext, f Filter, required []int32) (bool, error) {
	f.Sort, f.Offset, f.Limit = SortNewest, 0, 1
	ids, err := s.page(ctx, db, f, required)
	return len(ids) > 0, err
}

// alike lists which of the practices with one of the words of another one, and of the newest, are nearest to it: each topic they
// share counts, and how well the words fit.
func alike(ctx context.Context, db sqlx.ExtContext, viewerID, id int64, query string, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		WITH self AS (
			SELECT facets, ARRAY(SELECT f FROM unnest(facets) f WHERE f >> 24 IN (3, 4, 6)) AS topics FROM practice_index WHERE post_id = $2
		), candidates AS (
			(SELECT i.post_id FROM practice_index i
				WHERE $3 <> '' AND i.words @@ $3::tsquery AND i.listed AND NOT i.archived AND i.post_id <> $2 ORDER BY `+newestFirst+` LIMIT 300)
			UNION
			(SELECT i.post_id FROM practice_index i
				WHERE i.listed AND NOT i.archived AND i.post_id <> $2 ORDER BY `+newestFirst+` LIMIT 300)
		), scored AS (
			SELECT i.post_id, i.account_id, i.visibility, i.published_at,
				cardinality(ARRAY(SELECT unnest(i.facets) INTERSECT SELECT unnest(self.topics))) * 0.12
				+ CASE WHEN $3 = '' THEN 0 ELSE 4 * ts_rank(i.words, $3::tsquery) END AS score
			FROM candidates c JOIN practice_index i ON i.post_id = c.post_id CROSS JOIN self
		)
		SELECT i.post_id FROM scored i WHERE i.score >= 0.2 AND `+post.ListedIn("i", "$1")+`
		ORDER BY i.score DESC, `+newestFirst+` LIMIT $4`, viewerID, id, query, limit)
	return ids, err
}
