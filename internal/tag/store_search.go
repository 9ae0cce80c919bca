package tag

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/post"
)

// searchNames looks at no more than some thousand uses, however short the beginning.
func searchNames(ctx context.Context, db sqlx.ExtContext, viewerID int64, start string, limit, offset int) (names []string, err error) {
	pattern := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(start) + "%"
	err = sqlx.SelectContext(ctx, db, &names, `
		SELECT min(used.name) FROM (
			(SELECT t.name, t.post_id FROM tags t WHERE lower(t.name) = $2 LIMIT 1000)
			UNION
			(SELECT t.name, t.post_id FROM tags t WHERE lower(t.name) LIKE $3 LIMIT 3000)
		) used JOIN posts p ON p.id = used.post_id
		WHERE p.visibility = 'public' AND `+post.ShownTo("p", "$1")+`
		GROUP BY lower(used.name)
		ORDER BY lower(used.name) = $2 DESC, count(*) DESC, lower(used.name)
		LIMIT $4 OFFSET $5`, viewerID, start, pattern, limit, offset)
	return names, err
}
