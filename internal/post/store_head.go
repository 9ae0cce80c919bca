package post

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

func threadHeads(ctx context.Context, db sqlx.ExtContext, viewerID int64, ids []int64) (list []Head, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT t.id AS thread_id, CASE WHEN `+VisibleTo("t", "$1")+` THEN t.title ELSE '' END AS title,
			a.answers, a.latest_at
		FROM posts t CROSS JOIN LATERAL (
			SELECT count(*) AS answers, max(p.published_at) AS latest_at FROM posts p
			WHERE p.thread_id = t.id AND p.id <> t.id AND `+VisibleTo("p", "$1")+`) a
		WHERE t.id = ANY ($2)`, viewerID, pq.Array(ids))
	return list, err
}
