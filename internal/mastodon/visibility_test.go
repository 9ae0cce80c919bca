package mastodon

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// seen is a house with one post of every visibility, all by the same author, and people who stand to the author in every way.
// Each post holds a word that stands nowhere else, so that no part of an answer can give it away unnoticed.
type seen struct {
	*house
	posts map[string]string // id by visibility
	words map[string]string // by visibility
	media map[string]string // id of the picture, by visibility
}

// viewers stand to the author: each may see some of the posts.
var viewers = []string{"", "stranger", "follower", "mentioned", "author", "blocked", "blocking", "muting", "deaf"}

// kinds are the posts there are. All mention the mentioned.
var kinds = []string{"public", "unlisted", "private", "direct", "draft", "withdrawn"}

// maySee is who may see a post they ask for.
func maySee(viewer, kind string) bool {
	switch {
	case kind == "draft" || kind == "withdrawn" || viewer == "blocked":
		return false
	case viewer == "author" || viewer == "mentioned":
		return true
	case kind == "private":
		return viewer != "" && viewer != "stranger" // all the others follow the author
	}
	return kind == "public" || kind == "unlisted"
}

// hears is who may be shown a post they did not ask for: not whoever wants to hear nothing of its author.
func hears(viewer, kind string) bool {
	return maySee(viewer, kind) && !slices.Contains([]string{"blocking", "muting"}, viewer)
}

const seenTag, seenLink = "Sichtprobe", "https://example.org/sichtprobe"

func newSeen(t *testing.T) *seen {
	t.Helper()
	s := &seen{house: newHouse(t), posts: map[string]string{}, words: map[string]string{}, media: map[string]string{}}
	for _, who := range append(viewers, "zeuge") {
		if who != "" {
			s.person(who, account.RoleMember)
		}
	}
	for _, who := range []string{"follower", "blocked", "blocking", "muting", "deaf", "zeuge"} {
		s.follow(who, "author")
	}
	author, witness := s.as("author"), s.as("zeuge")
	for _, kind := range kinds {
		s.words[kind] = "Geheimwort" + strings.ToUpper(kind[:1]) + kind[1:]
		if kind == "draft" {
			id, err := s.Practices.SaveDraft(t.Context(), s.people["author"], 0, practice.Draft{Title: s.words[kind], Summary: s.words[kind], Source: s.words[kind] + " #" + seenTag})
			s.must(err)
			s.posts[kind] = idText(id)
			continue
		}
		visibility := kind
		if kind == "withdrawn" {
			visibility = "public"
		}
		picture := author.upload(http.MethodPost, "/api/v2/media", "file", "bild.png", picture(t, 8, 8), "description", s.words[kind]).wants(http.StatusOK)
		s.media[kind] = picture.text("id")
		r := author.json(http.MethodPost, "/api/v1/statuses", map[string]any{
			"status": fmt.Sprintf("%s #%s @mentioned %s", s.words[kind], seenTag, seenLink), "visibility": visibility, "media_ids": []string{s.media[kind]},
		}).wants(http.StatusOK)
		s.posts[kind] = r.text("id")
		author.json(http.MethodPut, "/api/v1/statuses/"+s.posts[kind], map[string]any{
			"status": fmt.Sprintf("%s geändert #%s @mentioned %s", s.words[kind], seenTag, seenLink), "media_ids": []string{s.media[kind]},
		}).wants(http.StatusOK)
	}
	s.reactAs(t, witness)
	author.delete("/api/v1/statuses/" + s.posts["withdrawn"]).wants(http.StatusOK)
	s.turnAway()
	s.work()
	return s
}

// reactAs lets people favourite, bookmark and boost while they still can.
func (s *seen) reactAs(t *testing.T, witness client) {
	t.Helper()
	for _, kind := range []string{"public", "unlisted", "private", "withdrawn"} {
		witness.post("/api/v1/statuses/" + s.posts[kind] + "/favourite").wants(http.StatusOK)
		for _, who := range []string{"blocked", "blocking", "muting", "follower"} {
			s.as(who).post("/api/v1/statuses/" + s.posts[kind] + "/favourite").wants(http.StatusOK)
			s.as(who).post("/api/v1/statuses/" + s.posts[kind] + "/bookmark").wants(http.StatusOK)
		}
	}
	witness.post("/api/v1/statuses/" + s.posts["public"] + "/reblog").wants(http.StatusOK)
	for _, who := range viewers {
		if who != "" && who != "author" {
			s.follow(who, "zeuge") // whose boost would bring the post home
		}
	}
}

