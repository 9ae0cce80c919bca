package timeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// A window of the newest posts and one of the newest boosts is searched before every source is asked: as many rows for each
// source as asking it would cost.
const (
	windowLeast     = 100
	windowPerSource = 4
	windowMost      = 2_000
)

// feed is a timeline of sources. Its queries take $1 the reader, $2 and $3 the bounds of the page, $4 its size and $5 the list
// it is the timeline of, 0 for home.
type feed struct {
	sources string // SELECT id, show_boosts, languages FROM followed f: the accounts it is made of
	replies string // whose posts they may answer, beside their own
	topics  string // condition: whether it has the posts with followed hashtags, too
}

const (
	members  = `JOIN list_members m ON m.target_id = f.id AND m.list_id = $5`
	ofReader = `SELECT $1::bigint`
)

var (
	homeFeed = feed{sources: `WHERE $5::bigint = 0 AND f.id NOT IN (SELECT id FROM exclusive)`, replies: `SELECT id FROM followed`, topics: `true`}
	// listFeeds are those of lists by their replies policy.
	listFeeds = map[string]feed{
		"followed": {sources: members, replies: `SELECT id FROM followed`, topics: `false`},
		"list":     {sources: members, replies: `SELECT id FROM sources UNION ALL ` + ofReader, topics: `false`},
		"none":     {sources: members, replies: ofReader, topics: `false`},
	}
)

// sets are what the queries stand on: whom the reader follows and wants to hear, the reader included; the members of lists that
// take them out of home; the accounts that make the timeline, those of them whose boosts it has, those that are
// heard in some languages only; the hashtags.
func (f feed) sets() string { return f.setsOf(`true`) }

// setsOf is sets of those followed f only that meet a condition.
func (f feed) setsOf(condition string) string {
	return `
		followed AS MATERIALIZED (
			SELECT f.target_id AS id, f.show_boosts, f.languages FROM follows f
			WHERE f.account_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL AND ` + condition + ` AND ` + account.HeardOfMany("f.target_id", "$1") + `
			UNION ALL SELECT $1::bigint, true, '{}'
		), exclusive AS MATERIALIZED (
			SELECT m.target_id AS id FROM lists l JOIN list_members m ON m.list_id = l.id WHERE l.account_id = $1 AND l.exclusive
		), sources AS MATERIALIZED (SELECT f.id, f.show_boosts, f.languages FROM followed f ` + f.sources + `
		), boosters AS MATERIALIZED (SELECT id FROM sources WHERE show_boosts
		), choosy AS MATERIALIZED (SELECT id, languages FROM sources WHERE languages <> '{}'
		), topics AS MATERIALIZED (SELECT name FROM followed_tags WHERE account_id = $1 AND ` + f.topics + `)`
}

var windowSize = fmt.Sprintf(`least(%d, %d + %d * count(*))`, windowMost, windowLeast, windowPerSource)

const isTop = `(p.in_reply_to_id IS NULL AND p.in_reply_to_uri = '')`

// belongs is the condition under which a line l, a post p or a boost of it, stands in the timeline. It is one expression, cheap
// questions first, and asked of one row after the other (OFFSET 0 keeps the planner from joining): so rows are read in order,
// and no further than the page is full.
func (f feed) belongs() string {
	return strings.NewReplacer("{replies}", f.replies, "{shown}", post.ShownTo("p", "$1")).Replace(`
		CASE
			WHEN l.boosted_by IS NOT NULL THEN l.boosted_by IN (SELECT id FROM boosters)
			WHEN p.account_id IN (SELECT id FROM sources) THEN ` + isTop + ` OR p.account_id = $1 OR EXISTS (
				SELECT 1 FROM posts parent WHERE parent.id = p.in_reply_to_id AND (parent.account_id = p.account_id OR parent.account_id IN ({replies})))
			WHEN p.account_id IN (SELECT id FROM exclusive) THEN false
			WHEN ` + isTop + ` AND p.board_id IN (SELECT id FROM sources) THEN true
			WHEN p.visibility = 'public' AND (SELECT count(*) FROM topics) > 0 THEN EXISTS (
				SELECT 1 FROM tags t WHERE t.post_id = p.id AND lower(t.name) IN (SELECT name FROM topics))
			ELSE false
		END
		AND CASE WHEN {shown} THEN
			-- Each post once: where it was boosted, it stands at its newest boost.
			NOT EXISTS (SELECT 1 FROM boosts b WHERE b.post_id = p.id AND b.undone_at IS NULL AND b.account_id IN (SELECT id FROM boosters)
				AND (l.boosted_by IS NULL OR b.id > l.cursor))
			-- In a language that the reader wants of the source.
			AND NOT EXISTS (SELECT 1 FROM choosy c WHERE c.id IN (l.boosted_by, p.account_id, p.board_id)
				AND c.id = coalesce(l.boosted_by, CASE WHEN p.account_id IN (SELECT id FROM sources) THEN p.account_id ELSE p.board_id END)
				AND p.language <> '' AND p.language <> ALL (c.languages))
		END`)
}

