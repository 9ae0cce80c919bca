package practice

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// sourceRow is what a practice says that it can be found by.
type sourceRow struct {
	AccountID      int64          `db:"account_id"`
	Visibility     string         `db:"visibility"`
	PublishedAt    *time.Time     `db:"published_at"`
	Listed         bool           `db:"listed"`
	Archived       bool           `db:"archived"`
	Revision       int            `db:"revision"`
	Title          string         `db:"title"`
	Summary        string         `db:"summary"`
	Names          string         `db:"names"`
	Body           string         `db:"body"`
	Level          string         `db:"level"`
	Region         string         `db:"region"`
	Origin         string         `db:"origin"`
	Implementation string         `db:"implementation"`
	Goals          pq.StringArray `db:"goals"`
	Fields         pq.StringArray `db:"fields"`
	Quantities     pq.StringArray `db:"quantities"`
	Emissions      *float64       `db:"emissions"`
	Electricity    *float64       `db:"electricity"`
}

// yearly is what figures of one quantity change in a year, in t or MWh. Figures of a period without "per year" do not count:
// they cannot be added to yearly ones. A difference is after minus before, else the change given, as Figure.Difference has it.
func yearly(quantity string) string {
	return `(SELECT sum(coalesce(f.value_after - f.value_before, f.change) * factor.times)
		FROM practice_figures f JOIN (VALUES ` + yearlyFactors(quantity) + `) AS factor (unit, times) ON factor.unit = f.unit
		WHERE f.post_id = p.id AND f.quantity = '` + quantity + `') AS ` + quantity
}

// termsAsNow are the terms t of practices, each with what our taxonomy calls it now as c.
const termsAsNow = `practice_terms t LEFT JOIN terms o ON o.id = t.term_id LEFT JOIN terms c ON c.id = coalesce(o.replaced_by, o.id)`

func indexSource(ctx context.Context, db sqlx.ExtContext, id int64) (r sourceRow, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT p.account_id, p.visibility, p.published_at, p.state = 'published' AND NOT p.hidden AND p.visibility <> 'unlisted' AS listed,
			pr.archived_at IS NOT NULL AS archived, pr.revision, p.title, p.summary, concat_ws(' ', pr.organization_name,
				(SELECT string_agg(concat_ws(' ', t.name, nullif(c.name, t.name)), ' ') FROM `+termsAsNow+` WHERE t.post_id = p.id),
				(SELECT string_agg(g.name, ' ') FROM tags g WHERE g.post_id = p.id)) AS names,
			concat_ws(' ', pr.situation, pr.outcome, pr.prerequisites, pr.pitfalls, array_to_string(pr.measures, ' '),
				array_to_string(pr.legal_basis, ' '), pr.contact_unit,
				(SELECT string_agg(v->>'name', ' ') FROM jsonb_array_elements(pr.links || pr.services || pr.costs) v),
				(SELECT string_agg(concat_ws(' ', f.name, f.scope, f.method), ' ') FROM practice_figures f WHERE f.post_id = p.id)) AS body,
			pr.level, pr.region, coalesce(a.domain, 'local') AS origin, pr.implementation,
			ARRAY(SELECT coalesce(c.name, t.name) FROM `+termsAsNow+` WHERE t.post_id = p.id AND t.scheme = 'goal' ORDER BY t.position) AS goals,
			ARRAY(SELECT coalesce(c.name, t.name) FROM `+termsAsNow+` WHERE t.post_id = p.id AND t.scheme = 'field' ORDER BY t.position) AS fields,
			ARRAY(SELECT DISTINCT f.quantity FROM practice_figures f WHERE f.post_id = p.id) AS quantities,
			`+yearly("emissions")+`, `+yearly("electricity")+`
		FROM posts p JOIN practices pr ON pr.post_id = p.id JOIN accounts a ON a.id = p.account_id WHERE p.id = $1`, id)
	return r, err
}

// indexRow is a row of practice_index.
type indexRow struct {
	PostID, AccountID      int64
	Visibility             string
	PublishedAt            *time.Time
	Listed, Archived       bool
	Emissions, Electricity *float64
	Facets                 []int32
	Packed                 []byte
	Title, Words           string
	Vocabulary             []string
}

func upsertIndex(ctx context.Context, db sqlx.ExtContext, r indexRow) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO practice_index (post_id, account_id, visibility, published_at, listed, archived, rules, emissions, electricity,
			facets, packed, title, words, vocabulary)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::tsvector, $13::tsvector, $14 FROM nextval('practice_index_version')
		ON CONFLICT (post_id) DO UPDATE SET account_id = EXCLUDED.account_id, visibility = EXCLUDED.visibility,
			published_at = EXCLUDED.published_at, listed = EXCLUDED.listed, archived = EXCLUDED.archived, rules = EXCLUDED.rules,
			emissions = EXCLUDED.emissions, electricity = EXCLUDED.electricity, facets = EXCLUDED.facets, packed = EXCLUDED.packed,
			title = EXCLUDED.title, words = EXCLUDED.words, vocabulary = EXCLUDED.vocabulary`,
		r.PostID, r.AccountID, r.Visibility, r.PublishedAt, r.Listed, r.Archived, indexRules, r.Emissions, r.Electricity,
		pq.Array(append([]int32{}, r.Facets...)), r.Packed, r.Title, r.Words, pq.Array(append([]string{}, r.Vocabulary...)))
	return err
}

