package practice

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

type termRow struct {
	PostID int64 `db:"post_id"`
	Term
}

// termsOf lists the terms of practices. Their id is that of our taxonomy's entry of the same name, 0 where we have none.
func termsOf(ctx context.Context, db sqlx.ExtContext, ids []int64) (rows []termRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT pt.post_id, coalesce(t.id, 0) AS id, pt.scheme, pt.notation, pt.name, coalesce(t.description, '') AS description
		FROM practice_terms pt LEFT JOIN terms t ON t.scheme = pt.scheme AND lower(t.name) = lower(pt.name)
		WHERE pt.post_id = ANY ($1) ORDER BY pt.post_id, pt.scheme, pt.position`, pq.Array(ids))
	return rows, err
}

func replaceTerms(ctx context.Context, db sqlx.ExtContext, id int64, terms []Term) error {
	if _, err := db.ExecContext(ctx, `DELETE FROM practice_terms WHERE post_id = $1`, id); err != nil {
		return err
	}
	for i, t := range terms {
		if _, err := db.ExecContext(ctx, `
			INSERT INTO practice_terms (post_id, scheme, position, notation, name) VALUES ($1, $2, $3, $4, $5)`,
			id, t.Scheme, i, t.Notation, t.Name); err != nil {
			return err
		}
	}
	return nil
}

func termsByScheme(ctx context.Context, db sqlx.ExtContext, scheme string) (list []Term, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT id, scheme, notation, name, description FROM terms WHERE scheme = $1 ORDER BY position, lower(name)`, scheme)
	return list, err
}

func termsByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Term, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT id, scheme, notation, name, description FROM terms WHERE id = ANY ($1) ORDER BY position, lower(name)`, pq.Array(ids))
	return list, err
}

func lockTerm(ctx context.Context, db sqlx.ExtContext, id int64) (t Term, err error) {
	err = sqlx.GetContext(ctx, db, &t, `
		SELECT id, scheme, notation, name, description FROM terms WHERE id = $1 FOR UPDATE`, id)
	return t, err
}

func insertTerm(ctx context.Context, db sqlx.ExtContext, t Term) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO terms (id, scheme, notation, name, description, position)
		VALUES ($1, $2, $3, $4, $5, (SELECT coalesce(max(position), 0) + 1 FROM terms WHERE scheme = $2))`,
		t.ID, t.Scheme, t.Notation, t.Name, t.Description)
	return err
}

func updateTerm(ctx context.Context, db sqlx.ExtContext, t Term) error {
	_, err := db.ExecContext(ctx, `
		UPDATE terms SET notation = $2, name = $3, description = $4 WHERE id = $1`, t.ID, t.Notation, t.Name, t.Description)
	return err
}

// renameTerm follows a renamed entry in our own practices and returns which they are. Others' keep their words.
func renameTerm(ctx context.Context, db sqlx.ExtContext, old, t Term) (postIDs []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &postIDs, `
		UPDATE practice_terms pt SET name = $3, notation = $4
		FROM posts p
		WHERE p.id = pt.post_id AND p.local AND pt.scheme = $1 AND lower(pt.name) = lower($2)
		RETURNING pt.post_id`, t.Scheme, old.Name, t.Name, t.Notation)
	return postIDs, err
}

// lockScheme counts a taxonomy's entries while nobody else adds any.
func lockScheme(ctx context.Context, db sqlx.ExtContext, scheme string) (known int, err error) {
	if _, err := db.ExecContext(ctx, `LOCK TABLE terms IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return 0, err
	}
	err = sqlx.GetContext(ctx, db, &known, `SELECT count(*) FROM terms WHERE scheme = $1`, scheme)
	return known, err
}
