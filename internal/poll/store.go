package poll

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// row is a poll without its answers.
type row struct {
	PostID      int64      `db:"post_id"`
	AuthorID    int64      `db:"account_id"`
	Local       bool       `db:"local"`
	Multiple    bool       `db:"multiple"`
	HideTotals  bool       `db:"hide_totals"`
	ExpiresAt   *time.Time `db:"expires_at"`
	ClosedAt    *time.Time `db:"closed_at"`
	VotersCount int        `db:"voters_count"`
}

type optionRow struct {
	PostID     int64  `db:"post_id"`
	Position   int    `db:"position"`
	Title      string `db:"title"`
	VotesCount int    `db:"votes_count"`
}

// Vote is one chosen answer.
type Vote struct {
	ID        int64     `db:"id"`
	PostID    int64     `db:"post_id"`
	Position  int       `db:"position"`
	AccountID int64     `db:"account_id"`
	URI       string    `db:"uri"`
	CreatedAt time.Time `db:"created_at"`
}

const columns = `q.post_id, p.account_id, p.local, q.multiple, q.hide_totals, q.expires_at, q.closed_at, q.voters_count`

func pollsOf(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []row, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM polls q JOIN posts p ON p.id = q.post_id WHERE q.post_id = ANY ($1)`, pq.Array(postIDs))
	return list, err
}

// lockPoll makes all who vote in a poll, change or close it take turns.
func lockPoll(ctx context.Context, db sqlx.ExtContext, postID int64) (r row, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT `+columns+` FROM polls q JOIN posts p ON p.id = q.post_id WHERE q.post_id = $1 FOR UPDATE OF q`, postID)
	return r, err
}

func optionsOf(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []optionRow, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT post_id, position, title, votes_count FROM poll_options WHERE post_id = ANY ($1) ORDER BY post_id, position`, pq.Array(postIDs))
	return list, err
}

func votesBy(ctx context.Context, db sqlx.ExtContext, accountID int64, postIDs []int64) (list []Vote, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT id, post_id, position, account_id, uri, created_at FROM poll_votes
		WHERE account_id = $1 AND post_id = ANY ($2) ORDER BY post_id, position`, accountID, pq.Array(postIDs))
	return list, err
}

func voteByID(ctx context.Context, db sqlx.ExtContext, id int64) (v Vote, err error) {
	err = sqlx.GetContext(ctx, db, &v, `SELECT id, post_id, position, account_id, uri, created_at FROM poll_votes WHERE id = $1`, id)
	return v, err
}

func voters(ctx context.Context, db sqlx.ExtContext, postID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT DISTINCT account_id FROM poll_votes WHERE post_id = $1 ORDER BY account_id`, postID)
	return ids, err
}

func insertPoll(ctx context.Context, db sqlx.ExtContext, r row) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO polls (post_id, multiple, hide_totals, expires_at, closed_at, voters_count) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.PostID, r.Multiple, r.HideTotals, r.ExpiresAt, r.ClosedAt, r.VotersCount)
	return err
}

func insertOptions(ctx context.Context, db sqlx.ExtContext, postID int64, titles []string) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO poll_options (post_id, position, title) SELECT $1, n - 1, title FROM unnest($2::text[]) WITH ORDINALITY AS o (title, n)`,
		postID, pq.Array(titles))
	return err
}

// updatePoll writes what may change while the answers stay.
func updatePoll(ctx context.Context, db sqlx.ExtContext, r row) error {
	_, err := db.ExecContext(ctx, `UPDATE polls SET hide_totals = $2, expires_at = $3, closed_at = $4 WHERE post_id = $1`,
		r.PostID, r.HideTotals, r.ExpiresAt, r.ClosedAt)
	return err
}

func closePoll(ctx context.Context, db sqlx.ExtContext, postID int64, at time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE polls SET closed_at = $2 WHERE post_id = $1`, postID, at)
	return err
}

func deletePoll(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM polls WHERE post_id = $1`, postID)
	return err
}

// insertVote reports false when the id is taken. That the account did not choose the answer before is known under the
// poll's lock.
func insertVote(ctx context.Context, db sqlx.ExtContext, v Vote) (bool, error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO poll_votes (id, post_id, position, account_id, uri, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO NOTHING`, v.ID, v.PostID, v.Position, v.AccountID, v.URI, v.CreatedAt)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// recount counts the votes of one of our polls.
func recount(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	if _, err := db.ExecContext(ctx, `
		UPDATE poll_options o SET votes_count = (SELECT count(*) FROM poll_votes v WHERE v.post_id = o.post_id AND v.position = o.position)
		WHERE o.post_id = $1`, postID); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `
		UPDATE polls SET voters_count = (SELECT count(DISTINCT account_id) FROM poll_votes WHERE post_id = $1) WHERE post_id = $1`, postID)
	return err
}

// takeOver writes how another server says that its poll stands. The votes that we know of are the least there can be: the
// server may not have counted them yet.
func takeOver(ctx context.Context, db sqlx.ExtContext, postID int64, votes []int64, voters int) error {
	if _, err := db.ExecContext(ctx, `
		UPDATE poll_options o SET votes_count = greatest(t.votes, (SELECT count(*) FROM poll_votes v WHERE v.post_id = o.post_id AND v.position = o.position))
		FROM unnest($2::bigint[]) WITH ORDINALITY AS t (votes, n) WHERE o.post_id = $1 AND o.position = t.n - 1`, postID, pq.Array(votes)); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `
		UPDATE polls SET voters_count = greatest($2, (SELECT count(DISTINCT account_id) FROM poll_votes WHERE post_id = $1)) WHERE post_id = $1`, postID, voters)
	return err
}
