package assessment

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

// maxListed is how many assessments of one practice are shown.
const maxListed = 500

const columns = `s.post_id, s.status, s.progress, s.urgent, s.horizon, s.updated_at`

// byOurs is the condition that one of our groups, or our instance, follows an account of a domain.
func byOurs(domain string) string {
	return `EXISTS (
		SELECT 1 FROM follows f
			JOIN accounts us ON us.id = f.account_id AND us.domain IS NULL AND us.kind IN ('group', 'application')
			JOIN accounts them ON them.id = f.target_id AND them.domain = ` + domain + `
		WHERE f.state = 'accepted' AND f.undone_at IS NULL)`
}

// assessmentsOf lists what each account said last of practice $2 for each year.
//
// RULE: an assessment counts for the practice that its note answers itself, and nobody assesses their own. Those of our own people
// count, whom an editor invited or who are one, those of accounts that our editors invited, and those of instances that we follow,
// because they choose their experts as we do; but nobody whom moderators limited. All others are comments.
func assessmentsOf(ctx context.Context, db sqlx.ExtContext, viewerID, practiceID int64) (list []Assessment, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM (
			SELECT DISTINCT ON (p.account_id, s.horizon) `+columns+`, coalesce(p.edited_at, p.published_at) AS said_at
			FROM posts p JOIN assessments s ON s.post_id = p.id
				JOIN practices pr ON pr.post_id = p.in_reply_to_id AND pr.revision > 0
				JOIN posts parent ON parent.id = p.in_reply_to_id AND parent.uri = p.in_reply_to_uri AND parent.account_id <> p.account_id
				JOIN accounts a ON a.id = p.account_id AND NOT a.limited
			WHERE p.role = 'Assessment' AND p.in_reply_to_id = $2 AND `+post.ListedTo("p", "$1")+`
				AND (a.domain IS NULL
					OR EXISTS (SELECT 1 FROM assessment_invitations i WHERE i.practice_uri = parent.uri AND i.account_id = p.account_id AND i.revoked_at IS NULL)
					OR `+byOurs("a.domain")+`)
			ORDER BY p.account_id, s.horizon, coalesce(p.edited_at, p.published_at) DESC, p.id DESC
		) s
		ORDER BY s.horizon, array_position(ARRAY['critical', 'attention', 'uncritical'], s.status), s.said_at DESC, s.post_id DESC LIMIT $3`,
		viewerID, practiceID, maxListed)
	return list, err
}

func assessmentsByPosts(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Assessment, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+columns+` FROM assessments s WHERE s.post_id = ANY ($1)`, pq.Array(ids))
	return list, err
}

// ownNote is the id of what an account said last of a practice for a year, or for any where it is 0; 0 for nothing.
func ownNote(ctx context.Context, db sqlx.ExtContext, accountID, practiceID int64, horizon int) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `
		SELECT coalesce((
			SELECT p.id FROM posts p JOIN assessments s ON s.post_id = p.id
			WHERE p.role = 'Assessment' AND p.in_reply_to_id = $2 AND p.account_id = $1 AND p.state = 'published' AND $3 IN (0, s.horizon)
			ORDER BY coalesce(p.edited_at, p.published_at) DESC, p.id DESC LIMIT 1), 0)`, accountID, practiceID, horizon)
	return id, err
}

func upsertAssessment(ctx context.Context, db sqlx.ExtContext, a Assessment) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO assessments (post_id, status, progress, urgent, horizon, updated_at) VALUES ($1, $2, $3, $4, $5, now())
		ON CONFLICT (post_id) DO UPDATE SET status = EXCLUDED.status, progress = EXCLUDED.progress, urgent = EXCLUDED.urgent,
			horizon = EXCLUDED.horizon, updated_at = now()`, a.PostID, a.Status, a.Progress, a.Urgent, a.Horizon)
	return err
}

