package taxonomy

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/practice"
)

const entryColumns = `t.id, t.uri, t.scheme, t.notation, t.name, t.description, t.replaced_by, t.retired_at,
	t.adopted AND EXISTS (SELECT 1 FROM taxonomy_sources x WHERE x.scheme = t.scheme) AS adopted`

// lock lets others read.
func lock(ctx context.Context, q sqlx.ExtContext) error {
	_, err := q.ExecContext(ctx, `LOCK TABLE terms IN SHARE ROW EXCLUSIVE MODE`)
	return err
}

func entries(ctx context.Context, q sqlx.ExtContext, scheme string) (list []Entry, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT `+entryColumns+` FROM terms t WHERE t.scheme = $1 ORDER BY t.position, lower(t.name), t.id`, scheme)
	return list, err
}

func entry(ctx context.Context, q sqlx.ExtContext, id int64) (e Entry, err error) {
	err = sqlx.GetContext(ctx, q, &e, `SELECT `+entryColumns+` FROM terms t WHERE t.id = $1`, id)
	return e, err
}

// formers lists the newest ids below base that stand for an entry with another one.
func formers(ctx context.Context, q sqlx.ExtContext, scheme, base string) (list []Former, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `
		SELECT u.uri, t.uri AS replaced_by, t.name FROM term_uris u JOIN terms t ON t.id = u.term_id AND t.scheme = $1 AND t.uri <> u.uri
		WHERE starts_with(u.uri, $2) ORDER BY u.uri DESC LIMIT $3`, scheme, base, MaxTerms)
	return list, err
}

func countOffered(ctx context.Context, q sqlx.ExtContext, scheme string) (n int, err error) {
	err = sqlx.GetContext(ctx, q, &n, `SELECT count(*) FROM terms WHERE scheme = $1 AND replaced_by IS NULL AND retired_at IS NULL`, scheme)
	return n, err
}

func insertEntry(ctx context.Context, q sqlx.ExtContext, t practice.Term) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO terms (id, uri, scheme, notation, name, description, position)
		VALUES ($1, $2, $3, $4, $5, $6, (SELECT coalesce(max(position), 0) + 1 FROM terms WHERE scheme = $3))`,
		t.ID, t.URI, t.Scheme, t.Notation, t.Name, t.Description)
	return err
}

func updateEntry(ctx context.Context, q sqlx.ExtContext, t practice.Term) error {
	_, err := q.ExecContext(ctx, `UPDATE terms SET notation = $2, name = $3, description = $4 WHERE id = $1`, t.ID, t.Notation, t.Name, t.Description)
	return err
}

func placeEntry(ctx context.Context, q sqlx.ExtContext, id int64, position int) error {
	_, err := q.ExecContext(ctx, `UPDATE terms SET position = $2 WHERE id = $1 AND position <> $2`, id, position)
	return err
}

func retireEntry(ctx context.Context, q sqlx.ExtContext, id int64, at *time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE terms SET retired_at = $2 WHERE id = $1`, id, at)
	return err
}

// replaceEntry leaves an entry its name. What was merged into it before goes with it.
func replaceEntry(ctx context.Context, q sqlx.ExtContext, id, into int64, name string) error {
	if _, err := q.ExecContext(ctx, `
		UPDATE terms SET replaced_by = $2, name = CASE WHEN id = $1 THEN $3 ELSE name END WHERE id = $1 OR replaced_by = $1`, id, into, name); err != nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE term_words SET term_id = $2 WHERE term_id = $1`,
		`UPDATE term_uris SET term_id = $2 WHERE term_id = $1`,
	} {
		if _, err := q.ExecContext(ctx, statement, id, into); err != nil {
			return err
		}
	}
	return nil
}

func upsertWord(ctx context.Context, q sqlx.ExtContext, scheme string, w word) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO term_words (scheme, word, term_id) VALUES ($1, lower($2), $3)
		ON CONFLICT (scheme, word) DO UPDATE SET term_id = $3 WHERE NOT $4`, scheme, w.Name, w.TermID, w.Free)
	return err
}

func upsertURI(ctx context.Context, q sqlx.ExtContext, u uri) error {
	_, err := q.ExecContext(ctx, `INSERT INTO term_uris (uri, term_id) VALUES ($1, $2) ON CONFLICT (uri) DO UPDATE SET term_id = $2`, u.URI, u.TermID)
	return err
}

// Taking over a list.

func sources(ctx context.Context, q sqlx.ExtContext) (list []Source, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT scheme, account_id, host, uri, etag, read_at, next_at, failures FROM taxonomy_sources ORDER BY scheme`)
	return list, err
}