// turnAway makes the ones who block, mute and are blocked.
func (s *seen) turnAway() {
	s.block("author", "blocked")
	s.block("blocking", "author")
	s.mute("muting", "author")
	s.blockDomain("deaf", "vitako.example")
}

// shows reports whether an answer gives a post away: by its word or its id.
func (s *seen) shows(r reply, kind string) bool {
	return strings.Contains(string(r.body), s.words[kind]) || strings.Contains(string(r.body), `"`+s.posts[kind]+`"`)
}

// asked are the routes that name the post itself: not found for whom it is hidden from.
var asked = []struct {
	path string
	// who says who sees something there, if not everyone who may see the post.
	who func(viewer string) bool
}{
	{path: "/api/v1/statuses/{id}"},
	{path: "/api/v1/statuses/{id}/context"},
	{path: "/api/v1/statuses/{id}/history"},
	{path: "/api/v1/statuses/{id}/source", who: func(v string) bool { return v == "author" }},
	{path: "/api/v1/statuses/{id}/card"},
	{path: "/api/v1/statuses/{id}/favourited_by"},
	{path: "/api/v1/statuses/{id}/reblogged_by"},
	{path: "/api/v1/polls/{id}", who: func(string) bool { return false }}, // these are no polls
}

func TestWhatIsHiddenIsNotFound(t *testing.T) {
	s := newSeen(t)
	for _, a := range asked {
		for _, viewer := range viewers {
			for _, kind := range kinds {
				r := s.as(viewer).get(strings.ReplaceAll(a.path, "{id}", s.posts[kind]))
				name := fmt.Sprintf("%s post for %q: %s", kind, viewer, r.asked)
				may := maySee(viewer, kind)
				switch {
				case viewer == "" && r.StatusCode == http.StatusUnauthorized:
				case !may && r.StatusCode != http.StatusNotFound:
					t.Errorf("%s: status %d, want 404: %s", name, r.StatusCode, r.body)
				case !may && r.text("error") != "Record not found":
					t.Errorf("%s: error %q", name, r.text("error"))
				case may && (a.who == nil || a.who(viewer)) && r.StatusCode != http.StatusOK:
					t.Errorf("%s: status %d, want 200: %s", name, r.StatusCode, r.body)
				case r.StatusCode >= http.StatusInternalServerError:
					t.Errorf("%s: status %d", name, r.StatusCode)
				}
			}
		}
	}
}

