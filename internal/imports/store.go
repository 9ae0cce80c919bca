package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/sheet"
)

type importRow struct {
	ID         int64      `db:"id"`
	AccountID  int64      `db:"account_id"`
	Name       string     `db:"name"`
	Sheet      *string    `db:"sheet"`
	Mapping    []byte     `db:"mapping"`
	State      Progress   `db:"state"`
	Counts     []byte     `db:"counts"`
	CreatedAt  time.Time  `db:"created_at"`
	FinishedAt *time.Time `db:"finished_at"`
}

func (r importRow) decode() (Import, error) {
	i := Import{ID: r.ID, AccountID: r.AccountID, Name: r.Name, Progress: r.State, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt}
	if r.Sheet != nil {
		i.Sheet = &sheet.Sheet{}
		if err := json.Unmarshal([]byte(*r.Sheet), i.Sheet); err != nil {
			return i, err
		}
	}
	if r.Mapping != nil {
		i.Mapping = &Mapping{}
		if err := json.Unmarshal(r.Mapping, i.Mapping); err != nil {
			return i, err
		}
	}
	if r.Counts != nil {
		return i, json.Unmarshal(r.Counts, &i.Counts)
	}
	return i, nil
}

// headersDigest knows a table again by what its columns are called.
func headersDigest(headers []string) string {
	names := make([]string, len(headers))
	for i, h := range headers {
		names[i] = plain(h)
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return hex.EncodeToString(sum[:])
}

// countImports counts those of an account that are open and that still have their sheet, while nobody else adds one.
func countImports(ctx context.Context, db sqlx.ExtContext, accountID int64) (open, kept int, err error) {
	if _, err := db.ExecContext(ctx, `SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE`, accountID); err != nil {
		return 0, 0, err
	}
	err = db.QueryRowxContext(ctx, `
		SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE sheet IS NOT NULL) FROM imports WHERE account_id = $1`, accountID).Scan(&open, &kept)
	return open, kept, err
}

func insertImport(ctx context.Context, db sqlx.ExtContext, r importRow, sheet string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO imports (id, account_id, name, sheet, state) VALUES ($1, $2, $3, $4, 'open')`, r.ID, r.AccountID, r.Name, sheet)
	return err
}

func importsOf(ctx context.Context, db sqlx.ExtContext, accountID int64) (rows []importRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT id, account_id, name, mapping, state, counts, created_at, finished_at
		FROM imports WHERE account_id = $1 ORDER BY id DESC LIMIT 100`, accountID)
	return rows, err
}

func importByID(ctx context.Context, db sqlx.ExtContext, id int64) (r importRow, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT id, account_id, name, sheet, mapping, state, counts, created_at, finished_at FROM imports WHERE id = $1`, id)
	return r, err
}

// lockImport reads whose import it is and how far, while nobody else goes on with it.
func lockImport(ctx context.Context, db sqlx.ExtContext, id int64) (r importRow, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT id, account_id, state FROM imports WHERE id = $1 FOR NO KEY UPDATE`, id)
	return r, err
}

// updateMapping sets what the columns of an open import mean; sql.ErrNoRows when it is open no more.
func updateMapping(ctx context.Context, db sqlx.ExtContext, id int64, mapping string) error {
	return sqlx.GetContext(ctx, db, &id, `UPDATE imports SET mapping = $2 WHERE id = $1 AND state = 'open' RETURNING id`, id, mapping)
}

