package timeline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/timeline"
)

// TestAudienceIsWhoReadsIt: a line that comes is for exactly those whose timeline has it when they read it.
func TestAudienceIsWhoReadsIt(t *testing.T) {
	h := posttest.New(t)
	lines := timeline.New(h.DB, h.Accounts, h.Posts)
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := h.DB.ExecContext(h.Ctx, query, args...)
		h.Must(err)
	}
	id := func() int64 { return db.NewID(time.Now()) }
	friend, foe, far := h.Account("freund", "", account.Person, account.RoleMember), h.Account("feind", "", account.Person, account.RoleMember), h.Remote
	var readers []account.Account
	reader := func(name string) account.Account {
		a := h.Account(name, "", account.Person, account.RoleMember)
		readers = append(readers, a)
		h.Follow(a, friend)
		return a
	}
	readers = append(readers, h.Member, h.Other, friend, foe)
	plain := reader("einfach")
	h.Follow(plain, far)
	h.Follow(plain, h.Forum)
	muting := reader("stumm")
	exec(`INSERT INTO mutes (id, account_id, target_id) VALUES ($1, $2, $3)`, id(), muting.ID, friend.ID)
	blocking := reader("blockt")
	h.Follow(blocking, far)
	exec(`INSERT INTO blocks (id, account_id, target_id) VALUES ($1, $2, $3)`, id(), blocking.ID, h.Other.ID)
	blocked := reader("blockiert")
	exec(`INSERT INTO blocks (id, account_id, target_id) VALUES ($1, $2, $3)`, id(), friend.ID, blocked.ID)
	deaf := reader("ohne-instanz")
	h.Follow(deaf, far)
	exec(`INSERT INTO domain_blocks (id, account_id, domain) VALUES ($1, $2, $3)`, id(), deaf.ID, *far.Domain)
	noBoosts := reader("ohne-boosts")
	exec(`UPDATE follows SET show_boosts = false WHERE account_id = $1`, noBoosts.ID)
	english := reader("englisch")
	exec(`UPDATE follows SET languages = '{en}' WHERE account_id = $1`, english.ID)
	topical := reader("thema")
	exec(`INSERT INTO followed_tags (id, account_id, name) VALUES ($1, $2, 'kühlung')`, id(), topical.ID)
	left := reader("entfolgt")
	exec(`UPDATE follows SET undone_at = now() WHERE account_id = $1`, left.ID)

	var watches []timeline.Watch
	for _, a := range readers {
		watches = append(watches, timeline.Watch{AccountID: a.ID})
	}
	list := func(of account.Account, policy string, exclusive bool, members ...account.Account) {
		listID := id()
		exec(`INSERT INTO lists (id, account_id, title, replies_policy, exclusive) VALUES ($1, $2, 'Liste', $3, $4)`, listID, of.ID, policy, exclusive)
		for _, m := range members {
			exec(`INSERT INTO list_members (id, list_id, target_id) VALUES ($1, $2, $3)`, id(), listID, m.ID)
		}
		watches = append(watches, timeline.Watch{AccountID: of.ID, ListID: listID})
	}
	for _, policy := range []string{"followed", "list", "none"} {
		list(plain, policy, false, friend)
		list(blocking, policy, false, friend, far)
	}
	exclusive := reader("exklusiv")
	watches = append(watches, timeline.Watch{AccountID: exclusive.ID})
	list(exclusive, "list", true, friend)
	// A list of somebody else.
	watches = append(watches, timeline.Watch{AccountID: h.Other.ID, ListID: watches[len(watches)-1].ListID})

	var posts []post.Post
	write := func(by account.Account, d post.Draft) post.Post {
		p := h.Write(by, d)
		posts = append(posts, p)
		return p
	}
	top := write(friend, post.Draft{Title: "Öffentlich", Source: "x", Visibility: post.Public})
	stranger := write(h.Other, post.Draft{Title: "Fremdes", Source: "x #Kühlung", Visibility: post.Public})
	write(friend, post.Draft{Title: "Für Folgende", Source: "x", Visibility: post.Followers})
	write(friend, post.Draft{Title: "Ungelistet", Source: "x", Visibility: post.Unlisted})
	write(friend, post.Draft{Title: "Direkt", Source: "x @einfach @blockiert @fremder", Visibility: post.Direct})
	write(friend, post.Draft{InReplyToID: stranger.ID, Source: "Freund antwortet Fremden", Visibility: post.Public})
	write(friend, post.Draft{InReplyToID: top.ID, Source: "Freund antwortet sich", Visibility: post.Public})
	write(plain, post.Draft{InReplyToID: stranger.ID, Source: "Antwort", Visibility: post.Public})
	write(foe, post.Draft{Title: "Niemandes", Source: "x #kühlung", Visibility: post.Followers})
	posts = append(posts, h.Arrives(far, "nachricht", nil))
	h.Must(h.Posts.Boost(h.Ctx, friend, stranger.ID))
	h.Must(h.Posts.Boost(h.Ctx, foe, top.ID))

	reads := func(w timeline.Watch) []int64 {
		t.Helper()
		var of account.Account
		for _, a := range readers {
			if a.ID == w.AccountID {
				of = a
			}
		}
		var page timeline.Lines
		var err error
		if w.ListID == 0 {
			page, err = lines.Home(h.Ctx, of, paging.Page{Limit: 40})
		} else if page, err = lines.List(h.Ctx, of, w.ListID, paging.Page{Limit: 40}); fault.Is(err, fault.NotFound) {
			return nil
		}
		h.Must(err)
		var ids []int64
		for _, v := range page.Items {
			ids = append(ids, max(v.BoostID, 0))
			if v.BoostID == 0 {
				ids[len(ids)-1] = v.Post.ID
			}
		}
		return ids
	}
	read := map[timeline.Watch][]int64{}
	for _, w := range watches {
		read[w] = reads(w)
	}
	var news []timeline.News
	for _, p := range posts {
		n, err := lines.Post(h.Ctx, p.ID)
		h.Must(err)
		news = append(news, n)
	}
	var boosts []int64
	h.Must(h.DB.Select(&boosts, `SELECT id FROM boosts`))
	for _, b := range boosts {
		n, err := lines.Boost(h.Ctx, b)
		h.Must(err)
		news = append(news, n)
	}
	heard := 0
	for _, n := range news {
		a, err := lines.Audience(h.Ctx, n, false, watches)
		h.Must(err)
		edited, err := lines.Audience(h.Ctx, n, true, watches)
		h.Must(err)
		cursor := max(n.BoostID, 0)
		if cursor == 0 {
			cursor = n.PostID
		}
		for _, w := range watches {
			want := slices.Contains(read[w], cursor)
			if a.Stands[w] != want {
				t.Errorf("line %d of post %q stands in %+v: %v, read there: %v", cursor, h.Get(n.PostID).Title, w, a.Stands[w], want)
			}
			if want {
				heard++
			}
			if a.Stands[w] && !edited.Stands[w] {
				t.Errorf("line %d is in %+v, and of its edit nothing is heard", cursor, w)
			}
		}
	}
	if heard < 40 {
		t.Errorf("only %d lines in all timelines: the test compares nothing", heard)
	}

	// What is edited is heard by those, too, who have it from a boost.
	n, err := lines.Post(h.Ctx, stranger.ID)
	h.Must(err)
	home := []timeline.Watch{{AccountID: plain.ID}}
	a, err := lines.Audience(h.Ctx, n, false, home)
	h.Must(err)
	edited, err := lines.Audience(h.Ctx, n, true, home)
	h.Must(err)
	if a.Stands[home[0]] || !edited.Stands[home[0]] {
		t.Errorf("a boosted post: %v, its edit: %v", a.Stands, edited.Stands)
	}
}

