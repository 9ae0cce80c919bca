package practice

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const termColumns = `t.id, t.uri, t.scheme, t.notation, t.name, t.description`

type termRow struct {
	PostID int64 `db:"post_id"`
	Term
}

// termsOf lists the terms of practices in their own words.
func termsOf(ctx context.Context, db sqlx.ExtContext, ids []int64) (rows []termRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT t.post_id, coalesce(c.id, 0) AS id, coalesce(nullif(t.uri, ''), c.uri, '') AS uri, t.scheme, t.notation, t.name,
			coalesce(c.description, '') AS description
		FROM `+termsAsNow+` WHERE t.post_id = ANY ($1) ORDER BY t.post_id, t.scheme, t.position`, pq.Array(ids))
	return rows, err
}

// replaceTerms writes the terms of a practice. Of those without an entry of ours it is looked up which they mean.
func replaceTerms(ctx context.Context, db sqlx.ExtContext, id int64, terms []Term) error {
	if _, err := db.ExecContext(ctx, `DELETE FROM practice_terms WHERE post_id = $1`, id); err != nil {
		return err
	}
	for i, t := range terms {
		said := t.URI
		if t.ID != 0 {
			said = "" // ours follow what the entry is called
		}
		if _, err := db.ExecContext(ctx, `
			INSERT INTO practice_terms (post_id, scheme, position, notation, name, uri, term_id)
			VALUES ($1, $2, $3, $4, $5, $6, coalesce((SELECT coalesce(t.replaced_by, t.id) FROM terms t WHERE t.id = $7), term_of($2, $6, $5)))`,
			id, t.Scheme, i, t.Notation, t.Name, said, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// termsByScheme lists what may be chosen, and of the rest those that are chosen already.
func termsByScheme(ctx context.Context, db sqlx.ExtContext, scheme string, chosen []int64) (list []Term, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+termColumns+` FROM terms t
		WHERE t.scheme = $1 AND t.replaced_by IS NULL AND (t.retired_at IS NULL OR t.id = ANY ($2))
		ORDER BY t.position, lower(t.name)`, scheme, pq.Array(chosen))
	return list, err
}

func termsByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Term, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+termColumns+` FROM terms t WHERE t.id = ANY ($1) ORDER BY t.position, lower(t.name)`, pq.Array(ids))
	return list, err
}

type replacedRow struct {
	ID         int64 `db:"id"`
	ReplacedBy int64 `db:"replaced_by"`
}

func replacedTerms(ctx context.Context, db sqlx.ExtContext, ids []int64) (rows []replacedRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `SELECT id, replaced_by FROM terms WHERE id = ANY ($1) AND replaced_by IS NOT NULL`, pq.Array(ids))
	return rows, err
}

// wordsNow returns what the terms are called now that are, or were, called so; "" where there is none.
func wordsNow(ctx context.Context, db sqlx.ExtContext, goal, field string) (goalNow, fieldNow string, err error) {
	var row struct {
		Goal  string `db:"goal"`
		Field string `db:"field"`
	}
	err = sqlx.GetContext(ctx, db, &row, `
		SELECT coalesce((SELECT t.name FROM term_words w JOIN terms t ON t.id = w.term_id WHERE w.scheme = 'goal' AND w.word = lower($1)), '') AS goal,
			coalesce((SELECT t.name FROM term_words w JOIN terms t ON t.id = w.term_id WHERE w.scheme = 'field' AND w.word = lower($2)), '') AS field`, goal, field)
	return row.Goal, row.Field, err
}

type usesRow struct {
	TermID int64 `db:"term_id"`
	Uses
}

func termUses(ctx context.Context, db sqlx.ExtContext) (rows []usesRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT pt.term_id, count(DISTINCT p.id) FILTER (WHERE p.local) AS ours, count(DISTINCT p.id) FILTER (WHERE NOT p.local) AS others
		FROM practice_terms pt JOIN posts p ON p.id = pt.post_id
		WHERE pt.term_id IS NOT NULL AND p.state <> 'withdrawn' GROUP BY pt.term_id`)
	return rows, err
}

