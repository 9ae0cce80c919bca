package publication

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

const columns = `pu.post_id, pu.kind, pu.type, pu.version, pu.revision, pu.checksum, pu.updated_at, pu.entries, pu.files`

// row is a publication as it is stored.
type row struct {
	Publication
	EntriesJSON string `db:"entries"`
	FilesJSON   string `db:"files"`
}

func (r row) whole() (Publication, error) {
	p := r.Publication
	if err := json.Unmarshal([]byte(r.EntriesJSON), &p.Entries); err != nil {
		return p, fmt.Errorf("entries of %d: %w", p.PostID, err)
	}
	if err := json.Unmarshal([]byte(r.FilesJSON), &p.Files); err != nil {
		return p, fmt.Errorf("files of %d: %w", p.PostID, err)
	}
	return p, nil
}

func publicationsByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) ([]Publication, error) {
	var rows []row
	if err := sqlx.SelectContext(ctx, db, &rows, `SELECT `+columns+` FROM publications pu WHERE pu.post_id = ANY ($1)`, pq.Array(ids)); err != nil {
		return nil, err
	}
	list := make([]Publication, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.whole(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func revisionOf(ctx context.Context, db sqlx.ExtContext, id int64) (revision int, err error) {
	err = sqlx.GetContext(ctx, db, &revision, `SELECT revision FROM publications WHERE post_id = $1`, id)
	return revision, err
}

// maxWords is how many characters of a text it is found by: far more than anybody writes, and less than a tsvector can take.
const maxWords = 200_000

// upsertPublication writes what stands beside a post, whose words are written already.
func upsertPublication(ctx context.Context, db sqlx.ExtContext, p Publication) error {
	entries, err := json.Marshal(append([]Entry{}, p.Entries...))
	if err != nil {
		return err
	}
	files, err := json.Marshal(append([]File{}, p.Files...))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
		INSERT INTO publications (post_id, kind, type, version, revision, entries, checksum, files, words)
		SELECT p.id, $2::text, $3::text, $4::text, $5::integer, $6::jsonb, $7::text, $8::jsonb, to_tsvector('german', p.title || ' ' || p.summary || ' ' || left(p.html, $9::integer) || ' ' || $4)
		FROM posts p WHERE p.id = $1
		ON CONFLICT (post_id) DO UPDATE SET kind = EXCLUDED.kind, type = EXCLUDED.type, version = EXCLUDED.version, revision = EXCLUDED.revision,
			entries = EXCLUDED.entries, checksum = EXCLUDED.checksum, files = EXCLUDED.files, words = EXCLUDED.words, updated_at = now()`,
		p.PostID, p.Kind, p.Type, p.Version, p.Revision, string(entries), p.Checksum, string(files), maxWords)
	return err
}

func deletePublication(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM publications WHERE post_id = $1`, id)
	return err
}

// typeOf is what a publication is listed as.
const typeOf = `(CASE pu.kind WHEN 'Edition' THEN '` + TypeEdition + `' ELSE pu.type END)`

// listed is the condition of a list: $1 is the viewer, then kind, type, origin and text, "" for any. Where the origin is LocalOrigin,
// what is ours.
var listed = `
	FROM publications pu JOIN posts p ON p.id = pu.post_id JOIN accounts a ON a.id = p.account_id
	WHERE p.visibility = 'public' AND ` + post.ListedTo("p", "$1") + `
		AND ($2::text = '' OR pu.kind = $2) AND ($3::text = '' OR ` + typeOf + ` = $3)
		AND ($4::text = '' OR coalesce(a.domain, '` + LocalOrigin + `') = $4)
		AND ($5::text = '' OR pu.words @@ websearch_to_tsquery('german', $5))`

func listPublications(ctx context.Context, db sqlx.ExtContext, viewerID int64, f Filter) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT p.id`+listed+` ORDER BY p.id DESC LIMIT $6 OFFSET $7`,
		viewerID, f.Kind, f.Type, f.Origin, f.Text, f.Limit, f.Offset)
	return ids, err
}

// facet is how many there are of one value of what a list is narrowed by.
type facet struct {
	Name  string `db:"name"` // type, origin or all
	Value string `db:"value"`
	Count int    `db:"count"`
}

// countPublications counts the whole list, and for each choice what it would hold with the other choices as they are.
func countPublications(ctx context.Context, db sqlx.ExtContext, viewerID int64, f Filter) (list []facet, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT 'all' AS name, '' AS value, count(*) AS count`+listed, viewerID, f.Kind, f.Type, f.Origin, f.Text)
	if err != nil {
		return nil, err
	}
	var types, origins []facet
	if err := sqlx.SelectContext(ctx, db, &types, `SELECT 'type' AS name, `+typeOf+` AS value, count(*) AS count`+listed+` GROUP BY 2`,
		viewerID, f.Kind, "", f.Origin, f.Text); err != nil {
		return nil, err
	}
	if err := sqlx.SelectContext(ctx, db, &origins, `SELECT 'origin' AS name, coalesce(a.domain, '`+LocalOrigin+`') AS value, count(*) AS count`+listed+` GROUP BY a.domain`,
		viewerID, f.Kind, f.Type, "", f.Text); err != nil {
		return nil, err
	}
	return append(append(list, types...), origins...), nil
}

// publicationIn reads one publication; sql.ErrNoRows.
func publicationIn(ctx context.Context, db sqlx.ExtContext, id int64) (Publication, error) {
	var r row
	if err := sqlx.GetContext(ctx, db, &r, `SELECT `+columns+` FROM publications pu WHERE pu.post_id = $1`, id); err != nil {
		return Publication{}, err
	}
	return r.whole()
}
