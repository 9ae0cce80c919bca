package post

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// headRow is a head with what its title can be made of where there is none; all empty where the viewer may not see it.
type headRow struct {
	Head
	Summary   string `db:"summary"`
	Words     string `db:"words"` // the beginning of the HTML
	Sensitive bool   `db:"sensitive"`
}

func threadHeads(ctx context.Context, db sqlx.ExtContext, viewerID int64, ids []int64) (list []headRow, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT t.id AS thread_id, coalesce(w.title, '') AS title, coalesce(w.summary, '') AS summary, coalesce(w.words, '') AS words,
			t.sensitive, a.answers, a.latest_at
		FROM posts t LEFT JOIN LATERAL (
			SELECT t.title, t.summary, CASE WHEN t.title = '' THEN left(t.html, 2000) ELSE '' END AS words WHERE `+VisibleTo("t", "$1")+`) w ON true
		CROSS JOIN LATERAL (
			SELECT count(*) AS answers, max(p.published_at) AS latest_at FROM posts p
			WHERE p.thread_id = t.id AND p.id <> t.id AND `+ListedTo("p", "$1")+`) a
		WHERE t.id = ANY ($2)`, viewerID, pq.Array(ids))
	return list, err
}
