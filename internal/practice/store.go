package practice

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const columns = `pr.post_id, pr.revision, pr.level, pr.region, pr.organization_name, pr.organization_url, pr.implementation,
	pr.situation, pr.outcome, pr.prerequisites, pr.pitfalls, pr.contact_name, pr.contact_unit, pr.contact_email,
	pr.contact_url, pr.licence, pr.person_days, pr.ars, pr.reuse_of,
	pr.archived_at, pr.archive_reason, pr.updated_at`

// row is a practice as it is stored, with what our desk says of it.
type row struct {
	Practice
	Measures         pq.StringArray       `db:"measures"`
	LegalBasis       pq.StringArray       `db:"legal_basis"`
	Costs            jsonList[Cost]       `db:"costs"`
	Services         jsonList[ServiceKey] `db:"services"`
	Links            jsonList[Link]       `db:"links"`
	CurationState    *string              `db:"curation_state"`
	Featured         *bool                `db:"featured"`
	RevisionAccepted *int                 `db:"revision_accepted"`
	Reason           *string              `db:"reason"`
}

// jsonList is a list kept as jsonb.
type jsonList[T any] []T

// Value writes the list for the database.
func (l jsonList[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(append([]T{}, l...))
	return string(b), err
}

// Scan reads the list from the database.
func (l *jsonList[T]) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("a list from %T", src)
	}
	var list []T
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		return err
	}
	*l = list
	return nil
}

func practicesByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (rows []row, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+columns+`, pr.measures, pr.legal_basis, pr.costs, pr.services, pr.links, c.state AS curation_state, c.featured, c.revision_accepted, c.reason
		FROM practices pr LEFT JOIN curations c ON c.post_id = pr.post_id
		WHERE pr.post_id = ANY ($1)`, pq.Array(ids))
	return rows, err
}

// revisionOf returns the stored revision of a practice; sql.ErrNoRows for any other post.
func revisionOf(ctx context.Context, db sqlx.ExtContext, id int64) (revision int, err error) {
	err = sqlx.GetContext(ctx, db, &revision, `SELECT revision FROM practices WHERE post_id = $1`, id)
	return revision, err
}

// acceptedRevision returns the version of a practice that our desk accepted, 0 for none.
func acceptedRevision(ctx context.Context, db sqlx.ExtContext, id int64) (revision int, err error) {
	err = sqlx.GetContext(ctx, db, &revision, `SELECT coalesce(max(revision_accepted), 0) FROM curations WHERE post_id = $1`, id)
	return revision, err
}

func upsertPractice(ctx context.Context, db sqlx.ExtContext, p Practice) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO practices AS pr (post_id, revision, level, region, organization_name, organization_url, implementation,
			situation, outcome, prerequisites, pitfalls, contact_name, contact_unit, contact_email, contact_url, licence,
			measures, legal_basis, person_days, costs, services, links, ars, reuse_of, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, now())
		ON CONFLICT (post_id) DO UPDATE SET revision = EXCLUDED.revision, level = EXCLUDED.level, region = EXCLUDED.region,
			organization_name = EXCLUDED.organization_name, organization_url = EXCLUDED.organization_url,
			implementation = EXCLUDED.implementation, situation = EXCLUDED.situation, outcome = EXCLUDED.outcome,
			prerequisites = EXCLUDED.prerequisites, pitfalls = EXCLUDED.pitfalls, contact_name = EXCLUDED.contact_name,
			contact_unit = EXCLUDED.contact_unit, contact_email = EXCLUDED.contact_email, contact_url = EXCLUDED.contact_url,
			licence = EXCLUDED.licence, measures = EXCLUDED.measures, legal_basis = EXCLUDED.legal_basis,
			person_days = EXCLUDED.person_days, costs = EXCLUDED.costs, services = EXCLUDED.services, links = EXCLUDED.links,
			ars = EXCLUDED.ars, reuse_of = EXCLUDED.reuse_of, updated_at = now()`,
		p.PostID, p.Revision, p.Level, p.Region, p.OrganizationName, p.OrganizationURL, p.Implementation,
		p.Situation, p.Outcome, p.Prerequisites, p.Pitfalls, p.ContactName, p.ContactUnit, p.ContactEmail, p.ContactURL,
		p.Licence, pq.Array(append([]string{}, p.Measures...)),
		pq.Array(append([]string{}, p.LegalBasis...)), p.PersonDays, jsonList[Cost](p.Costs), jsonList[ServiceKey](p.Services), jsonList[Link](p.Links),
		p.ARS, p.ReuseOf)
	return err
}

// erasePractice leaves only that there was one.
func erasePractice(ctx context.Context, db sqlx.ExtContext, id int64) error {
	for _, statement := range []string{
		`UPDATE practices SET organization_name = '', organization_url = '', situation = '', outcome = '', prerequisites = '',
			pitfalls = '', contact_name = '', contact_unit = '', contact_email = '', contact_url = '', licence = '',
			measures = '{}', legal_basis = '{}', person_days = NULL, costs = '[]', services = '[]', links = '[]', ars = '',
			reuse_of = '', archive_reason = '', pending = NULL WHERE post_id = $1`,
		`UPDATE practice_log SET text = '' WHERE post_id = $1 AND text <> ''`,
		`DELETE FROM practice_reviews WHERE post_id = $1`,
		`DELETE FROM practice_terms WHERE post_id = $1`,
		`DELETE FROM practice_figures WHERE post_id = $1`,
		`DELETE FROM practice_index WHERE post_id = $1`,
	} {
		if _, err := db.ExecContext(ctx, statement, id); err != nil {
			return err
		}
	}
	return nil
}

const inWork = `FROM practices pr JOIN posts p ON p.id = pr.post_id LEFT JOIN practice_reviews r ON r.post_id = pr.post_id
	WHERE p.account_id = $1 AND p.local AND p.state <> 'withdrawn' AND pr.pending IS NOT NULL`

// draftsBy lists what the account has in work, newest first.
func draftsBy(ctx context.Context, db sqlx.ExtContext, accountID int64, offset, limit int) (rows []workRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT pr.post_id, pr.pending, r.state AS review_state, r.account_id AS asked_by, r.asked_at `+inWork+`
		ORDER BY p.id DESC OFFSET $2 LIMIT $3`, accountID, offset, limit)
	return rows, err
}

func countDrafts(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) `+inWork, accountID)
	return n, err
}

type figureRow struct {
	PostID int64 `db:"post_id"`
	Figure
}

func figuresOf(ctx context.Context, db sqlx.ExtContext, ids []int64) (rows []figureRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT post_id, quantity, name, unit, value_before, value_after, change, period_from, period_to, method, scope
		FROM practice_figures WHERE post_id = ANY ($1) ORDER BY post_id, position`, pq.Array(ids))
	return rows, err
}

func replaceFigures(ctx context.Context, db sqlx.ExtContext, id int64, figures []Figure) error {
	if _, err := db.ExecContext(ctx, `DELETE FROM practice_figures WHERE post_id = $1`, id); err != nil {
		return err
	}
	for i, f := range figures {
		if _, err := db.ExecContext(ctx, `
			INSERT INTO practice_figures (post_id, position, quantity, name, unit, value_before, value_after, change,
				period_from, period_to, method, scope)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			id, i, f.Quantity, f.Name, f.Unit, f.Before, f.After, f.Change, f.From, f.To, f.Method, f.Scope); err != nil {
			return err
		}
	}
	return nil
}
