package practice

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/post"
)

// matches is the common part of every query of one search: what the text finds and the reader may see, with a column
// for each facet that says whether the row passes that facet's filter. So a facet's own numbers can leave its filter
// out, as people expect of facets they can switch.
//
// Parameters: 1 viewer, 2-5 the text (see parseText), 6 level, 7 region, 8 goal, 9 field, 10 origin, 11 accepted, 12 featured.
var matches = `
	WITH query AS (
		SELECT websearch_to_tsquery('german', $2)
			|| CASE WHEN $3 THEN websearch_to_tsquery('simple', $2) ELSE ''::tsquery END
			|| CASE WHEN $5 = '' THEN ''::tsquery
				WHEN $4 = '' THEN to_tsquery('simple', $5)
				ELSE plainto_tsquery('german', $4) && to_tsquery('simple', $5) END AS words
	), m AS (
		SELECT p.id, p.published_at, pr.level, pr.region, coalesce(a.domain, 'local') AS origin,
			ts_rank(pr.search, query.words) AS rank,
			$6 = '' OR pr.level = $6 AS in_level,
			$7 = '' OR pr.region = $7 AS in_region,
			$8 = '' OR EXISTS (SELECT 1 FROM practice_terms t WHERE t.post_id = p.id AND t.scheme = 'goal' AND lower(t.name) = lower($8)) AS in_goal,
			$9 = '' OR EXISTS (SELECT 1 FROM practice_terms t WHERE t.post_id = p.id AND t.scheme = 'field' AND lower(t.name) = lower($9)) AS in_field,
			$10 = '' OR coalesce(a.domain, 'local') = $10 AS in_origin
		FROM query CROSS JOIN practices pr
			JOIN posts p ON p.id = pr.post_id
			JOIN accounts a ON a.id = p.account_id
			LEFT JOIN curations c ON c.post_id = p.id
		WHERE pr.revision > 0 AND pr.archived_at IS NULL AND p.visibility <> 'unlisted' AND ` + post.ListedTo("p", "$1") + `
			AND ($2 = '' OR pr.search @@ query.words)
			AND (NOT $11::boolean OR c.state = 'accepted')
			AND (NOT $12::boolean OR c.state = 'accepted' AND c.featured)
	)`

const (
	passes = `m.in_level AND m.in_region AND m.in_goal AND m.in_field AND m.in_origin`
	// facetSize is how many values a facet offers at most.
	facetSize = 60
)

// arguments are the parameters of matches.
func (f Filter) arguments(viewerID int64) []any {
	t := parseText(f.Text)
	return []any{viewerID, t.whole, t.literal, t.head, t.prefix, f.Level, f.Region, f.Goal, f.Field, strings.ToLower(f.Origin), f.Accepted, f.Featured}
}

func searchIDs(ctx context.Context, db sqlx.ExtContext, viewerID int64, f Filter) (ids []int64, err error) {
	order := `m.published_at DESC, m.id DESC`
	if f.Sort == "relevance" && f.Text != "" {
		order = `m.rank DESC, ` + order
	}
	err = sqlx.SelectContext(ctx, db, &ids, matches+`
		SELECT m.id FROM m WHERE `+passes+` ORDER BY `+order+` LIMIT $13 OFFSET $14`,
		append(f.arguments(viewerID), f.Limit, f.Offset)...)
	return ids, err
}

type facetRow struct {
	Facet string `db:"facet"`
	Value string `db:"value"`
	Count int    `db:"count"`
}

// searchFacets counts every value of every facet, and all that pass every filter as facet "total".
func searchFacets(ctx context.Context, db sqlx.ExtContext, viewerID int64, f Filter) (rows []facetRow, err error) {
	column := func(name string) string {
		return `SELECT '` + name + `' AS facet, m.` + name + ` AS value, count(*) AS count
			FROM m WHERE m.` + name + ` <> '' AND ` + passesBut(name) + ` GROUP BY m.` + name
	}
	term := func(scheme string) string {
		return `SELECT '` + scheme + `', min(t.name), count(DISTINCT m.id)
			FROM m JOIN practice_terms t ON t.post_id = m.id AND t.scheme = '` + scheme + `' WHERE ` + passesBut(scheme) + ` GROUP BY lower(t.name)`
	}
	err = sqlx.SelectContext(ctx, db, &rows, matches+`, counted AS (
		SELECT 'total' AS facet, '' AS value, count(*) AS count FROM m WHERE `+passes+`
		UNION ALL `+column("level")+`
		UNION ALL `+column("region")+`
		UNION ALL `+column("origin")+`
		UNION ALL `+term("goal")+`
		UNION ALL `+term("field")+`
	), ranked AS (
		SELECT facet, value, count, row_number() OVER (PARTITION BY facet ORDER BY count DESC, value) AS place FROM counted
	)
	SELECT facet, value, count FROM ranked WHERE place <= $13 ORDER BY facet, place`, append(f.arguments(viewerID), facetSize)...)
	return rows, err
}

func passesBut(facet string) string {
	return strings.Replace(passes, "m.in_"+facet, "true", 1)
}

type impactRow struct {
	Quantity  string  `db:"quantity"`
	Sum       float64 `db:"sum"`
	Practices int     `db:"practices"`
}

// searchImpact sums what is saved per year. Figures of a period without "per year" do not count: they cannot be added
// to yearly ones. A difference is after minus before, else the change given, as Figure.Difference has it.
func searchImpact(ctx context.Context, db sqlx.ExtContext, viewerID int64, f Filter) (rows []impactRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, matches+`, factor (quantity, unit, times) AS (VALUES
			('electricity', 'W.h/a', 0.000001), ('electricity', 'kW.h/a', 0.001), ('electricity', 'MW.h/a', 1), ('electricity', 'GW.h/a', 1000),
			('emissions', 'g/a', 0.000001), ('emissions', 'kg/a', 0.001), ('emissions', 't/a', 1), ('emissions', 'kt/a', 1000)
		), difference AS (
			SELECT m.id, f.quantity, coalesce(f.value_after - f.value_before, f.change) * factor.times AS value
			FROM m JOIN practice_figures f ON f.post_id = m.id
				JOIN factor ON factor.quantity = f.quantity AND factor.unit = f.unit
			WHERE `+passes+`
		)
		SELECT quantity, sum(value) AS sum, count(DISTINCT id) AS practices
		FROM difference WHERE value IS NOT NULL GROUP BY quantity ORDER BY quantity`, f.arguments(viewerID)...)
	return rows, err
}
