package curation

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/follow"
)

// followedCatalogs are the groups of other servers that one of our groups follows.
const followedCatalogs = follow.FollowedGroups

// keepCurators forgets whom none of our groups follows any more, with what we keep of them, and takes up who is new.
func keepCurators(ctx context.Context, q sqlx.ExtContext, now time.Time) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM curators WHERE account_id NOT IN (`+followedCatalogs+`)`); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `INSERT INTO curators (account_id, next_at) SELECT DISTINCT target_id, $1::timestamptz FROM (`+followedCatalogs+`) followed
		WHERE NOT EXISTS (SELECT 1 FROM curators c WHERE c.account_id = target_id) ON CONFLICT DO NOTHING`, now)
	return err
}

func dueCurators(ctx context.Context, q sqlx.ExtContext, now time.Time, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, q, &ids, `SELECT account_id FROM curators WHERE next_at <= $1 ORDER BY next_at LIMIT $2`, now, limit)
	return ids, err
}

func insertCurator(ctx context.Context, q sqlx.ExtContext, accountID int64, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO curators (account_id, next_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, accountID, now)
	return err
}

// updateCurator sets when a catalogue is read again: after pause, or ever later while it fails.
func updateCurator(ctx context.Context, q sqlx.ExtContext, accountID int64, now time.Time, pause time.Duration, failed bool) error {
	_, err := q.ExecContext(ctx, `UPDATE curators SET
			failures = CASE WHEN $4 THEN failures + 1 ELSE 0 END,
			read_at = CASE WHEN $4 THEN read_at ELSE $2::timestamptz END,
			next_at = $2::timestamptz + CASE WHEN $4 THEN least(interval '1 hour' * power(2, least(failures, 5)), interval '1 day') ELSE interval '1 second' * $3 END
		WHERE account_id = $1`, accountID, now, pause.Seconds(), failed)
	return err
}

func collectionsOf(ctx context.Context, q sqlx.ExtContext, accountID int64) (list []Kept, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT slug, uri, etag FROM curated_collections WHERE account_id = $1`, accountID)
	return list, err
}

func upsertCollection(ctx context.Context, q sqlx.ExtContext, accountID int64, c Kept) error {
	chapters, err := json.Marshal(append([]Chapter{}, c.Chapters...))
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO curated_collections (account_id, slug, uri, etag, name, introduction, url, chapters) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (account_id, slug) DO UPDATE SET uri = $3, etag = $4, name = $5, introduction = $6, url = $7, chapters = $8`,
		accountID, c.Slug, c.URI, c.ETag, c.Name, c.Introduction, c.URL, string(chapters))
	return err
}

func deleteCollection(ctx context.Context, q sqlx.ExtContext, accountID int64, slug string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM curated_collections WHERE account_id = $1 AND slug = $2`, accountID, slug)
	return err
}

