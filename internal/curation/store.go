package curation

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/post"
)

// entry is the row of one practice on the desk. As JSON it says in a decision how it stood before.
type entry struct {
	PostID           int64      `db:"post_id" json:"-"`
	State            string     `db:"state"`
	Featured         bool       `db:"featured"`
	RevisionAccepted int        `db:"revision_accepted"`
	Reason           string     `db:"reason"`
	DecidedByID      *int64     `db:"decided_by_id"`
	DecidedAt        *time.Time `db:"decided_at"`
	EditorID         *int64     `db:"editor_id"`
	LaterUntil       *time.Time `db:"later_until"`
	QuestionID       *int64     `db:"question_id"`
	Proposal         string     `db:"proposal"` // Accept, Decline or ""
	ProposalReason   string     `db:"proposal_reason"`
	ProposalRevision int        `db:"proposal_revision"`
	ProposedByID     *int64     `db:"proposed_by_id"`
	ProposedAt       *time.Time `db:"proposed_at"`
	LeadID           *int64     `db:"lead_id"`
	Noticed          bool       `db:"noticed"`
}

const entryColumns = `c.post_id, c.state, c.featured, c.revision_accepted, c.reason, c.decided_by_id, c.decided_at, c.editor_id, c.later_until,
	c.question_id, c.proposal, c.proposal_reason, c.proposal_revision, c.proposed_by_id, c.proposed_at, c.lead_id, c.noticed`

func insertEntry(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `INSERT INTO curations (post_id) VALUES ($1) ON CONFLICT DO NOTHING`, postID)
	return err
}

// lockEntry makes other decisions on the same practice wait.
func lockEntry(ctx context.Context, db sqlx.ExtContext, postID int64) (e entry, err error) {
	err = sqlx.GetContext(ctx, db, &e, `SELECT `+entryColumns+` FROM curations c WHERE c.post_id = $1 FOR UPDATE`, postID)
	return e, err
}

// currentRevision returns the newest version of a practice; sql.ErrNoRows for any other post.
func currentRevision(ctx context.Context, db sqlx.ExtContext, postID int64) (revision int, err error) {
	err = sqlx.GetContext(ctx, db, &revision, `SELECT revision FROM practices WHERE post_id = $1`, postID)
	return revision, err
}

// updateEntry writes an entry, also as it once was: an account or a post that is gone since is named no more.
func updateEntry(ctx context.Context, db sqlx.ExtContext, e entry) error {
	_, err := db.ExecContext(ctx, `
		UPDATE curations SET state = $2, featured = $3, revision_accepted = $4, reason = $5, decided_by_id = (SELECT id FROM accounts WHERE id = $6),
			decided_at = $7, editor_id = (SELECT id FROM accounts WHERE id = $8), later_until = $9, question_id = (SELECT id FROM posts WHERE id = $10),
			proposal = $11, proposal_reason = $12, proposal_revision = $13, proposed_by_id = (SELECT id FROM accounts WHERE id = $14), proposed_at = $15,
			lead_id = (SELECT post_id FROM curations WHERE post_id = $16), noticed = $17
		WHERE post_id = $1`, e.PostID, e.State, e.Featured, e.RevisionAccepted, e.Reason, e.DecidedByID, e.DecidedAt, e.EditorID, e.LaterUntil,
		e.QuestionID, e.Proposal, e.ProposalReason, e.ProposalRevision, e.ProposedByID, e.ProposedAt, e.LeadID, e.Noticed)
	return err
}

const decisionColumns = `id, post_id, account_id, decision, revision, reason, created_at, year, number, public, editor_id, other_id, note_id, until,
	undoes_id, undone`

// insertDecision numbers a decision within its year, without gaps: whoever decides at the same time waits until it is written.
func insertDecision(ctx context.Context, db sqlx.ExtContext, d Decision, before []byte) error {
	_, err := db.ExecContext(ctx, `
		WITH next AS (
			INSERT INTO curation_numbers AS n (year, last) VALUES (extract(year FROM $7::timestamptz AT TIME ZONE 'Europe/Berlin'), 1)
			ON CONFLICT (year) DO UPDATE SET last = n.last + 1 RETURNING year, last
		)
		INSERT INTO curation_decisions (id, post_id, account_id, decision, revision, reason, created_at, year, number, public, editor_id, other_id,
			note_id, until, undoes_id, before)
		SELECT $1, $2, $3, $4, $5, $6, $7, year, last, $8, $9, $10, $11, $12, $13, $14 FROM next`,
		d.ID, d.PostID, d.AccountID, d.Decision, d.Revision, d.Reason, d.CreatedAt, d.Public, d.EditorID, d.OtherID, d.NoteID, d.Until, d.UndoesID,
		string(before))
	return err
}

func decisionByID(ctx context.Context, db sqlx.ExtContext, id int64) (d Decision, err error) {
	err = sqlx.GetContext(ctx, db, &d, `SELECT `+decisionColumns+` FROM curation_decisions WHERE id = $1`, id)
	return d, err
}

// collection lists the accepted practices that everyone comes across in the order of their acceptance, or the featured ones among them.
func collection(ctx context.Context, db sqlx.ExtContext, featuredOnly bool) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT c.post_id`+onDesk+`
		WHERE c.state = 'accepted' AND (c.featured OR NOT $1) AND `+post.ListedTo("p", "0")+` ORDER BY c.decided_at, c.post_id`, featuredOnly)
	return ids, err
}
