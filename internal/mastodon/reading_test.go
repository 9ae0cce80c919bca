package mastodon

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/post"
)

// all follows a Link of one rel to its end and returns the ids of all pages.
func (c client) all(r reply, rel string) (ids []string) {
	c.h.t.Helper()
	for range 50 {
		ids = append(ids, r.ids()...)
		next := r.page(rel)
		if next == "" || len(r.ids()) == 0 {
			return ids
		}
		r = c.get(strings.TrimPrefix(next, c.h.Config.BaseURL)).wants(http.StatusOK)
	}
	c.h.t.Fatal("the pages do not end")
	return nil
}

func TestTimelinesPageByLink(t *testing.T) {
	h := newHouse(t)
	h.follow("member", "other")
	h.exec(`INSERT INTO lists (id, account_id, title) VALUES (77, $1, 'Liste')`, h.id("member"))
	h.exec(`INSERT INTO list_members (id, list_id, target_id) VALUES (1, 77, $1)`, h.id("other"))
	var want []string
	for range 7 {
		p := h.ground.Write(h.people["other"], post.Draft{Title: "Eins", Source: "Zum #Wärmenetz"})
		want = append([]string{idText(p.ID)}, want...)
	}
	for path, token := range map[string]string{
		"/api/v1/timelines/home": "member", "/api/v1/timelines/public": "", "/api/v1/timelines/list/77": "member",
		"/api/v1/timelines/tag/w%C3%84rmenetz": "", "/api/v1/timelines/public?local=t": "other",
	} {
		c := h.as(token)
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		first := c.get(path + separator + "limit=3").wants(http.StatusOK)
		if diff := cmp.Diff(want, c.all(first, "next")); diff != "" {
			t.Errorf("%s downwards: %s", path, diff)
		}
		link := first.page("next")
		if !strings.HasPrefix(link, h.Config.BaseURL+"/api/v1/timelines/") || !strings.Contains(link, "limit=3") ||
			!strings.Contains(link, "max_id="+want[2]) || strings.Contains(path, "local") != strings.Contains(link, "local=t") {
			t.Errorf("%s: next is %s", path, link)
		}
		last := c.get(path + separator + "limit=3&max_id=" + want[5]).wants(http.StatusOK)
		if got := last.page("next"); got != "" || len(last.ids()) != 1 {
			t.Errorf("%s: after the last page comes %q", path, got)
		}
		// Upwards, the pages come one above the other.
		var up []string
		for r := last; len(r.ids()) > 0; {
			up = append(append([]string{}, r.ids()...), up...)
			r = c.get(strings.TrimPrefix(r.page("prev"), h.Config.BaseURL)).wants(http.StatusOK)
			if len(r.ids()) == 0 && r.Header.Get("Link") != "" {
				t.Errorf("%s: an empty page has links", path)
			}
		}
		if diff := cmp.Diff(want, up); diff != "" {
			t.Errorf("%s upwards: %s", path, diff)
		}
		if diff := cmp.Diff(want[:2], c.get(path+separator+"since_id="+want[2]).ids()); diff != "" {
			t.Errorf("%s since: %s", path, diff)
		}
		if diff := cmp.Diff(want[3:4], c.get(path+separator+"max_id="+want[2]+"&since_id="+want[4]).ids()); diff != "" {
			t.Errorf("%s between: %s", path, diff)
		}
		if got := len(c.get(path + separator + "limit=0").ids()); got != 7 {
			t.Errorf("%s: limit 0 gives %d", path, got)
		}
	}
}

func TestHomeShowsBoostsInWrappers(t *testing.T) {
	h := newHouse(t)
	h.follow("member", "other")
	p := h.thread("editor", "Geteiltes")
	h.must(h.Posts.Boost(t.Context(), h.people["other"], p.ID))
	r := h.as("member").get("/api/v1/timelines/home").wants(http.StatusOK)
	if got := r.text("0.reblog.id"); got != idText(p.ID) || r.text("0.account.username") != "other" || r.text("0.id") == got {
		t.Errorf("reblog %s by %s as %s", got, r.text("0.account.username"), r.text("0.id"))
	}
	if cursor := "max_id=" + r.text("0.id"); r.page("next") != "" || len(h.as("member").get("/api/v1/timelines/home?"+cursor).ids()) != 0 {
		t.Error("below the boost there is something")
	}
}

