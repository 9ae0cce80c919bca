package curation

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

// lockCollection makes others who change the same collection wait.
func lockCollection(ctx context.Context, q sqlx.ExtContext, id int64) error {
	var got int64
	return sqlx.GetContext(ctx, q, &got, `SELECT id FROM collections WHERE id = $1 FOR UPDATE`, id)
}

// lockCollections makes others who give a collection an address wait, and counts what there is.
func lockCollections(ctx context.Context, q sqlx.ExtContext) (n int, err error) {
	if _, err := q.ExecContext(ctx, `LOCK TABLE collections IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return 0, err
	}
	err = sqlx.GetContext(ctx, q, &n, `SELECT count(*) FROM collections`)
	return n, err
}

func slugsBeside(ctx context.Context, q sqlx.ExtContext, id int64) (map[string]bool, error) {
	var slugs []string
	err := sqlx.SelectContext(ctx, q, &slugs, `SELECT slug FROM collections WHERE id <> $1`, id)
	taken := make(map[string]bool, len(slugs))
	for _, slug := range slugs {
		taken[slug] = true
	}
	return taken, err
}

func insertCollection(ctx context.Context, q sqlx.ExtContext, c Collection) error {
	_, err := q.ExecContext(ctx, `INSERT INTO collections (id, slug, name, introduction) VALUES ($1, $2, $3, $4)`, c.ID, c.Slug, c.Name, c.Introduction)
	return err
}

func updateCollection(ctx context.Context, q sqlx.ExtContext, id int64, slug, name, introduction string) error {
	_, err := q.ExecContext(ctx, `UPDATE collections SET slug = $2, name = $3, introduction = $4, version = version + 1 WHERE id = $1`, id, slug, name, introduction)
	return err
}

func touchCollection(ctx context.Context, q sqlx.ExtContext, id int64) error {
	_, err := q.ExecContext(ctx, `UPDATE collections SET updated_at = now() WHERE id = $1`, id)
	return err
}

func publishCollection(ctx context.Context, q sqlx.ExtContext, id int64, published bool) error {
	_, err := q.ExecContext(ctx, `UPDATE collections SET published = $2,
		published_at = CASE WHEN $2 THEN coalesce(published_at, now()) ELSE published_at END WHERE id = $1`, id, published)
	return err
}

func deleteOwnCollection(ctx context.Context, q sqlx.ExtContext, id int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM collections WHERE id = $1`, id)
	return err
}

func insertChapter(ctx context.Context, q sqlx.ExtContext, collectionID int64, c Chapter, position int) error {
	_, err := q.ExecContext(ctx, `INSERT INTO collection_chapters (id, collection_id, name, introduction, position) VALUES ($1, $2, $3, $4, $5)`,
		c.ID, collectionID, c.Name, c.Introduction, position)
	return err
}

func updateChapter(ctx context.Context, q sqlx.ExtContext, c Chapter) error {
	_, err := q.ExecContext(ctx, `UPDATE collection_chapters SET name = $2, introduction = $3 WHERE id = $1`, c.ID, c.Name, c.Introduction)
	return err
}

// placeChapters numbers chapters in the order given.
func placeChapters(ctx context.Context, q sqlx.ExtContext, ids []int64) error {
	_, err := q.ExecContext(ctx, `UPDATE collection_chapters c SET position = x.position
		FROM unnest($1::bigint[]) WITH ORDINALITY AS x (id, position) WHERE c.id = x.id AND c.position <> x.position`, pq.Array(ids))
	return err
}

func deleteChapter(ctx context.Context, q sqlx.ExtContext, id int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM collection_chapters WHERE id = $1`, id)
	return err
}

// insertCollected adds accepted practices at the end, in the order given, and counts how many it added.
func insertCollected(ctx context.Context, q sqlx.ExtContext, collectionID int64, postIDs []int64, chapterID int64) (int, error) {
	r, err := q.ExecContext(ctx, `
		INSERT INTO collection_entries (collection_id, post_id, chapter_id, position)
		SELECT $1, c.post_id, nullif($3::bigint, 0), x.position + coalesce((SELECT max(o.position) FROM collection_entries o WHERE o.collection_id = $1), 0)
		FROM unnest($2::bigint[]) WITH ORDINALITY AS x (id, position)
		JOIN curations c ON c.post_id = x.id AND c.state = 'accepted'
		JOIN posts p ON p.id = c.post_id AND p.state = 'published' AND p.visibility = 'public'`, collectionID, pq.Array(postIDs), chapterID)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

func updateCollected(ctx context.Context, q sqlx.ExtContext, collectionID int64, e Entry) error {
	_, err := q.ExecContext(ctx, `
		UPDATE collection_entries SET chapter_id = nullif($3::bigint, 0), annotation = $4, featured = $5 WHERE collection_id = $1 AND post_id = $2`,
		collectionID, e.PostID, e.ChapterID, e.Annotation, e.Featured)
	return err
}

// placeCollected numbers entries in the order given.
func placeCollected(ctx context.Context, q sqlx.ExtContext, collectionID int64, postIDs []int64) error {
	_, err := q.ExecContext(ctx, `UPDATE collection_entries e SET position = x.position
		FROM unnest($2::bigint[]) WITH ORDINALITY AS x (id, position) WHERE e.collection_id = $1 AND e.post_id = x.id AND e.position <> x.position`,
		collectionID, pq.Array(postIDs))
	return err
}

func deleteCollected(ctx context.Context, q sqlx.ExtContext, collectionID, postID int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM collection_entries WHERE collection_id = $1 AND post_id = $2`, collectionID, postID)
	return err
}

