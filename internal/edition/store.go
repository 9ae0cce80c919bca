package edition

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

const (
	stateDraft     = "draft"
	stateWithdrawn = "withdrawn"

	columns = `id, number, title, summary, foreword, credits, imprint, sums, language, version, updated_by_id, updated_at, published_at, checksum, post_id, withdrawn_at, withdrawn_reason`
)

func editions(ctx context.Context, db sqlx.ExtContext, published bool) (list []Edition, err error) {
	query := `SELECT ` + columns + ` FROM editions WHERE state = 'draft' ORDER BY updated_at DESC, id DESC`
	if published {
		query = `SELECT ` + columns + ` FROM editions WHERE state <> 'draft' ORDER BY published_at DESC, id DESC`
	}
	err = sqlx.SelectContext(ctx, db, &list, query)
	return list, err
}

func editionByID(ctx context.Context, db sqlx.ExtContext, id int64) (e Edition, err error) {
	err = sqlx.GetContext(ctx, db, &e, `SELECT `+columns+` FROM editions WHERE id = $1`, id)
	return e, err
}

// editionByNumber finds one that was published, also where it was withdrawn since.
func editionByNumber(ctx context.Context, db sqlx.ExtContext, number string) (e Edition, err error) {
	err = sqlx.GetContext(ctx, db, &e, `SELECT `+columns+` FROM editions WHERE number = $1 AND state <> 'draft'`, number)
	return e, err
}