type staleRow struct {
	PostID int64  `db:"post_id"`
	HTML   string `db:"html"`
}

// staleIndex takes some rows that other rules wrote. Those that somebody works on already are left to them.
func staleIndex(ctx context.Context, db sqlx.ExtContext, rules, limit int) (rows []staleRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT i.post_id, p.html FROM practice_index i JOIN posts p ON p.id = i.post_id
		WHERE i.rules < $1 OR i.rules > $1 ORDER BY i.rules, i.post_id LIMIT $2 FOR UPDATE OF i SKIP LOCKED`, rules, limit)
	return rows, err
}

func sortedValues(values []facetValue) []facetValue {
	list := slices.Clone(values)
	slices.SortFunc(list, func(a, b facetValue) int {
		return cmp.Or(cmp.Compare(a.Facet, b.Facet), cmp.Compare(a.Value, b.Value))
	})
	return list
}

func valuesByName(ctx context.Context, db sqlx.ExtContext, values []facetValue) (list []facetValue, err error) {
	kinds, names := make([]string, len(values)), make([]string, len(values))
	for i, v := range values {
		kinds[i], names[i] = v.Facet, v.Value
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT v.id, v.facet, v.value, v.name
		FROM (SELECT DISTINCT facet, value FROM unnest($1::text[], $2::text[]) AS w (facet, value)) w
			JOIN facet_values v ON v.facet = w.facet AND v.value = w.value
		ORDER BY v.id`, pq.Array(kinds), pq.Array(names))
	return list, err
}

// valuesByIDs names values: as our taxonomy has it, else as it was first written.
func valuesByIDs(ctx context.Context, db sqlx.ExtContext, ids []int32) (list []facetValue, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT v.id, v.facet, v.value, coalesce(t.name, v.name) AS name
		FROM facet_values v LEFT JOIN terms t ON t.scheme = v.facet AND lower(t.name) = v.value AND t.replaced_by IS NULL
		WHERE v.id = ANY ($1)`, pq.Array(ids))
	return list, err
}

func insertValue(ctx context.Context, db sqlx.ExtContext, kind int32, v facetValue) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO facet_values (id, facet, value, name) VALUES (($1::integer << 24) | nextval('facet_values_id_seq')::integer, $2, $3, $4)
		ON CONFLICT DO NOTHING`, kind, v.Facet, v.Value, v.Name)
	return err
}

type wordRow struct {
	Word      string `db:"word"`
	Practices int    `db:"practices"`
}

// wordsOfAll lists the words of most practices.
func wordsOfAll(ctx context.Context, db sqlx.ExtContext, limit int) (rows []wordRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `SELECT word, practices FROM search_words ORDER BY practices DESC, word LIMIT $1`, limit)
	return rows, err
}

// indexVersion is a number that was another one before the last change of the index.
func indexVersion(ctx context.Context, db sqlx.ExtContext) (n int64, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT last_value FROM practice_index_version`)
	return n, err
}

// countWords writes down which words public practices have.
func countWords(ctx context.Context, db sqlx.ExtContext) error {
	for _, statement := range []string{
		`LOCK TABLE search_words IN SHARE ROW EXCLUSIVE MODE`,
		`DELETE FROM search_words`,
		`INSERT INTO search_words (word, practices)
			SELECT w, count(*) FROM practice_index i CROSS JOIN LATERAL unnest(i.vocabulary) w
			WHERE i.listed AND i.visibility = 'public' AND NOT i.archived AND i.account_id NOT IN (SELECT id FROM accounts WHERE hidden OR limited)
			GROUP BY w`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
