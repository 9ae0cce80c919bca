package curation

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// decisionToUndo returns a decision with how the entry stood before, empty where that was not kept.
func decisionToUndo(ctx context.Context, db sqlx.ExtContext, id int64) (d Decision, before []byte, err error) {
	var row struct {
		Decision
		Before []byte `db:"before"`
	}
	err = sqlx.GetContext(ctx, db, &row, `SELECT `+decisionColumns+`, before FROM curation_decisions WHERE id = $1`, id)
	return row.Decision, row.Before, err
}

// lastOfMatter returns the newest decision of those kinds about a practice that was not taken back.
func lastOfMatter(ctx context.Context, db sqlx.ExtContext, postID int64, kinds []string) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `
		SELECT coalesce(max(id), 0) FROM curation_decisions WHERE post_id = $1 AND decision = ANY ($2) AND NOT undone`, postID, pq.Array(kinds))
	return id, err
}

func markUndone(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `UPDATE curation_decisions SET undone = true WHERE id = $1`, id)
	return err
}

// undoing is what stands for or against taking a decision back.
type undoing struct {
	Kept  bool  `db:"kept"`
	Last  int64 `db:"last"`
	Shown bool  `db:"shown"`
}

func undoState(ctx context.Context, db sqlx.ExtContext, id int64, kinds []string) (u undoing, err error) {
	err = sqlx.GetContext(ctx, db, &u, `
		SELECT d.before IS NOT NULL AS kept, p.state = 'published' AND p.visibility = 'public' AS shown,
			(SELECT coalesce(max(o.id), 0) FROM curation_decisions o WHERE o.post_id = d.post_id AND o.decision = ANY ($2) AND NOT o.undone) AS last
		FROM curation_decisions d JOIN posts p ON p.id = d.post_id WHERE d.id = $1`, id, pq.Array(kinds))
	return u, err
}

func lastDecisionBy(ctx context.Context, db sqlx.ExtContext, accountID int64, since time.Time) (d Decision, err error) {
	err = sqlx.GetContext(ctx, db, &d, `
		SELECT `+decisionColumns+` FROM curation_decisions WHERE account_id = $1 AND created_at > $2 ORDER BY id DESC LIMIT 1`, accountID, since)
	return d, err
}

// decisions lists the log, newest first, of one practice (0: all) and of one kind ("": all), from before an id (0: the newest).
func decisions(ctx context.Context, db sqlx.ExtContext, postID int64, kind string, before int64, limit int) (list []Decision, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+decisionColumns+` FROM curation_decisions
		WHERE ($1::bigint = 0 OR post_id = $1) AND ($2 = '' OR decision = $2) AND ($3::bigint = 0 OR id < $3)
		ORDER BY id DESC LIMIT $4`, postID, kind, before, limit)
	return list, err
}
