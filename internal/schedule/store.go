package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
)

type row struct {
	ID          int64     `db:"id"`
	AccountID   int64     `db:"account_id"`
	ScheduledAt time.Time `db:"scheduled_at"`
	Params      []byte    `db:"params"`
	AppID       *int64    `db:"app_id"`
	Error       string    `db:"error"`
	CreatedAt   time.Time `db:"created_at"`
}

const columns = `id, account_id, scheduled_at, params, app_id, error, created_at`

func (e Entry) row(params []byte) row {
	return row{ID: e.ID, AccountID: e.AccountID, ScheduledAt: e.At, Params: params, AppID: e.AppID, Error: e.Error, CreatedAt: e.CreatedAt}
}

func (r row) entry() (Entry, error) {
	e := Entry{ID: r.ID, AccountID: r.AccountID, At: r.ScheduledAt.UTC(), AppID: r.AppID, Error: r.Error, CreatedAt: r.CreatedAt}
	if err := json.Unmarshal(r.Params, &e.Params); err != nil {
		return e, fmt.Errorf("scheduled post %d: %w", r.ID, err)
	}
	return e, nil
}

// lockAccount makes those who add for one account take turns.
func lockAccount(ctx context.Context, db sqlx.ExtContext, accountID int64) error {
	_, err := db.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('scheduled posts of ' || $1::text, 0))`, accountID)
	return err
}

func countWaiting(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM scheduled_posts WHERE account_id = $1`, accountID)
	return n, err
}

func insertEntry(ctx context.Context, db sqlx.ExtContext, r row) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO scheduled_posts (id, account_id, scheduled_at, params, app_id, error, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.ID, r.AccountID, r.ScheduledAt, string(r.Params), r.AppID, r.Error, r.CreatedAt)
	return err
}

func entryByID(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (r row, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT `+columns+` FROM scheduled_posts WHERE id = $2 AND account_id = $1`, accountID, id)
	return r, err
}

func lockEntry(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (r row, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT `+columns+` FROM scheduled_posts WHERE id = $2 AND account_id = $1 FOR UPDATE`, accountID, id)
	return r, err
}

// waitingEntry is entryByID for the job, of what has not failed.
func waitingEntry(ctx context.Context, db sqlx.ExtContext, id int64) (r row, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT `+columns+` FROM scheduled_posts WHERE id = $1 AND error = ''`, id)
	return r, err
}

func lockWaiting(ctx context.Context, db sqlx.ExtContext, id int64) (r row, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT `+columns+` FROM scheduled_posts WHERE id = $1 AND error = '' FOR UPDATE`, id)
	return r, err
}

func entriesOf(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (rows []row, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+columns+` FROM scheduled_posts WHERE account_id = $1 AND id > $2 AND id < $3
		ORDER BY id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size())
	paging.NewestFirst(page, rows)
	return rows, err
}

func moveEntry(ctx context.Context, db sqlx.ExtContext, id int64, at time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE scheduled_posts SET scheduled_at = $2, error = '' WHERE id = $1`, id, at)
	return err
}

// failEntry notes why an entry could not be published, unless it was moved meanwhile.
func failEntry(ctx context.Context, db sqlx.ExtContext, id int64, at time.Time, reason string) error {
	_, err := db.ExecContext(ctx, `UPDATE scheduled_posts SET error = $3 WHERE id = $1 AND scheduled_at = $2`, id, at, reason)
	return err
}

func deleteEntry(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM scheduled_posts WHERE id = $1`, id)
	return err
}
