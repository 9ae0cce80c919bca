package timeline

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

const postLine = `SELECT p.id AS cursor, p.id AS post_id, NULL::bigint AS boosted_by, NULL::timestamptz AS boosted_at`

// place is the condition on a post p of where it must come from.
func (o Options) place() string {
	switch {
	case o.Local == o.Remote:
		return `true`
	case o.Local:
		return `p.local`
	default:
		return `NOT p.local`
	}
}

// public reads an index that holds nothing else, or that of media: how many other posts there are costs nothing.
func public(ctx context.Context, db sqlx.ExtContext, viewerID int64, o Options, page paging.Page, limit int) (list []line, err error) {
	after, before := page.Bounds()
	from := `posts p`
	if o.OnlyMedia {
		from = `(SELECT DISTINCT m.post_id FROM media m WHERE m.post_id > $2 AND m.post_id < $3 ORDER BY m.post_id ` + page.Order() + `) m JOIN posts p ON p.id = m.post_id`
	}
	err = sqlx.SelectContext(ctx, db, &list, postLine+` FROM `+from+`
		WHERE p.state = 'published' AND p.visibility = 'public' AND `+isTop+`
			AND `+o.place()+` AND p.id > $2 AND p.id < $3 AND `+post.ShownTo("p", "$1")+`
		ORDER BY p.id `+page.Order()+` LIMIT $4`, viewerID, after, before, limit)
	return list, err
}

// tagged reads no more of each hashtag than the page has.
func tagged(ctx context.Context, db sqlx.ExtContext, viewerID int64, name string, o Options, page paging.Page, limit int) (list []line, err error) {
	after, before := page.Bounds()
	media := `true`
	if o.OnlyMedia {
		media = `EXISTS (SELECT 1 FROM media m WHERE m.post_id = p.id)`
	}
	err = sqlx.SelectContext(ctx, db, &list, strings.NewReplacer("{order}", page.Order()).Replace(`
		SELECT DISTINCT p.cursor, p.cursor AS post_id, NULL::bigint AS boosted_by, NULL::timestamptz AS boosted_at
		FROM unnest($5::text[]) wanted CROSS JOIN LATERAL (
			SELECT p.id AS cursor FROM tags t JOIN posts p ON p.id = t.post_id
			WHERE lower(t.name) = wanted AND t.post_id > $2 AND t.post_id < $3
				AND p.visibility = 'public' AND `+o.place()+` AND `+media+` AND `+post.ShownTo("p", "$1")+`
				AND NOT EXISTS (SELECT 1 FROM unnest($6::text[]) needed WHERE NOT EXISTS (
					SELECT 1 FROM tags a WHERE a.post_id = p.id AND lower(a.name) = needed))
				AND NOT EXISTS (SELECT 1 FROM tags n WHERE n.post_id = p.id AND lower(n.name) = ANY ($7))
			ORDER BY t.post_id {order} LIMIT $4) p
		ORDER BY p.cursor {order} LIMIT $4`),
		viewerID, after, before, limit, pq.Array(folded(append([]string{name}, o.Any...))), pq.Array(folded(o.All)), pq.Array(folded(o.None)))
	return list, err
}

// folded is the names as the index has them.
func folded(names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = strings.ToLower(strings.TrimPrefix(n, "#"))
	}
	return list
}

// linked finds what shows a card of the page: the post itself.
func linked(ctx context.Context, db sqlx.ExtContext, viewerID int64, address string, page paging.Page, limit int) (list []line, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, postLine+` FROM posts p
		WHERE p.url = $5 AND p.url <> '' AND p.visibility = 'public' AND p.id > $2 AND p.id < $3 AND `+post.ShownTo("p", "$1")+`
		ORDER BY p.id `+page.Order()+` LIMIT $4`, viewerID, after, before, limit, address)
	return list, err
}
