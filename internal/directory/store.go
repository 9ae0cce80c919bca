package directory

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/organization"
)

const columns = `e.id, e.account_id, e.uri, e.kind, e.name, e.summary, e.level, e.region, e.organization, e.unit, e.cadence, e.members,
	e.email, e.phone, e.website, e.page, e.revision, e.confirmed_at, e.updated_at`

const maintained = columns + `, coalesce(a.domain, '') AS host, coalesce(nullif(a.display_name, ''), a.username, '') AS maintainer`

// shown are our entries, and those of whom we follow and everybody comes across.
const shown = ` FROM directory_entries e LEFT JOIN accounts a ON a.id = e.account_id
	WHERE (e.account_id IS NULL OR NOT a.hidden AND NOT a.limited AND e.account_id IN (` + follow.FollowedGroups + `))`

// inOrder lists what is of several Länder first, then Land by Land as the names go; $1 has them.
const inOrder = ` ORDER BY coalesce(array_position($1::text[], e.region), 0), array_position(ARRAY['contact', 'committee', 'network'], e.kind), lower(e.name), e.id`

func listEntries(ctx context.Context, q sqlx.ExtContext, f Filter) (list []Entry, total int, err error) {
	texts, regions := make([]string, len(f.Words)), make([]string, len(f.Words))
	for i, w := range f.Words {
		texts[i], regions[i] = strings.ToLower(w.Text), strings.Join(w.Regions, " ")
	}
	var rows []struct {
		Entry
		Total int `db:"total"`
	}
	var limit *int
	if f.Limit > 0 {
		limit = &f.Limit
	}
	err = sqlx.SelectContext(ctx, q, &rows, `SELECT `+maintained+`, count(*) OVER () AS total`+shown+`
		AND ($2 = '' OR e.kind = $2) AND ($3 = '' OR e.region = CASE WHEN $3 = '-' THEN '' ELSE $3 END)
		AND NOT EXISTS (SELECT 1 FROM unnest($4::text[], $5::text[]) AS w (word, regions)
			WHERE strpos(lower(concat_ws(' ', e.name, e.summary, e.organization, e.unit, e.cadence, e.members, e.email, a.domain, a.display_name)), w.word) = 0
			AND (e.region = '' OR strpos(w.regions, e.region) = 0))`+inOrder+` OFFSET $6 LIMIT $7`,
		pq.Array(organization.Regions), f.Kind, f.Region, pq.Array(texts), pq.Array(regions), f.Offset, limit)
	for _, row := range rows {
		list, total = append(list, row.Entry), row.Total
	}
	return list, total, err
}

func shownEntry(ctx context.Context, q sqlx.ExtContext, id int64) (e Entry, err error) {
	err = sqlx.GetContext(ctx, q, &e, `SELECT `+maintained+shown+` AND e.id = $1`, id)
	return e, err
}

func countContacts(ctx context.Context, q sqlx.ExtContext) (map[string]int, error) {
	var rows []struct {
		Region string `db:"region"`
		N      int    `db:"n"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT e.region, count(*) AS n`+shown+` AND e.kind = 'contact' GROUP BY e.region`)
	byRegion := make(map[string]int, len(rows))
	for _, r := range rows {
		byRegion[r.Region] = r.N
	}
	return byRegion, err
}

// What is kept here.

func ownEntries(ctx context.Context, q sqlx.ExtContext) (list []Entry, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT `+columns+` FROM directory_entries e WHERE e.account_id IS NULL`+inOrder, pq.Array(organization.Regions))
	return list, err
}

func ownEntry(ctx context.Context, q sqlx.ExtContext, id int64) (e Entry, err error) {
	err = sqlx.GetContext(ctx, q, &e, `SELECT `+columns+` FROM directory_entries e WHERE e.id = $1 AND e.account_id IS NULL`, id)
	return e, err
}

func lockOwn(ctx context.Context, q sqlx.ExtContext, id int64) (e Entry, err error) {
	err = sqlx.GetContext(ctx, q, &e, `SELECT `+columns+` FROM directory_entries e WHERE e.id = $1 AND e.account_id IS NULL FOR UPDATE`, id)
	return e, err
}

func countOwn(ctx context.Context, q sqlx.ExtContext) (n int, err error) {
	err = sqlx.GetContext(ctx, q, &n, `SELECT count(*) FROM directory_entries WHERE account_id IS NULL`)
	return n, err
}

func countOverdue(ctx context.Context, q sqlx.ExtContext, before time.Time) (n int, err error) {
	err = sqlx.GetContext(ctx, q, &n, `SELECT count(*) FROM directory_entries WHERE account_id IS NULL AND confirmed_at < $1`, before)
	return n, err
}

// remindOf marks the entries that were confirmed before and of which nobody was reminded since.
func remindOf(ctx context.Context, q sqlx.ExtContext, before, now time.Time) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, q, &ids, `
		UPDATE directory_entries SET reminded_at = $2
		WHERE account_id IS NULL AND confirmed_at < $1 AND (reminded_at IS NULL OR reminded_at < confirmed_at) RETURNING id`, before, now)
	return ids, err
}

func insertEntry(ctx context.Context, q sqlx.ExtContext, e Entry) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO directory_entries (id, account_id, uri, kind, name, summary, level, region, organization, unit, cadence, members, email, phone, website, page, revision, confirmed_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		e.ID, e.AccountID, e.URI, e.Kind, e.Name, e.Summary, e.Level, e.Region, e.Organization, e.Unit, e.Cadence, e.Members, e.Email, e.Phone, e.Website, e.Page,
		e.Revision, e.ConfirmedAt, e.UpdatedAt)
	return err
}

func updateEntry(ctx context.Context, q sqlx.ExtContext, e Entry) error {
	_, err := q.ExecContext(ctx, `
		UPDATE directory_entries SET name = $2, summary = $3, level = $4, region = $5, organization = $6, unit = $7, cadence = $8, members = $9,
			email = $10, phone = $11, website = $12, revision = $13, confirmed_at = $14, updated_at = $15
		WHERE id = $1`,
		e.ID, e.Name, e.Summary, e.Level, e.Region, e.Organization, e.Unit, e.Cadence, e.Members, e.Email, e.Phone, e.Website, e.Revision, e.ConfirmedAt, e.UpdatedAt)
	return err
}

func confirmEntry(ctx context.Context, q sqlx.ExtContext, id int64, now time.Time) (e Entry, err error) {
	err = sqlx.GetContext(ctx, q, &e, `
		UPDATE directory_entries e SET confirmed_at = $2, revision = revision + 1 WHERE e.id = $1 AND e.account_id IS NULL RETURNING `+columns, id, now)
	return e, err
}

func deleteOwn(ctx context.Context, q sqlx.ExtContext, id int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM directory_entries WHERE id = $1 AND account_id IS NULL`, id)
	return err
}