func TestLinkTimeline(t *testing.T) {
	h := newHouse(t)
	p := h.practice("member", nil)
	r := h.as("").get("/api/v1/timelines/link", "url", p.URL).wants(http.StatusOK)
	if diff := cmp.Diff([]string{idText(p.ID)}, r.ids()); diff != "" || r.text("0.card.url") != p.URL {
		t.Errorf("%s, card %s", diff, r.text("0.card.url"))
	}
	if got := h.as("").get("/api/v1/timelines/link", "url", "https://anderswo.example/").wants(http.StatusOK).ids(); len(got) != 0 {
		t.Errorf("unknown page: %v", got)
	}
	h.as("").get("/api/v1/timelines/link").wants(http.StatusNotFound)
}

func TestListsOfOthersAreNotFound(t *testing.T) {
	h := newHouse(t)
	id := h.as("member").post("/api/v1/lists", "title", "Meine").wants(http.StatusOK).text("id")
	for _, r := range []reply{
		h.as("other").get("/api/v1/timelines/list/" + id), h.as("other").get("/api/v1/lists/" + id), h.as("other").get("/api/v1/lists/" + id + "/accounts"),
		h.as("other").put("/api/v1/lists/"+id, "title", "Deine"), h.as("other").delete("/api/v1/lists/" + id),
		h.as("other").post("/api/v1/lists/"+id+"/accounts", "account_ids[]", idText(h.id("member"))),
		h.as("other").delete("/api/v1/lists/"+id+"/accounts", "account_ids[]", idText(h.id("member"))),
	} {
		r.wants(http.StatusNotFound)
	}
	if got := h.as("member").get("/api/v1/lists/" + id).text("title"); got != "Meine" {
		t.Errorf("title %q", got)
	}
}

func TestLists(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	if got := c.get("/api/v1/lists").wants(http.StatusOK).list(); len(got) != 0 {
		t.Errorf("lists before there are any: %v", got)
	}
	made := c.json(http.MethodPost, "/api/v1/lists", map[string]any{"title": " Wärme ", "replies_policy": "followed", "exclusive": true}).wants(http.StatusOK)
	id := made.text("id")
	want := map[string]any{"id": id, "title": "Wärme", "replies_policy": "followed", "exclusive": true}
	if diff := cmp.Diff(want, made.value()); diff != "" {
		t.Error(diff)
	}
	want["title"], want["exclusive"] = "Kälte", false
	if diff := cmp.Diff(want, c.put("/api/v1/lists/"+id, "title", "Kälte", "exclusive", "f").wants(http.StatusOK).value()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, c.put("/api/v1/lists/"+id).wants(http.StatusOK).value()); diff != "" {
		t.Errorf("nothing sent: %s", diff)
	}
	if got := c.post("/api/v1/lists", "title", "Ohne").wants(http.StatusOK).text("replies_policy"); got != "list" {
		t.Errorf("policy %q", got)
	}
	for _, r := range []reply{
		c.post("/api/v1/lists", "title", " "), c.post("/api/v1/lists"), c.post("/api/v1/lists", "title", strings.Repeat("a", 201)),
		c.post("/api/v1/lists", "title", "x", "replies_policy", "some"), c.put("/api/v1/lists/"+id, "title", ""),
	} {
		if got := r.wants(http.StatusUnprocessableEntity).text("error"); !strings.HasPrefix(got, "Validation failed: ") || strings.Contains(got, "<no value>") {
			t.Errorf("error %q", got)
		}
	}

	members := "/api/v1/lists/" + id + "/accounts"
	other, editor, klima := idText(h.id("other")), idText(h.id("editor")), idText(h.id("klima"))
	c.post(members, "account_ids[]", other).wants(http.StatusNotFound) // not followed
	h.follow("member", "other")
	h.follow("member", "editor")
	h.follow("member", "klima")
	c.post(members, "account_ids[]", other, "account_ids[]", "1").wants(http.StatusNotFound)
	if got := c.get(members).ids(); len(got) != 0 {
		t.Errorf("one of two was added: %v", got)
	}
	if got := c.post(members, "account_ids[]", other).wants(http.StatusOK).object(); len(got) != 0 {
		t.Errorf("adding says %v", got)
	}
	c.json(http.MethodPost, members, map[string]any{"account_ids": []any{editor, h.id("klima")}}).wants(http.StatusOK)
	c.post(members, "account_ids[]", other).wants(http.StatusUnprocessableEntity)
	want3 := []string{klima, editor, other}
	if diff := cmp.Diff(want3, c.all(c.get(members, "limit", "2"), "next")); diff != "" {
		t.Error(diff)
	}
	everyone := c.get(members, "limit", "0").wants(http.StatusOK)
	if diff := cmp.Diff(want3, everyone.ids()); diff != "" || everyone.Header.Get("Link") != "" {
		t.Errorf("all: %s, link %q", diff, everyone.Header.Get("Link"))
	}
	for path, want := range map[string][]string{other: {id}, idText(h.id("guest")): {}} {
		if diff := cmp.Diff(want, append([]string{}, c.get("/api/v1/accounts/"+path+"/lists").wants(http.StatusOK).ids()...)); diff != "" {
			t.Errorf("lists with %s: %s", path, diff)
		}
	}
	if got := h.as("editor").get("/api/v1/accounts/" + other + "/lists").ids(); len(got) != 0 {
		t.Errorf("another's lists: %v", got)
	}
	c.get("/api/v1/accounts/1/lists").wants(http.StatusNotFound)
	c.json(http.MethodDelete, members, map[string]any{"account_ids": []string{other, klima}}).wants(http.StatusOK)
	if diff := cmp.Diff([]string{editor}, c.get(members).ids()); diff != "" {
		t.Error(diff)
	}
	if got := c.delete("/api/v1/lists/" + id).wants(http.StatusOK).object(); len(got) != 0 {
		t.Errorf("deleting says %v", got)
	}
	c.get("/api/v1/lists/" + id).wants(http.StatusNotFound)
}

