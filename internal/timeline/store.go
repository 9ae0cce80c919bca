package timeline

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// line is one entry of a timeline: a post, and the boost that brought it.
type line struct {
	Cursor    int64  `db:"cursor"` // id of the post or of the boost: what pages are counted by
	PostID    int64  `db:"post_id"`
	BoostedBy *int64 `db:"boosted_by"`
}

// sources are the accounts whose posts and boosts make the reader's home: those followed, and the reader.
const sources = `sources AS (
		SELECT target_id AS id FROM follows WHERE account_id = $1 AND state = 'accepted' AND undone_at IS NULL
		UNION SELECT $1::bigint)`

// home reads no more rows of each source than a page has, so its cost follows the number of follows and not of posts.
// A post that a source boosted stands at its newest boost only. What stands on the board of a followed group comes too:
// our own groups announce to other instances, not to ourselves.
func home(ctx context.Context, db sqlx.ExtContext, readerID int64, page paging.Page, limit int) (list []line, err error) {
	after, before := page.Bounds()
	order := page.Order()
	unboosted := `NOT EXISTS (SELECT 1 FROM boosts b WHERE b.post_id = p.id AND b.undone_at IS NULL AND b.account_id IN (SELECT id FROM sources))`
	err = sqlx.SelectContext(ctx, db, &list, `
		WITH `+sources+`
		SELECT cursor, post_id, boosted_by FROM (
			SELECT own.id AS cursor, own.id AS post_id, NULL::bigint AS boosted_by
			FROM sources s CROSS JOIN LATERAL (
				SELECT p.id FROM posts p
				WHERE p.account_id = s.id AND p.id > $2 AND p.id < $3 AND `+post.VisibleTo("p", "$1")+`
					AND (p.account_id = $1 OR p.in_reply_to_uri = '' AND p.in_reply_to_id IS NULL
						OR EXISTS (SELECT 1 FROM posts parent WHERE parent.id = p.in_reply_to_id AND parent.account_id IN (SELECT id FROM sources)))
					AND `+unboosted+`
				ORDER BY p.id `+order+` LIMIT $4) own
			UNION ALL
			SELECT board.id, board.id, NULL
			FROM sources s CROSS JOIN LATERAL (
				SELECT p.id FROM posts p
				WHERE p.board_id = s.id AND p.in_reply_to_id IS NULL AND p.in_reply_to_uri = '' AND p.id > $2 AND p.id < $3
					AND p.account_id NOT IN (SELECT id FROM sources) AND `+post.VisibleTo("p", "$1")+` AND `+unboosted+`
				ORDER BY p.id `+order+` LIMIT $4) board
			UNION ALL
			SELECT shared.id, shared.post_id, s.id
			FROM sources s CROSS JOIN LATERAL (
				SELECT b.id, b.post_id FROM boosts b JOIN posts p ON p.id = b.post_id
				WHERE b.account_id = s.id AND b.undone_at IS NULL AND b.id > $2 AND b.id < $3 AND `+post.VisibleTo("p", "$1")+`
					AND NOT EXISTS (SELECT 1 FROM boosts newer WHERE newer.post_id = b.post_id AND newer.id > b.id AND newer.undone_at IS NULL
						AND newer.account_id IN (SELECT id FROM sources))
				ORDER BY b.id `+order+` LIMIT $4) shared
		) lines
		ORDER BY cursor `+order+` LIMIT $4`, readerID, after, before, limit)
	return list, err
}

func public(ctx context.Context, db sqlx.ExtContext, localOnly bool, page paging.Page, limit int) (list []line, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT p.id AS cursor, p.id AS post_id, NULL::bigint AS boosted_by FROM posts p
		WHERE p.state = 'published' AND p.visibility = 'public' AND p.in_reply_to_id IS NULL AND p.in_reply_to_uri = ''
			AND (p.local OR NOT $1) AND p.id > $2 AND p.id < $3
		ORDER BY p.id `+page.Order()+` LIMIT $4`, localOnly, after, before, limit)
	return list, err
}