// What is told.

// visibility is whether everyone sees a practice, and whether that is what was told last of it.
type visibility struct {
	Shown     bool `db:"shown"`
	Told      bool `db:"told"`
	Withdrawn bool `db:"withdrawn"` // by its source, as far as everyone may know
}

// What visibility is made of, for an accepted c with its post p. What was told before its last decision does not count: the decision
// was told itself.
var (
	isShown = `(p.visibility = 'public' AND ` + post.VisibleTo("p", "0") + `)`
	// What moderators hid is not said to be withdrawn: its source may never have done that.
	isWithdrawn = `(p.state = 'withdrawn' AND NOT p.hidden AND NOT EXISTS (SELECT 1 FROM accounts o WHERE o.id = p.account_id AND o.hidden))`
	isTold      = `coalesce((SELECT h.entered FROM collection_changes h WHERE h.post_id = c.post_id AND h.slug = '` + Curated + `' AND h.created_at >= c.decided_at
		ORDER BY h.id DESC LIMIT 1), true)`
)

func insertChange(ctx context.Context, q sqlx.ExtContext, c CollectionChange) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO collection_changes (id, collection_id, slug, post_id, entered, revision, chapter, reason, created_at)
		VALUES ($1, nullif($2::bigint, 0), $3, nullif($4::bigint, 0), $5, $6, $7, $8, $9)`,
		c.ID, c.CollectionID, c.Slug, c.PostID, c.Entered, c.Revision, c.Chapter, c.Reason, c.CreatedAt)
	return err
}

func changeByID(ctx context.Context, q sqlx.ExtContext, id int64) (c CollectionChange, err error) {
	err = sqlx.GetContext(ctx, q, &c, `
		SELECT h.id, coalesce(h.collection_id, 0) AS collection_id, h.slug, coalesce(h.post_id, 0) AS post_id, h.entered, h.revision, h.chapter, h.reason, h.created_at,
			coalesce(`+isShown+`, false) AS shown, coalesce(`+isWithdrawn+`, false) AS withdrawn
		FROM collection_changes h LEFT JOIN posts p ON p.id = h.post_id WHERE h.id = $1`, id)
	return c, err
}

// holdersOf lists the published collections in which a practice stands, each with its chapter.
func holdersOf(ctx context.Context, q sqlx.ExtContext, postID int64) (list []CollectionChange, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `
		SELECT c.id AS collection_id, coalesce(h.name, '') AS chapter FROM collection_entries e
		JOIN collections c ON c.id = e.collection_id AND c.published LEFT JOIN collection_chapters h ON h.id = e.chapter_id
		WHERE e.post_id = $1 ORDER BY c.id`, postID)
	return list, err
}

func visibilityOf(ctx context.Context, q sqlx.ExtContext, postID int64) (v visibility, err error) {
	err = sqlx.GetContext(ctx, q, &v, `SELECT `+isShown+` AS shown, `+isTold+` AS told, `+isWithdrawn+` AS withdrawn
		FROM curations c JOIN posts p ON p.id = c.post_id WHERE c.post_id = $1`, postID)
	return v, err
}

// unseen lists accepted practices of which was told what is no longer so, after the one with that id, by id.
func unseen(ctx context.Context, q sqlx.ExtContext, after int64, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, q, &ids, `SELECT c.post_id FROM curations c JOIN posts p ON p.id = c.post_id
		WHERE c.state = 'accepted' AND c.post_id > $1 AND `+isShown+` <> `+isTold+` ORDER BY c.post_id LIMIT $2`, after, limit)
	return ids, err
}

// stands reports whether what a change is about stands where it came into: a collection in the list of collections, a practice
// in a collection.
func stands(ctx context.Context, q sqlx.ExtContext, c CollectionChange) (yes bool, err error) {
	switch {
	case c.Slug != "":
		err = sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1`+onDesk+`WHERE c.post_id = $1 AND c.state = 'accepted' AND (c.featured OR $2 <> $3) AND `+isShown+`)`,
			c.PostID, c.Slug, Featured)
	case c.PostID == 0:
		err = sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1 FROM collections WHERE id = $1 AND published)`, c.CollectionID)
	default:
		err = sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1`+onDesk+`
			JOIN collection_entries e ON e.post_id = c.post_id AND e.collection_id = $2 JOIN collections o ON o.id = e.collection_id AND o.published
			WHERE c.post_id = $1 AND c.state = 'accepted' AND `+isShown+`)`, c.PostID, c.CollectionID)
	}
	return yes, err
}
