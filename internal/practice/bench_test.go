package practice

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// The size of the instance that is searched: posts in all, of which this many are practices and the others notes.
const (
	benchPosts     = 100_000
	benchPractices = 20_000
)

// corpus makes German texts: few words stand in most of them, most words in few.
type corpus struct {
	random *rand.Rand
	zipf   *rand.Zipf
	words  []string
}

func newCorpus() *corpus {
	c := &corpus{random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // the same texts each time
	heads := strings.Fields(`Kühlung Temperatur Verbrauch Messung Nutzung Raum Anlage Schrank Leistung Zentrum Netz Steuerung Planung Vertrag Konzept
		Prüfung Bericht Umbau Betrieb Beschaffung Wartung Gerät Speicher Technik Versorgung Bilanz Bedarf Kosten Verwaltung Schulung`)
	tails := strings.Fields(`Server Rechen Strom Energie Wasser Wärme Kälte Luft Daten Netz Klima Gebäude Büro Schul Stadt Land Kreis Solar Abwärme Batterie
		Drucker Bildschirm Software Hardware Cloud Akten Archiv Umwelt Papier Personal Projekt Verkehr Licht Dach Keller Miet Service Telefon Web Funk`)
	for _, h := range heads {
		c.words = append(c.words, h)
	}
	for _, t := range tails {
		for _, h := range heads {
			c.words = append(c.words, t+strings.ToLower(h))
		}
	}
	for n := range 20_000 { // names, products, places
		c.words = append(c.words, fmt.Sprintf("%s%s%d", []string{"Al", "Ber", "Cor", "Del", "Ent", "For"}[n%6], []string{"ano", "ium", "eta", "ora"}[n%4], n))
	}
	c.random.Shuffle(len(heads)+len(tails)*len(heads), func(i, j int) { c.words[i], c.words[j] = c.words[j], c.words[i] })
	c.words = append(strings.Fields("Rechenzentrum Kühlung Server Energie Strom"), c.words...)
	c.zipf = rand.NewZipf(c.random, 1.1, 60, uint64(len(c.words)-1))
	return c
}

func (c *corpus) text(words int) string {
	glue := strings.Fields("und der die mit für im wird seit durch eine den auf ist von sparen messen senken")
	var b strings.Builder
	for range words {
		b.WriteString(c.words[c.zipf.Uint64()] + " " + glue[c.random.IntN(len(glue))] + " ")
	}
	return b.String()
}

// seedSearch fills an instance as one would be that follows many others for years.
func seedSearch(b *testing.B) (*posttest.House, *Service) {
	b.Helper()
	h := posttest.New(b)
	s := New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	c := newCorpus()
	exec := func(query string, args ...any) {
		b.Helper()
		if _, err := h.DB.ExecContext(h.Ctx, query, args...); err != nil {
			b.Fatalf("%v in %.200s", err, query)
		}
	}
	exec(`INSERT INTO accounts (id, username, domain, uri, kind)
		SELECT n, 'a' || n, 'land' || n % 40 || '.example', 'https://land' || n % 40 || '.example/u/' || n, 'person' FROM generate_series(1, 2000) n`)
	first := db.FirstID(time.Now().AddDate(-8, 0, 0))
	step := (db.FirstID(time.Now().Add(-time.Hour)) - first) / benchPosts
	const batch = 1000
	for from := 0; from < benchPosts; from += batch {
		var ids []int64
		var titles, summaries, bodies []string
		practices := from < benchPractices
		for n := from; n < from+batch; n++ {
			// Practices stand among the notes, not before them.
			place := n
			if practices {
				place = n * (benchPosts / benchPractices)
			}
			id := first + int64(place)*step
			if !practices {
				id += 7
			}
			ids, titles, summaries = append(ids, id), append(titles, c.text(3)), append(summaries, c.text(8))
			bodies = append(bodies, "<p>"+c.text(map[bool]int{true: 90, false: 20}[practices])+"</p>")
		}
		exec(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, title, summary, html, published_at)
			SELECT id, 'https://land.example/p/' || id, 1 + n % 2000, false, CASE WHEN $5 THEN 'article' ELSE 'note' END, 'published',
				CASE WHEN n % 11 = 0 THEN 'network' ELSE 'public' END, id, title, summary, html, to_timestamp((id >> 16) / 1000.0)
			FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS r (id, title, summary, html, n)`,
			pq.Array(ids), pq.Array(titles), pq.Array(summaries), pq.Array(bodies), practices)
	}
	exec(`INSERT INTO practices (post_id, revision, level, region, implementation, organization_name)
		SELECT id, 1, (ARRAY['bund', 'land', 'kommune', 'verband', 'extern'])[1 + n % 5], (ARRAY['DE-SH', 'DE-NW', 'DE-BY', 'DE-HH', 'DE-SN', ''])[1 + n % 6],
			(ARRAY['begun', 'advanced', 'completed', ''])[1 + n / 7 % 4], 'Stelle ' || n % 300
		FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts WHERE kind = 'article') p`)
	exec(`INSERT INTO practice_terms (post_id, scheme, position, name)
		SELECT post_id, scheme, 0, scheme || ' ' || post_id / 65536 % CASE WHEN scheme = 'goal' THEN 10 ELSE 9 END FROM practices, unnest(ARRAY['goal', 'field']) scheme`)
	exec(`INSERT INTO practice_figures (post_id, position, quantity, name, unit, value_before, value_after)
		SELECT post_id, n, (ARRAY['emissions', 'electricity', 'pue'])[n], 'Wert', (ARRAY['t/a', 'MW.h/a', '1'])[n], 100, post_id / 65536 % 100
		FROM practices, generate_series(1, 3) n WHERE (post_id / 65536 + n) % 2 = 0`)
	exec(`INSERT INTO practice_index (post_id, account_id, visibility, published_at, listed, rules)
		SELECT id, account_id, visibility, published_at, true, 0 FROM posts WHERE kind = 'article'`)
	for {
		n, err := s.Reindex(db.Repeatable(h.Ctx))
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	if err := s.Learn(h.Ctx); err != nil {
		b.Fatal(err)
	}
	exec(`VACUUM ANALYZE`)
	return h, s
}

// BenchmarkSearch looks for practices among 100,000 posts, of which 20,000 are practices, with everything a page of results has:
// facets, sums and the first page. Beside the time it says how many queries for one row by its key could be made meanwhile, which
// is the number to compare between machines.
func BenchmarkSearch(b *testing.B) {
	h, s := seedSearch(b)
	key := func(b *testing.B) float64 {
		b.Helper()
		const times = 300
		began := time.Now()
		for range times {
			var id int64
			if err := h.DB.GetContext(h.Ctx, &id, `SELECT id FROM accounts WHERE id = $1`, 1000); err != nil {
				b.Fatal(err)
			}
		}
		return float64(time.Since(began).Nanoseconds()) / times
	}
	searched := func(name string, viewer post.Viewer, f Filter, least int) {
		f.Limit = 12
		b.Run(name, func(b *testing.B) {
			total := 0
			for b.Loop() {
				list, err := s.List(h.Ctx, viewer, f)
				if err != nil {
					b.Fatal(err)
				}
				total = list.Total
			}
			if total < least {
				b.Fatalf("%d hits, want at least %d", total, least)
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(each/1e6, "ms/search")
			b.ReportMetric(each/key(b), "keys/search")
			b.ReportMetric(float64(total), "hits")
		})
	}
	visitor, member := post.Viewer{}, post.Viewer{AccountID: h.Member.ID}
	searched("everything", visitor, Filter{}, benchPractices*9/10-100)
	searched("everything/member", member, Filter{}, benchPractices)
	searched("common", visitor, Filter{Text: "Kühlung", Sort: SortRelevance}, benchPractices/4)
	searched("compound", visitor, Filter{Text: "Serverkühlung", Sort: SortRelevance}, 50)
	searched("words", member, Filter{Text: "Energie messen im Rechenzentrum", Sort: SortRelevance}, 50)
	searched("rare", visitor, Filter{Text: "Alano12", Sort: SortRelevance}, 0)
	searched("mistyped", visitor, Filter{Text: "Rechenzentrumm", Sort: SortRelevance}, 0)
	searched("narrowed", visitor, Filter{Text: "Kühlung", Sort: SortRelevance, Level: "kommune", State: "begun"}, 20)
	searched("effect", visitor, Filter{Level: "land", Sort: SortEffect}, 1000)
	b.Run("similar", func(b *testing.B) {
		list, err := s.List(h.Ctx, visitor, Filter{Limit: 1})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := s.Similar(h.Ctx, visitor, list.Items[0], 3); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ms/search")
	})
}