func TestAudienceShownAndSpecial(t *testing.T) {
	h := posttest.New(t)
	lines := timeline.New(h.DB, h.Accounts, h.Posts)
	p := h.Write(h.Member, post.Draft{Title: "Für alle", Source: "Zur #Kühlung", Visibility: post.Public})
	n, err := lines.Post(h.Ctx, p.ID)
	h.Must(err)
	if !n.Public() || !n.Tagged() || !n.Local || n.Media || n.AuthorID != h.Member.ID {
		t.Errorf("news %+v", n)
	}
	if diff := cmp.Diff([]string{"kühlung"}, n.Tags); diff != "" {
		t.Error(diff)
	}
	watches := []timeline.Watch{{AccountID: h.Member.ID}, {AccountID: h.Other.ID}, {AccountID: h.Guest.ID}}
	check := func(what string, shown, special []account.Account) {
		t.Helper()
		a, err := lines.Audience(h.Ctx, n, false, watches)
		h.Must(err)
		set := func(list []account.Account) map[int64]bool {
			m := map[int64]bool{}
			for _, x := range list {
				m[x.ID] = true
			}
			return m
		}
		if diff := cmp.Diff(set(shown), a.Shown); diff != "" {
			t.Errorf("%s: shown %s", what, diff)
		}
		if diff := cmp.Diff(set(special), a.Special); diff != "" {
			t.Errorf("%s: special %s", what, diff)
		}
	}
	all := []account.Account{h.Member, h.Other, h.Guest}
	check("new", all, all[:1])
	_, err = h.DB.Exec(`INSERT INTO filters (id, account_id, title, contexts) VALUES (1, $1, 'x', '{home}')`, h.Other.ID)
	h.Must(err)
	check("filters", all, all[:2])
	_, err = h.DB.Exec(`UPDATE filters SET expires_at = now() - interval '1 second'`)
	h.Must(err)
	check("filters that are over", all, all[:1])
	h.Must(h.Posts.Favourite(h.Ctx, h.Guest, p.ID))
	check("favourite", all, []account.Account{h.Member, h.Guest})
	_, err = h.DB.Exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (1, $1, $2)`, h.Guest.ID, h.Member.ID)
	h.Must(err)
	check("muted", all[:2], []account.Account{h.Member, h.Guest})
}

// TestWitnesses: of what goes those are told who could see it, and nobody else.
func TestWitnesses(t *testing.T) {
	h := posttest.New(t)
	lines := timeline.New(h.DB, h.Accounts, h.Posts)
	h.Follow(h.Other, h.Member)
	asked := []int64{h.Member.ID, h.Other.ID, h.Guest.ID}
	for visibility, want := range map[post.Visibility]string{
		post.Public:    fmt.Sprint([]int64{h.Member.ID, h.Other.ID, h.Guest.ID}, true),
		post.Unlisted:  fmt.Sprint([]int64{h.Member.ID, h.Other.ID, h.Guest.ID}, true),
		post.Followers: fmt.Sprint([]int64{h.Member.ID, h.Other.ID}, false),
		post.Direct:    fmt.Sprint([]int64{h.Member.ID}, false),
	} {
		p := h.Write(h.Member, post.Draft{Title: "Ein Beitrag", Source: "Text", Visibility: visibility})
		h.Must(h.Posts.Delete(h.Ctx, h.Member, p.ID))
		ids, visitors, err := lines.Witnesses(h.Ctx, p.ID, asked)
		h.Must(err)
		if got := fmt.Sprint(ids, visitors); got != want {
			t.Errorf("%s: %s, want %s", visibility, got, want)
		}
		if _, err := lines.Post(h.Ctx, p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: news of what is gone: %v", visibility, err)
		}
	}
}