func deleteAssessment(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM assessments WHERE post_id = $1`, postID)
	return err
}

const invitationColumns = `i.id, i.practice_uri, i.account_id, i.invited_by_id, i.note_id, i.created_at, i.revoked_at`

func invited(ctx context.Context, db sqlx.ExtContext, practiceURI string, accountID int64) (yes bool, err error) {
	err = sqlx.GetContext(ctx, db, &yes, `
		SELECT EXISTS (SELECT 1 FROM assessment_invitations i WHERE i.practice_uri = $1 AND i.account_id = $2 AND i.revoked_at IS NULL)`, practiceURI, accountID)
	return yes, err
}

// countInvitations counts who is invited to a practice, and says whether the account is among them.
func countInvitations(ctx context.Context, db sqlx.ExtContext, practiceURI string, accountID int64) (n int, there bool, err error) {
	err = db.QueryRowxContext(ctx, `
		SELECT count(*), coalesce(bool_or(i.account_id = $2), false) FROM assessment_invitations i
		WHERE i.practice_uri = $1 AND i.revoked_at IS NULL`, practiceURI, accountID).Scan(&n, &there)
	return n, there, err
}

// insertInvitation reports false when the id is taken; whoever is invited already stays so.
func insertInvitation(ctx context.Context, db sqlx.ExtContext, i Invitation) (bool, error) {
	var there bool
	err := sqlx.GetContext(ctx, db, &there, `
		WITH added AS (
			INSERT INTO assessment_invitations (id, practice_uri, account_id, invited_by_id, note_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id
		)
		SELECT EXISTS (SELECT 1 FROM added) OR EXISTS (
			SELECT 1 FROM assessment_invitations WHERE practice_uri = $2 AND account_id = $3 AND revoked_at IS NULL)`,
		i.ID, i.PracticeURI, i.AccountID, i.InvitedByID, i.NoteID, i.CreatedAt)
	return there, err
}

type invitationRow struct {
	Invitation
	Assessed bool `db:"assessed"`
}

func invitationsTo(ctx context.Context, db sqlx.ExtContext, practiceURI string, practiceID int64) (rows []invitationRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+invitationColumns+`, EXISTS (
				SELECT 1 FROM posts p JOIN assessments s ON s.post_id = p.id
				WHERE p.role = 'Assessment' AND p.in_reply_to_id = $2 AND p.account_id = i.account_id AND p.state = 'published') AS assessed
		FROM assessment_invitations i WHERE i.practice_uri = $1 AND i.revoked_at IS NULL ORDER BY i.id DESC`, practiceURI, practiceID)
	return rows, err
}

// revoke returns sql.ErrNoRows for an invitation to another practice, or one that was taken back before.
func revoke(ctx context.Context, db sqlx.ExtContext, id int64, practiceURI string, at time.Time) (i Invitation, err error) {
	err = sqlx.GetContext(ctx, db, &i, `
		UPDATE assessment_invitations i SET revoked_at = $3 WHERE i.id = $1 AND i.practice_uri = $2 AND i.revoked_at IS NULL
		RETURNING `+invitationColumns, id, practiceURI, at)
	return i, err
}

func revokeByNote(ctx context.Context, db sqlx.ExtContext, noteID int64, at time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE assessment_invitations SET revoked_at = $2 WHERE note_id = $1 AND revoked_at IS NULL`, noteID, at)
	return err
}

func practiceOfNote(ctx context.Context, db sqlx.ExtContext, noteID int64) (uri string, err error) {
	err = sqlx.GetContext(ctx, db, &uri, `
		SELECT coalesce((SELECT i.practice_uri FROM assessment_invitations i WHERE i.note_id = $1 AND i.revoked_at IS NULL LIMIT 1), '')`, noteID)
	return uri, err
}

func followed(ctx context.Context, db sqlx.ExtContext, domain string) (yes bool, err error) {
	err = sqlx.GetContext(ctx, db, &yes, `SELECT `+byOurs("$1"), domain)
	return yes, err
}

// mentionedHere are those of our people whom a post names.
func mentionedHere(ctx context.Context, db sqlx.ExtContext, postID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT a.id FROM mentions m JOIN accounts a ON a.id = m.account_id
		WHERE m.post_id = $1 AND a.domain IS NULL AND a.kind = 'person' AND a.state = 'active' ORDER BY a.id`, postID)
	return ids, err
}