// TestWhatIsHiddenCannotBeTouched asks every route that does something to a status.
func TestWhatIsHiddenCannotBeTouched(t *testing.T) {
	s := newSeen(t)
	for _, x := range s.server.routes() {
		if x.method == http.MethodGet || !strings.Contains(x.path, "/statuses/{id") || strings.Contains(x.path, "filters") || strings.Contains(x.path, "unmute") {
			continue
		}
		for _, viewer := range viewers {
			for _, kind := range kinds {
				undoes := strings.HasSuffix(x.path, "/unfavourite") || strings.HasSuffix(x.path, "/unbookmark") || strings.HasSuffix(x.path, "/unreblog")
				if viewer == "" || viewer == "author" || maySee(viewer, kind) {
					continue
				}
				r := s.as(viewer).json(x.method, strings.ReplaceAll(x.path, "{id:[0-9]+}", s.posts[kind]), map[string]any{"status": "Übernommen"})
				// Who loses sight of a post may still take back what they did to it, but is shown nothing.
				if r.StatusCode != http.StatusNotFound && !(undoes && r.StatusCode == http.StatusOK && !strings.Contains(string(r.body), s.words[kind])) {
					t.Errorf("%s post for %q: %s: status %d: %s", kind, viewer, r.asked, r.StatusCode, r.body)
				}
			}
		}
	}
	for _, viewer := range viewers {
		for _, kind := range kinds {
			if viewer == "" || maySee(viewer, kind) {
				continue
			}
			r := s.as(viewer).json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Dazu", "in_reply_to_id": s.posts[kind]})
			if r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%s post for %q: an answer got %d: %s", kind, viewer, r.StatusCode, r.body)
			}
			r = s.as(viewer).json(http.MethodPost, fmt.Sprintf("/api/v1/polls/%s/votes", s.posts[kind]), map[string]any{"choices": []int{0}})
			if r.StatusCode != http.StatusNotFound {
				t.Errorf("%s post for %q: a vote got %d: %s", kind, viewer, r.StatusCode, r.body)
			}
		}
	}
	// Only the author edits, deletes and pins.
	for _, viewer := range []string{"follower", "mentioned", "stranger"} {
		for _, call := range []struct{ method, path string }{
			{http.MethodPut, "/api/v1/statuses/" + s.posts["public"]}, {http.MethodDelete, "/api/v1/statuses/" + s.posts["public"]},
			{http.MethodPost, "/api/v1/statuses/" + s.posts["public"] + "/pin"},
		} {
			if r := s.as(viewer).json(call.method, call.path, map[string]any{"status": "Übernommen"}); r.StatusCode < 400 || r.StatusCode >= 500 {
				t.Errorf("%s of another's post by %s: status %d: %s", r.asked, viewer, r.StatusCode, r.body)
			}
		}
	}
	s.as("author").get("/api/v1/statuses/" + s.posts["public"]).wants(http.StatusOK)
}

// places are the lists in which a post can turn up. Where a post may turn up, must says for whom it has to, so that an empty
// list does not pass for a discreet one.
var places = []struct {
	path string
	// asked lists are of someone's doing that the viewer asked for: who mutes or blocks an author still gets them.
	asked bool
	must  func(viewer, kind string) bool
}{
	{path: "/api/v1/timelines/home", must: func(v, k string) bool { return k != "direct" && (v == "follower" || v == "author" || v == "deaf") }},
	{path: "/api/v1/timelines/public", must: func(v, k string) bool { return k == "public" }},
	{path: "/api/v1/timelines/public?local=true", must: func(v, k string) bool { return k == "public" }},
	{path: "/api/v1/timelines/public?remote=true"},
	{path: "/api/v1/timelines/public?only_media=true", must: func(v, k string) bool { return k == "public" }},
	{path: "/api/v1/timelines/tag/" + seenTag, must: func(v, k string) bool { return k == "public" }},
	{path: "/api/v1/timelines/tag/anderes?any[]=" + seenTag, must: func(v, k string) bool { return k == "public" }},
	{path: "/api/v1/timelines/link?url=" + url.QueryEscape(seenLink)},
	{path: "/api/v1/timelines/list/{list}", must: func(v, k string) bool { return v == "follower" && k != "direct" }},
	{path: "/api/v1/timelines/direct", must: func(v, k string) bool { return k == "direct" && v == "author" }},
	{path: "/api/v1/conversations", must: func(v, k string) bool { return k == "direct" && v == "mentioned" }},
	{path: "/api/v1/accounts/{author}/statuses", asked: true, must: func(v, k string) bool { return k == "public" || v == "follower" && k == "private" }},
	{path: "/api/v1/accounts/{author}/statuses?only_media=true", asked: true, must: func(v, k string) bool { return k == "public" }},
	{path: "/api/v1/accounts/{author}/statuses?pinned=true", asked: true},
	{path: "/api/v1/accounts/{author}/statuses?tagged=" + seenTag, asked: true, must: func(v, k string) bool { return k == "public" }},
	{path: "/api/v1/accounts/{zeuge}/statuses", must: func(v, k string) bool { return k == "public" && v != "blocked" }},
	{path: "/api/v1/statuses?{all}", asked: true, must: func(v, k string) bool { return true }},
	{path: "/api/v1/bookmarks", asked: true, must: func(v, k string) bool { return v == "follower" && k != "direct" }},
	{path: "/api/v1/favourites", asked: true, must: func(v, k string) bool { return v == "follower" && k != "direct" }},
	{path: "/api/v2/search?q={word}", asked: true, must: func(v, k string) bool { return k == "public" && v == "follower" }},
	{path: "/api/v2/search?type=statuses&q={word}", asked: true},
	{path: "/api/v2/search?type=statuses&resolve=true&q={url}", asked: true},
	{path: "/api/v1/trends/statuses"},
	{path: "/api/v1/trends/links"},
	{path: "/api/v1/notifications?limit=80", must: func(v, k string) bool { return v == "mentioned" && k == "private" }},
	{path: "/api/v2/notifications", must: func(v, k string) bool { return v == "mentioned" && k == "private" }},
	{path: "/api/v1/notifications/requests"},
	{path: "/api/v1/statuses/{root}/context", asked: false},
	{path: "/api/v1/scheduled_statuses"},
}

