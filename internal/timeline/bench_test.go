package timeline_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/timeline"
)

// sizes are how many posts the benchmarks read from; VORBILD_BENCH_POSTS=1000000 adds one. The cost must not follow the number
// of posts: compare the sizes of one run.
func sizes(b *testing.B) []int {
	b.Helper()
	list := []int{10_000, 100_000}
	if text := os.Getenv("VORBILD_BENCH_POSTS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// seed fills an instance: 2,000 accounts elsewhere, of whom the member follows 500, and their posts over a year, every third an
// answer, every twentieth with a hashtag, every hundredth boosted.
func seed(b *testing.B, h *posttest.House, posts int) {
	b.Helper()
	first := db.FirstID(time.Now().Add(-365 * 24 * time.Hour))
	step := (db.FirstID(time.Now()) - first) / int64(posts+1)
	for _, statement := range []string{
		`ALTER TABLE posts DISABLE TRIGGER USER`, `ALTER TABLE boosts DISABLE TRIGGER USER`, `ALTER TABLE follows DISABLE TRIGGER USER`,
		`INSERT INTO accounts (id, username, domain, uri, kind)
			SELECT n, 'a' || n, 'far.example', 'https://far.example/u/' || n, 'person' FROM generate_series(1, 2000) n`,
		fmt.Sprintf(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, in_reply_to_id, title, html, published_at)
			SELECT %[2]d + n * %[3]d::bigint, 'https://far.example/notes/' || n, 1 + (n::bigint * 7919) %% 2000, false, 'note', 'published',
				CASE WHEN n %% 10 = 0 THEN 'followers' ELSE 'public' END, %[2]d + n * %[3]d::bigint,
				CASE WHEN n %% 3 = 0 THEN %[2]d + (n - 1) * %[3]d::bigint END, 'Titel', '<p>' || repeat('Text ', 60) || '</p>', now()
			FROM generate_series(1, %[1]d) n`, posts, first, step),
		fmt.Sprintf(`INSERT INTO boosts (id, account_id, post_id, uri)
			SELECT id + 1, 1 + (id >> 3) %% 2000, id, 'https://far.example/b/' || id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
			WHERE n %% 100 = 0`),
		`INSERT INTO tags (post_id, name) SELECT id, 'Klima' FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p WHERE n % 20 = 1`,
		fmt.Sprintf(`INSERT INTO follows (id, account_id, target_id, uri, state)
			SELECT n, %d, n * 4, 'https://here.example/f/' || n, 'accepted' FROM generate_series(1, 500) n`, h.Member.ID),
		fmt.Sprintf(`INSERT INTO lists (id, account_id, title) VALUES (1, %d, 'Liste')`, h.Member.ID),
		`INSERT INTO list_members (id, list_id, target_id) SELECT n, 1, n * 4 FROM generate_series(1, 50) n`,
		`ANALYZE`,
	} {
		if _, err := h.DB.ExecContext(h.Ctx, statement); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmark reads from every size, after more statements.
func benchmark(b *testing.B, read func(h *posttest.House, s *timeline.Service, reader account.Account) (timeline.Lines, error), more ...string) {
	b.Helper()
	for _, posts := range sizes(b) {
		b.Run(fmt.Sprintf("posts=%d", posts), func(b *testing.B) {
			h := posttest.New(b)
			seed(b, h, posts)
			for _, statement := range more {
				_, err := h.DB.ExecContext(h.Ctx, statement)
				h.Must(err)
			}
			s := timeline.New(h.DB, h.Accounts, h.Posts)
			for b.Loop() {
				lines, err := read(h, s, h.Member)
				if err != nil || len(lines.Items) != paging.DefaultLimit {
					b.Fatalf("%d posts, %v", len(lines.Items), err)
				}
			}
		})
	}
}

func BenchmarkHome(b *testing.B) {
	benchmark(b, func(h *posttest.House, s *timeline.Service, reader account.Account) (timeline.Lines, error) {
		return s.Home(h.Ctx, reader, paging.Page{})
	})
}

// BenchmarkHomeOfTheQuiet is of someone whose accounts fell silent half a year ago: the newest posts are of no use to them, every
// source is asked.
func BenchmarkHomeOfTheQuiet(b *testing.B) {
	silence := fmt.Sprintf(`UPDATE posts SET account_id = 1 WHERE account_id %% 4 = 0 AND id > %d`, db.FirstID(time.Now().AddDate(0, -6, 0)))
	benchmark(b, func(h *posttest.House, s *timeline.Service, reader account.Account) (timeline.Lines, error) {
		return s.Home(h.Ctx, reader, paging.Page{})
	}, silence, `UPDATE boosts SET undone_at = now()`, `VACUUM ANALYZE posts`, `VACUUM ANALYZE boosts`)
}

func BenchmarkPublic(b *testing.B) {
	benchmark(b, func(h *posttest.House, s *timeline.Service, reader account.Account) (timeline.Lines, error) {
		return s.Public(h.Ctx, post.Viewer{AccountID: reader.ID}, timeline.Options{Remote: true}, paging.Page{})
	})
}

func BenchmarkTag(b *testing.B) {
	benchmark(b, func(h *posttest.House, s *timeline.Service, reader account.Account) (timeline.Lines, error) {
		return s.Tag(h.Ctx, post.Viewer{AccountID: reader.ID}, "klima", timeline.Options{}, paging.Page{})
	})
}

func BenchmarkList(b *testing.B) {
	benchmark(b, func(h *posttest.House, s *timeline.Service, reader account.Account) (timeline.Lines, error) {
		return s.List(h.Ctx, reader, 1, paging.Page{})
	})
}
