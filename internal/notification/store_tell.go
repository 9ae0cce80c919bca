package notification

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// standing is how a reader and whoever caused a notification stand to each other.
type standing struct {
	Heard       bool `db:"heard"`       // nobody blocks or mutes anybody, nor the thread
	Following   bool `db:"following"`   // the reader follows them
	Followed    bool `db:"followed"`    // they have followed the reader for a while
	LetIn       bool `db:"let_in"`      // the reader accepted their request
	Corresponds bool `db:"corresponds"` // the reader has written to them in the thread
}

func standingOf(ctx context.Context, db sqlx.ExtContext, readerID, fromID, threadID int64, followedBefore time.Time) (st standing, err error) {
	err = sqlx.GetContext(ctx, db, &st, `
		SELECT `+account.Told("$2", "$1")+` AND NOT EXISTS (SELECT 1 FROM thread_mutes t WHERE t.account_id = $1 AND t.thread_id = $3) AS heard,
			EXISTS (SELECT 1 FROM follows f WHERE f.account_id = $1 AND f.target_id = $2 AND f.state = 'accepted' AND f.undone_at IS NULL) AS following,
			EXISTS (
				SELECT 1 FROM follows f WHERE f.account_id = $2 AND f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL
					AND coalesce(f.accepted_at, f.created_at) < $4) AS followed,
			EXISTS (SELECT 1 FROM notification_requests q WHERE q.account_id = $1 AND q.from_account_id = $2 AND q.state = 'accepted') AS let_in,
			EXISTS (
				SELECT 1 FROM posts o JOIN mentions w ON w.post_id = o.id AND w.account_id = $2
				WHERE o.thread_id = $3 AND o.account_id = $1 AND o.state = 'published') AS corresponds`,
		readerID, fromID, threadID, followedBefore)
	return st, err
}

// editors are those who look after our groups.
func editors(ctx context.Context, db sqlx.ExtContext) ([]int64, error) {
	return people(ctx, db, `
		SELECT id FROM accounts
		WHERE domain IS NULL AND kind = 'person' AND state = 'active' AND role IN ('editor', 'moderator', 'admin')`)
}

func moderators(ctx context.Context, db sqlx.ExtContext) ([]int64, error) {
	return people(ctx, db, `
		SELECT id FROM accounts
		WHERE domain IS NULL AND kind = 'person' AND state = 'active' AND role IN ('moderator', 'admin')`)
}

// closeFollowers are our people who want to hear whenever an account writes.
func closeFollowers(ctx context.Context, db sqlx.ExtContext, accountID int64) ([]int64, error) {
	return people(ctx, db, `
		SELECT f.account_id FROM follows f JOIN accounts a ON a.id = f.account_id
		WHERE f.target_id = $1 AND f.notify AND f.state = 'accepted' AND f.undone_at IS NULL AND a.domain IS NULL AND a.kind = 'person'`, accountID)
}

// boosters are our people who passed a post on.
func boosters(ctx context.Context, db sqlx.ExtContext, postID int64) ([]int64, error) {
	return people(ctx, db, `
		SELECT b.account_id FROM boosts b JOIN accounts a ON a.id = b.account_id
		WHERE b.post_id = $1 AND b.undone_at IS NULL AND a.domain IS NULL AND a.kind = 'person'`, postID)
}

// voters are our people who took part in a poll.
func voters(ctx context.Context, db sqlx.ExtContext, postID int64) ([]int64, error) {
	return people(ctx, db, `
		SELECT DISTINCT v.account_id FROM poll_votes v JOIN accounts a ON a.id = v.account_id
		WHERE v.post_id = $1 AND a.domain IS NULL AND a.kind = 'person'`, postID)
}

func people(ctx context.Context, db sqlx.ExtContext, query string, args ...any) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, query, args...)
	return ids, err
}

// reporter is who reported, nil when their account is gone, or the other server that did.
func reporter(ctx context.Context, db sqlx.ExtContext, reportID int64) (id *int64, host string, err error) {
	err = db.QueryRowxContext(ctx, `SELECT account_id, host FROM reports WHERE id = $1`, reportID).Scan(&id, &host)
	return id, host, err
}