// showNoStatus are the GET routes that show no status of anybody, nor a part of one.
var showNoStatus = []string{
	"/.well-known/", "/api/v1/apps/", "/api/v1/accounts/verify_credentials", "/api/v1/accounts/relationships", "/api/v1/accounts/familiar_followers",
	"/api/v1/accounts/search", "/api/v1/accounts/lookup", "/api/v1/accounts", "/api/v1/accounts/{id:[0-9]+}", "/api/v1/accounts/{id:[0-9]+}/followers",
	"/api/v1/accounts/{id:[0-9]+}/following", "/api/v1/accounts/{id:[0-9]+}/featured_tags", "/api/v1/accounts/{id:[0-9]+}/endorsements",
	"/api/v1/accounts/{id:[0-9]+}/lists", "/api/v1/accounts/{id:[0-9]+}/identity_proofs", "/api/v1/mutes", "/api/v1/blocks", "/api/v1/domain_blocks",
	"/api/v2/filters", "/api/v1/filters", "/api/v1/follow_requests", "/api/v1/endorsements", "/api/v1/featured_tags", "/api/v1/preferences",
	"/api/v1/followed_tags", "/api/v2/suggestions", "/api/v1/suggestions", "/api/v1/tags/", "/api/v1/lists", "/api/v1/markers",
	"/api/v1/notifications/unread_count", "/api/v1/notifications/policy", "/api/v1/notifications/requests/merged", "/api/v2/notifications/unread_count",
	"/api/v2/notifications/policy", "/api/v2/notifications/{group_key}/accounts", "/api/v1/push/", "/api/v1/instance", "/api/v2/instance",
	"/api/v1/trends/tags", "/api/v1/trends", "/api/v1/directory", "/api/v1/custom_emojis", "/api/v1/announcements",
}

// elsewhere are GET routes that are tested by a test of their own.
var elsewhere = []string{
	"/api/v1/media/{id:[0-9]+}", "/api/v1/scheduled_statuses/{id:[0-9]+}", // TestOthersThingsAreNotFound
	"/api/v1/notifications/{id:[0-9]+}", "/api/v1/notifications/requests/{id:[0-9]+}", "/api/v2/notifications/{group_key}", // TestNotificationsForgetWhatIsHidden
}

