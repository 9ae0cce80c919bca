package timeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/timeline"
)

// BenchmarkHome reads a page of the home timeline of someone who follows 200 of 2,000 accounts. The cost must follow the
// number of follows and not that of the posts: compare the sizes of one run.
func BenchmarkHome(b *testing.B) {
	for _, posts := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("posts=%d", posts), func(b *testing.B) {
			h := posttest.New(b)
			lines := timeline.New(h.DB, h.Accounts, h.Posts)
			first := db.FirstID(time.Now().Add(-365 * 24 * time.Hour))
			step := (db.FirstID(time.Now()) - first) / int64(posts+1)
			for _, statement := range []string{
				`INSERT INTO accounts (id, username, domain, uri, kind)
					SELECT n, 'a' || n, 'far.example', 'https://far.example/u/' || n, 'person' FROM generate_series(1, 2000) n`,
				fmt.Sprintf(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, title, html, published_at)
					SELECT id, 'https://far.example/notes/' || n, 1 + n %% 2000, false, 'note', 'published', 'public', id, 'Titel', '<p>Text</p>', now()
					FROM generate_series(1, %d) n, LATERAL (SELECT %d + n * %d::bigint AS id) ids`, posts, first, step),
				fmt.Sprintf(`INSERT INTO follows (id, account_id, target_id, uri, state)
					SELECT n, %d, n * 10, 'https://here.example/f/' || n, 'accepted' FROM generate_series(1, 200) n`, h.Member.ID),
				`ANALYZE`,
			} {
				if _, err := h.DB.ExecContext(h.Ctx, statement); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				page, err := lines.Home(h.Ctx, h.Member, paging.Page{})
				if err != nil || len(page.Items) != paging.DefaultLimit {
					b.Fatalf("%d posts, %v", len(page.Items), err)
				}
			}
		})
	}
}
