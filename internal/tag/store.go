package tag

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// isPublic is what counts: everyone can read it.
var isPublic = `p.visibility = 'public' AND ` + post.ListedTo("p", "0")

// day is the day of an id since 1970: ids are milliseconds, then 16 bits.
func day(id string) string { return `((` + id + ` >> 16) / 86400000)` }

// note is what is known of a key.
type note struct {
	Key       string `db:"key"`
	Name      string `db:"name"`
	Following bool   `db:"following"`
	Featuring bool   `db:"featuring"`
}

func notesOn(ctx context.Context, db sqlx.ExtContext, viewerID int64, keys []string) (list []note, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT key,
			coalesce((SELECT t.name FROM tags t JOIN posts p ON p.id = t.post_id
				WHERE lower(t.name) = key AND `+isPublic+` ORDER BY t.post_id DESC LIMIT 1), '') AS name,
			EXISTS (SELECT 1 FROM followed_tags f WHERE f.account_id = $1 AND f.name = key) AS following,
			EXISTS (SELECT 1 FROM featured_tags f WHERE f.account_id = $1 AND lower(f.name) = key) AS featuring
		FROM unnest($2::text[]) AS key`, viewerID, pq.Array(keys))
	return list, err
}

// use is what happened on a day, counted since 1970.
type use struct {
	Day      int64 `db:"day"`
	Uses     int   `db:"uses"`
	Accounts int   `db:"accounts"`
}

type keyUse struct {
	Key string `db:"key"`
	use
}

func usesOf(ctx context.Context, db sqlx.ExtContext, keys []string, sinceID int64) (list []keyUse, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT lower(t.name) AS key, `+day("p.id")+` AS day, count(DISTINCT p.id) AS uses, count(DISTINCT p.account_id) AS accounts
		FROM tags t JOIN posts p ON p.id = t.post_id
		WHERE lower(t.name) = ANY ($1) AND t.post_id >= $2 AND `+isPublic+`
		GROUP BY 1, 2`, pq.Array(keys), sinceID)
	return list, err
}

func mostUsed(ctx context.Context, db sqlx.ExtContext, sinceID int64, limit int) (keys []string, err error) {
	err = sqlx.SelectContext(ctx, db, &keys, `
		SELECT lower(t.name) FROM tags t JOIN posts p ON p.id = t.post_id
		WHERE t.post_id >= $1 AND `+isPublic+`
		GROUP BY lower(t.name) ORDER BY count(DISTINCT p.account_id) DESC, count(*) DESC, lower(t.name) LIMIT $2`, sinceID, limit)
	return keys, err
}

// noticed is how often someone cared.
const noticed = `(p.favourites_count + p.boosts_count + p.replies_count)`

func mostNoticed(ctx context.Context, db sqlx.ExtContext, sinceID int64, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT p.id FROM posts p WHERE p.id >= $1 AND `+isPublic+` AND `+noticed+` > 0
		ORDER BY `+noticed+` DESC, p.id DESC LIMIT $2`, sinceID, limit)
	return ids, err
}

func practicesMostNoticed(ctx context.Context, db sqlx.ExtContext, sinceID int64, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT p.id FROM posts p JOIN practices x ON x.post_id = p.id WHERE p.id >= $1 AND `+isPublic+` AND p.url <> ''
		ORDER BY `+noticed+` DESC, p.id DESC LIMIT $2`, sinceID, limit)
	return ids, err
}

// shownTo keeps the order of ids.
func shownTo(ctx context.Context, db sqlx.ExtContext, viewerID int64, ids []int64) (shown []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &shown, `
		SELECT p.id FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (id, place) JOIN posts p ON p.id = wanted.id
		WHERE `+isPublic+` AND `+post.ShownTo("p", "$1")+` ORDER BY wanted.place`, viewerID, pq.Array(ids))
	return shown, err
}

type share struct {
	PostID int64 `db:"post_id"`
	use
}

// sharesOf counts the publication and every boost as one.
func sharesOf(ctx context.Context, db sqlx.ExtContext, postIDs []int64, sinceID int64) (list []share, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT post_id, `+day("id")+` AS day, count(*) AS uses, count(DISTINCT account_id) AS accounts FROM (
			SELECT p.id AS post_id, p.id, p.account_id FROM posts p WHERE p.id = ANY ($1)
			UNION ALL
			SELECT b.post_id, b.id, b.account_id FROM boosts b WHERE b.post_id = ANY ($1) AND b.undone_at IS NULL) shares
		WHERE id >= $2 GROUP BY 1, 2`, pq.Array(postIDs), sinceID)
	return list, err
}

type followed struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
}

func followedBy(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page, limit int) (list []followed, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT id, name FROM followed_tags WHERE account_id = $1 AND id > $2 AND id < $3 ORDER BY id `+page.Order()+` LIMIT $4`,
		accountID, after, before, limit)
	return list, err
}

func countOtherFollowed(ctx context.Context, db sqlx.ExtContext, accountID int64, key string) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM followed_tags WHERE account_id = $1 AND name <> $2`, accountID, key)
	return n, err
}

func insertFollowed(ctx context.Context, db sqlx.ExtContext, id, accountID int64, key string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO followed_tags (id, account_id, name) VALUES ($1, $2, $3) ON CONFLICT (account_id, name) DO NOTHING`, id, accountID, key)
	return err
}

func deleteFollowed(ctx context.Context, db sqlx.ExtContext, accountID int64, key string) error {
	_, err := db.ExecContext(ctx, `DELETE FROM followed_tags WHERE account_id = $1 AND name = $2`, accountID, key)
	return err
}
