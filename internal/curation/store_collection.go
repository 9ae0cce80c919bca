package curation

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/post"
)

// inCollections joins an entry e of a collection with its practice, and says which practices everybody may hear of: what
// everyone comes across, and the place of what everyone did.
var inCollections = ` FROM collection_entries e
	JOIN posts p ON p.id = e.post_id AND p.visibility = 'public' AND (` + post.ListedTo("p", "0") + ` OR p.state = 'withdrawn' AND NOT p.hidden
		AND NOT EXISTS (SELECT 1 FROM accounts o WHERE o.id = p.account_id AND (o.hidden OR o.limited)))
	JOIN practices d ON d.post_id = e.post_id
	LEFT JOIN curations k ON k.post_id = e.post_id AND k.state = 'accepted' `

var collectionColumns = `c.id, c.slug, c.name, c.introduction, c.version, c.published, c.published_at, c.updated_at,
	(SELECT count(*)` + inCollections + `WHERE e.collection_id = c.id AND k.post_id IS NOT NULL AND p.state = 'published') AS size`

func collections(ctx context.Context, q sqlx.ExtContext, drafts bool) (list []Collection, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT `+collectionColumns+` FROM collections c WHERE c.published OR $1 ORDER BY lower(c.name), c.id`, drafts)
	return list, err
}

func collectionBy(ctx context.Context, q sqlx.ExtContext, id int64, slug string) (c Collection, err error) {
	err = sqlx.GetContext(ctx, q, &c, `SELECT `+collectionColumns+` FROM collections c WHERE c.id = $1 OR $1 = 0 AND c.slug = $2`, id, slug)
	return c, err
}

func chaptersOf(ctx context.Context, q sqlx.ExtContext, collectionID int64) (list []Chapter, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT id, name, introduction FROM collection_chapters WHERE collection_id = $1 ORDER BY position, id`, collectionID)
	return list, err
}

func entriesOf(ctx context.Context, q sqlx.ExtContext, collectionID int64) (list []Entry, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `
		SELECT e.post_id, p.uri, coalesce(a.domain, '') AS host, coalesce(nullif(a.display_name, ''), a.username) AS author,
			coalesce(k.revision_accepted, 0) AS revision, d.revision AS current, coalesce(h.id, 0) AS chapter_id, coalesce(h.name, '') AS chapter,
			e.annotation, e.featured, k.post_id IS NOT NULL AS accepted, p.state = 'withdrawn' AS withdrawn, p.withdrawn_at`+inCollections+`
			JOIN accounts a ON a.id = p.account_id
			LEFT JOIN collection_chapters h ON h.id = e.chapter_id
		WHERE e.collection_id = $1 ORDER BY h.position NULLS FIRST, h.id, e.position, e.post_id`, collectionID)
	return list, err
}

// candidates lists accepted practices that do not stand in a collection, newest decision first.
func candidates(ctx context.Context, q sqlx.ExtContext, collectionID int64, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, q, &ids, `SELECT c.post_id`+onDesk+`
		WHERE c.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM collection_entries e WHERE e.collection_id = $1 AND e.post_id = c.post_id)
		ORDER BY c.decided_at DESC, c.post_id DESC LIMIT $2`, collectionID, limit)
	return ids, err
}
