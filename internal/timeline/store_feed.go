package timeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// window is how many of the newest posts and boosts are searched before every source is asked.
const window = 2_000

// feed is a timeline of sources. Its queries take $1 the reader, $2 and $3 the bounds of the page, $4 its size and $5 what
// the timeline is of.
type feed struct {
	sources string // SELECT id, show_boosts, languages FROM followed: the accounts it is made of
	replies string // which answers of them it has, beside those they give themselves
	tags    bool   // whether it has the posts with followed hashtags, too
}

const (
	answersFollowed = `IN (SELECT id FROM followed)`
	answersMembers  = `IN (SELECT id FROM sources UNION ALL SELECT $1::bigint)`
	answersReader   = `= $1::bigint`

	members = `SELECT f.id, f.show_boosts, f.languages FROM followed f JOIN list_members m ON m.target_id = f.id AND m.list_id = $5`
)

var (
	homeFeed = feed{replies: answersFollowed, tags: true, sources: `
		SELECT f.id, f.show_boosts, f.languages FROM followed f WHERE $5::bigint IS NOT NULL AND f.id NOT IN (SELECT id FROM exclusive)`}
	// listFeeds are those of lists by their replies policy.
	listFeeds = map[string]feed{
		"followed": {sources: members, replies: answersFollowed},
		"list":     {sources: members, replies: answersMembers},
		"none":     {sources: members, replies: answersReader},
	}
)

// with is what the queries stand on: whom the reader follows and wants to hear, the reader included; the accounts that make
// the timeline; those of them whose boosts it has.
func (f feed) with() string {
	return `
		WITH followed AS MATERIALIZED (
			SELECT f.target_id AS id, f.show_boosts, f.languages FROM follows f
			WHERE f.account_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL AND ` + post.Heard("f.target_id", "$1") + `
			UNION ALL SELECT $1::bigint, true, '{}'
		), exclusive AS MATERIALIZED (
			SELECT m.target_id AS id FROM lists l JOIN list_members m ON m.list_id = l.id WHERE l.account_id = $1 AND l.exclusive
		), sources AS MATERIALIZED (` + f.sources + `
		), boosters AS MATERIALIZED (SELECT id FROM sources WHERE show_boosts
		), choosy AS MATERIALIZED (SELECT id, languages FROM sources WHERE languages <> '{}'
		), topics AS MATERIALIZED (SELECT name FROM followed_tags WHERE account_id = $1 AND ` + fmt.Sprint(f.tags) + `)`
}

// Conditions on a post p. They are written as expressions and not as joins, so that reading stops as soon as a page is full.

const isTop = `p.in_reply_to_id IS NULL AND p.in_reply_to_uri = ''`

func (f feed) written() string {
	return `(` + isTop + ` OR p.account_id = $1 OR EXISTS (
		SELECT 1 FROM posts parent WHERE parent.id = p.in_reply_to_id AND (parent.account_id = p.account_id OR parent.account_id ` + f.replies + `)))
		AND ` + understood("p.account_id")
}

func onBoard() string {
	return isTop + ` AND (p.account_id IN (SELECT id FROM sources)) IS FALSE AND (p.account_id IN (SELECT id FROM exclusive)) IS FALSE AND ` + understood("p.board_id")
}

const onTopic = `p.visibility = 'public' AND (p.account_id IN (SELECT id FROM exclusive)) IS FALSE`

// understood is whether the post is in a language that the reader wants of the source.
func understood(source string) string {
	return `NOT EXISTS (SELECT 1 FROM choosy c WHERE c.id = ` + source + ` AND p.language <> '' AND p.language <> ALL (c.languages))`
}

// once is whether the post is shown as a post: where it was boosted, it stands at its newest boost.
const once = `(NOT EXISTS (SELECT 1 FROM boosts b WHERE b.post_id = p.id AND b.undone_at IS NULL AND b.account_id IN (SELECT id FROM boosters))) IS TRUE`

const newestBoost = `(NOT EXISTS (SELECT 1 FROM boosts newer
	WHERE newer.post_id = b.post_id AND newer.id > b.id AND newer.undone_at IS NULL AND newer.account_id IN (SELECT id FROM boosters))) IS TRUE`

func shown() string { return `(` + post.ShownTo("p", "$1") + `) IS TRUE` }

