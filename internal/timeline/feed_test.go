package timeline

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// Looking through the newest rows and asking every source must find the same, whatever people follow, hide and boost.
func TestBothWaysFindTheSame(t *testing.T) {
	h := posttest.New(t)
	random := rand.New(rand.NewPCG(1, 2))
	people := []account.Account{h.Member, h.Other, h.Guest, h.Editor, h.Remote, h.RemoteOther, h.Forum, h.Curators}
	for i := range 12 {
		people = append(people, h.Account(fmt.Sprintf("p%d", i), "", account.Person, account.RoleMember))
	}
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := h.DB.ExecContext(h.Ctx, query, args...)
		h.Must(err)
	}
	exec(`INSERT INTO lists (id, account_id, title, exclusive) VALUES (1, $1, 'Für sich', true), (2, $1, 'Andere', false)`, h.Member.ID)
	exec(`INSERT INTO followed_tags (id, account_id, name) VALUES (1, $1, 'klima'), (2, $1, 'strom')`, h.Member.ID)
	for i, p := range people[1:] {
		switch {
		case i%4 != 0:
			h.Follow(h.Member, p)
		case i%8 == 0:
			exec(`INSERT INTO mutes (id, account_id, target_id) VALUES ($1, $2, $3)`, i, h.Member.ID, p.ID)
		}
		if i%5 == 1 {
			exec(`UPDATE follows SET show_boosts = false WHERE target_id = $1`, p.ID)
		}
		if i%6 == 2 {
			exec(`UPDATE follows SET languages = '{de}' WHERE target_id = $1`, p.ID)
		}
		if i%7 == 3 {
			exec(`INSERT INTO list_members (id, list_id, target_id) VALUES ($1, 1 + $2 % 2, $3)`, i, i, p.ID)
		}
	}
	var posts []int64
	visibilities, languages, tags := []string{"public", "public", "public", "unlisted", "followers", "direct"}, []string{"de", "de", "en", ""}, []string{"Klima", "Strom", "Wasser"}
	for i := range 600 {
		by, at := people[random.IntN(len(people))], time.Now().Add(time.Duration(i-600)*time.Minute)
		id := db.NewID(at)
		if i%4 == 3 {
			exec(`INSERT INTO boosts (id, account_id, post_id, uri) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				id, by.ID, posts[max(len(posts)-1-random.IntN(40), 0)], fmt.Sprint("boost", id))
			continue
		}
		var answered, board any
		if len(posts) > 0 && random.IntN(3) == 0 {
			answered = posts[max(len(posts)-1-random.IntN(20), 0)]
		} else if random.IntN(3) == 0 {
			board = []int64{h.Forum.ID, h.Curators.ID}[random.IntN(2)]
		}
		exec(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, language, board_id, in_reply_to_id, thread_id, published_at)
			VALUES ($1, $2, $3, true, 'note', 'published', $4, $5, $6, $7, $1, now())`,
			id, fmt.Sprint("post", id), by.ID, visibilities[random.IntN(len(visibilities))], languages[random.IntN(len(languages))], board, answered)
		if random.IntN(4) == 0 {
			exec(`INSERT INTO tags (post_id, name) VALUES ($1, $2)`, id, tags[random.IntN(len(tags))])
		}
		posts = append(posts, id)
	}
	for name, f := range map[string]feed{"home": homeFeed, "list": listFeeds["list"], "list of followed": listFeeds["followed"], "list without answers": listFeeds["none"]} {
		listID := int64(2)
		if name == "home" {
			listID = 0
		}
		compared := 0
		whole := ways(t, h, &compared, f, listID, paging.Page{}, 1_000)
		if len(whole) < 20 {
			t.Fatalf("%s: %d lines", name, len(whole))
		}
		seen := map[int64]bool{}
		for _, l := range whole {
			if seen[l.PostID] {
				t.Errorf("%s: post %d stands twice", name, l.PostID)
			}
			seen[l.PostID] = true
		}
		// Each part of it, downwards and upwards, is what the whole has there.
		for range 25 {
			at, n := random.IntN(len(whole)-1), 1+random.IntN(8)
			below := whole[at+1 : min(at+1+n, len(whole))]
			if diff := cmp.Diff(below, ways(t, h, &compared, f, listID, paging.Page{MaxID: whole[at].Cursor}, n)); diff != "" {
				t.Errorf("%s below %d: %s", name, at, diff)
			}
			above := append([]line{}, whole[max(at-n, 0):at]...)
			got := ways(t, h, &compared, f, listID, paging.Page{MinID: whole[at].Cursor}, n)
			paging.NewestFirst(paging.Page{MinID: 1}, got)
			if diff := cmp.Diff(above, got); diff != "" {
				t.Errorf("%s above %d: %s", name, at, diff)
			}
		}
		if compared < 25 {
			t.Errorf("%s: only %d of 51 pages were found among the newest rows", name, compared)
		}
	}
}

// ways reads the lines both ways and fails where they differ, if the window of the newest was wide enough.
func ways(t *testing.T, h *posttest.House, compared *int, f feed, listID int64, page paging.Page, limit int) []line {
	t.Helper()
	after, before := page.Bounds()
	read := func(query string) (list []line, complete bool) {
		var rows []struct {
			line
			Complete bool `db:"complete"`
		}
		h.Must(sqlx.SelectContext(h.Ctx, h.DB, &rows, query, h.Member.ID, after, before, limit, listID))
		list, complete = []line{}, true
		for _, r := range rows {
			complete = complete && r.Complete
			if r.Cursor > 0 {
				list = append(list, r.line)
			}
		}
		return list, complete
	}
	recent, complete := read(f.recent(page))
	thorough, _ := read(f.thorough(page))
	if diff := cmp.Diff(recent, thorough); complete && diff != "" {
		t.Errorf("recent against thorough: %s", diff)
	}
	if complete {
		*compared++
	}
	return thorough
}

// What the window of the newest posts does not reach is found all the same.
func TestBeyondTheWindow(t *testing.T) {
	h := posttest.New(t)
	s := New(h.DB, h.Accounts, h.Posts)
	friend := h.Account("freund", "", account.Person, account.RoleMember)
	h.Follow(h.Member, friend)
	old := h.Thread(friend, "Alt")
	boosted := h.Thread(h.Other, "Geteilt")
	h.Must(h.Posts.Boost(h.Ctx, friend, boosted.ID))
	next := db.FirstID(time.Now().Add(time.Minute))
	for _, statement := range []string{
		`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, published_at)
			SELECT $1::bigint + n * 65536::bigint, 'x' || n, $2, true, 'note', 'published', 'public', 1, now() FROM generate_series(1, $3) n`,
		`INSERT INTO boosts (id, account_id, post_id, uri)
			SELECT $1::bigint + n * 65536::bigint + 1, $2, $1::bigint + n * 65536::bigint, 'x' || n FROM generate_series(1, $3) n`,
	} {
		_, err := h.DB.ExecContext(h.Ctx, statement, next, h.Other.ID, windowMost)
		h.Must(err)
	}
	lines, err := s.Home(h.Ctx, h.Member, paging.Page{})
	h.Must(err)
	if len(lines.Items) != 2 || lines.Items[0].Post.ID != boosted.ID || lines.Items[0].BoostedBy == nil || lines.Items[1].Post.ID != old.ID {
		t.Errorf("%d lines: %+v", len(lines.Items), lines)
	}
}
