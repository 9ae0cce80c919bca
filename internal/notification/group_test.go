package notification_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// groups lists a page as "kind count who,who" lines.
func (h *house) groups(a account.Account, q notification.Query, together []string) (lines []string, list []notification.Group) {
	h.Helper()
	list, err := h.notifications.Groups(h.Ctx, a, q, together)
	h.Must(err)
	lines = []string{}
	for _, g := range list {
		who := ""
		for _, f := range g.From {
			who += " " + f.Username
		}
		lines = append(lines, fmt.Sprint(g.Kind, " ", g.Count, who))
	}
	return lines, list
}

func TestGroups(t *testing.T) {
	h := newHouse(t)
	first, second := h.Thread(h.Member, "Erster"), h.Thread(h.Member, "Zweiter")
	like := func(by account.Account, p post.Post) {
		t.Helper()
		h.Must(h.Posts.Favourite(h.Ctx, by, p.ID))
		h.work()
	}
	like(h.Other, first)
	like(h.Other, second)
	h.Answer(h.Guest, first, "Gut.")
	h.work()
	like(h.Guest, first)
	h.Must(h.Posts.Boost(h.Ctx, h.Editor, first.ID))
	h.work()
	like(h.Admin, first)

	want := []string{"favourite 3 verwaltung gast einkauf", "boost 1 redaktion", "reply 1 gast", "favourite 1 einkauf"}
	got, list := h.groups(h.Member, notification.Query{}, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if list[0].Post == nil || list[0].Post.Post.ID != first.ID || list[2].Key != fmt.Sprintf("ungrouped-%d", list[2].NewestID) {
		t.Errorf("groups: %+v", list)
	}
	if n, err := h.notifications.CountUnreadGroups(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 100}}, nil); err != nil || n != 4 {
		t.Errorf("%d groups unread, %v", n, err)
	}
	// Of some kinds, and only some of them as groups.
	got, _ = h.groups(h.Member, notification.Query{}, []string{notification.Boost})
	if diff := cmp.Diff([]string{"favourite 1 verwaltung", "boost 1 redaktion", "favourite 1 gast", "reply 1 gast", "favourite 1 einkauf", "favourite 1 einkauf"}, got); diff != "" {
		t.Error(diff)
	}
	got, _ = h.groups(h.Member, notification.Query{Kinds: []string{notification.Favourite, notification.Mention}}, nil)
	if diff := cmp.Diff([]string{want[0], want[3]}, got); diff != "" {
		t.Error(diff)
	}
	if n, err := h.notifications.CountUnreadGroups(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 100}}, []string{}); err != nil || n != 6 {
		t.Errorf("%d apart unread, %v", n, err)
	}

	// One by its key, its people page by page, and gone.
	key := list[0].Key
	g, err := h.notifications.Group(h.Ctx, h.Member, key)
	h.Must(err)
	if g.Count != 3 || len(g.From) != 3 || g.NewestID != list[0].NewestID {
		t.Errorf("group: %+v", g)
	}
	alone, err := h.notifications.Group(h.Ctx, h.Member, fmt.Sprintf("ungrouped-%d", list[0].NewestID))
	if h.Must(err); alone.Count != 1 || alone.Key != fmt.Sprintf("ungrouped-%d", list[0].NewestID) {
		t.Errorf("alone: %+v", alone)
	}
	var people []string
	for page := (paging.Page{Limit: 2}); ; {
		views, err := h.notifications.GroupMembers(h.Ctx, h.Member, key, page)
		h.Must(err)
		if len(views) == 0 {
			break
		}
		for _, v := range views {
			people = append(people, v.From.Username)
		}
		page.MaxID = views[len(views)-1].ID
	}
	if diff := cmp.Diff([]string{"verwaltung", "gast", "einkauf"}, people); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "nonsense", "ungrouped-", "ungrouped-x", "ungrouped-999999", "favourite-1-1"} {
		_, err := h.notifications.Group(h.Ctx, h.Member, bad)
		h.Want(err, fault.NotFound)
		h.Want(h.notifications.DismissGroup(h.Ctx, h.Member, bad), fault.NotFound)
	}
	h.Want(h.notifications.DismissGroup(h.Ctx, h.Other, key), fault.NotFound)
	h.Must(h.notifications.DismissGroup(h.Ctx, h.Member, list[2].Key))
	h.Must(h.notifications.DismissGroup(h.Ctx, h.Member, key))
	got, _ = h.groups(h.Member, notification.Query{}, nil)
	if diff := cmp.Diff([]string{want[1], want[3]}, got); diff != "" {
		t.Error(diff)
	}
}