// recent looks through the newest posts and boosts of the instance. Beside the lines it says whether there can be no others:
// whether neither window ended before the last line.
func (f feed) recent(page paging.Page) string {
	passed := `id > coalesce((SELECT min(cursor) FROM lines HAVING count(*) = $4), $2) AND id < $3`
	if page.Upwards() {
		passed = `id > $2 AND id < coalesce((SELECT max(cursor) FROM lines HAVING count(*) = $4), $3)`
	}
	return inOrder(page, `
		WITH `+f.sets()+`, size AS MATERIALIZED (SELECT `+windowSize+` AS n FROM sources
		), lines AS MATERIALIZED (
			SELECT l.cursor, l.post_id, l.boosted_by, l.boosted_at
			FROM (
				(SELECT p.id AS cursor, p.id AS post_id, NULL::bigint AS boosted_by, NULL::timestamptz AS boosted_at FROM posts p
					WHERE p.id > $2 AND p.id < $3 ORDER BY p.id {order} LIMIT (SELECT n FROM size))
				UNION ALL
				(SELECT b.id, b.post_id, b.account_id, b.created_at FROM boosts b
					WHERE b.undone_at IS NULL AND b.id > $2 AND b.id < $3 ORDER BY b.id {order} LIMIT (SELECT n FROM size))
			) l CROSS JOIN LATERAL (SELECT FROM posts p WHERE p.id = l.post_id AND `+f.belongs()+` OFFSET 0) p
			ORDER BY l.cursor {order} LIMIT $4)
		SELECT coalesce(l.cursor, 0) AS cursor, coalesce(l.post_id, 0) AS post_id, l.boosted_by, l.boosted_at, c.complete
		FROM (SELECT
			(SELECT count(*) FROM (SELECT 1 FROM posts WHERE `+passed+` LIMIT (SELECT n FROM size)) w) < (SELECT n FROM size)
			AND (SELECT count(*) FROM (SELECT 1 FROM boosts WHERE undone_at IS NULL AND `+passed+` LIMIT (SELECT n FROM size)) w) < (SELECT n FROM size) AS complete) c
			LEFT JOIN lines l ON true
		ORDER BY l.cursor {order}`)
}

// thorough asks every source and every hashtag. Those that have the first lines of all are found first: a page cannot come from
// others than these. What two have at once counts as one.
func (f feed) thorough(page paging.Page) string {
	// Each part is read from an index alone; only what is merged is looked up.
	each := `
		SELECT l.cursor, o.post_id, l.boosted_by, o.boosted_at
		FROM (
			(SELECT p.id AS cursor, NULL::bigint AS boosted_by FROM posts p
				WHERE p.account_id = s.id AND p.id > $2 AND p.id < $3 ORDER BY p.id {order})
			UNION ALL
			(SELECT p.id, NULL FROM posts p
				WHERE p.board_id = s.id AND p.account_id <> s.id AND p.in_reply_to_id IS NULL AND p.id > $2 AND p.id < $3 ORDER BY p.id {order})
			UNION ALL
			(SELECT b.id, b.account_id FROM boosts b
				WHERE b.account_id = s.id AND b.undone_at IS NULL AND b.id > $2 AND b.id < $3 ORDER BY b.id {order})
			UNION ALL
			(SELECT t.post_id, NULL FROM tags t
				WHERE s.name IS NOT NULL AND lower(t.name) = s.name AND t.post_id > $2 AND t.post_id < $3 ORDER BY t.post_id {order})
		) l
			CROSS JOIN LATERAL (
				SELECT b.post_id, b.created_at AS boosted_at FROM boosts b WHERE b.id = l.cursor AND l.boosted_by IS NOT NULL
				UNION ALL SELECT l.cursor, NULL WHERE l.boosted_by IS NULL) o
			CROSS JOIN LATERAL (SELECT FROM posts p WHERE p.id = o.post_id AND ` + f.belongs() + ` OFFSET 0) p
		ORDER BY l.cursor {order} LIMIT `
	return inOrder(page, `
		WITH `+f.sets()+`, asked AS MATERIALIZED (SELECT id, NULL AS name FROM sources UNION ALL SELECT NULL, name FROM topics)
		SELECT DISTINCT l.cursor, l.post_id, l.boosted_by, l.boosted_at, true AS complete
		FROM (
			SELECT s.id, s.name, dense_rank() OVER (ORDER BY first.cursor {order}) AS place
			FROM asked s CROSS JOIN LATERAL (`+each+` 1) first
		) s CROSS JOIN LATERAL (`+each+` $4) l
		WHERE s.place <= $4
		ORDER BY l.cursor {order} LIMIT $4`)
}

func inOrder(page paging.Page, query string) string {
	return strings.ReplaceAll(query, "{order}", page.Order())
}

// feedLines looks among the newest rows first, which answers most readers and whose cost is bounded; only who follows what is
// rarely heard of has every source asked.
func feedLines(ctx context.Context, db sqlx.ExtContext, f feed, readerID, listID int64, page paging.Page, limit int) ([]line, error) {
	after, before := page.Bounds()
	var rows []struct {
		line
		Complete bool `db:"complete"`
	}
	err := sqlx.SelectContext(ctx, db, &rows, f.recent(page), readerID, after, before, limit, listID)
	if err != nil {
		return nil, err
	}
	if !rows[0].Complete {
		rows = rows[:0]
		if err = sqlx.SelectContext(ctx, db, &rows, f.thorough(page), readerID, after, before, limit, listID); err != nil {
			return nil, err
		}
	}
	lines := make([]line, 0, len(rows))
	for _, r := range rows {
		if r.Cursor > 0 {
			lines = append(lines, r.line)
		}
	}
	return lines, nil
}

func repliesPolicy(ctx context.Context, db sqlx.ExtContext, readerID, listID int64) (policy string, err error) {
	err = sqlx.GetContext(ctx, db, &policy, `SELECT replies_policy FROM lists WHERE id = $2 AND account_id = $1`, readerID, listID)
	return policy, err
}