// recent looks through the window of the newest posts and boosts.
func (f feed) recent(page paging.Page) string {
	return f.with() + strings.NewReplacer("{order}", page.Order(), "{window}", fmt.Sprint(window)).Replace(`
		(SELECT p.id AS cursor, p.id AS post_id, NULL::bigint AS boosted_by, NULL::timestamptz AS boosted_at
		FROM (
			SELECT p.id, p.account_id, p.board_id, p.in_reply_to_id, p.in_reply_to_uri, p.state, p.visibility, p.language FROM posts p
			WHERE p.id > $2 AND p.id < $3 ORDER BY p.id {order} LIMIT {window}) p
		WHERE (
				(p.account_id IN (SELECT id FROM sources)) AND `+f.written()+`
				OR (p.board_id IN (SELECT id FROM sources)) AND `+onBoard()+`
				OR (SELECT count(*) FROM topics) > 0 AND `+onTopic+` AND EXISTS (
					SELECT 1 FROM tags t WHERE t.post_id = p.id AND lower(t.name) IN (SELECT name FROM topics)))
			AND `+once+` AND `+shown()+`
		ORDER BY p.id {order} LIMIT $4)
		UNION ALL
		(SELECT b.id, b.post_id, b.account_id, b.created_at
		FROM (
			SELECT b.id, b.post_id, b.account_id, b.created_at FROM boosts b
			WHERE b.id > $2 AND b.id < $3 AND b.undone_at IS NULL ORDER BY b.id {order} LIMIT {window}) b
			CROSS JOIN LATERAL (SELECT p.id, p.account_id, p.state, p.visibility, p.language FROM posts p WHERE p.id = b.post_id) p
		WHERE (b.account_id IN (SELECT id FROM boosters)) IS TRUE AND `+understood("b.account_id")+` AND `+newestBoost+` AND `+shown()+`
		ORDER BY b.id {order} LIMIT $4)`)
}

// posts asks every source for what it wrote, or for what stands on its board, and every followed hashtag.
func (f feed) posts(page paging.Page) string {
	return f.with() + `
		SELECT cursor, cursor AS post_id, NULL::bigint AS boosted_by, NULL::timestamptz AS boosted_at FROM (
			` + ofEach("sources", "id", "p.id", `posts p WHERE p.account_id = s.id AND p.id > $2 AND p.id < $3 AND `+f.written()+` AND `+once+` AND `+shown(), page) + `
			UNION
			` + ofEach("sources", "id", "p.id", `posts p WHERE p.board_id = s.id AND p.id > $2 AND p.id < $3 AND `+onBoard()+` AND `+once+` AND `+shown(), page) + `
			UNION
			` + ofEach("topics", "name", "t.post_id", `tags t JOIN posts p ON p.id = t.post_id
				WHERE lower(t.name) = s.name AND t.post_id > $2 AND t.post_id < $3 AND `+onTopic+` AND `+once+` AND `+shown(), page) + `
		) lines ORDER BY cursor ` + page.Order() + ` LIMIT $4`
}

// boosts asks every source for what it boosted.
func (f feed) boosts(page paging.Page) string {
	return f.with() + `
		SELECT b.id AS cursor, b.post_id, b.account_id AS boosted_by, b.created_at AS boosted_at FROM (
			` + ofEach("boosters", "id", "b.id", `boosts b JOIN posts p ON p.id = b.post_id
				WHERE b.account_id = s.id AND b.undone_at IS NULL AND b.id > $2 AND b.id < $3
					AND `+understood("b.account_id")+` AND `+newestBoost+` AND `+shown(), page) + `
		) lines JOIN boosts b ON b.id = lines.cursor ORDER BY b.id ` + page.Order() + ` LIMIT $4`
}

// ofEach is the page of what every row of a set has, by its key. Those that have the first line of all are found first: a
// page cannot come from more of them than it has lines.
func ofEach(set, key, cursor, from string, page paging.Page) string {
	return strings.NewReplacer("{set}", set, "{key}", key, "{cursor}", cursor, "{from}", from, "{order}", page.Order()).Replace(`
		(SELECT each.cursor FROM (
			SELECT s.{key}, first.cursor FROM {set} s
				CROSS JOIN LATERAL (SELECT {cursor} AS cursor FROM {from} ORDER BY {cursor} {order} LIMIT 1) first
			ORDER BY first.cursor {order} LIMIT $4) s
			CROSS JOIN LATERAL (SELECT {cursor} AS cursor FROM {from} ORDER BY {cursor} {order} LIMIT $4) each
		ORDER BY each.cursor {order} LIMIT $4)`)
}

func feedLines(ctx context.Context, db sqlx.ExtContext, f feed, query string, readerID, of int64, page paging.Page, limit int) (list []line, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, query, readerID, after, before, limit, of)
	return list, err
}

// withinWindow reports whether the window holds all rows of a table (posts, boosts) between the bounds of the page.
func withinWindow(ctx context.Context, db sqlx.ExtContext, table string, page paging.Page) (all bool, err error) {
	after, before := page.Bounds()
	err = sqlx.GetContext(ctx, db, &all, `
		SELECT count(*) < $3 FROM (SELECT 1 FROM `+table+` WHERE id > $1 AND id < $2 LIMIT $3) rows`, after, before, window)
	return all, err
}

func repliesPolicy(ctx context.Context, db sqlx.ExtContext, readerID, listID int64) (policy string, err error) {
	err = sqlx.GetContext(ctx, db, &policy, `SELECT replies_policy FROM lists WHERE id = $2 AND account_id = $1`, readerID, listID)
	return policy, err
}
