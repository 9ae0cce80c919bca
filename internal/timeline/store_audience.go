package timeline

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

const (
	newsColumns = `p.id AS post_id, p.account_id AS author_id, p.visibility, p.local, NOT ` + isTop + ` AS answer, p.published_at,
		EXISTS (SELECT 1 FROM media m WHERE m.post_id = p.id) AS media,
		ARRAY (SELECT lower(t.name) FROM tags t WHERE t.post_id = p.id) AS tags`
	postNews = `
		SELECT 0 AS boost_id, NULL::bigint AS booster_id, NULL::timestamptz AS boosted_at, false AS gone, ` + newsColumns + `
		FROM posts p WHERE p.id = $1 AND p.state = 'published'`
	boostNews = `
		SELECT b.id AS boost_id, b.account_id AS booster_id, b.created_at AS boosted_at, b.undone_at IS NOT NULL AS gone, ` + newsColumns + `
		FROM boosts b JOIN posts p ON p.id = b.post_id WHERE b.id = $1 AND p.state = 'published'`
)

func newsByID(ctx context.Context, db sqlx.ExtContext, query string, id int64) (News, error) {
	var row struct {
		News
		Tags pq.StringArray `db:"tags"`
	}
	err := sqlx.GetContext(ctx, db, &row, query, id)
	row.News.Tags = row.Tags
	return row.News, err
}

type watcher struct {
	AccountID int64 `db:"account_id"`
	ListID    int64 `db:"list_id"`
	Stands    bool  `db:"stands"`
	Shown     bool  `db:"shown"`
	Special   bool  `db:"special"`
}

// named are the followed whom the rules of a feed can ask for when the line l of the post p is all there is: its author, its board,
// who boosted it, whom it answers.
const named = `f.target_id = ANY (ARRAY[p.account_id, p.board_id, l.boosted_by]
	|| ARRAY (SELECT parent.account_id FROM posts parent WHERE parent.id = p.in_reply_to_id)
	|| ARRAY (SELECT b.account_id FROM boosts b WHERE b.post_id = p.id AND b.undone_at IS NULL))`

// standsIn is the condition that the line l of the post p stands in the feed of a watcher w.
func (f feed) standsIn() string {
	return strings.NewReplacer("$1", "w.account_id", "$5", "w.list_id").Replace(`EXISTS (WITH ` + f.setsOf(named) + ` SELECT 1 WHERE ` + f.belongs() + `)`)
}

// concerned is a cheap condition that everyone meets in one of whose feeds the line l of the post p can stand. Most meet none.
const concerned = `(w.account_id IN (p.account_id, l.boosted_by)
	OR EXISTS (SELECT 1 FROM follows f WHERE f.account_id = w.account_id AND f.target_id IN (p.account_id, p.board_id, l.boosted_by)
		AND f.state = 'accepted' AND f.undone_at IS NULL)
	OR p.visibility = 'public' AND EXISTS (
		SELECT 1 FROM followed_tags f JOIN tags t ON lower(t.name) = f.name WHERE f.account_id = w.account_id AND t.post_id = p.id))`

func audience(ctx context.Context, db sqlx.ExtContext, n News, edited bool, watches []Watch) (list []watcher, err error) {
	accountIDs, listIDs := make([]int64, len(watches)), make([]int64, len(watches))
	feeds := `WHEN w.list_id = 0 THEN ` + homeFeed.standsIn()
	lists := false
	for i, w := range watches {
		accountIDs[i], listIDs[i] = w.AccountID, w.ListID
		lists = lists || w.ListID != 0
	}
	if lists {
		for _, policy := range slices.Sorted(maps.Keys(listFeeds)) {
			feeds += ` WHEN w.policy = '` + policy + `' THEN ` + listFeeds[policy].standsIn()
		}
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		WITH lines AS MATERIALIZED (
			SELECT $1::bigint AS cursor, NULL::bigint AS boosted_by WHERE $2::bigint = 0
			UNION ALL
			SELECT b.id, b.account_id FROM boosts b WHERE b.undone_at IS NULL AND (b.id = $2 OR $3::boolean AND b.post_id = $1)
		)
		SELECT w.account_id, w.list_id,
			EXISTS (SELECT 1 FROM lines l WHERE CASE WHEN NOT `+concerned+` THEN false `+feeds+` ELSE false END) AS stands,
			`+post.ShownTo("p", "w.account_id")+` AS shown,
			(p.account_id = w.account_id
				OR EXISTS (SELECT 1 FROM filters f WHERE f.account_id = w.account_id AND (f.expires_at IS NULL OR f.expires_at > now()))
				OR EXISTS (SELECT 1 FROM favourites f WHERE f.account_id = w.account_id AND f.post_id = p.id AND f.undone_at IS NULL)
				OR EXISTS (SELECT 1 FROM boosts b WHERE b.account_id = w.account_id AND b.post_id = p.id AND b.undone_at IS NULL)
				OR EXISTS (SELECT 1 FROM bookmarks b WHERE b.account_id = w.account_id AND b.post_id = p.id)
				OR EXISTS (SELECT 1 FROM thread_mutes m WHERE m.account_id = w.account_id AND m.thread_id = p.thread_id)
				OR EXISTS (SELECT 1 FROM poll_votes v WHERE v.account_id = w.account_id AND v.post_id = p.id)) AS special
		FROM (
			SELECT w.account_id, w.list_id, l.replies_policy AS policy
			FROM unnest($4::bigint[], $5::bigint[]) AS w (account_id, list_id) LEFT JOIN lists l ON l.id = w.list_id AND l.account_id = w.account_id
		) w CROSS JOIN posts p
		WHERE p.id = $1`, n.PostID, n.BoostID, edited, pq.Array(accountIDs), pq.Array(listIDs))
	return list, err
}

// witnesses asks as if the post still stood.
func witnesses(ctx context.Context, db sqlx.ExtContext, postID int64, accountIDs []int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT w.id FROM unnest($2::bigint[]) AS w (id) CROSS JOIN (
			SELECT p.id, p.account_id, p.visibility, 'published'::text AS state, false AS hidden FROM posts p WHERE p.id = $1) p
		WHERE `+post.VisibleTo("p", "w.id"), postID, pq.Array(accountIDs))
	return ids, err
}