func TestMarkersInAllEncodings(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	if got := c.get("/api/v1/markers", "timeline[]", "home").wants(http.StatusOK).object(); len(got) != 0 {
		t.Errorf("before any: %v", got)
	}
	none := c.get("/api/v1/markers", "timeline", "notifications").wants(http.StatusOK)
	if none.text("notifications.last_read_id") != "0" || none.number("notifications.version") != 0 || len(none.object()) != 1 {
		t.Errorf("before any of the notifications: %s", none.body)
	}
	c.json(http.MethodPost, "/api/v1/markers", map[string]any{"home": map[string]any{"last_read_id": "5"}}).wants(http.StatusOK)
	c.post("/api/v1/markers", "home[last_read_id]", "9", "notifications[last_read_id]", "3").wants(http.StatusOK)
	c.json(http.MethodPost, "/api/v1/markers", map[string]any{"home[last_read_id]": 7}).wants(http.StatusOK)
	for _, names := range [][]string{{"timeline[]", "home", "timeline[]", "notifications"}, {"timeline[0]", "home", "timeline[1]", "notifications"}} {
		r := c.get("/api/v1/markers", names...).wants(http.StatusOK)
		if r.text("home.last_read_id") != "7" || r.number("home.version") != 3 || r.text("notifications.last_read_id") != "3" || r.number("notifications.version") != 1 {
			t.Errorf("%v: %v", names, r.value())
		}
		if _, err := time.Parse(timeFormat, r.text("home.updated_at")); err != nil {
			t.Error(err)
		}
	}
	if got := c.get("/api/v1/markers", "timeline", "home").object(); len(got) != 1 {
		t.Errorf("one: %v", got)
	}
	if got := h.as("other").get("/api/v1/markers", "timeline", "home").object(); len(got) != 0 {
		t.Errorf("another's: %v", got)
	}
}

func TestMarkerReadsNotifications(t *testing.T) {
	h := newHouse(t)
	p := h.thread("member", "Thema")
	h.must(h.Posts.Favourite(t.Context(), h.people["other"], p.ID))
	h.must(h.Posts.Favourite(t.Context(), h.people["editor"], p.ID))
	h.work()
	c := h.as("member")
	ids := c.get("/api/v1/notifications").wants(http.StatusOK).ids()
	if len(ids) != 2 {
		t.Fatalf("notifications %v", ids)
	}
	for i, want := range []int{1, 0} {
		c.post("/api/v1/markers", "notifications[last_read_id]", ids[1-i]).wants(http.StatusOK)
		if n, err := h.Notifications.Unread(t.Context(), h.id("member")); err != nil || n != want {
			t.Errorf("%d unread, want %d, %v", n, want, err)
		}
	}
}

