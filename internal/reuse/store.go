package reuse

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// maxListed is how many reuses of one practice are shown.
const maxListed = 500

const columns = `r.post_id, r.state, r.organization_name, r.organization_url, r.level, r.region, r.practice_uri, r.figures, r.updated_at`

type row struct {
	Reuse
	Figures []byte `db:"figures"`
}

func (r row) reuse() Reuse {
	v := r.Reuse
	_ = json.Unmarshal(r.Figures, &v.Figures) // written by upsertReuse
	return v
}

// latest is what each account said last of each of the practices in $2, and the viewer $1 is shown.
//
// RULE: a reuse counts for the practice that its note answers itself, not for one below which it was hung because its parent is
// gone; and nobody reuses their own practice.
var latest = `
	SELECT DISTINCT ON (p.in_reply_to_id, p.account_id) p.in_reply_to_id AS practice_id, coalesce(p.edited_at, p.published_at) AS said_at, ` + columns + `
	FROM posts p JOIN reuses r ON r.post_id = p.id
		JOIN practices pr ON pr.post_id = p.in_reply_to_id AND pr.revision > 0
		JOIN posts parent ON parent.id = p.in_reply_to_id AND parent.uri = p.in_reply_to_uri AND parent.account_id <> p.account_id
	WHERE p.role = 'Reuse' AND p.in_reply_to_id = ANY ($2) AND ` + post.ListedTo("p", "$1") + `
	ORDER BY p.in_reply_to_id, p.account_id, coalesce(p.edited_at, p.published_at) DESC, p.id DESC`

func reusesOf(ctx context.Context, db sqlx.ExtContext, viewerID, practiceID int64) (rows []row, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+columns+` FROM (`+latest+`) r
		ORDER BY array_position(ARRAY['in-use', 'implementing', 'planned', 'rejected'], r.state), r.said_at DESC, r.post_id DESC LIMIT $3`,
		viewerID, pq.Array([]int64{practiceID}), maxListed)
	return rows, err
}

type countRow struct {
	PracticeID int64 `db:"practice_id"`
	Count      int   `db:"count"`
}

func countReuses(ctx context.Context, db sqlx.ExtContext, viewerID int64, practiceIDs []int64) (rows []countRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT r.practice_id, count(*) AS count FROM (`+latest+`) r WHERE r.state <> 'rejected' GROUP BY r.practice_id`,
		viewerID, pq.Array(practiceIDs))
	return rows, err
}

func reusesByPosts(ctx context.Context, db sqlx.ExtContext, ids []int64) (rows []row, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `SELECT `+columns+` FROM reuses r WHERE r.post_id = ANY ($1)`, pq.Array(ids))
	return rows, err
}

// ownNote is the id of what an account said last of a practice, 0 for nothing.
func ownNote(ctx context.Context, db sqlx.ExtContext, accountID, practiceID int64) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `
		SELECT coalesce((
			SELECT p.id FROM posts p JOIN reuses r ON r.post_id = p.id
			WHERE p.role = 'Reuse' AND p.in_reply_to_id = $2 AND p.account_id = $1 AND p.state = 'published'
			ORDER BY coalesce(p.edited_at, p.published_at) DESC, p.id DESC LIMIT 1), 0)`, accountID, practiceID)
	return id, err
}

func upsertReuse(ctx context.Context, db sqlx.ExtContext, r Reuse) error {
	figures, err := json.Marshal(append([]practice.Figure{}, r.Figures...))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
		INSERT INTO reuses AS r (post_id, state, organization_name, organization_url, level, region, practice_uri, figures, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())
		ON CONFLICT (post_id) DO UPDATE SET state = EXCLUDED.state, organization_name = EXCLUDED.organization_name,
			organization_url = EXCLUDED.organization_url, level = EXCLUDED.level, region = EXCLUDED.region,
			practice_uri = EXCLUDED.practice_uri, figures = EXCLUDED.figures, updated_at = now()`,
		r.PostID, r.State, r.OrganizationName, r.OrganizationURL, r.Level, r.Region, r.PracticeURI, string(figures))
	return err
}

func deleteReuse(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM reuses WHERE post_id = $1`, postID)
	return err
}

func practicesByURI(ctx context.Context, db sqlx.ExtContext, uris []string) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT p.id FROM posts p JOIN practices pr ON pr.post_id = p.id AND pr.revision > 0 WHERE p.uri = ANY ($1)`, pq.Array(uris))
	return ids, err
}

// sourceOf is the id of the practice of which someone of the given domain ("" for ours) says that the practice uri grew out of it,
// in a note that the viewer may read.
func sourceOf(ctx context.Context, db sqlx.ExtContext, viewerID int64, uri, domain string) (source string, err error) {
	err = sqlx.GetContext(ctx, db, &source, `
		SELECT p.in_reply_to_uri FROM reuses r
			JOIN posts p ON p.id = r.post_id AND NOT p.hidden
			JOIN accounts a ON a.id = p.account_id AND coalesce(a.domain, '') = $2 AND NOT a.hidden
		WHERE r.practice_uri = $1 AND r.practice_uri <> '' AND `+post.VisibleTo("p", "$3")+` ORDER BY p.id DESC LIMIT 1`, uri, domain, viewerID)
	return source, err
}

// candidates are the published practices of this instance that may be an account's own one that grew out of another: its own ones
// and those that say so themselves, newest first. internal are also those for the network only: whoever reads of the other one must
// not learn of them.
func candidates(ctx context.Context, db sqlx.ExtContext, accountID, sourceID int64, sourceURI string, internal bool, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT p.id FROM posts p JOIN practices pr ON pr.post_id = p.id AND pr.revision > 0
		WHERE p.local AND p.state = 'published' AND p.id <> $2 AND (p.account_id = $1 OR pr.reuse_of = $3 AND pr.reuse_of <> '')
			AND ($5 OR p.visibility <> 'network')
		ORDER BY pr.reuse_of = $3 DESC, p.id DESC LIMIT $4`, accountID, sourceID, sourceURI, limit, internal)
	return ids, err
}
