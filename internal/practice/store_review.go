package practice

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// workRow is the text in work of a practice, with what was asked about it.
type workRow struct {
	PostID      int64      `db:"post_id"`
	Version     int        `db:"draft_version"`
	Pending     []byte     `db:"pending"`
	ChangedBy   *int64     `db:"draft_account_id"`
	ChangedAt   *time.Time `db:"draft_saved_at"`
	ReviewState *string    `db:"review_state"`
	AskedBy     *int64     `db:"asked_by"`
	AskedAt     *time.Time `db:"asked_at"`
}

func (w workRow) review() *Review {
	if w.ReviewState == nil {
		return nil
	}
	return &Review{State: ReviewState(*w.ReviewState), AskedBy: w.AskedBy, AskedAt: *w.AskedAt}
}

// workOf reads the text in work; sql.ErrNoRows where there is no practice.
func workOf(ctx context.Context, db sqlx.ExtContext, id int64) (w workRow, err error) {
	err = sqlx.GetContext(ctx, db, &w, `
		SELECT pr.post_id, pr.draft_version, pr.pending, pr.draft_account_id, pr.draft_saved_at, r.state AS review_state, r.account_id AS asked_by, r.asked_at
		FROM practices pr LEFT JOIN practice_reviews r ON r.post_id = pr.post_id WHERE pr.post_id = $1`, id)
	return w, err
}

// keepWork stores what a draft says and returns its version.
func keepWork(ctx context.Context, db sqlx.ExtContext, id, accountID int64, pending []byte) (version int, err error) {
	err = sqlx.GetContext(ctx, db, &version, `
		UPDATE practices SET pending = $3, draft_version = draft_version + 1, draft_account_id = $2, draft_saved_at = now()
		WHERE post_id = $1 RETURNING draft_version`, id, accountID, string(pending))
	return version, err
}

// dropWork forgets what a draft says, and that it was to be approved.
func dropWork(ctx context.Context, db sqlx.ExtContext, id int64) error {
	if _, err := db.ExecContext(ctx, `
		UPDATE practices SET pending = NULL, draft_version = draft_version + 1, draft_account_id = NULL, draft_saved_at = NULL
		WHERE post_id = $1`, id); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `DELETE FROM practice_reviews WHERE post_id = $1`, id)
	return err
}

func askReview(ctx context.Context, db sqlx.ExtContext, id, accountID int64, at time.Time) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO practice_reviews (post_id, state, account_id, asked_at) VALUES ($1, 'asked', $2, $3)
		ON CONFLICT (post_id) DO UPDATE SET state = 'asked', account_id = EXCLUDED.account_id, asked_at = EXCLUDED.asked_at`, id, accountID, at)
	return err
}

func returnReview(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `UPDATE practice_reviews SET state = 'returned' WHERE post_id = $1`, id)
	return err
}

// waitingReviews lists what is to be approved, what has waited longest first.
func waitingReviews(ctx context.Context, db sqlx.ExtContext) (rows []Waiting, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT r.post_id, p.account_id AS author_id, coalesce(pr.pending->>'title', '') AS title, coalesce(pr.pending->>'summary', '') AS summary,
			p.state = 'published' AS published, pr.draft_account_id AS changed_by, r.account_id AS asked_by, r.asked_at
		FROM practice_reviews r JOIN practices pr ON pr.post_id = r.post_id JOIN posts p ON p.id = r.post_id
		WHERE r.state = 'asked' AND p.state <> 'withdrawn' ORDER BY r.asked_at, r.post_id LIMIT 200`)
	return rows, err
}

// countReviews counts what waits and may be approved by an editor.
func countReviews(ctx context.Context, db sqlx.ExtContext, editorID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		SELECT count(*) FROM practice_reviews r JOIN practices pr ON pr.post_id = r.post_id JOIN posts p ON p.id = r.post_id
		WHERE r.state = 'asked' AND p.state <> 'withdrawn' AND p.account_id <> $1 AND pr.draft_account_id IS DISTINCT FROM $1`, editorID)
	return n, err
}

func insertEntry(ctx context.Context, db sqlx.ExtContext, e Entry) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `
		INSERT INTO practice_log (post_id, account_id, event, text, revision) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		e.PostID, e.AccountID, e.Event, e.Text, e.Revision)
	return id, err
}

// moveLog gives what happened to a draft to the practice that it became.
func moveLog(ctx context.Context, db sqlx.ExtContext, draftID, id int64) error {
	_, err := db.ExecContext(ctx, `UPDATE practice_log SET post_id = $2 WHERE post_id = $1`, draftID, id)
	return err
}

const entryColumns = `l.id, l.post_id, l.account_id, l.event, l.text, l.revision, l.created_at`

// logOf lists what happened to a practice, newest first.
func logOf(ctx context.Context, db sqlx.ExtContext, id int64) (list []Entry, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+entryColumns+` FROM practice_log l WHERE l.post_id = $1 ORDER BY l.id DESC LIMIT 500`, id)
	return list, err
}

// entriesFor lists entries of the log with the title of what they are about, as far as the reader belongs to its people.
func entriesFor(ctx context.Context, db sqlx.ExtContext, readerID int64, ids []int64) (list []Told, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+entryColumns+`, coalesce(nullif(pr.pending->>'title', ''), p.title) AS title
		FROM practice_log l JOIN practices pr ON pr.post_id = l.post_id JOIN posts p ON p.id = l.post_id
		WHERE l.id = ANY ($2) AND (p.account_id = $1 OR EXISTS (
			SELECT 1 FROM accounts a WHERE a.id = $1 AND a.domain IS NULL AND a.state = 'active' AND a.role IN ('editor', 'moderator', 'admin')))`,
		readerID, pq.Array(ids))
	return list, err
}

// archivePractice keeps since when and why a practice is archived; nil takes it out of the archive.
func archivePractice(ctx context.Context, db sqlx.ExtContext, id int64, at *time.Time, reason string) error {
	_, err := db.ExecContext(ctx, `UPDATE practices SET archived_at = $2, archive_reason = $3 WHERE post_id = $1`, id, at, reason)
	return err
}
