package post

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// threadPosts lists a thread by time, also what is withdrawn or not for the viewer. askedID and the first post were asked for;
// the others are shown unasked.
func threadPosts(ctx context.Context, db sqlx.ExtContext, viewerID, threadID, askedID int64, limit int) (list []seenPost, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+`, CASE WHEN p.id IN ($2, $3) THEN `+audience("p", "$1")+` ELSE `+listed("p", "$1")+` END AS seen FROM posts p
		WHERE p.thread_id = $2 AND p.state <> 'draft'
		ORDER BY p.id LIMIT $4`, viewerID, threadID, askedID, limit)
	return list, err
}

// shownPost is a post of a thread in any state, with whether the viewer sees it there.
type shownPost struct {
	Post
	Shown bool `db:"shown"`
}

// shownThread is threadPosts for whom the thread is shown unasked.
func shownThread(ctx context.Context, db sqlx.ExtContext, viewerID, threadID int64, limit int) (list []shownPost, err error) {
	shown := ShownTo("p", "$1")
	if viewerID == 0 {
		shown = ListedTo("p", "$1") // visitors mute nobody
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+`, `+shown+` AS shown FROM posts p
		WHERE p.thread_id = $2 AND p.state <> 'draft'
		ORDER BY p.id LIMIT $3`, viewerID, threadID, limit)
	return list, err
}

// lockParent locks the first post of a thread and then the post that is about to be answered, and returns the latter.
// Whoever finds that the thread moved while it waited lets go of both before it tries again: holding them, it would
// wait for the new first post against the order in which others lock.
func lockParent(ctx context.Context, tx *sqlx.Tx, id int64) (Post, error) {
	p, err := postByID(ctx, tx, id)
	if err != nil {
		return p, err
	}
	for {
		if _, err := tx.ExecContext(ctx, `SAVEPOINT parent`); err != nil {
			return p, err
		}
		if _, err := tx.ExecContext(ctx, `SELECT 1 FROM posts WHERE id = $1 FOR NO KEY UPDATE`, p.ThreadID); err != nil {
			return p, err
		}
		locked, err := lockPost(ctx, tx, id)
		if err != nil {
			return locked, err
		}
		if locked.ThreadID == p.ThreadID {
			_, err := tx.ExecContext(ctx, `RELEASE SAVEPOINT parent`)
			return locked, err
		}
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT parent`); err != nil {
			return locked, err
		}
		p = locked
	}
}

// recountReplies needs the row locked by lockParent, else two answers at once count each other out.
func recountReplies(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE posts SET replies_count = (
			SELECT count(*) FROM posts r WHERE r.in_reply_to_id = posts.id AND r.state = 'published')
		WHERE id = $1`, id)
	return err
}

// orphansOf lists and locks the first posts of threads that wait for uri.
func orphansOf(ctx context.Context, db sqlx.ExtContext, uri string) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT id FROM posts WHERE in_reply_to_uri = $1 AND in_reply_to_uri <> '' AND in_reply_to_id IS NULL ORDER BY id FOR NO KEY UPDATE`, uri)
	return ids, err
}

// rootOfContext returns the published beginning of the thread with that context, which everyone may see.
func rootOfContext(ctx context.Context, db sqlx.ExtContext, contextURI string) (p Post, err error) {
	err = sqlx.GetContext(ctx, db, &p, `SELECT `+columns+` FROM posts p WHERE p.context_uri = $1 AND p.context_uri <> ''
		AND p.in_reply_to_uri = '' AND p.state = 'published' AND p.visibility IN ('public', 'unlisted') ORDER BY p.id LIMIT 1`, contextURI)
	return p, err
}

// rootsOfOrphans lists the beginnings of the threads that the orphans of a post name as their context.
func rootsOfOrphans(ctx context.Context, db sqlx.ExtContext, uri string) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT DISTINCT r.id FROM posts o JOIN posts r ON r.context_uri = o.context_uri
		WHERE o.in_reply_to_uri = $1 AND o.in_reply_to_uri <> '' AND o.in_reply_to_id IS NULL AND o.context_uri <> '' AND r.in_reply_to_uri = '' AND r.id <> o.thread_id
			AND r.state = 'published' AND r.visibility IN ('public', 'unlisted') ORDER BY r.id`, uri)
	return ids, err
}

// adopt hangs the thread that begins with orphan below p: all of it bears the orphan's id as its thread, at whatever
// level. It may be seen by no more people than p.
func adopt(ctx context.Context, db sqlx.ExtContext, p Post, orphan int64) error {
	if _, err := db.ExecContext(ctx, `UPDATE posts SET in_reply_to_id = $2 WHERE id = $1`, orphan, p.ID); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `
		UPDATE posts SET thread_id = $2,
			board_id = coalesce($3, board_id),
			context_uri = CASE WHEN $4 <> '' THEN $4 ELSE context_uri END,
			visibility = CASE
				WHEN array_position(ARRAY['public', 'unlisted', 'network', 'followers', 'direct'], visibility)
					< array_position(ARRAY['public', 'unlisted', 'network', 'followers', 'direct'], $5) THEN $5
				ELSE visibility END
		WHERE thread_id = $1`, orphan, p.ThreadID, p.BoardID, p.ContextURI, string(p.Visibility))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
		INSERT INTO thread_mutes (account_id, thread_id)
		SELECT account_id, $2 FROM thread_mutes WHERE thread_id = $1 ON CONFLICT DO NOTHING`, orphan, p.ThreadID)
	return err
}
