package post

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
)

func postsByAccount(ctx context.Context, db sqlx.ExtContext, viewerID, accountID int64, page paging.Page) (list []Post, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM posts p
		WHERE p.account_id = $2 AND p.id > $3 AND p.id < $4 AND `+VisibleTo("p", "$1")+`
		ORDER BY p.id `+page.Order()+` LIMIT $5`, viewerID, accountID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

// postsOfGroup lists what a group wrote, and what began on its board.
func postsOfGroup(ctx context.Context, db sqlx.ExtContext, viewerID, groupID int64, page paging.Page) (list []Post, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM posts p
		WHERE (p.account_id = $2 OR p.board_id = $2 AND p.in_reply_to_id IS NULL AND p.in_reply_to_uri = '')
			AND p.id > $3 AND p.id < $4 AND `+ListedTo("p", "$1")+`
		ORDER BY p.id `+page.Order()+` LIMIT $5`, viewerID, groupID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

// lastActivity is the id of the newest post that is not for chosen people, in the thread whose id the SQL expression id names.
func lastActivity(id string) string {
	return `(SELECT r.id FROM posts r
		WHERE r.thread_id = ` + id + ` AND r.state = 'published' AND r.visibility IN ('public', 'unlisted', 'network')
		ORDER BY r.id DESC LIMIT 1)`
}

// threads pages by the newest activity; the cursors are ids of threads, whose activity is looked up anew. Articles with details of
// their own have a list of their own.
func threads(ctx context.Context, db sqlx.ExtContext, viewerID int64, page paging.Page) (list []Post, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM posts p CROSS JOIN LATERAL (SELECT `+lastActivity("p.id")+` AS id) activity
		WHERE p.visibility IN ('public', 'network') AND `+ListedTo("p", "$4")+`
			AND NOT (p.kind = 'article' AND (p.role IN ('Document', 'Edition') OR EXISTS (SELECT 1 FROM practices d WHERE d.post_id = p.id)))
			AND p.in_reply_to_id IS NULL AND p.in_reply_to_uri = ''
			AND activity.id > coalesce(`+lastActivity("$1::bigint")+`, $1::bigint)
			AND activity.id < coalesce(`+lastActivity("$2::bigint")+`, $2::bigint)
		ORDER BY activity.id `+page.Order()+` LIMIT $3`, after, before, page.Size(), viewerID)
	paging.NewestFirst(page, list)
	return list, err
}

func publicReplies(ctx context.Context, db sqlx.ExtContext, id int64, limit int) (list []Post, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM posts p
		WHERE p.in_reply_to_id = $1 AND p.visibility IN ('public', 'unlisted') AND `+ListedTo("p", "0")+`
		ORDER BY p.id LIMIT $2`, id, limit)
	return list, err
}
