package mastodon

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
)

// tagged publishes a post with a hashtag some days ago.
func (h *house) tagged(by, tag string, visibility post.Visibility, daysAgo int) int64 {
	h.t.Helper()
	at := time.Now().UTC().AddDate(0, 0, -daysAgo)
	id := db.NewID(at)
	h.exec(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, published_at)
		VALUES ($1, $2, $3, true, 'note', 'published', $4, $1, $5)`, id, "https://sh.example/notes/"+idText(id), h.id(by), visibility, at)
	h.exec(`INSERT INTO tags (post_id, name) VALUES ($1, $2)`, id, tag)
	return id
}

func names(r reply) (list []string) {
	for _, v := range r.list() {
		list = append(list, v.(map[string]any)["name"].(string))
	}
	return list
}

func TestTag(t *testing.T) {
	h := newHouse(t)
	h.tagged("member", "Wärmenetz", post.Public, 0)
	h.tagged("member", "WÄRMENETZ", post.Public, 0)
	h.tagged("other", "wärmenetz", post.Public, 0)
	h.tagged("other", "wärmenetz", post.Unlisted, 0)
	h.tagged("other", "wärmenetz", post.Public, 6)
	h.tagged("other", "wärmenetz", post.Public, 7)
	h.tagged("other", "Wärmenetze", post.Public, 0)
	r := h.as("").get("/api/v1/tags/w%C3%A4rmeNETZ").wants(http.StatusOK)
	if got := r.text("name"); got != "wärmenetz" || r.text("id") != "wärmenetz" || !strings.HasPrefix(r.text("url"), h.Config.BaseURL) {
		t.Errorf("tag %v", r.value())
	}
	if _, sent := r.object()["following"]; sent {
		t.Error("a visitor is told whether they follow it")
	}
	history := r.at("history").([]any)
	if len(history) != 7 {
		t.Fatalf("%d days", len(history))
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for i, want := range []string{"3 of 2", "0 of 0", "0 of 0", "0 of 0", "0 of 0", "0 of 0", "1 of 1"} {
		at := "history." + strconv.Itoa(i) + "."
		if got := r.text(at+"uses") + " of " + r.text(at+"accounts"); got != want || r.text(at+"day") != strconv.FormatInt(today.AddDate(0, 0, -i).Unix(), 10) {
			t.Errorf("day %d (%s): %s, want %s", i, r.text(at+"day"), got, want)
		}
	}
	if got := h.as("").get("/api/v1/tags/nieBenutzt").wants(http.StatusOK); got.text("name") != "niebenutzt" || got.text("history.0.uses") != "0" {
		t.Errorf("unused: %v", got.value())
	}
	for _, name := range []string{"2024", "zwei%20w%C3%B6rter", "a-b", strings.Repeat("a", 101)} {
		h.as("").get("/api/v1/tags/" + name).wants(http.StatusNotFound)
		h.as("member").post("/api/v1/tags/" + name + "/follow").wants(http.StatusUnprocessableEntity)
	}
}

func TestFollowedTags(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	for range 2 {
		if r := c.post("/api/v1/tags/W%C3%84RME/follow").wants(http.StatusOK); r.at("following") != true || r.text("name") != "wärme" {
			t.Errorf("followed: %v", r.value())
		}
	}
	c.post("/api/v1/tags/wa\u0308sche/follow").wants(http.StatusOK) // written with a combining mark
	c.post("/api/v1/tags/Strom/follow").wants(http.StatusOK)
	want := []string{"strom", "wäsche", "wärme"}
	first := c.get("/api/v1/followed_tags", "limit", "2").wants(http.StatusOK)
	got := names(first)
	second := c.get(strings.TrimPrefix(first.page("next"), h.Config.BaseURL)).wants(http.StatusOK)
	if diff := cmp.Diff(want, append(got, names(second)...)); diff != "" || second.page("next") != "" {
		t.Errorf("%s, next %q", diff, second.page("next"))
	}
	if above := names(c.get(strings.TrimPrefix(second.page("prev"), h.Config.BaseURL))); cmp.Diff(want[:2], above) != "" {
		t.Errorf("above: %v", above)
	}
	if got := h.as("other").get("/api/v1/followed_tags").wants(http.StatusOK).list(); len(got) != 0 {
		t.Errorf("another's: %v", got)
	}
	if r := c.get("/api/v1/tags/w%C3%A4rme"); r.at("following") != true || r.at("featuring") != false {
		t.Errorf("tag: %v", r.value())
	}
	if r := c.post("/api/v1/tags/w%C3%A4rme/unfollow").wants(http.StatusOK); r.at("following") != false {
		t.Errorf("unfollowed: %v", r.value())
	}
	if diff := cmp.Diff(want[:2], names(c.get("/api/v1/followed_tags"))); diff != "" {
		t.Error(diff)
	}
}

func TestFeaturedTags(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	h.tagged("member", "Klima", post.Public, 3)
	h.tagged("member", "klima", post.Unlisted, 1)
	h.tagged("member", "klima", post.Followers, 0)
	h.tagged("other", "klima", post.Public, 0)
	h.tagged("member", "Strom", post.Public, 0)
	if diff := cmp.Diff([]string{"klima", "Strom"}, names(c.get("/api/v1/featured_tags/suggestions").wants(http.StatusOK))); diff != "" {
		t.Errorf("suggestions: %s", diff)
	}
	made := c.post("/api/v1/featured_tags", "name", "#KLIMA").wants(http.StatusOK)
	want := map[string]any{
		"id": made.text("id"), "name": "KLIMA", "url": h.Posts.TagURL("KLIMA"), "statuses_count": "2", "last_status_at": time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly),
	}
	if diff := cmp.Diff(want, made.value()); diff != "" {
		t.Error(diff)
	}
	if again := c.post("/api/v1/featured_tags", "name", "klima").wants(http.StatusOK).text("id"); again != made.text("id") {
		t.Errorf("again: %s", again)
	}
	if diff := cmp.Diff([]string{"Strom"}, names(c.get("/api/v1/featured_tags/suggestions"))); diff != "" {
		t.Errorf("suggestions: %s", diff)
	}
	if r := c.post("/api/v1/tags/leer/feature").wants(http.StatusOK); r.at("featuring") != true {
		t.Errorf("featured: %v", r.value())
	}
	for _, r := range []reply{c.get("/api/v1/featured_tags"), h.as("").get("/api/v1/accounts/" + idText(h.id("member")) + "/featured_tags")} {
		if diff := cmp.Diff([]string{"KLIMA", "leer"}, names(r.wants(http.StatusOK))); diff != "" || r.at("1.last_status_at") != nil || r.text("1.statuses_count") != "0" {
			t.Errorf("%s %v", diff, r.value())
		}
	}
	h.as("other").delete("/api/v1/featured_tags/" + made.text("id")).wants(http.StatusNotFound)
	c.delete("/api/v1/featured_tags/" + made.text("id")).wants(http.StatusOK)
	c.delete("/api/v1/featured_tags/" + made.text("id")).wants(http.StatusNotFound)
	if r := c.post("/api/v1/tags/LEER/unfeature").wants(http.StatusOK); r.at("featuring") != false {
		t.Errorf("no longer featured: %v", r.value())
	}
	for i := range 10 {
		c.post("/api/v1/featured_tags", "name", "nummer"+strconv.Itoa(i)).wants(http.StatusOK)
	}
	for _, name := range []string{"nummer11", "", "2024"} {
		c.post("/api/v1/featured_tags", "name", name).wants(http.StatusUnprocessableEntity)
	}
	h.as("").get("/api/v1/accounts/1/featured_tags").wants(http.StatusNotFound)
}

func TestTrendingTags(t *testing.T) {
	h := newHouse(t)
	h.tagged("member", "Viele", post.Public, 0)
	h.tagged("other", "viele", post.Public, 6)
	h.tagged("member", "Einer", post.Public, 0)
	h.tagged("member", "Einer", post.Public, 1)
	h.tagged("member", "Einer", post.Public, 2)
	h.tagged("other", "Selten", post.Public, 0)
	h.tagged("other", "Leise", post.Unlisted, 0)
	for range 5 {
		h.tagged("other", "Alt", post.Public, 7)
	}
	r := h.as("").get("/api/v1/trends/tags").wants(http.StatusOK)
	if diff := cmp.Diff([]string{"Viele", "Einer", "Selten"}, names(r)); diff != "" || r.text("0.history.0.uses") != "1" || r.text("0.history.6.uses") != "1" {
		t.Errorf("%s %v", diff, r.value())
	}
	part := h.as("").get("/api/v1/trends/tags?limit=1&offset=1").wants(http.StatusOK)
	if diff := cmp.Diff([]string{"Einer"}, names(part)); diff != "" || !strings.Contains(part.page("next"), "offset=2") || !strings.Contains(part.page("prev"), "offset=0") {
		t.Errorf("%s, next %s, prev %s", diff, part.page("next"), part.page("prev"))
	}
	if got := h.as("").get("/api/v1/trends/tags?offset=9").wants(http.StatusOK); len(got.list()) != 0 || got.page("next") != "" {
		t.Errorf("beyond: %v", got.value())
	}
}

func TestTrendingStatusesAndLinks(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	quiet, loud, mine := h.thread("other", "Leise"), h.thread("other", "Laut"), h.practice("member", nil)
	h.must(h.Posts.Favourite(ctx, h.people["member"], quiet.ID))
	for _, p := range []account.Account{h.people["member"], h.people["editor"]} {
		h.must(h.Posts.Favourite(ctx, p, loud.ID))
		h.must(h.Posts.Boost(ctx, p, loud.ID))
	}
	for _, p := range []account.Account{h.people["other"], h.people["editor"]} {
		h.must(h.Posts.Boost(ctx, p, mine.ID))
	}
	h.thread("other", "Unbeachtet")
	hidden := h.write("other", post.Unlisted, "Nicht gelistet")
	h.must(h.Posts.Favourite(ctx, h.people["member"], hidden.ID))
	old := h.tagged("other", "alt", post.Public, 15)
	h.must(h.Posts.Favourite(ctx, h.people["member"], old))

	want := []string{idText(loud.ID), idText(mine.ID), idText(quiet.ID)}
	if diff := cmp.Diff(want, h.as("").get("/api/v1/trends/statuses").wants(http.StatusOK).ids()); diff != "" {
		t.Error(diff)
	}
	h.block("editor", "other")
	if diff := cmp.Diff(want[1:2], h.as("editor").get("/api/v1/trends/statuses").wants(http.StatusOK).ids()); diff != "" {
		t.Errorf("with a block: %s", diff)
	}
	links := h.as("").get("/api/v1/trends/links").wants(http.StatusOK)
	if len(links.list()) != 1 || links.text("0.url") != mine.URL || links.text("0.history.0.uses") != "3" || links.text("0.history.0.accounts") != "3" {
		t.Errorf("links: %v", links.value())
	}
}