// searchHit returns who is to hear of which post.
func searchHit(ctx context.Context, db sqlx.ExtContext, id int64) (accountID, postID int64, err error) {
	err = db.QueryRowxContext(ctx, `
		SELECT s.account_id, h.post_id FROM saved_search_hits h JOIN saved_searches s ON s.id = h.search_id WHERE h.id = $1`, id).Scan(&accountID, &postID)
	return accountID, postID, err
}

// reminded is when editors were last to be reminded of an entry of our directory that was not confirmed since.
func reminded(ctx context.Context, db sqlx.ExtContext, id int64) (at time.Time, err error) {
	err = sqlx.GetContext(ctx, db, &at, `
		SELECT reminded_at FROM directory_entries WHERE id = $1 AND account_id IS NULL AND reminded_at > confirmed_at`, id)
	return at, err
}

// removeListed drops what was told of an entry of our directory before.
func removeListed(ctx context.Context, db sqlx.ExtContext, id int64, before time.Time) error {
	_, err := db.ExecContext(ctx, `DELETE FROM notifications WHERE directory_entry_id = $1 AND created_at < $2`, id, before)
	return err
}

func reviewEventOf(ctx context.Context, db sqlx.ExtContext, id int64) (e reviewEvent, err error) {
	err = sqlx.GetContext(ctx, db, &e, `
		SELECT l.event, l.post_id, l.account_id, p.account_id AS author_id, r.account_id AS asked_by, pr.draft_account_id AS changed_by
		FROM practice_log l JOIN posts p ON p.id = l.post_id JOIN practices pr ON pr.post_id = l.post_id
			LEFT JOIN practice_reviews r ON r.post_id = l.post_id
		WHERE l.id = $1`, id)
	return e, err
}

// reviewers are the editors who asked for the approval of a practice, or said something about it, since it was last published
// before that entry of its log.
func reviewers(ctx context.Context, db sqlx.ExtContext, postID, logID int64) ([]int64, error) {
	return people(ctx, db, `
		SELECT DISTINCT l.account_id FROM practice_log l JOIN accounts a ON a.id = l.account_id
		WHERE l.post_id = $1 AND l.event IN ('asked', 'commented', 'returned')
			AND a.domain IS NULL AND a.state = 'active' AND a.role IN ('editor', 'moderator', 'admin')
			AND l.id > (SELECT coalesce(max(o.id), 0) FROM practice_log o
				WHERE o.post_id = $1 AND o.id < $2 AND o.event IN ('published', 'changed', 'approved'))`, postID, logID)
}

// assignment is a practice on the desk that was given to an editor.
type assignment struct {
	PostID   int64     `db:"post_id"`
	EditorID int64     `db:"editor_id"`
	ByID     int64     `db:"account_id"`
	At       time.Time `db:"created_at"`
}

// assignmentOf reads the decision that gave a practice to an editor; sql.ErrNoRows unless they still have it.
func assignmentOf(ctx context.Context, db sqlx.ExtContext, decisionID int64) (a assignment, err error) {
	err = sqlx.GetContext(ctx, db, &a, `
		SELECT d.post_id, d.editor_id, d.account_id, d.created_at
		FROM curation_decisions d JOIN curations c ON c.post_id = d.post_id AND c.editor_id = d.editor_id
		WHERE d.id = $1 AND d.account_id IS NOT NULL AND NOT d.undone`, decisionID)
	return a, err
}

// invitation is who is invited by whom to assess which practice that we know.
func invitation(ctx context.Context, db sqlx.ExtContext, id int64) (invited, by, practiceID int64, err error) {
	err = db.QueryRowxContext(ctx, `
		SELECT i.account_id, i.invited_by_id, p.id FROM assessment_invitations i JOIN posts p ON p.uri = i.practice_uri
		WHERE i.id = $1 AND i.revoked_at IS NULL`, id).Scan(&invited, &by, &practiceID)
	return invited, by, practiceID, err
}