func rememberMapping(ctx context.Context, db sqlx.ExtContext, accountID int64, headers, mapping string) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO import_mappings (account_id, headers, mapping) VALUES ($1, $2, $3)
		ON CONFLICT (account_id, headers) DO UPDATE SET mapping = EXCLUDED.mapping, used_at = now()`, accountID, headers, mapping)
	return err
}

func rememberedMapping(ctx context.Context, db sqlx.ExtContext, accountID int64, headers string) (mapping []byte, err error) {
	err = sqlx.GetContext(ctx, db, &mapping, `SELECT mapping FROM import_mappings WHERE account_id = $1 AND headers = $2`, accountID, headers)
	return mapping, err
}

func deleteImport(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (int64, error) {
	result, err := db.ExecContext(ctx, `DELETE FROM imports WHERE id = $1 AND account_id = $2 AND state <> 'running'`, id, accountID)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// beginImport says that the drafts are to be made; sql.ErrNoRows when it is open no more.
func beginImport(ctx context.Context, db sqlx.ExtContext, id int64) error {
	return sqlx.GetContext(ctx, db, &id, `UPDATE imports SET state = 'running' WHERE id = $1 AND state = 'open' RETURNING id`, id)
}

func finishImport(ctx context.Context, db sqlx.ExtContext, id int64, counts string) error {
	_, err := db.ExecContext(ctx, `UPDATE imports SET state = 'done', counts = $2, finished_at = now() WHERE id = $1`, id, counts)
	return err
}

func sweep(ctx context.Context, db sqlx.ExtContext, now time.Time) error {
	for _, s := range []struct {
		statement string
		days      int
	}{
		{`DELETE FROM imports WHERE state <> 'done' AND created_at < $1`, KeepDays},
		{`DELETE FROM import_rows WHERE import_id IN (SELECT id FROM imports WHERE created_at < $1)`, KeepDays},
		{`UPDATE imports SET sheet = NULL, mapping = NULL WHERE sheet IS NOT NULL AND created_at < $1`, KeepDays},
		{`DELETE FROM imports WHERE created_at < $1`, keepCounts},
		{`DELETE FROM import_mappings WHERE used_at < $1`, keepMappings},
	} {
		if _, err := db.ExecContext(ctx, s.statement, now.AddDate(0, 0, -s.days)); err != nil {
			return err
		}
	}
	return nil
}

// knownRow is what became of a row once, and how that stands now.
type knownRow struct {
	Identity  string `db:"identity"`
	PostID    int64  `db:"post_id"`
	Version   int    `db:"version"`
	Digest    string `db:"digest"`
	PostState string `db:"post_state"`
	Now       int    `db:"draft_version"`
	InReview  bool   `db:"in_review"`
}

func knownRows(ctx context.Context, db sqlx.ExtContext, accountID int64, identities []string) (rows []knownRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT k.identity, k.post_id, k.version, k.digest, p.state AS post_state, pr.draft_version, r.post_id IS NOT NULL AS in_review
		FROM import_keys k JOIN posts p ON p.id = k.post_id JOIN practices pr ON pr.post_id = k.post_id
		LEFT JOIN practice_reviews r ON r.post_id = k.post_id AND r.state = 'asked'
		WHERE k.account_id = $1 AND k.identity = ANY ($2)`, accountID, pq.Array(identities))
	return rows, err
}

// ownRow is a practice that the account wrote without an import.
type ownRow struct {
	PostID    int64  `db:"post_id"`
	PostState string `db:"post_state"`
	Title     string `db:"title"`
	Unit      string `db:"unit"`
}

func ownPractices(ctx context.Context, db sqlx.ExtContext, accountID int64) (rows []ownRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT p.id AS post_id, p.state AS post_state, coalesce(pr.pending->>'title', p.title) AS title,
			coalesce(pr.pending->>'contact_unit', pr.contact_unit) AS unit
		FROM posts p JOIN practices pr ON pr.post_id = p.id
		WHERE p.account_id = $1 AND p.local AND p.kind = 'article' AND p.state <> 'withdrawn'
			AND NOT EXISTS (SELECT 1 FROM import_keys k WHERE k.post_id = p.id)
		ORDER BY p.id`, accountID)
	return rows, err
}

func upsertKey(ctx context.Context, db sqlx.ExtContext, accountID int64, k knownRow) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO import_keys (account_id, identity, post_id, version, digest) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, identity) DO UPDATE SET post_id = EXCLUDED.post_id, version = EXCLUDED.version, digest = EXCLUDED.digest`,
		accountID, k.Identity, k.PostID, k.Version, k.Digest)
	return err
}

// movePost lets rows lead to what their draft was published as.
func movePost(ctx context.Context, db sqlx.ExtContext, draftID, postID int64) error {
	for _, statement := range []string{
		`UPDATE import_keys SET post_id = $2 WHERE post_id = $1`,
		`UPDATE import_rows SET post_id = $2 WHERE post_id = $1`,
	} {
		if _, err := db.ExecContext(ctx, statement, draftID, postID); err != nil {
			return err
		}
	}
	return nil
}
