package curation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/post"
)

type collectionRow struct {
	Collection
	RawChapters string `db:"chapters"`
}

func (r collectionRow) collection() (Collection, error) {
	if err := json.Unmarshal([]byte(r.RawChapters), &r.Chapters); err != nil {
		return r.Collection, fmt.Errorf("chapters: %w", err)
	}
	return r.Collection, nil
}

// known joins an entry i of another catalogue's collection with the practice, where we have it: one that everyone comes across, or
// did.
var known = ` FROM curated_items i
	LEFT JOIN posts p ON p.uri = i.post_uri
	LEFT JOIN practices d ON d.post_id = p.id
	LEFT JOIN accounts o ON o.id = p.account_id
	WHERE (p.id IS NULL OR p.visibility = 'public'
		AND (` + post.ListedTo("p", "0") + ` AND d.post_id IS NOT NULL OR p.state = 'withdrawn' AND NOT p.hidden AND NOT o.hidden AND NOT o.limited)) `

// withdrawn is whether an entry is but a place. RULE: a catalogue may say so of others' practices, and then nothing of them is shown;
// of ours we know ourselves.
const withdrawn = `(i.withdrawn AND NOT coalesce(p.local AND p.state = 'published', false) OR coalesce(p.state = 'withdrawn', false))`

// collectionsElsewhere lists the named collections of catalogues of other servers; of one host, and of one name, if given.
func collectionsElsewhere(ctx context.Context, q sqlx.ExtContext, shown bool, host, slug string) (list []collectionRow, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `
		SELECT c.account_id, c.slug, c.name, c.introduction, c.uri, c.url, c.shown_at IS NOT NULL AS shown, c.chapters, a.domain AS host,
			coalesce((SELECT nullif(h.display_name, '') FROM accounts h WHERE h.domain = a.domain AND h.kind = 'application' AND h.state = 'active'
				ORDER BY h.id LIMIT 1), nullif(a.display_name, ''), a.username) AS owner,
			coalesce(r.read_at, r.next_at) AS updated_at,
			(SELECT count(*)`+known+`AND i.account_id = c.account_id AND i.slug = c.slug AND NOT `+withdrawn+` AND p.state = 'published') AS size
		FROM curated_collections c JOIN curators r ON r.account_id = c.account_id
			JOIN accounts a ON a.id = c.account_id AND a.state = 'active' AND NOT a.hidden AND a.domain IS NOT NULL
		WHERE c.slug NOT IN ('kuratiert', 'hervorgehoben') AND (c.shown_at IS NOT NULL AND NOT a.limited OR NOT $1) AND ($2 = '' OR a.domain = $2) AND ($3 = '' OR c.slug = $3)
		ORDER BY lower(c.name), a.id`, shown, host, slug)
	return list, err
}

func entriesElsewhere(ctx context.Context, q sqlx.ExtContext, accountID int64, slug string) (list []Entry, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `
		SELECT coalesce(p.id, 0) AS post_id, i.post_uri AS uri, coalesce(o.domain, '') AS host, 
			-- Who withdrew it is not said on the word of another.
			CASE WHEN i.withdrawn AND p.state = 'published' AND NOT p.local THEN '' ELSE coalesce(nullif(o.display_name, ''), o.username, '') END AS author,
			i.revision, coalesce(d.revision, 0) AS current, i.chapter, i.annotation, i.featured, true AS accepted,
			`+withdrawn+` AS withdrawn, p.withdrawn_at`+known+`AND i.account_id = $1 AND i.slug = $2
		ORDER BY i.position, i.post_uri`, accountID, slug)
	return list, err
}

func showCollection(ctx context.Context, q sqlx.ExtContext, accountID int64, slug string, shown bool) error {
	_, err := q.ExecContext(ctx, `UPDATE curated_collections SET shown_at = CASE WHEN $3 THEN now() END WHERE account_id = $1 AND slug = $2`, accountID, slug, shown)
	return err
}