func dueSources(ctx context.Context, q sqlx.ExtContext, now time.Time) (schemes []string, err error) {
	err = sqlx.SelectContext(ctx, q, &schemes, `SELECT scheme FROM taxonomy_sources WHERE next_at <= $1 ORDER BY scheme`, now)
	return schemes, err
}

func upsertSource(ctx context.Context, q sqlx.ExtContext, s Source) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO taxonomy_sources (scheme, account_id, host, uri, etag, read_at, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (scheme) DO UPDATE SET account_id = $2, host = $3, uri = $4, etag = $5, read_at = $6, next_at = $7, failures = 0`,
		s.Scheme, s.AccountID, s.Host, s.URI, s.ETag, s.ReadAt, s.NextAt)
	return err
}

// updateSource notes that a list was read, or ever later that it could not be.
func updateSource(ctx context.Context, q sqlx.ExtContext, scheme string, now time.Time, pause time.Duration, failed bool) error {
	_, err := q.ExecContext(ctx, `UPDATE taxonomy_sources SET
			failures = CASE WHEN $4 THEN failures + 1 ELSE 0 END,
			read_at = CASE WHEN $4 THEN read_at ELSE $2::timestamptz END,
			next_at = $2::timestamptz + CASE WHEN $4 THEN least(interval '1 hour' * power(2, least(failures, 5)), interval '1 day') ELSE interval '1 second' * $3 END
		WHERE scheme = $1`, scheme, now, pause.Seconds(), failed)
	return err
}

func deleteSource(ctx context.Context, q sqlx.ExtContext, scheme string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM taxonomy_sources WHERE scheme = $1`, scheme)
	return err
}

// releaseEntries makes entries ours that another instance maintained; by its ids they are still found.
func releaseEntries(ctx context.Context, q sqlx.ExtContext, scheme, base string) error {
	if _, err := q.ExecContext(ctx, `UPDATE terms SET adopted = false, uri = $2::text || id WHERE scheme = $1 AND adopted`, scheme, base); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO term_uris (uri, term_id) SELECT t.uri, coalesce(t.replaced_by, t.id) FROM terms t WHERE t.scheme = $1 AND starts_with(t.uri, $2)
		ON CONFLICT (uri) DO UPDATE SET term_id = EXCLUDED.term_id`, scheme, base)
	return err
}

type uriRow struct {
	URI    string `db:"uri"`
	TermID int64  `db:"term_id"`
}

// urisOf finds which entries ids stand for.
func urisOf(ctx context.Context, q sqlx.ExtContext, scheme string, uris []string) (byURI map[string]int64, err error) {
	var rows []uriRow
	err = sqlx.SelectContext(ctx, q, &rows, `
		SELECT u.uri, u.term_id FROM term_uris u JOIN terms t ON t.id = u.term_id AND t.scheme = $1 WHERE u.uri = ANY ($2)`, scheme, pq.Array(uris))
	byURI = make(map[string]int64, len(rows))
	for _, r := range rows {
		byURI[r.URI] = r.TermID
	}
	return byURI, err
}

// clearNames takes the names from entries that get others in the same transaction, so that two can exchange theirs, and the ids
// from entries that were merged and are offered again by their origin.
func clearNames(ctx context.Context, q sqlx.ExtContext, ids []int64, uris []string, base string) error {
	if _, err := q.ExecContext(ctx, `UPDATE terms SET name = E'\x01' || id WHERE id = ANY ($1)`, pq.Array(ids)); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `UPDATE terms SET adopted = false, uri = $2::text || id WHERE uri = ANY ($1) AND replaced_by IS NOT NULL`, pq.Array(uris), base)
	return err
}

func insertAdopted(ctx context.Context, q sqlx.ExtContext, scheme string, id int64, t Said, position int) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO terms (id, uri, scheme, notation, name, description, position, adopted) VALUES ($1, $2, $3, $4, $5, $6, $7, true)`,
		id, t.URI, scheme, t.Notation, t.Name, t.Description, position)
	return err
}

func updateAdopted(ctx context.Context, q sqlx.ExtContext, id int64, t Said, position int) error {
	_, err := q.ExecContext(ctx, `
		UPDATE terms SET uri = $2, notation = $3, name = $4, description = $5, position = $6, adopted = true, retired_at = NULL WHERE id = $1`,
		id, t.URI, t.Notation, t.Name, t.Description, position)
	return err
}

// placeOwn puts ours behind those that another instance maintains.
func placeOwn(ctx context.Context, q sqlx.ExtContext, scheme string, after int) error {
	_, err := q.ExecContext(ctx, `
		UPDATE terms SET position = $2 + own.place FROM (
			SELECT id, row_number() OVER (ORDER BY position, lower(name), id) AS place FROM terms WHERE scheme = $1 AND NOT adopted
		) own WHERE own.id = terms.id AND terms.position <> $2 + own.place`, scheme, after)
	return err
}
