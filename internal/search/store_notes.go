package search

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// findNotes looks at no more than the newest MaxNotes that fit before it asks what the reader wants to hear of.
func findNotes(ctx context.Context, db sqlx.ExtContext, viewerID int64, publications bool, query string, offset, limit int) (ids []int64, total int, err error) {
	var row struct {
		IDs   pq.Int64Array `db:"ids"`
		Total int           `db:"total"`
	}
	err = sqlx.GetContext(ctx, db, &row, `
		WITH found AS MATERIALIZED (
			SELECT i.post_id, i.account_id FROM note_index i
			WHERE i.words @@ $2::tsquery AND i.publication = $6 AND `+post.ListedIn("i", "$1")+`
				AND (i.publication OR i.account_id NOT IN (SELECT id FROM accounts WHERE NOT indexable) OR i.account_id = $1)
			ORDER BY i.post_id DESC LIMIT $3
		), wanted AS MATERIALIZED (
			SELECT found.post_id FROM found WHERE `+account.Wanted("found.account_id", "$1")+`
		)
		SELECT (SELECT count(*) FROM wanted) AS total,
			ARRAY(SELECT post_id FROM wanted ORDER BY post_id DESC LIMIT $5 OFFSET $4) AS ids`, viewerID, query, MaxNotes, offset, limit, publications)
	return row.IDs, row.Total, err
}

// noteRow is a note that is to be indexed.
type noteRow struct {
	ID          int64  `db:"id"`
	AccountID   int64  `db:"account_id"`
	Visibility  string `db:"visibility"`
	Title       string `db:"title"`
	Summary     string `db:"summary"`
	HTML        string `db:"html"`
	Publication bool   `db:"publication"` // a document or an edition
}

// takeWaiting takes some notes that wait to be indexed; rows are those among them that may be found. Those that
// somebody works on at the same time are left for later. As everyone does, it locks the post before what hangs on it.
func takeWaiting(ctx context.Context, db sqlx.ExtContext, limit int) (taken int, rows []noteRow, err error) {
	var locked []struct {
		noteRow
		Found bool `db:"found"`
	}
	err = sqlx.SelectContext(ctx, db, &locked, `
		WITH locked AS MATERIALIZED (
			SELECT id, account_id, visibility, title, summary, html, kind = 'article' AS publication,
				(kind <> 'article' OR role IN ('Document', 'Edition')) AND state = 'published' AND NOT hidden
				AND visibility IN ('public', 'network') AND (board_id IS NOT NULL OR thread_id <> id OR title <> '') AS found
			FROM posts WHERE id IN (SELECT post_id FROM search_queue ORDER BY post_id DESC LIMIT $1)
			ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
		), taken AS (
			DELETE FROM search_queue WHERE post_id IN (SELECT id FROM locked)
		)
		SELECT id, account_id, visibility, title, summary, html, publication, found FROM locked ORDER BY id`, limit)
	for _, l := range locked {
		if l.Found {
			rows = append(rows, l.noteRow)
		}
	}
	return len(locked), rows, err
}

func upsertNote(ctx context.Context, db sqlx.ExtContext, n noteRow, words string) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO note_index (post_id, account_id, visibility, rules, words, publication) VALUES ($1, $2, $3, $4, $5::tsvector, $6)
		ON CONFLICT (post_id) DO UPDATE SET visibility = EXCLUDED.visibility, rules = EXCLUDED.rules, words = EXCLUDED.words, publication = EXCLUDED.publication`,
		n.ID, n.AccountID, n.Visibility, rules, words, n.Publication)
	return err
}

// queueStale lets some notes that other rules indexed wait to be indexed again.
func queueStale(ctx context.Context, db sqlx.ExtContext, limit int) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		WITH stale AS (
			UPDATE note_index SET rules = $1
			WHERE post_id IN (SELECT post_id FROM note_index WHERE rules < $1 OR rules > $1 ORDER BY rules, post_id LIMIT $2 FOR UPDATE SKIP LOCKED)
			RETURNING post_id
		), waiting AS (
			INSERT INTO search_queue (post_id) SELECT post_id FROM stale ON CONFLICT DO NOTHING
		)
		SELECT count(*) FROM stale`, rules, limit)
	return n, err
}
