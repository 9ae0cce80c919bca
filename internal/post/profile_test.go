package post_test

import (
	"fmt"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// BenchmarkProfile reads the first page of accounts that have written little and much: it must cost the same.
func BenchmarkProfile(b *testing.B) {
	h := posttest.New(b)
	reader := h.Account("leserin", "", account.Person, account.RoleMember)
	for _, n := range []int{100, 10_000} {
		author := h.Account(fmt.Sprintf("autorin%d", n), "", account.Person, account.RoleMember)
		h.DB.MustExecContext(b.Context(), `
			INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, html, published_at)
			SELECT $3::bigint + i, 'https://x.example/' || $1::bigint || '/' || i, $1, true, 'note', 'published',
				CASE WHEN i % 7 = 0 THEN 'followers' ELSE 'public' END, $3::bigint + i, '<p>Messwert</p>', now()
			FROM generate_series(1, $2::int) i`, author.ID, n, author.ID+1)
		h.DB.MustExecContext(b.Context(), `ANALYZE posts`)
		for name, o := range map[string]post.ProfileOptions{"all": {}, "without replies": {ExcludeReplies: true}, "media": {OnlyMedia: true}} {
			b.Run(fmt.Sprintf("%s of %d", name, n), func(b *testing.B) {
				for b.Loop() {
					views, _, err := h.Posts.Profile(b.Context(), post.Viewer{AccountID: reader.ID}, author, o, paging.Page{Limit: 20})
					if err != nil || (len(views) != 20) != o.OnlyMedia {
						b.Fatal(len(views), err)
					}
				}
			})
		}
	}
}
