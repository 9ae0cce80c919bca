package event

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

func replace(ctx context.Context, db sqlx.ExtContext, e Event) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO events (post_id, starts_at, ends_at, time_zone, place, address, url, organizers, status)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (post_id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at, time_zone = excluded.time_zone,
			place = excluded.place, address = excluded.address, url = excluded.url, organizers = excluded.organizers, status = excluded.status`,
		e.PostID, e.StartsAt, e.EndsAt, e.TimeZone, e.Place, e.Address, e.URL, e.Organizers, e.Status)
	return err
}

func byPosts(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Event, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT post_id, starts_at, ends_at, time_zone, place, address, url, organizers, status FROM events WHERE post_id = ANY ($1)`, pq.Array(ids))
	return list, err
}

func remove(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM events WHERE post_id = $1`, postID)
	return err
}