// lockNumbers lists the numbers that are taken and counts the drafts, while nobody else begins an edition.
func lockNumbers(ctx context.Context, db sqlx.ExtContext) (numbers []string, drafts int, err error) {
	if _, err := db.ExecContext(ctx, `LOCK TABLE editions IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return nil, 0, err
	}
	var rows []struct {
		Number string `db:"number"`
		State  string `db:"state"`
	}
	if err := sqlx.SelectContext(ctx, db, &rows, `SELECT number, state FROM editions`); err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		if numbers = append(numbers, r.Number); r.State == stateDraft {
			drafts++
		}
	}
	return numbers, drafts, nil
}

func insertEdition(ctx context.Context, db sqlx.ExtContext, id, editorID int64, d Draft) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO editions (id, number, title, summary, foreword, credits, imprint, sums, updated_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, id, d.Number, d.Title, d.Summary, d.Foreword, d.Credits, d.Imprint, d.Sums, editorID)
	return err
}

// lockEdition makes other changes of the same edition wait.
func lockEdition(ctx context.Context, db sqlx.ExtContext, id int64) (state string, version int, err error) {
	err = db.QueryRowxContext(ctx, `SELECT state, version FROM editions WHERE id = $1 FOR UPDATE`, id).Scan(&state, &version)
	return state, version, err
}

func updateDraft(ctx context.Context, db sqlx.ExtContext, id, editorID int64, version int, d Draft) error {
	_, err := db.ExecContext(ctx, `
		UPDATE editions SET number = $2, title = $3, summary = $4, foreword = $5, credits = $6, imprint = $7, sums = $8, updated_by_id = $9, version = $10, updated_at = now()
		WHERE id = $1`, id, d.Number, d.Title, d.Summary, d.Foreword, d.Credits, d.Imprint, d.Sums, editorID, version)
	return err
}

func deleteDraft(ctx context.Context, db sqlx.ExtContext, id int64) (int64, error) {
	result, err := db.ExecContext(ctx, `DELETE FROM editions WHERE id = $1 AND state = 'draft'`, id)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// replaceChapters writes the chapters with their entries in the place of those that are there.
func replaceChapters(ctx context.Context, db sqlx.ExtContext, id int64, chapters []Chapter) error {
	if _, err := db.ExecContext(ctx, `DELETE FROM edition_chapters WHERE edition_id = $1`, id); err != nil {
		return err
	}
	var titles, introductions, uris, names, origins, notes []string
	var inChapter, positions, revisions, posts []int64
	for i, c := range chapters {
		titles, introductions = append(titles, c.Title), append(introductions, c.Introduction)
		for j, e := range c.Entries {
			inChapter, positions, revisions, posts = append(inChapter, int64(i)), append(positions, int64(j)), append(revisions, int64(e.Revision)), append(posts, e.PostID)
			uris, names, origins, notes = append(uris, e.URI), append(names, e.Title), append(origins, e.Origin), append(notes, e.Note)
		}
	}
	if _, err := db.ExecContext(ctx, `
		INSERT INTO edition_chapters (edition_id, position, title, introduction)
		SELECT $1, c.n - 1, c.title, c.introduction FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS c (title, introduction, n)`,
		id, pq.Array(titles), pq.Array(introductions)); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `
		INSERT INTO edition_entries (edition_id, chapter, position, post_id, uri, revision, title, origin, note)
		SELECT $1, e.chapter, e.position, p.id, e.uri, e.revision, e.title, e.origin, e.note
		FROM unnest($2::integer[], $3::integer[], $4::bigint[], $5::text[], $6::integer[], $7::text[], $8::text[], $9::text[])
			AS e (chapter, position, post_id, uri, revision, title, origin, note) LEFT JOIN posts p ON p.id = e.post_id`,
		id, pq.Array(inChapter), pq.Array(positions), pq.Array(posts), pq.Array(uris), pq.Array(revisions), pq.Array(names), pq.Array(origins), pq.Array(notes))
	return err
}

func chaptersOf(ctx context.Context, db sqlx.ExtContext, id int64) ([]Chapter, error) {
	var chapters []struct {
		Title        string `db:"title"`
		Introduction string `db:"introduction"`
	}
	if err := sqlx.SelectContext(ctx, db, &chapters, `SELECT title, introduction FROM edition_chapters WHERE edition_id = $1 ORDER BY position`, id); err != nil {
		return nil, err
	}
	var entries []struct {
		Chapter  int    `db:"chapter"`
		PostID   int64  `db:"post_id"`
		URI      string `db:"uri"`
		Revision int    `db:"revision"`
		Title    string `db:"title"`
		Origin   string `db:"origin"`
		Note     string `db:"note"`
	}
	if err := sqlx.SelectContext(ctx, db, &entries, `
		SELECT chapter, coalesce(post_id, 0) AS post_id, uri, revision, title, origin, note
		FROM edition_entries WHERE edition_id = $1 ORDER BY chapter, position`, id); err != nil {
		return nil, err
	}
	list := make([]Chapter, len(chapters))
	for i, c := range chapters {
		list[i] = Chapter{Title: c.Title, Introduction: c.Introduction}
	}
	for _, e := range entries {
		to := &list[e.Chapter]
		to.Entries = append(to.Entries, Entry{PostID: e.PostID, URI: e.URI, Revision: e.Revision, Title: e.Title, Origin: e.Origin, Note: e.Note})
	}
	return list, nil
}

// lockPublic counts those of the posts that everybody may read and our desk stands for, and makes who withdraws one of them wait.
func lockPublic(ctx context.Context, db sqlx.ExtContext, ids []int64) (int, error) {
	var locked []int64
	err := sqlx.SelectContext(ctx, db, &locked, `
		SELECT p.id FROM posts p WHERE p.id = ANY($1) AND p.visibility = 'public' AND `+post.VisibleTo("p", "0")+`
			AND EXISTS (SELECT 1 FROM curations c WHERE c.post_id = p.id AND c.state = 'accepted')
		ORDER BY p.id FOR SHARE OF p`, pq.Array(ids))
	return len(locked), err
}

// freeze makes a draft a published edition.
func freeze(ctx context.Context, db sqlx.ExtContext, id, editorID int64, at time.Time, page []byte, checksum, announcement string) error {
	_, err := db.ExecContext(ctx, `
		UPDATE editions SET state = 'published', published_at = $2, published_by_id = $3, html = $4, checksum = $5, announcement = $6 WHERE id = $1`,
		id, at, editorID, page, checksum, announcement)
	return err
}

// withdraw deletes what stands in a published edition and says why.
func withdraw(ctx context.Context, db sqlx.ExtContext, id, editorID int64, at time.Time, reason string) error {
	for _, statement := range []string{
		`DELETE FROM edition_chapters WHERE edition_id = $1`, // its entries go with them
		`DELETE FROM edition_files WHERE edition_id = $1`,
	} {
		if _, err := db.ExecContext(ctx, statement, id); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, `
		UPDATE editions SET state = 'withdrawn', withdrawn_at = $2, withdrawn_by_id = $3, withdrawn_reason = $4,
			html = NULL, summary = '', foreword = '', credits = '', imprint = '', announcement = '' WHERE id = $1`, id, at, editorID, reason)
	return err
}
