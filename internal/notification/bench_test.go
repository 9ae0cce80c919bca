package notification_test

import (
	"fmt"
	"testing"

	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// BenchmarkPages reads pages of accounts with few and with very many notifications: the cost must not follow their number.
func BenchmarkPages(b *testing.B) {
	for _, rows := range []int{200, 20_000} {
		base := posttest.New(b)
		h := &house{base, notification.New(base.DB, base.Accounts, follow.New(base.DB, base.Accounts, base.Queue, posttest.Base, nil), base.Posts)}
		h.exec(`
			INSERT INTO accounts (id, username, domain, uri, kind) SELECT n, 'leser' || n, 'viele.example', 'https://viele.example/u/' || n, 'person'
			FROM generate_series(1, 2000) AS n`)
		var posts []int64
		for i := range 50 {
			posts = append(posts, h.Thread(h.Member, fmt.Sprint("Faden ", i)).ID)
		}
		// Of the last month: favourites and boosts of 50 posts, a mention now and then.
		h.exec(`
			INSERT INTO notifications (id, account_id, kind, from_account_id, post_id, created_at)
			SELECT (extract(epoch FROM at) * 1000)::bigint << 16 | n, $1,
				CASE WHEN n % 50 = 0 THEN 'mention' WHEN n % 7 = 0 THEN 'boost' ELSE 'favourite' END,
				1 + (n / 50 + n) % 2000, ($2::bigint[])[1 + n % 50], at
			FROM generate_series(1, $3::int) AS n, LATERAL (SELECT now() - make_interval(mins => (n::bigint * 43200 / $3)::int) AS at) AS t
			ON CONFLICT DO NOTHING`, h.Member.ID, pq.Array(posts), rows)
		h.exec(`INSERT INTO mutes (id, account_id, target_id) SELECT n, $1, n FROM generate_series(1, 20) AS n`, h.Member.ID)
		h.exec(`ANALYZE`)
		stored := h.Count(`SELECT count(*) FROM notifications`)
		for name, read := range map[string]func() error{
			"plain": func() error {
				_, err := h.notifications.Find(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 40}})
				return err
			},
			"mentions": func() error {
				_, err := h.notifications.Find(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 40}, Kinds: []string{"mention", "reply"}})
				return err
			},
			"grouped": func() error {
				_, err := h.notifications.Groups(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 40}}, nil)
				return err
			},
			"apart": func() error {
				_, err := h.notifications.Groups(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 40}}, []string{})
				return err
			},
			"unread": func() error {
				_, err := h.notifications.CountUnread(h.Ctx, h.Member.ID, notification.Query{Page: paging.Page{Limit: 100}})
				return err
			},
		} {
			b.Run(fmt.Sprintf("%s/of %d", name, stored), func(b *testing.B) {
				for b.Loop() {
					if err := read(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
