package mastodon

import (
	"net/http"
	"slices"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
)

func TestFavouriteAndBookmark(t *testing.T) {
	h := newHouse(t)
	p := h.thread("other", "Kühlung")
	id := idText(p.ID)
	for _, test := range []struct {
		verb, flag, counter string
		set                 bool
		count               int
	}{
		{"favourite", "favourited", "favourites_count", true, 1}, {"favourite", "favourited", "favourites_count", true, 1},
		{"unfavourite", "favourited", "favourites_count", false, 0}, {"unfavourite", "favourited", "favourites_count", false, 0},
		{"bookmark", "bookmarked", "", true, 0}, {"bookmark", "bookmarked", "", true, 0}, {"unbookmark", "bookmarked", "", false, 0},
		{"mute", "muted", "", true, 0}, {"mute", "muted", "", true, 0}, {"unmute", "muted", "", false, 0},
		{"favourite", "favourited", "favourites_count", true, 1},
	} {
		r := h.as("member").post(statusPath(id, test.verb)).wants(http.StatusOK)
		if r.text("id") != id || r.at(test.flag) != test.set || r.at("reblog") != nil {
			t.Errorf("%s: %s", test.verb, r.body)
		}
		if test.counter != "" && r.number(test.counter) != test.count {
			t.Errorf("%s: %s is %d, want %d", test.verb, test.counter, r.number(test.counter), test.count)
		}
		if got := h.as("guest").get(statusPath(id)).at(test.flag); got != false {
			t.Errorf("%s: somebody else finds %s %v", test.verb, test.flag, got)
		}
	}
}

