package post

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const columns = `p.id, p.uri, p.url, p.account_id, p.local, p.kind, p.state, p.visibility, p.role, p.board_id,
	p.in_reply_to_id, p.in_reply_to_uri, p.thread_id, p.context_uri, p.title, p.summary, p.html, p.source, p.source_type, p.app_id, p.language,
	p.sensitive, p.replies_count, p.boosts_count, p.favourites_count, p.published_at, p.edited_at, p.withdrawn_at, p.created_at`

func postByID(ctx context.Context, db sqlx.ExtContext, id int64) (p Post, err error) {
	err = sqlx.GetContext(ctx, db, &p, `SELECT `+columns+` FROM posts p WHERE p.id = $1`, id)
	return p, err
}

// lockPost is postByID that makes other writers of the row wait.
func lockPost(ctx context.Context, db sqlx.ExtContext, id int64) (p Post, err error) {
	err = sqlx.GetContext(ctx, db, &p, `SELECT `+columns+` FROM posts p WHERE p.id = $1 FOR NO KEY UPDATE`, id)
	return p, err
}

func postByURI(ctx context.Context, db sqlx.ExtContext, uri string) (p Post, err error) {
	err = sqlx.GetContext(ctx, db, &p, `SELECT `+columns+` FROM posts p WHERE p.uri = $1`, uri)
	return p, err
}

func lockPostByURI(ctx context.Context, db sqlx.ExtContext, uri string) (p Post, err error) {
	err = sqlx.GetContext(ctx, db, &p, `SELECT `+columns+` FROM posts p WHERE p.uri = $1 FOR NO KEY UPDATE`, uri)
	return p, err
}

// postByURL takes ours only for addresses of ours, so that nobody else's post answers to one.
func postByURL(ctx context.Context, db sqlx.ExtContext, url string, ours bool) (p Post, err error) {
	err = sqlx.GetContext(ctx, db, &p, `
		SELECT `+columns+` FROM posts p
		WHERE p.url = $1 AND p.url <> '' AND p.local = $2
		ORDER BY p.id LIMIT 1`, url, ours)
	return p, err
}

// insertPost reports false when the id or the uri is taken.
func insertPost(ctx context.Context, db sqlx.ExtContext, p Post) (inserted bool, err error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO posts (id, uri, url, account_id, local, kind, state, visibility, role, board_id,
			in_reply_to_id, in_reply_to_uri, thread_id, context_uri, title, summary, html, source, language,
			sensitive, published_at, edited_at, source_type, app_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, coalesce(nullif($23, ''), 'text/markdown'), $24)
		ON CONFLICT DO NOTHING`,
		p.ID, p.URI, p.URL, p.AccountID, p.Local, p.Kind, p.State, p.Visibility, p.Role, p.BoardID,
		p.InReplyToID, p.InReplyToURI, p.ThreadID, p.ContextURI, p.Title, p.Summary, p.HTML, p.Source, p.Language,
		p.Sensitive, p.PublishedAt, p.EditedAt, p.SourceType, p.AppID)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// updatePost writes what an author can change later.
func updatePost(ctx context.Context, db sqlx.ExtContext, p Post) error {
	_, err := db.ExecContext(ctx, `
		UPDATE posts SET url = $2, visibility = $3, role = $4, board_id = $5, title = $6, summary = $7, html = $8,
			source = $9, language = $10, sensitive = $11, edited_at = $12, kind = $13
		WHERE id = $1`,
		p.ID, p.URL, p.Visibility, p.Role, p.BoardID, p.Title, p.Summary, p.HTML, p.Source, p.Language, p.Sensitive, p.EditedAt, p.Kind)
	return err
}

func updateBoard(ctx context.Context, db sqlx.ExtContext, id int64, boardID *int64) error {
	_, err := db.ExecContext(ctx, `UPDATE posts SET board_id = $2 WHERE id = $1`, id, boardID)
	return err
}

func withdrawPost(ctx context.Context, db sqlx.ExtContext, id int64, at time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE posts SET state = 'withdrawn', withdrawn_at = $2 WHERE id = $1`, id, at)
	return err
}

func publishedBy(ctx context.Context, db sqlx.ExtContext, accountID int64, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT id FROM posts WHERE account_id = $1 AND state = 'published' ORDER BY id DESC LIMIT $2`, accountID, limit)
	return ids, err
}

// emptyPost takes the words of a post and of all its versions. Who was mentioned stays: they must hear of the deletion.
func emptyPost(ctx context.Context, db sqlx.ExtContext, id int64) error {
	for _, statement := range []string{
		`UPDATE posts SET title = '', summary = '', html = '', source = '' WHERE id = $1`,
		`UPDATE revisions SET title = '', summary = '', html = '', source = '', detail = NULL WHERE post_id = $1`,
		`DELETE FROM tags WHERE post_id = $1`,
	} {
		if _, err := db.ExecContext(ctx, statement, id); err != nil {
			return err
		}
	}
	return nil
}

func deleteDraft(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM posts WHERE id = $1 AND state = 'draft'`, id)
	return err
}

func insertTombstone(ctx context.Context, db sqlx.ExtContext, uri string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO tombstones (uri) VALUES ($1) ON CONFLICT DO NOTHING`, uri)
	return err
}

func deleteTombstones(ctx context.Context, db sqlx.ExtContext, before time.Time) error {
	_, err := db.ExecContext(ctx, `DELETE FROM tombstones WHERE created_at < $1`, before)
	return err
}

func tombstoned(ctx context.Context, db sqlx.ExtContext, uri string) (yes bool, err error) {
	err = sqlx.GetContext(ctx, db, &yes, `SELECT EXISTS (SELECT 1 FROM tombstones WHERE uri = $1)`, uri)
	return yes, err
}

// circumstances are what there is already when a post arrives.
type circumstances struct {
	Known   bool `db:"known"`   // the post itself
	Dead    bool `db:"dead"`    // it was deleted before it came
	Awaited bool `db:"awaited"` // answers to it
	Close   bool `db:"close"`   // people here who want to be told of each post of its author
}

// lookFor needs the address locked by lockURIs.
func lookFor(ctx context.Context, db sqlx.ExtContext, uri string, authorID int64) (at circumstances, err error) {
	err = sqlx.GetContext(ctx, db, &at, `
		SELECT EXISTS (SELECT 1 FROM posts WHERE uri = $1) AS known,
			EXISTS (SELECT 1 FROM tombstones WHERE uri = $1) AS dead,
			EXISTS (SELECT 1 FROM posts WHERE in_reply_to_uri = $1 AND in_reply_to_uri <> '' AND in_reply_to_id IS NULL) AS awaited,
			EXISTS (SELECT 1 FROM follows WHERE target_id = $2 AND notify AND state = 'accepted' AND undone_at IS NULL) AS close`, uri, authorID)
	return at, err
}

// lockURIs makes all that speak of one of these addresses take turns until the transaction ends, also while no row
// bears it yet. Sorted by the database, so that two that lock the same ones do not lock up.
func lockURIs(ctx context.Context, db sqlx.ExtContext, uris ...string) error {
	_, err := db.ExecContext(ctx, `
		SELECT pg_advisory_xact_lock(key)
		FROM (SELECT DISTINCT hashtextextended(uri, 0) AS key FROM unnest($1::text[]) AS uri WHERE uri <> '' ORDER BY 1) AS keys`, pq.Array(uris))
	return err
}