func TestInstance(t *testing.T) {
	h := newHouse(t)
	h.thread("member", "Ein Thema")
	h.exec(`UPDATE organization SET contact_email = 'green-it@sh.example', description = 'Was wir tun', privacy = '## Datenschutz'`)
	v2 := h.as("").get("/api/v2/instance").wants(http.StatusOK)
	for path, want := range map[string]any{
		"domain": "sh.example", "title": "Land Schleswig-Holstein", "version": "4.3.0 (compatible; Vorbild 1.2.3)", "description": "Was wir tun",
		"configuration.urls.streaming": "wss://sh.example", "configuration.statuses.max_characters": 20000.0, "configuration.polls.max_options": 10.0,
		"configuration.media_attachments.supported_mime_types.0": "image/jpeg", "configuration.translation.enabled": false,
		"api_versions.mastodon": 2.0, "registrations.enabled": false, "contact.email": "green-it@sh.example", "contact.account.username": "forum",
		"rules.0.id": "1", "usage.users.active_month": 1.0, "languages.0": "de",
	} {
		if diff := cmp.Diff(want, v2.at(path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if len(v2.text("configuration.vapid.public_key")) < 80 || !strings.HasPrefix(v2.text("thumbnail.url"), "https://sh.example/") {
		t.Errorf("key %q, thumbnail %q", v2.text("configuration.vapid.public_key"), v2.text("thumbnail.url"))
	}
	v1 := h.as("").get("/api/v1/instance").wants(http.StatusOK)
	for path, want := range map[string]any{
		"uri": "sh.example", "version": v2.text("version"), "urls.streaming_api": "wss://sh.example", "max_toot_chars": 20000.0, "email": "green-it@sh.example",
		"stats.user_count": 11.0, "stats.status_count": 1.0, "stats.domain_count": 3.0, "registrations": false, "configuration.statuses.max_media_attachments": 4.0,
		"configuration.urls": nil,
	} {
		if diff := cmp.Diff(want, v1.at(path)); diff != "" {
			t.Errorf("version 1, %s: %s", path, diff)
		}
	}
	if diff := cmp.Diff([]any{"kg.example", "m.example", "vitako.example"}, h.as("").get("/api/v1/instance/peers").wants(http.StatusOK).value()); diff != "" {
		t.Error(diff)
	}
	weeks := h.as("").get("/api/v1/instance/activity").wants(http.StatusOK)
	if n := len(weeks.list()); n != 12 || weeks.text("0.statuses") != "1" || weeks.text("1.statuses") != "0" || weeks.text("0.registrations") != "11" {
		t.Errorf("%d weeks: %v", n, weeks.value())
	}
	begin, err := strconv.ParseInt(weeks.text("0.week"), 10, 64)
	if monday := time.Unix(begin, 0).UTC(); err != nil || monday.Weekday() != time.Monday || time.Since(monday) > 7*24*time.Hour {
		t.Errorf("the week begins %s", monday)
	}
	for path, want := range map[string]string{
		"/api/v1/instance/extended_description": "<p>Was wir tun</p>", "/api/v1/instance/privacy_policy": "Datenschutz", "/api/v1/instance/terms_of_service": "respektvoll",
	} {
		if got := h.as("").get(path).wants(http.StatusOK).text("content"); !strings.Contains(got, want) {
			t.Errorf("%s: %q", path, got)
		}
	}
	rules := h.as("").with("Accept-Language", "en").get("/api/v1/instance/rules").wants(http.StatusOK)
	if got := rules.text("0.text"); got != "Treat each other with respect." || !strings.HasPrefix(rules.text("0.translations.de.text"), "Gehen Sie") {
		t.Errorf("rule %q", got)
	}
}

func TestStreamingAddress(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"https://sh.example": "wss://sh.example", "http://sh.localhost:8080": "ws://sh.localhost:8080"} {
		s := &Server{}
		s.Config.BaseURL = base
		if got := s.streamingURL(); got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
}
