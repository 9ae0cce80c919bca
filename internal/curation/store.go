package curation

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// entry is the row of one practice on the desk.
type entry struct {
	PostID           int64      `db:"post_id"`
	State            string     `db:"state"`
	Featured         bool       `db:"featured"`
	RevisionAccepted int        `db:"revision_accepted"`
	Reason           string     `db:"reason"`
	DecidedByID      *int64     `db:"decided_by_id"`
	DecidedAt        *time.Time `db:"decided_at"`
}

func insertEntry(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `INSERT INTO curations (post_id) VALUES ($1) ON CONFLICT DO NOTHING`, postID)
	return err
}

// lockEntry makes other decisions on the same practice wait.
func lockEntry(ctx context.Context, db sqlx.ExtContext, postID int64) (e entry, err error) {
	err = sqlx.GetContext(ctx, db, &e, `
		SELECT post_id, state, featured, revision_accepted, reason, decided_by_id, decided_at
		FROM curations WHERE post_id = $1 FOR UPDATE`, postID)
	return e, err
}

func updateEntry(ctx context.Context, db sqlx.ExtContext, e entry) error {
	_, err := db.ExecContext(ctx, `
		UPDATE curations SET state = $2, featured = $3, revision_accepted = $4, reason = $5, decided_by_id = $6, decided_at = $7
		WHERE post_id = $1`, e.PostID, e.State, e.Featured, e.RevisionAccepted, e.Reason, e.DecidedByID, e.DecidedAt)
	return err
}

const decisionColumns = `id, post_id, account_id, decision, revision, reason, created_at`

func insertDecision(ctx context.Context, db sqlx.ExtContext, d Decision) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO curation_decisions (id, post_id, account_id, decision, revision, reason, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, d.ID, d.PostID, d.AccountID, d.Decision, d.Revision, d.Reason, d.CreatedAt)
	return err
}

func decisionsByPost(ctx context.Context, db sqlx.ExtContext, postID int64) (list []Decision, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+decisionColumns+` FROM curation_decisions WHERE post_id = $1 ORDER BY id DESC`, postID)
	return list, err
}

func decisionByID(ctx context.Context, db sqlx.ExtContext, id int64) (d Decision, err error) {
	err = sqlx.GetContext(ctx, db, &d, `SELECT `+decisionColumns+` FROM curation_decisions WHERE id = $1`, id)
	return d, err
}

// tabs are the conditions of the desk's tabs, over curations c, practices d and posts p.
var tabs = map[string]string{
	Waiting:  `c.state = 'waiting'`,
	Accepted: `c.state = 'accepted'`,
	Declined: `c.state = 'declined'`,
	Changed:  `c.state = 'accepted' AND d.revision > c.revision_accepted`,
}

const onDesk = ` FROM curations c JOIN posts p ON p.id = c.post_id AND p.state = 'published' AND p.visibility = 'public'
	JOIN practices d ON d.post_id = c.post_id `

func countTabs(ctx context.Context, db sqlx.ExtContext) (map[string]int, error) {
	var row struct{ Waiting, Accepted, Declined, Changed int }
	err := sqlx.GetContext(ctx, db, &row, `
		SELECT count(*) FILTER (WHERE `+tabs[Waiting]+`) AS waiting, count(*) FILTER (WHERE `+tabs[Accepted]+`) AS accepted,
			count(*) FILTER (WHERE `+tabs[Declined]+`) AS declined, count(*) FILTER (WHERE `+tabs[Changed]+`) AS changed`+onDesk)
	return map[string]int{Waiting: row.Waiting, Accepted: row.Accepted, Declined: row.Declined, Changed: row.Changed}, err
}

// deskPage lists what waits oldest first, and what was decided newest decision first.
func deskPage(ctx context.Context, db sqlx.ExtContext, tab string, offset, limit int) (ids []int64, err error) {
	order := `c.decided_at DESC, c.post_id DESC`
	if tab == Waiting {
		order = `c.received_at, c.post_id`
	}
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT c.post_id`+onDesk+`WHERE `+tabs[tab]+` ORDER BY `+order+` OFFSET $1 LIMIT $2`, offset, limit)
	return ids, err
}

// collection lists the accepted practices in the order of their acceptance, or the featured ones among them.
func collection(ctx context.Context, db sqlx.ExtContext, featuredOnly bool) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT c.post_id`+onDesk+`
		WHERE c.state = 'accepted' AND (c.featured OR NOT $1) ORDER BY c.decided_at, c.post_id`, featuredOnly)
	return ids, err
}
