package practice

import (
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// seedFigures fills an instance with so many practices, each with a figure for electricity in one of four units. A tenth of them
// are of Schleswig-Holstein, and a twentieth grew out of another one.
func seedFigures(b *testing.B, practices int) (*posttest.House, *Service) {
	b.Helper()
	h := posttest.New(b)
	s := New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	exec := func(query string, args ...any) {
		b.Helper()
		if _, err := h.DB.ExecContext(h.Ctx, query, args...); err != nil {
			b.Fatalf("%v in %.200s", err, query)
		}
	}
	exec(`INSERT INTO accounts (id, username, domain, uri, kind)
		SELECT n, 'a' || n, 'land' || n % 40 || '.example', 'https://land' || n % 40 || '.example/u/' || n, 'person' FROM generate_series(1, 2000) n`)
	first := db.FirstID(time.Now().AddDate(-2, 0, 0))
	exec(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, title, summary, html, published_at)
		SELECT $1 + n * 65536, 'https://land.example/p/' || n, 1 + n % 2000, false, 'article', 'published', CASE WHEN n % 11 = 0 THEN 'network' ELSE 'public' END,
			$1 + n * 65536, 'Praxisbeispiel ' || n, 'Was es bringt', '<p>' || repeat('Text ', 300) || '</p>', to_timestamp(($1 + n * 65536 >> 16) / 1000.0)
		FROM generate_series(1::bigint, $2) n`, first, practices)
	exec(`INSERT INTO practices (post_id, revision, level, region, implementation, organization_name, reuse_of)
		SELECT id, 1, 'land', 'DE-SH', 'completed', 'Stelle', CASE WHEN (id - $1) / 65536 % 20 = 0 THEN 'https://land.example/p/' || (id - $1) / 65536 - 1 ELSE '' END
		FROM posts WHERE kind = 'article'`, first)
	exec(`INSERT INTO practice_figures (post_id, position, quantity, name, unit, value_before, value_after)
		SELECT post_id, 0, 'electricity', '', (ARRAY['kW.h/a', 'MW.h/a', 'GJ/a', 'kW.h/mo'])[1 + (post_id - $1) / 65536 % 4], 1000, (post_id - $1) / 65536 % 1500 FROM practices`, first)
	exec(`INSERT INTO facet_values (id, facet, value, name) VALUES ($1, 'quantity', 'electricity', 'electricity'), ($2, 'region', 'de-sh', 'DE-SH')`, kindOf("quantity")<<24|1, kindOf("region")<<24|2)
	exec(`INSERT INTO practice_index (post_id, account_id, visibility, published_at, listed, rules, facets)
		SELECT id, account_id, visibility, published_at, true, $2, CASE WHEN (id - $1) / 65536 % 10 = 3 THEN ARRAY[$3, $4]::integer[] ELSE ARRAY[$3]::integer[] END
		FROM posts WHERE kind = 'article'`, first, indexRules, kindOf("quantity")<<24|1, kindOf("region")<<24|2)
	exec(`VACUUM ANALYZE`)
	return h, s
}

// BenchmarkCompare compares the figures of all of 20,000 practices and of a tenth of them, with the first page of the table. What
// all take is said as so many times what the tenth takes: the number to compare between machines. It stays near ten while the work
// grows with the figures, and not faster.
func BenchmarkCompare(b *testing.B) {
	h, s := seedFigures(b, 20_000)
	took := map[string]float64{}
	for _, c := range []struct {
		name, region string
		viewer       post.Viewer
		figures      int
	}{
		{name: "tenth", region: "DE-SH", figures: 1_818},
		{name: "all", figures: 18_182},
		{name: "all/member", viewer: post.Viewer{AccountID: h.Member.ID}, figures: 20_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			q := Question{Filter: Filter{Quantity: "electricity", Region: c.region, Limit: 20}}
			for b.Loop() {
				got, err := s.Compare(h.Ctx, c.viewer, q)
				if err != nil {
					b.Fatal(err)
				}
				if got.Total < c.figures-2 || got.Total > c.figures+2 || len(got.Rows) != 20 || got.Sum.Repeated == 0 && c.region == "" {
					b.Fatalf("%d figures, %d rows, %+v", got.Total, len(got.Rows), got.Sum)
				}
			}
			took[c.name] = float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(took[c.name]/1e6, "ms/comparison")
			b.ReportMetric(took[c.name]/took["tenth"], "tenths")
		})
	}
}