// replaceItems writes only what differs, so that only these pages change.
func replaceItems(ctx context.Context, q sqlx.ExtContext, accountID int64, slug string, items []Item) error {
	uris, chapters, annotations := make([]string, len(items)), make([]string, len(items)), make([]string, len(items))
	revisions := make([]int64, len(items))
	featured, withdrawn := make([]bool, len(items)), make([]bool, len(items))
	for i, item := range items {
		uris[i], chapters[i], annotations[i] = item.PostURI, item.Chapter, item.Annotation
		revisions[i], featured[i], withdrawn[i] = int64(item.Revision), item.Featured, item.Withdrawn
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM curated_items WHERE account_id = $1 AND slug = $2 AND post_uri <> ALL ($3)`,
		accountID, slug, pq.Array(uris)); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `INSERT INTO curated_items AS c (account_id, slug, post_uri, position, revision, chapter, annotation, featured, withdrawn)
		SELECT $1, $2, x.uri, x.position, x.revision, x.chapter, x.annotation, x.featured, x.withdrawn
		FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::boolean[], $8::boolean[])
			WITH ORDINALITY AS x (uri, revision, chapter, annotation, featured, withdrawn, position)
		ON CONFLICT (account_id, slug, post_uri) DO UPDATE SET position = EXCLUDED.position, revision = EXCLUDED.revision, chapter = EXCLUDED.chapter,
			annotation = EXCLUDED.annotation, featured = EXCLUDED.featured, withdrawn = EXCLUDED.withdrawn,
			tried_at = CASE WHEN c.revision >= EXCLUDED.revision AND c.withdrawn = EXCLUDED.withdrawn THEN c.tried_at END
		WHERE (c.position, c.revision, c.chapter, c.annotation, c.featured, c.withdrawn)
			IS DISTINCT FROM (EXCLUDED.position, EXCLUDED.revision, EXCLUDED.chapter, EXCLUDED.annotation, EXCLUDED.featured, EXCLUDED.withdrawn)`,
		accountID, slug, pq.Array(uris), pq.Array(revisions), pq.Array(chapters), pq.Array(annotations), pq.Array(featured), pq.Array(withdrawn))
	return err
}

// hintCollection finds the collection of a catalogue by its id. It will be read soon, and whole: its ETag is forgotten.
// sql.ErrNoRows when we do not keep it; then the catalogue as such is looked at.
func hintCollection(ctx context.Context, q sqlx.ExtContext, accountID int64, uri string) (slug string, err error) {
	if _, err := q.ExecContext(ctx, `UPDATE curators SET next_at = least(next_at, now()) WHERE account_id = $1`, accountID); err != nil {
		return "", err
	}
	err = sqlx.GetContext(ctx, q, &slug, `UPDATE curated_collections SET etag = '' WHERE account_id = $1 AND uri = $2 RETURNING slug`, accountID, uri)
	return slug, err
}

// upsertItem adds an entry at the end, unless the collection has most of them: whoever only ever adds fills no disk.
func upsertItem(ctx context.Context, q sqlx.ExtContext, accountID int64, slug string, item Item, most int) error {
	_, err := q.ExecContext(ctx, `INSERT INTO curated_items AS c (account_id, slug, post_uri, position, revision, chapter)
		SELECT $1::bigint, $2::text, $3::text, (SELECT coalesce(max(position), 0) + 1 FROM curated_items WHERE account_id = $1 AND slug = $2), $4::integer, $5::text
		WHERE (SELECT count(*) FROM curated_items WHERE account_id = $1 AND slug = $2 AND post_uri <> $3) < $6::bigint
		ON CONFLICT (account_id, slug, post_uri) DO UPDATE SET revision = EXCLUDED.revision,
			chapter = EXCLUDED.chapter, withdrawn = false, tried_at = CASE WHEN c.revision >= EXCLUDED.revision THEN c.tried_at END`,
		accountID, slug, item.PostURI, item.Revision, item.Chapter, most)
	return err
}

// emptyItem leaves of an entry only the place where it stood.
func emptyItem(ctx context.Context, q sqlx.ExtContext, accountID int64, slug, postURI string) error {
	_, err := q.ExecContext(ctx, `UPDATE curated_items SET withdrawn = true, annotation = '', featured = false
		WHERE account_id = $1 AND slug = $2 AND post_uri = $3`, accountID, slug, postURI)
	return err
}

func deleteItem(ctx context.Context, q sqlx.ExtContext, accountID int64, slug, postURI string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM curated_items WHERE account_id = $1 AND slug = $2 AND post_uri = $3`, accountID, slug, postURI)
	return err
}

// tryItems lists entries without a post, with an older version of it than was accepted, or whose source withdrew it although we still
// have it, that were not tried since the given time, and notes that they are tried.
func tryItems(ctx context.Context, q sqlx.ExtContext, accountID int64, now, since time.Time, limit int) (uris []string, err error) {
	err = sqlx.SelectContext(ctx, q, &uris, `WITH tried AS (
			SELECT i.post_uri, i.tried_at, min(i.position) AS position FROM curated_items i
			WHERE i.account_id = $1 AND (i.tried_at IS NULL OR i.tried_at <= $3) AND CASE WHEN i.withdrawn
				THEN EXISTS (SELECT 1 FROM posts p WHERE p.uri = i.post_uri AND NOT p.local AND p.state = 'published')
				ELSE NOT EXISTS (
					SELECT 1 FROM posts p LEFT JOIN practices d ON d.post_id = p.id
					WHERE p.uri = i.post_uri AND (p.local OR p.state <> 'published' OR d.post_id IS NULL OR d.revision >= i.revision)) END
			GROUP BY 1, 2 ORDER BY i.tried_at NULLS FIRST, position LIMIT $4
		)
		UPDATE curated_items i SET tried_at = $2 FROM tried WHERE i.account_id = $1 AND i.post_uri = tried.post_uri RETURNING i.post_uri`,
		accountID, now, since, limit)
	return uris, err
}

func acceptedRevisions(ctx context.Context, q sqlx.ExtContext, ids []int64) (map[int64]int, error) {
	var rows []struct {
		PostID   int64 `db:"post_id"`
		Revision int   `db:"revision_accepted"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT post_id, revision_accepted FROM curations WHERE post_id = ANY ($1)`, pq.Array(ids))
	byID := make(map[int64]int, len(rows))
	for _, r := range rows {
		byID[r.PostID] = r.Revision
	}
	return byID, err
}
