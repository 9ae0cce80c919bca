package search_test

import (
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
)

// BenchmarkNotes looks through 100,000 comments of which one word stands in every second, another in every thousandth, and says
// how many queries for one row by its key could be made meanwhile.
func BenchmarkNotes(b *testing.B) {
	const notes, written = 100_000, 200
	h := newHouse(b)
	exec := func(query string, args ...any) {
		b.Helper()
		if _, err := h.DB.ExecContext(h.Ctx, query, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec(`INSERT INTO accounts (id, username, domain, uri, kind)
		SELECT n, 'a' || n, 'far.example', 'https://far.example/u/' || n, 'person' FROM generate_series(1, 2000) n`)
	first := db.FirstID(time.Now().AddDate(-1, 0, 0))
	exec(`ALTER TABLE posts DISABLE TRIGGER USER`)
	exec(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, html, published_at)
		SELECT $1::bigint + n * 65536::bigint, 'https://far.example/notes/' || n, 1 + n % 2000, false, 'note', 'published', CASE WHEN n % 10 = 0 THEN 'network' ELSE 'public' END,
			$1::bigint, '<p>' || CASE WHEN n % 2 = 0 THEN 'Kühlung ' ELSE 'Strom ' END || 'Messwert' || n % 1000 || repeat(' und mehr dazu', 20) || '</p>', now()
		FROM generate_series(1, $2::bigint) n`, first, notes)
	exec(`ALTER TABLE posts ENABLE TRIGGER USER`)
	exec(`INSERT INTO search_queue (post_id) SELECT $1::bigint + n * 65536 FROM generate_series(1, $2::bigint) n`, first, written)
	h.catchUp()
	// What one word tells apart is made without reading each of them.
	exec(`INSERT INTO note_index (post_id, account_id, visibility, rules, words)
		SELECT p.id, p.account_id, p.visibility, sample.rules, sample.words || ('''messwert' || p.n % 1000 || ''':2C')::tsvector
		FROM (SELECT id, account_id, visibility, (id - $1::bigint) / 65536 AS n FROM posts WHERE id > $1::bigint + $2::bigint * 65536 AND NOT local) p
			JOIN (SELECT words, rules, (post_id - $1::bigint) / 65536 AS n FROM note_index) sample ON sample.n = 1 + p.n % $2::bigint`, first, written)
	exec(`VACUUM ANALYZE`)
	for name, text := range map[string]string{"common": "Kühlung", "rare": "Messwert777", "both": "Kühlung Messwert777"} {
		b.Run(name, func(b *testing.B) {
			total := 0
			for b.Loop() {
				var err error
				if _, total, err = h.searches.Notes(h.Ctx, post.Viewer{}, text, 0, 20); err != nil {
					b.Fatal(err)
				}
			}
			if total == 0 {
				b.Fatal("nothing found")
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			began := time.Now()
			for range 200 {
				var id int64
				if err := h.DB.GetContext(h.Ctx, &id, `SELECT id FROM accounts WHERE id = $1`, 1000); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(each/1e6, "ms/search")
			b.ReportMetric(each/(float64(time.Since(began).Nanoseconds())/200), "keys/search")
			b.ReportMetric(float64(total), "hits")
		})
	}
}