func TestListsHoldNothingHidden(t *testing.T) {
	s := newSeen(t)
	root := s.as("zeuge").post("/api/v1/statuses", "status", "Wer weiß mehr?").wants(http.StatusOK).text("id")
	for _, kind := range []string{"public", "private", "direct"} {
		r := s.as("author").json(http.MethodPost, "/api/v1/statuses", map[string]any{
			"status": s.words[kind] + " @mentioned", "visibility": kind, "in_reply_to_id": root,
		})
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", r.asked, r.StatusCode, r.body)
		}
	}
	lists := map[string]string{}
	for _, viewer := range viewers {
		if viewer == "" || viewer == "author" || viewer == "stranger" || viewer == "mentioned" || viewer == "blocked" || viewer == "blocking" {
			continue
		}
		lists[viewer] = s.as(viewer).post("/api/v1/lists", "title", "Alle").wants(http.StatusOK).text("id")
		s.as(viewer).post("/api/v1/lists/"+lists[viewer]+"/accounts", "account_ids[]", idText(s.id("author"))).wants(http.StatusOK)
	}
	s.work()
	all := url.Values{}
	for _, id := range s.posts {
		all.Add("id[]", id)
	}
	for _, place := range places {
		for _, viewer := range viewers {
			if strings.Contains(place.path, "{list}") && lists[viewer] == "" {
				continue
			}
			replies := map[string]reply{}
			for _, kind := range kinds {
				path := strings.NewReplacer("{list}", lists[viewer], "{author}", idText(s.id("author")), "{zeuge}", idText(s.id("zeuge")), "{all}", all.Encode(),
					"{word}", s.words[kind], "{url}", url.QueryEscape(s.Config.BaseURL+"/notes/"+s.posts[kind]), "{root}", root).Replace(place.path)
				r, again := replies[path]
				if !again {
					r = s.as(viewer).get(path)
					replies[path] = r
				}
				name := fmt.Sprintf("%s post for %q: %s", kind, viewer, r.asked)
				if viewer == "" && r.StatusCode == http.StatusUnauthorized {
					continue
				}
				if viewer == "blocked" && strings.Contains(place.path, "{author}") && r.StatusCode == http.StatusNotFound {
					continue
				}
				if r.StatusCode != http.StatusOK {
					if !again {
						t.Errorf("%s: status %d: %s", name, r.StatusCode, r.body)
					}
					continue
				}
				may := hears(viewer, kind) || place.asked && maySee(viewer, kind)
				shown := s.shows(r, kind)
				if shown && !may {
					t.Errorf("%s: it shows", name)
				}
				if !shown && may && place.must != nil && place.must(viewer, kind) {
					t.Errorf("%s: it does not show: %s", name, r.body)
				}
			}
		}
	}
	for _, x := range s.server.routes() {
		if x.method == http.MethodGet && !looked(x.path) {
			t.Errorf("nobody looks whether GET %s shows what is hidden", x.path)
		}
	}
}

// looked reports whether a GET route is part of one of the tables above.
func looked(route string) bool {
	plain := pathVariable.ReplaceAllString(route, "{}")
	same := func(path string) bool {
		path, _, _ = strings.Cut(path, "?")
		return pathVariable.ReplaceAllString(path, "{}") == plain || path == strings.ReplaceAll(plain, "{}", seenTag)
	}
	for _, a := range asked {
		if same(a.path) {
			return true
		}
	}
	for _, p := range places {
		if same(p.path) {
			return true
		}
	}
	return slices.Contains(elsewhere, route) || slices.ContainsFunc(showNoStatus, func(known string) bool {
		// Below filters, lists, instances and the like there are no statuses either.
		return route == known || strings.HasPrefix(route, known) && !strings.HasPrefix(known, "/api/v1/accounts") && !strings.HasPrefix(known, "/api/v1/trends")
	})
}

// TestMarkersOfDomainBlocks hears nothing of an instance it blocked, wherever its posts come from.
func TestBlockedDomainsAreNotHeard(t *testing.T) {
	h := newHouse(t)
	h.follow("member", "klima")
	h.follow("other", "klima")
	id := idText(h.arrives("klima", "laut", func(r *post.Received) { r.Tags = []string{seenTag} }).ID)
	h.blockDomain("member", "vitako.example")
	for _, path := range []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/public?remote=true", "/api/v1/timelines/tag/" + seenTag} {
		if got := h.as("other").get(path).ids(); !slices.Contains(got, id) {
			t.Errorf("%s does not show the post to others: %v", path, got)
		}
		if got := h.as("member").get(path).ids(); slices.Contains(got, id) {
			t.Errorf("%s shows a post of a blocked instance", path)
		}
	}
}