// moveTerm leaves a practice of ours a term once that had both. What another instance said stays as it is.
func moveTerm(ctx context.Context, db sqlx.ExtContext, from, to int64) (lost []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &lost, `
		DELETE FROM practice_terms pt USING posts p
		WHERE pt.term_id = $1 AND p.id = pt.post_id AND p.local
			AND EXISTS (SELECT 1 FROM practice_terms other WHERE other.post_id = pt.post_id AND other.term_id = $2)
		RETURNING pt.post_id`, from, to)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `UPDATE practice_terms SET term_id = $2 WHERE term_id = $1`, from, to)
	return lost, err
}

func resolveTerms(ctx context.Context, db sqlx.ExtContext, scheme string, words, uris []string) error {
	_, err := db.ExecContext(ctx, `
		WITH resolved AS (
			UPDATE practice_terms pt SET term_id = term_of(pt.scheme, pt.uri, pt.name) FROM posts p
			WHERE p.id = pt.post_id AND (NOT p.local OR pt.term_id IS NULL) AND pt.scheme = $1
				AND (lower(pt.name) IN (SELECT lower(w) FROM unnest($2::text[]) w) OR pt.uri <> '' AND pt.uri = ANY ($3))
				AND pt.term_id IS DISTINCT FROM term_of(pt.scheme, pt.uri, pt.name)
			RETURNING pt.post_id
		)
		UPDATE practice_index SET rules = 0 WHERE post_id IN (SELECT post_id FROM resolved)`, scheme, pq.Array(words), pq.Array(uris))
	return err
}

// termedOtherwise lists those of our practices that have one of the terms by other words, and the given ones.
func termedOtherwise(ctx context.Context, db sqlx.ExtContext, terms, practices []int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT pt.post_id FROM practice_terms pt JOIN posts p ON p.id = pt.post_id AND p.local JOIN terms t ON t.id = pt.term_id
		WHERE pt.term_id = ANY ($1) AND (pt.name, pt.notation) IS DISTINCT FROM (t.name, t.notation)
		UNION SELECT unnest($2::bigint[]) ORDER BY post_id`, pq.Array(terms), pq.Array(practices))
	return ids, err
}

func renameTerms(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE practice_terms pt SET name = t.name, notation = t.notation FROM terms t WHERE pt.post_id = $1 AND t.id = pt.term_id`, postID)
	return err
}

// staleTerms has others' practices with these terms indexed anew, by and by.
func staleTerms(ctx context.Context, db sqlx.ExtContext, terms []int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE practice_index SET rules = 0
		WHERE post_id IN (SELECT pt.post_id FROM practice_terms pt JOIN posts p ON p.id = pt.post_id WHERE pt.term_id = ANY ($1) AND NOT p.local)`,
		pq.Array(terms))
	return err
}

// insertTerm adds an entry at the end of its taxonomy.
func insertTerm(ctx context.Context, db sqlx.ExtContext, t Term) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO terms (id, uri, scheme, notation, name, description, position)
		VALUES ($1, $2, $3, $4, $5, $6, (SELECT coalesce(max(position), 0) + 1 FROM terms WHERE scheme = $3))`,
		t.ID, t.URI, t.Scheme, t.Notation, t.Name, t.Description)
	return err
}

// lockScheme counts a taxonomy's entries while nobody else changes any.
func lockScheme(ctx context.Context, db sqlx.ExtContext, scheme string) (known int, err error) {
	if _, err := db.ExecContext(ctx, `LOCK TABLE terms IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return 0, err
	}
	err = sqlx.GetContext(ctx, db, &known, `SELECT count(*) FROM terms WHERE scheme = $1`, scheme)
	return known, err
}

// nameTerms gives the entries that have none their id, and has all of ours found by it and by their words.
func nameTerms(ctx context.Context, db sqlx.ExtContext, base string) error {
	for _, statement := range []string{
		`UPDATE terms SET uri = $1::text || id WHERE uri = ''`,
		`INSERT INTO term_uris (uri, term_id) SELECT t.uri, coalesce(t.replaced_by, t.id) FROM terms t WHERE t.uri LIKE $1::text || '%' ON CONFLICT DO NOTHING`,
	} {
		if _, err := db.ExecContext(ctx, statement, base); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, `INSERT INTO term_words (scheme, word, term_id)
		SELECT scheme, lower(name), id FROM terms WHERE replaced_by IS NULL ON CONFLICT DO NOTHING`)
	return err
}
