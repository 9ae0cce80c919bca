package post

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
)

// TestVisibility holds every way to read against every kind of reader.
func TestVisibility(t *testing.T) {
	h := newHouse(t)
	h.follow(h.other, h.member)
	pending := h.account("wartet", "", account.Person, account.RoleMember)
	h.follow(pending, h.member)
	_, err := h.db.ExecContext(h.ctx, `UPDATE follows SET state = 'pending' WHERE account_id = $1`, pending.ID)
	h.must(err)
	readers := map[string]Viewer{"visitor": {}, "author": {h.member.ID}, "follower": {h.other.ID}, "mentioned": {h.guest.ID},
		"pending": {pending.ID}, "moderator": {h.moderator.ID}}
	everyone := []string{"author", "follower", "mentioned", "moderator", "pending", "visitor"}
	root := h.thread(h.member, "Wurzel")
	for visibility, want := range map[Visibility][]string{
		Public: everyone, Unlisted: everyone, Followers: {"author", "follower", "mentioned"}, Direct: {"author", "mentioned"},
	} {
		p, err := h.posts.Create(h.ctx, h.member, Draft{InReplyToID: root.ID, Source: "Nur für @gast", Visibility: visibility})
		h.must(err)
		ways := map[string]func(Viewer) bool{
			"ByID":  func(v Viewer) bool { _, err := h.posts.ByID(h.ctx, v, p.ID); return err == nil },
			"ByIDs": func(v Viewer) bool { m, err := h.posts.ByIDs(h.ctx, v, []int64{p.ID}); h.must(err); return len(m) == 1 },
			"Thread": func(v Viewer) bool {
				views, err := h.posts.Thread(h.ctx, v, root.ID)
				h.must(err)
				return contains(views, p.ID)
			},
			"ByAccount": func(v Viewer) bool {
				views, err := h.posts.ByAccount(h.ctx, v, h.member.ID, paging.Page{})
				h.must(err)
				return contains(views, p.ID)
			},
			"Revisions": func(v Viewer) bool { _, err := h.posts.Revisions(h.ctx, v, p.ID); return err == nil },
		}
		for way, sees := range ways {
			var got []string
			for name, v := range readers {
				if sees(v) {
					got = append(got, name)
				}
			}
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(got))); diff != "" {
				t.Errorf("%s of %s: %s", way, visibility, diff)
			}
		}
		h.must(h.posts.Delete(h.ctx, h.member, p.ID))
		_, err = h.posts.ByID(h.ctx, Viewer{h.guest.ID}, p.ID)
		h.want(err, fault.Gone)
		if !visibility.Listed() {
			_, err = h.posts.ByID(h.ctx, Viewer{}, p.ID)
			h.want(err, fault.NotFound) // that it existed is nobody else's business
		}
	}
}

func TestThreadOrder(t *testing.T) {
	h := newHouse(t)
	root := h.thread(h.member, "Wurzel")
	a := h.answer(h.other, root, "a")
	b := h.answer(h.other, root, "b")
	aa := h.answer(h.member, a, "aa")
	leaf := h.answer(h.member, b, "weg, ohne Antwort")
	secret, err := h.posts.Create(h.ctx, h.member, Draft{InReplyToID: b.ID, Source: "geheim", Visibility: Direct})
	h.must(err)
	h.must(h.posts.Delete(h.ctx, h.other, a.ID))
	h.must(h.posts.Delete(h.ctx, h.member, leaf.ID))

	views, err := h.posts.Thread(h.ctx, Viewer{}, aa.ID)
	h.must(err)
	var got []string
	for _, v := range views {
		got = append(got, fmt.Sprintf("%d %s", v.Depth, v.Post.Source))
	}
	if diff := cmp.Diff([]string{"0 Text zu Wurzel", "1 ", "2 aa", "1 b"}, got); diff != "" {
		t.Error(diff)
	}
	mine, err := h.posts.Thread(h.ctx, Viewer{h.member.ID}, root.ID)
	h.must(err)
	if !contains(mine, secret.ID) {
		t.Error("the author misses the direct answer")
	}
	_, err = h.posts.Thread(h.ctx, Viewer{}, 1)
	h.want(err, fault.NotFound)
	lonely := h.thread(h.member, "Allein")
	h.must(h.posts.Delete(h.ctx, h.member, lonely.ID))
	_, err = h.posts.Thread(h.ctx, Viewer{}, lonely.ID)
	h.want(err, fault.Gone)
}