// TestOthersThingsAreNotFound asks for what belongs to someone else.
func TestOthersThingsAreNotFound(t *testing.T) {
	f := newFurnished(t)
	for _, path := range []string{
		"/api/v1/media/{loose}", "/api/v1/scheduled_statuses/{scheduled}", "/api/v1/lists/{list}", "/api/v1/lists/{list}/accounts", "/api/v1/timelines/list/{list}",
		"/api/v2/filters/{filter}", "/api/v2/filters/{filter}/keywords", "/api/v2/filters/{filter}/statuses", "/api/v2/filters/keywords/{keyword}",
		"/api/v2/filters/statuses/{filter_status}", "/api/v1/filters/{filter_v1}", "/api/v1/notifications/{notification}",
	} {
		path = f.fill(path)
		f.as("member").get(path).wants(http.StatusOK)
		if r := f.as("other").get(path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s of someone else: status %d: %s", path, r.StatusCode, r.body)
		}
	}
	for _, call := range []struct{ method, path string }{
		{http.MethodPut, "/api/v1/media/{loose}"}, {http.MethodDelete, "/api/v1/media/{loose}"}, {http.MethodPut, "/api/v1/scheduled_statuses/{scheduled}"},
		{http.MethodDelete, "/api/v1/scheduled_statuses/{scheduled}"}, {http.MethodPut, "/api/v1/lists/{list}"}, {http.MethodDelete, "/api/v1/lists/{list}"},
		{http.MethodPost, "/api/v1/lists/{list}/accounts"}, {http.MethodDelete, "/api/v1/lists/{list}/accounts"}, {http.MethodPut, "/api/v2/filters/{filter}"},
		{http.MethodDelete, "/api/v2/filters/{filter}"}, {http.MethodPost, "/api/v2/filters/{filter}/keywords"}, {http.MethodPut, "/api/v2/filters/keywords/{keyword}"},
		{http.MethodDelete, "/api/v2/filters/keywords/{keyword}"}, {http.MethodDelete, "/api/v2/filters/statuses/{filter_status}"},
		{http.MethodPut, "/api/v1/filters/{filter_v1}"}, {http.MethodDelete, "/api/v1/filters/{filter_v1}"}, {http.MethodDelete, "/api/v1/featured_tags/{featured_tag}"},
		{http.MethodPost, "/api/v1/conversations/{conversation}/read"}, {http.MethodDelete, "/api/v1/conversations/{conversation}"},
	} {
		r := f.as("editor").json(call.method, f.fill(call.path), map[string]any{
			"title": "Meins", "keyword": "Meins", "phrase": "Meins", "context": []string{"home"}, "account_ids": []string{f.ids["@other"]}, "scheduled_at": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339),
		})
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%s of someone else: status %d: %s", r.asked, r.StatusCode, r.body)
		}
	}
	// Nobody lost anything by it.
	for _, path := range []string{"/api/v1/media/{loose}", "/api/v1/scheduled_statuses/{scheduled}", "/api/v1/lists/{list}", "/api/v2/filters/{filter}", "/api/v2/filters/keywords/{keyword}"} {
		f.as("member").get(f.fill(path)).wants(http.StatusOK)
	}
}

// TestNotificationsForgetWhatIsHidden tells of a post and then hides it.
func TestNotificationsForgetWhatIsHidden(t *testing.T) {
	h := newHouse(t)
	h.follow("member", "other")
	word := "Verschwiegen"
	p := h.as("other").post("/api/v1/statuses", "status", word+" @member").wants(http.StatusOK).text("id")
	h.work()
	list := h.as("member").get("/api/v1/notifications")
	if len(list.list()) != 1 || !strings.Contains(string(list.body), word) {
		t.Fatalf("no notification of the mention: %s", list.body)
	}
	id, group := list.text("0.id"), h.as("member").get("/api/v2/notifications").text("notification_groups.0.group_key")
	paths := []string{"/api/v1/notifications", "/api/v1/notifications/" + id, "/api/v2/notifications", "/api/v2/notifications/" + group}
	for _, path := range paths {
		if r := h.as("member").get(path).wants(http.StatusOK); !strings.Contains(string(r.body), word) {
			t.Errorf("%s does not show the post yet: %s", path, r.body)
		}
	}
	h.block("other", "member")
	for _, path := range paths {
		if r := h.as("member").get(path); strings.Contains(string(r.body), word) || r.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s shows the post of someone who blocks the reader: %d %s", path, r.StatusCode, r.body)
		}
	}
	h.exec(`DELETE FROM blocks`)
	h.as("other").delete("/api/v1/statuses/" + p).wants(http.StatusOK)
	for _, path := range paths {
		if r := h.as("member").get(path); strings.Contains(string(r.body), word) || r.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s shows a withdrawn post: %d %s", path, r.StatusCode, r.body)
		}
	}
}
