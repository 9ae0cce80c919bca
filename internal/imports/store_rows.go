package imports

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// rowRow is a row of an import that was begun.
type rowRow struct {
	Number   int     `db:"number"`
	State    State   `db:"state"`
	Title    string  `db:"title"`
	Identity string  `db:"identity"`
	Draft    *string `db:"draft"`
	Mistakes []byte  `db:"mistakes"`
	PostID   *int64  `db:"post_id"`
}

const rowColumns = `number, state, title, identity, draft, mistakes, post_id`

func insertRows(ctx context.Context, db sqlx.ExtContext, importID int64, rows []rowRow) error {
	numbers, states, titles, identities := make([]int64, len(rows)), make([]string, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	drafts, mistakes := make([]*string, len(rows)), make([]*string, len(rows))
	for i, r := range rows {
		numbers[i], states[i], titles[i], identities[i], drafts[i] = int64(r.Number), string(r.State), r.Title, r.Identity, r.Draft
		if r.Mistakes != nil {
			text := string(r.Mistakes)
			mistakes[i] = &text
		}
	}
	_, err := db.ExecContext(ctx, `
		INSERT INTO import_rows (import_id, number, state, title, identity, draft, mistakes)
		SELECT $1, n, s, t, i, d, m::jsonb FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS r (n, s, t, i, d, m)`,
		importID, pq.Array(numbers), pq.Array(states), pq.Array(titles), pq.Array(identities), pq.Array(drafts), pq.Array(mistakes))
	return err
}

// waitingRows are the next ones to be worked.
func waitingRows(ctx context.Context, db sqlx.ExtContext, importID int64, limit int) (rows []rowRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+rowColumns+` FROM import_rows WHERE import_id = $1 AND state = 'waiting' ORDER BY number LIMIT $2`, importID, limit)
	return rows, err
}

// settleRow says what became of a row; the words of its draft stand in the draft from then on.
func settleRow(ctx context.Context, db sqlx.ExtContext, importID int64, r rowRow) error {
	var mistakes *string
	if r.Mistakes != nil {
		text := string(r.Mistakes)
		mistakes = &text
	}
	_, err := db.ExecContext(ctx, `UPDATE import_rows SET state = $3, post_id = $4, mistakes = coalesce($5::jsonb, mistakes), draft = NULL WHERE import_id = $1 AND number = $2`,
		importID, r.Number, string(r.State), r.PostID, mistakes)
	return err
}

func countRows(ctx context.Context, db sqlx.ExtContext, importID int64) (map[State]int, error) {
	var rows []struct {
		State State `db:"state"`
		Count int   `db:"count"`
	}
	if err := sqlx.SelectContext(ctx, db, &rows, `SELECT state, count(*) AS count FROM import_rows WHERE import_id = $1 GROUP BY state`, importID); err != nil {
		return nil, err
	}
	counts := make(map[State]int, len(rows))
	for _, r := range rows {
		counts[r.State] = r.Count
	}
	return counts, nil
}

// rowsOf lists the rows of an import in a state, all of them where it is "".
func rowsOf(ctx context.Context, db sqlx.ExtContext, importID int64, state State, offset, limit int) (rows []rowRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+rowColumns+` FROM import_rows WHERE import_id = $1 AND ($2 = '' OR state = $2) ORDER BY number OFFSET $3 LIMIT $4`,
		importID, string(state), offset, limit)
	return rows, err
}