// A group is of one day, however its notifications are numbered.
func TestGroupsOfADay(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Member, "Wurzel")
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)
	tell := func(from account.Account, kind string, at time.Time) {
		t.Helper()
		var about *int64
		if kind != notification.Follow {
			about = &p.ID
		}
		h.exec(`INSERT INTO notifications (account_id, kind, from_account_id, post_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
			h.Member.ID, kind, from.ID, about, at)
	}
	for _, kind := range []string{notification.Favourite, notification.Boost, notification.Follow} {
		tell(h.Other, kind, noon.Add(-24*time.Hour))
		tell(h.Guest, kind, noon)
		tell(h.Editor, kind, noon.Add(11*time.Hour))
	}
	got, _ := h.groups(h.Member, notification.Query{}, nil)
	want := []string{"follow 2 redaktion gast", "follow 1 einkauf", "boost 2 redaktion gast", "boost 1 einkauf", "favourite 2 redaktion gast", "favourite 1 einkauf"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The head of a group may vanish, by dismissal or because its reader mutes whoever caused it: the rest of it stays.
func TestGroupsOutliveTheirHead(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Member, "Wurzel")
	for _, by := range []account.Account{h.Other, h.Guest, h.Editor} {
		h.Must(h.Posts.Favourite(h.Ctx, by, p.ID))
		h.work()
	}
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (1, $1, $2)`, h.Member.ID, h.Editor.ID)
	got, list := h.groups(h.Member, notification.Query{}, nil)
	if diff := cmp.Diff([]string{"favourite 2 gast einkauf"}, got); diff != "" {
		t.Fatal(diff)
	}
	if list[0].NewestID >= list[0].Cursor || list[0].LowestID > list[0].NewestID {
		t.Errorf("group: %+v", list[0])
	}
	h.Must(h.notifications.Dismiss(h.Ctx, h.Member, list[0].NewestID))
	h.Must(h.notifications.Dismiss(h.Ctx, h.Member, list[0].Cursor))
	got, _ = h.groups(h.Member, notification.Query{}, nil)
	if diff := cmp.Diff([]string{"favourite 1 einkauf"}, got); diff != "" {
		t.Fatal(diff)
	}
	// All of it hidden: no group, and none in the way of others.
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (2, $1, $2)`, h.Member.ID, h.Other.ID)
	h.Answer(h.Guest, p, "Gut.")
	h.work()
	got, _ = h.groups(h.Member, notification.Query{}, nil)
	if diff := cmp.Diff([]string{"reply 1 gast"}, got); diff != "" {
		t.Fatal(diff)
	}
}

// Notifications that are written at the same moment by many workers leave one head to each group.
func TestOneHeadPerGroup(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Member, "Wurzel")
	var people []account.Account
	for i := range 12 {
		people = append(people, h.Account(fmt.Sprint("leser", i), "", account.Person, account.RoleMember))
	}
	var wait sync.WaitGroup
	for _, a := range people {
		wait.Add(1)
		go func() {
			defer wait.Done()
			now := time.Now()
			// Ids of several processes need not be in the order in which their transactions end.
			id := db.NewID(now) - rand.Int64N(1<<20)
			if _, err := h.DB.ExecContext(h.Ctx, `
				INSERT INTO notifications (id, account_id, kind, from_account_id, post_id, created_at) VALUES ($1, $2, 'favourite', $3, $4, $5)`,
				id, h.Member.ID, a.ID, p.ID, now); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	if n := h.Count(`SELECT count(*) FROM notifications WHERE head`); n != 1 {
		t.Errorf("%d heads", n)
	}
	if n := h.Count(`SELECT count(*) FROM notifications WHERE head AND id = (SELECT max(id) FROM notifications)`); n != 1 {
		t.Error("the newest is not the head")
	}
}

// TestGroupsPageWithoutLossOrRepetition reads a random history with every page size to its end, down and up.
func TestGroupsPageWithoutLossOrRepetition(t *testing.T) {
	h := newHouse(t)
	var posts []int64
	for i := range 4 {
		posts = append(posts, h.Thread(h.Member, fmt.Sprint("Faden ", i)).ID)
	}
	var people []int64
	for i := range 12 {
		people = append(people, h.Account(fmt.Sprint("leser", i), "", account.Person, account.RoleMember).ID)
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same history each time
	// What is alike is one group a day. At this hour a whole group has been hidden where a page is filled up.
	start := time.Date(2026, 11, 18, 9, 20, 0, 0, time.UTC)
	for i := range 160 {
		at := start.Add(time.Duration(i) * 25 * time.Minute)
		kind := []string{"favourite", "boost", "follow", "mention", "curated"}[random.IntN(5)]
		var about any
		if kind != "follow" {
			about = posts[random.IntN(len(posts))]
		}
		h.exec(`INSERT INTO notifications (id, account_id, kind, from_account_id, post_id, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			db.NewID(at), h.Member.ID, kind, people[random.IntN(len(people))], about, at)
	}
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (1, $1, $2)`, h.Member.ID, people[0])
	h.exec(`INSERT INTO blocks (id, account_id, target_id) VALUES (1, $1, $2)`, people[1], h.Member.ID)
	visible := h.Count(`SELECT count(*) FROM notifications WHERE account_id = $1 AND from_account_id NOT IN ($2, $3)`, h.Member.ID, people[0], people[1])

	for _, together := range [][]string{nil, {}, {notification.Follow}} {
		all, err := h.notifications.Groups(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 80}}, together)
		h.Must(err)
		rest, err := h.notifications.Groups(h.Ctx, h.Member, notification.Query{Page: paging.Page{Limit: 80, MaxID: all[len(all)-1].Cursor}}, together)
		h.Must(err)
		all = append(all, rest...)
		keys, total := map[string]bool{}, 0
		for _, g := range all {
			if keys[g.Key] {
				t.Errorf("%v: %s twice", together, g.Key)
			}
			keys[g.Key] = true
			total += g.Count
		}
		if total != visible {
			t.Errorf("%v: groups of %d notifications, want %d", together, total, visible)
		}
		if together == nil && len(all) >= visible {
			t.Error("nothing is grouped")
		}
		want := cursors(all)
		for _, limit := range []int{1, 3, 7, 40} {
			var down, up []int64
			for page := (paging.Page{Limit: limit}); ; {
				list, err := h.notifications.Groups(h.Ctx, h.Member, notification.Query{Page: page}, together)
				h.Must(err)
				if len(list) == 0 {
					break
				}
				for _, g := range list {
					if g.LowestID < list[len(list)-1].Cursor && g.NewestID >= list[len(list)-1].Cursor {
						t.Errorf("limit %d: the page reaches below its end: %+v", limit, g)
					}
				}
				down = append(down, cursors(list)...)
				page.MaxID = list[len(list)-1].Cursor
			}
			for page := (paging.Page{Limit: limit, MinID: 1}); ; {
				list, err := h.notifications.Groups(h.Ctx, h.Member, notification.Query{Page: page}, together)
				h.Must(err)
				if len(list) == 0 {
					break
				}
				up = append(cursors(list), up...)
				page.MinID = list[0].Cursor
			}
			if !slices.Equal(down, want) || !slices.Equal(up, want) {
				t.Errorf("%v, limit %d: %d down, %d up, want %d groups: %v", together, limit, len(down), len(up), len(want), cmp.Diff(want, up))
			}
		}
	}
}

func cursors(list []notification.Group) (ids []int64) {
	for _, g := range list {
		ids = append(ids, g.Cursor)
	}
	return ids
}
