package post

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// insertDetails writes whom and what a new post names; most name nothing.
func insertDetails(ctx context.Context, db sqlx.ExtContext, postID int64, mentions []int64, tags []string) error {
	if len(mentions) > 0 {
		if err := insertMentions(ctx, db, postID, mentions); err != nil {
			return err
		}
	}
	if len(tags) > 0 {
		return insertTags(ctx, db, postID, tags)
	}
	return nil
}

func insertMentions(ctx context.Context, db sqlx.ExtContext, postID int64, accountIDs []int64) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO mentions (post_id, account_id)
		SELECT $1, id FROM accounts WHERE id = ANY ($2) ON CONFLICT DO NOTHING`, postID, pq.Array(accountIDs))
	return err
}

func insertTags(ctx context.Context, db sqlx.ExtContext, postID int64, names []string) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO tags (post_id, name) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, postID, pq.Array(names))
	return err
}

func replaceMentions(ctx context.Context, db sqlx.ExtContext, postID int64, accountIDs []int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM mentions WHERE post_id = $1 AND account_id <> ALL ($2)`, postID, pq.Array(accountIDs))
	if err != nil {
		return err
	}
	return insertMentions(ctx, db, postID, accountIDs)
}

func replaceTags(ctx context.Context, db sqlx.ExtContext, postID int64, names []string) error {
	if _, err := db.ExecContext(ctx, `DELETE FROM tags WHERE post_id = $1`, postID); err != nil {
		return err
	}
	return insertTags(ctx, db, postID, names)
}

type mention struct {
	PostID    int64 `db:"post_id"`
	AccountID int64 `db:"account_id"`
}

func mentionsOf(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []mention, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT post_id, account_id FROM mentions WHERE post_id = ANY ($1) ORDER BY post_id, account_id`, pq.Array(postIDs))
	return list, err
}

type tag struct {
	PostID int64  `db:"post_id"`
	Name   string `db:"name"`
}

func tagsOf(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []tag, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT post_id, name FROM tags WHERE post_id = ANY ($1) ORDER BY post_id, name`, pq.Array(postIDs))
	return list, err
}

// aside is something that stands beside a post, in one row: whom it mentions, a tag, who wrote its parent, or what the viewer
// did with it.
type aside struct {
	Kind      string `db:"kind"`
	PostID    int64  `db:"post_id"` // of the kind thread: the thread
	AccountID int64  `db:"account_id"`
	Name      string `db:"name"`
}

const (
	asideMention    = "mention"
	asideTag        = "tag"
	asideParent     = "parent"
	asideFavourited = "favourited"
	asideBoosted    = "boosted"
	asideBookmarked = "bookmarked"
	asidePinned     = "pinned"
	asideThread     = "thread"
)

// asidesOf reads with one query all that Views shows beside posts; parents and threads are those the posts name.
func asidesOf(ctx context.Context, db sqlx.ExtContext, viewerID int64, ids, parents, threads []int64) (list []aside, err error) {
	query := `
		SELECT 'mention' AS kind, post_id, account_id, '' AS name FROM mentions WHERE post_id = ANY ($1)
		UNION ALL SELECT 'tag', post_id, 0, name FROM tags WHERE post_id = ANY ($1)
		UNION ALL SELECT 'parent', id, account_id, '' FROM posts WHERE id = ANY ($2)`
	args := []any{pq.Array(ids), pq.Array(parents)}
	if viewerID != 0 {
		query += `
		UNION ALL SELECT 'favourited', post_id, 0, '' FROM favourites WHERE account_id = $3 AND post_id = ANY ($1) AND undone_at IS NULL
		UNION ALL SELECT 'boosted', post_id, 0, '' FROM boosts WHERE account_id = $3 AND post_id = ANY ($1) AND undone_at IS NULL
		UNION ALL SELECT 'bookmarked', post_id, 0, '' FROM bookmarks WHERE account_id = $3 AND post_id = ANY ($1)
		UNION ALL SELECT 'pinned', post_id, 0, '' FROM pins WHERE account_id = $3 AND post_id = ANY ($1)
		UNION ALL SELECT 'thread', thread_id, 0, '' FROM thread_mutes WHERE account_id = $3 AND thread_id = ANY ($4)`
		args = append(args, viewerID, pq.Array(threads))
	}
	err = sqlx.SelectContext(ctx, db, &list, query+` ORDER BY post_id, account_id, name`, args...)
	return list, err
}

// insertRevision numbers the version itself when r.Revision is 0.
func insertRevision(ctx context.Context, db sqlx.ExtContext, r Revision) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO revisions (post_id, revision, account_id, title, summary, html, source, detail)
		VALUES ($1, CASE WHEN $2 > 0 THEN $2 ELSE (SELECT coalesce(max(revision), 0) + 1 FROM revisions WHERE post_id = $1) END,
			$3, $4, $5, $6, $7, $8)`,
		r.PostID, r.Revision, r.AccountID, r.Title, r.Summary, r.HTML, r.Source, jsonOrNull(r.Detail))
	return err
}

// mediaOf lists the files that hang on a post, for its versions.
func mediaOf(ctx context.Context, db sqlx.ExtContext, postID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT id FROM media WHERE post_id = $1 ORDER BY position, id`, postID)
	return ids, err
}

func jsonOrNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return string(b)
}

func revisionsOf(ctx context.Context, db sqlx.ExtContext, postID int64) (list []Revision, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT post_id, revision, account_id, title, summary, html, source, detail, created_at
		FROM revisions WHERE post_id = $1 ORDER BY revision DESC`, postID)
	return list, err
}