func TestThreadsByActivity(t *testing.T) {
	h := newHouse(t)
	var roots []Post
	for i := range 5 {
		roots = append(roots, h.thread(h.member, fmt.Sprint("Faden ", i)))
	}
	h.answer(h.other, roots[1], "lebt noch")
	h.receive(h.received(h.remote, "alt", "")) // an hour old
	titles := func(page paging.Page) (list []string) {
		views, err := h.posts.Threads(h.ctx, Viewer{}, page)
		h.must(err)
		for _, v := range views {
			list = append(list, v.Post.Title)
		}
		return list
	}
	if diff := cmp.Diff([]string{"Faden 1", "Faden 4", "Faden 3"}, titles(paging.Page{Limit: 3})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Faden 2", "Faden 0", ""}, titles(paging.Page{Limit: 3, MaxID: roots[3].ID})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Faden 4", "Faden 3"}, titles(paging.Page{Limit: 2, MinID: roots[2].ID})); diff != "" {
		t.Error(diff)
	}
}

func TestByAccountPages(t *testing.T) {
	h := newHouse(t)
	var posts []Post
	for i := range 5 {
		posts = append(posts, h.thread(h.member, fmt.Sprint("Faden ", i)))
	}
	titles := func(page paging.Page) (list []string) {
		views, err := h.posts.ByAccount(h.ctx, Viewer{}, h.member.ID, page)
		h.must(err)
		for _, v := range views {
			list = append(list, v.Post.Title[len("Faden "):])
		}
		return list
	}
	for name, test := range map[string]struct {
		page paging.Page
		want []string
	}{
		"first":      {paging.Page{Limit: 2}, []string{"4", "3"}},
		"older":      {paging.Page{Limit: 2, MaxID: posts[3].ID}, []string{"2", "1"}},
		"newest of":  {paging.Page{Limit: 2, SinceID: posts[0].ID}, []string{"4", "3"}},
		"right over": {paging.Page{Limit: 2, MinID: posts[0].ID}, []string{"2", "1"}},
		"between":    {paging.Page{MinID: posts[0].ID, MaxID: posts[2].ID}, []string{"1"}},
	} {
		if diff := cmp.Diff(test.want, titles(test.page)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReactions(t *testing.T) {
	h := newHouse(t)
	p := h.thread(h.member, "Wurzel")
	h.jobs("activity.distribute")
	h.jobs("notification.notify")
	for range 2 {
		h.must(h.posts.Favourite(h.ctx, h.other, p.ID))
		h.must(h.posts.Boost(h.ctx, h.other, p.ID))
		h.must(h.posts.ReceiveFavourite(h.ctx, h.remote.ID, p.ID, "https://vitako.example/likes/1"))
		h.must(h.posts.ReceiveBoost(h.ctx, h.foreignGroup.ID, p.ID, "https://kg.example/boosts/1"))
	}
	v, err := h.posts.ByID(h.ctx, Viewer{h.other.ID}, p.ID)
	h.must(err)
	if v.Post.FavouritesCount != 2 || v.Post.BoostsCount != 2 || !v.Favourited || !v.Boosted {
		t.Errorf("after twice: %+v", v)
	}
	if d, n := len(h.jobs("activity.distribute")), len(h.jobs("notification.notify")); d != 2 || n != 4 {
		t.Errorf("%d distributed, %d notified; want 2, 4", d, n)
	}
	for range 2 {
		h.must(h.posts.Unfavourite(h.ctx, h.other, p.ID))
		h.must(h.posts.ReceiveUnfavourite(h.ctx, h.remote.ID, p.ID))
		h.must(h.posts.ReceiveUnboost(h.ctx, h.foreignGroup.ID, p.ID))
	}
	// A replayed Like after its Undo brings nothing back.
	h.must(h.posts.ReceiveFavourite(h.ctx, h.remote.ID, p.ID, "https://vitako.example/likes/1"))
	if got := h.get(p.ID); got.FavouritesCount != 0 || got.BoostsCount != 1 {
		t.Errorf("after undo: %d favourites, %d boosts", got.FavouritesCount, got.BoostsCount)
	}
	if got := h.jobs("activity.distribute"); len(got) != 1 {
		t.Errorf("undo jobs: %v", got)
	}
	h.want(h.posts.Boost(h.ctx, h.guest, p.ID), fault.Forbidden)
	private, err := h.posts.Create(h.ctx, h.member, Draft{Title: "Unter uns", Source: "@beschaffung", Visibility: Direct})
	h.must(err)
	h.want(h.posts.Boost(h.ctx, h.other, private.ID), fault.Forbidden)
	h.want(h.posts.Favourite(h.ctx, h.guest, private.ID), fault.NotFound)
	h.want(h.posts.ReceiveFavourite(h.ctx, h.stranger.ID, private.ID, "https://m.example/likes/9"), fault.NotFound)
	h.must(h.posts.Delete(h.ctx, h.member, p.ID))
	h.want(h.posts.Favourite(h.ctx, h.guest, p.ID), fault.Gone)
}

func contains(views []View, id int64) bool {
	for _, v := range views {
		if v.Post.ID == id {
			return true
		}
	}
	return false
}