func TestReblog(t *testing.T) {
	h := newHouse(t)
	p := h.thread("other", "Kühlung")
	id := idText(p.ID)
	r := h.as("member").post(statusPath(id, "reblog"), "visibility", "private").wants(http.StatusOK)
	boost := r.text("id")
	for path, want := range map[string]any{
		"reblog.id": id, "account.username": "member", "reblog.account.username": "other", "reblog.reblogged": true, "reblog.reblogs_count": 1.0,
		"reblogged": true, "visibility": "public", "reblog.reblog": nil,
	} {
		if got := r.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if boost == id || r.text("uri") == r.text("reblog.uri") {
		t.Errorf("the boost is not told from the post: %s", r.body)
	}
	if again := h.as("member").post(statusPath(id, "reblog")).wants(http.StatusOK).text("id"); again != boost {
		t.Errorf("boosting again made %s after %s", again, boost)
	}
	// A boost's id leads wherever a status' id does.
	if shown := h.as("").get(statusPath(boost)); shown.text("id") != boost || shown.text("reblog.id") != id {
		t.Errorf("the boost by its id: %s", shown.body)
	}
	if got := h.as("guest").post(statusPath(boost, "favourite")).wants(http.StatusOK).text("id"); got != id {
		t.Errorf("favouriting a boost returned %s, want %s", got, id)
	}
	for _, rest := range []string{"context", "history", "card", "favourited_by", "reblogged_by"} {
		h.as("").get(statusPath(boost, rest)).wants(http.StatusOK)
	}
	if got := h.as("").get(statusPath(boost, "reblogged_by")).text("0.username"); got != "member" {
		t.Errorf("boosted by %q", got)
	}
	// Who blocks the booster does not get the boost, but the post.
	h.block("editor", "member")
	h.as("editor").get(statusPath(boost)).wants(http.StatusNotFound)
	h.as("editor").get(statusPath(id)).wants(http.StatusOK)
	h.as("guest").delete(statusPath(boost)).wants(http.StatusNotFound)
	ended := h.as("member").delete(statusPath(boost)).wants(http.StatusOK)
	if ended.text("id") != id || ended.number("reblogs_count") != 0 || ended.at("reblogged") != false {
		t.Errorf("after the boost ended: %s", ended.body)
	}
	h.as("").get(statusPath(boost)).wants(http.StatusNotFound)
	h.as("").get(statusPath(id)).wants(http.StatusOK)

	for visibility, want := range map[post.Visibility]int{post.Followers: http.StatusForbidden, post.Direct: http.StatusForbidden, post.Unlisted: http.StatusOK} {
		own := h.write("member", visibility, "eigenes")
		h.as("member").post(statusPath(idText(own.ID), "reblog")).wants(want)
	}
	h.as("guest").post(statusPath(id, "reblog")).wants(http.StatusForbidden)
}

func TestPins(t *testing.T) {
	h := newHouse(t)
	var pinned []string
	for range post.MaxPins {
		id := idText(h.write("member", post.Public, "x").ID)
		if r := h.as("member").post(statusPath(id, "pin")).wants(http.StatusOK); r.at("pinned") != true {
			t.Errorf("not pinned: %s", r.body)
		}
		pinned = append([]string{id}, pinned...)
	}
	one := idText(h.write("member", post.Followers, "y").ID)
	h.as("member").post(statusPath(one, "pin")).wants(http.StatusUnprocessableEntity)
	h.as("member").post(statusPath(pinned[0], "pin")).wants(http.StatusOK) // the same again is no sixth
	h.as("member").post(statusPath(pinned[4], "unpin")).wants(http.StatusOK)
	h.as("member").post(statusPath(one, "pin")).wants(http.StatusOK)
	h.as("member").post(statusPath(pinned[0], "unpin")).wants(http.StatusOK)
	h.as("member").post(statusPath(idText(h.write("member", post.Direct, "@other").ID), "pin")).wants(http.StatusUnprocessableEntity)
	h.as("member").post(statusPath(idText(h.thread("other", "Fremd").ID), "pin")).wants(http.StatusUnprocessableEntity)

	ids := func(who string) (list []string) {
		views, err := h.Posts.Pinned(t.Context(), post.Viewer{AccountID: h.people[who].ID}, h.id("member"))
		h.must(err)
		for _, v := range views {
			list = append(list, idText(v.Post.ID))
		}
		return list
	}
	if got, want := ids("other"), pinned[1:4]; !slices.Equal(got, want) {
		t.Errorf("others see %v pinned, want %v", got, want)
	}
	if got, want := ids("member"), append([]string{one}, pinned[1:4]...); !slices.Equal(got, want) {
		t.Errorf("the owner sees %v pinned, want %v", got, want)
	}
}

func TestBookmarksAndFavouritesArePaged(t *testing.T) {
	h := newHouse(t)
	for _, list := range []struct{ verb, path string }{{"bookmark", "/api/v1/bookmarks"}, {"favourite", "/api/v1/favourites"}} {
		var posts []string
		for range 5 {
			posts = append(posts, idText(h.thread("other", "Thema").ID))
		}
		// Marked in another order than written: the list is in the order of the marks.
		marked := []string{posts[4], posts[0], posts[3], posts[1], posts[2]}
		for _, id := range marked {
			h.as("member").post(statusPath(id, list.verb)).wants(http.StatusOK)
		}
		slices.Reverse(marked)
		var got []string
		pages := 0
		for next := list.path + "?limit=2"; next != ""; pages++ {
			r := h.as("member").get(next)
			got = append(got, r.ids()...)
			next = r.page("next")
			if prev := r.page("prev"); pages == 1 {
				if ids := h.as("member").get(prev).ids(); !slices.Equal(ids, marked[:2]) {
					t.Errorf("%s: the page before the second is %v, want %v", list.path, ids, marked[:2])
				}
			}
		}
		if !slices.Equal(got, marked) || pages != 3 {
			t.Errorf("%s: %v on %d pages, want %v on 3", list.path, got, pages, marked)
		}
		if r := h.as("guest").get(list.path); len(r.ids()) != 0 || r.Header.Get("Link") != "" {
			t.Errorf("%s of somebody else: %s, Link %q", list.path, r.body, r.Header.Get("Link"))
		}
		h.as("").get(list.path).wants(http.StatusUnauthorized)
		// What one may no longer see, or wants to hear nothing of, is left out.
		h.must(h.Posts.Delete(t.Context(), h.people["other"], parseID(posts[0])))
		h.exec(`UPDATE posts SET visibility = 'followers' WHERE id = $1`, parseID(posts[1]))
		if ids := h.as("member").get(list.path).ids(); len(ids) != 3 {
			t.Errorf("%s after one was withdrawn and one closed: %v", list.path, ids)
		}
		h.mute("member", "other")
		if ids := h.as("member").get(list.path).ids(); len(ids) != 0 {
			t.Errorf("%s of a muted author: %v", list.path, ids)
		}
		h.exec(`DELETE FROM mutes`)
	}
}

func TestWhoReacted(t *testing.T) {
	h := newHouse(t)
	id := idText(h.thread("other", "Kühlung").ID)
	for _, who := range []string{"member", "editor", "moderator"} {
		h.as(who).post(statusPath(id, "favourite")).wants(http.StatusOK)
		h.as(who).post(statusPath(id, "reblog")).wants(http.StatusOK)
	}
	for _, path := range []string{statusPath(id, "favourited_by"), statusPath(id, "reblogged_by")} {
		first := h.as("").get(path, "limit", "2")
		second := h.as("").get(first.page("next"))
		if first.text("0.username") != "moderator" || first.text("1.username") != "editor" || second.text("0.username") != "member" || len(second.list()) != 1 {
			t.Errorf("%s: %s, then %s", path, first.body, second.body)
		}
		if second.page("next") != "" {
			t.Errorf("%s: there is a page after the last", path)
		}
		h.block("guest", "editor")
		h.block("moderator", "guest")
		if r := h.as("guest").get(path); len(r.list()) != 1 || r.text("0.username") != "member" {
			t.Errorf("%s for who blocks one and is blocked by another: %s", path, r.body)
		}
		h.exec(`DELETE FROM blocks`)
	}
}
