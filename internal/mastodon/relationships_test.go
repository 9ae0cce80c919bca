package mastodon

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// is fails unless the flags of a relationship that are true are exactly these.
func (r reply) is(flags ...string) reply {
	r.t.Helper()
	object := r.object()
	for _, flag := range []string{"following", "showing_reblogs", "notifying", "followed_by", "blocking", "blocked_by", "muting", "muting_notifications",
		"requested", "requested_by", "domain_blocking", "endorsed"} {
		if got, want := object[flag], slices.Contains(flags, flag); got != want {
			r.t.Errorf("%s: %s is %v", r.asked, flag, got)
		}
	}
	return r
}

func TestRelationships(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	other, forum := idText(h.id("other")), idText(h.id("forum"))
	for _, query := range []string{"?id[]=" + other + "&id[]=" + forum + "&id[]=" + other + "&id[]=7", "?id[0]=" + other + "&id[1]=" + forum} {
		if got := member.get("/api/v1/accounts/relationships" + query).ids(); !slices.Equal(got, []string{other, forum}) {
			t.Errorf("%s: %v", query, got)
		}
	}
	if got := member.get("/api/v1/accounts/relationships?id=" + other).ids(); !slices.Equal(got, []string{other}) {
		t.Errorf("one: %v", got)
	}
	if got := member.get("/api/v1/accounts/relationships").list(); len(got) != 0 {
		t.Errorf("none: %v", got)
	}
}

func TestFollowWithOptions(t *testing.T) {
	h := newHouse(t)
	member, path := h.as("member"), h.accountPath("other", "/follow")
	if r := member.post(path).is("following", "showing_reblogs"); r.at("languages") != nil {
		t.Errorf("languages at first: %s", r.body)
	}
	member.json(http.MethodPost, path, map[string]any{"reblogs": false, "notify": true, "languages": []string{"de", "EN"}}).is("following", "notifying")
	if r := member.post(path).is("following", "notifying"); r.at("languages.0") != "de" || r.at("languages.1") != "en" {
		t.Errorf("what is not named changed: %s", r.body)
	}
	if r := member.json(http.MethodPost, path, map[string]any{"languages": []string{}, "reblogs": true}).is("following", "notifying", "showing_reblogs"); r.at("languages") != nil {
		t.Errorf("languages cleared: %s", r.body)
	}
	member.json(http.MethodPost, path, map[string]any{"languages": []string{"Deutsch, bitte"}}).wants(http.StatusUnprocessableEntity)
	h.as("other").get("/api/v1/accounts/relationships?id=" + idText(h.id("member"))).wants(http.StatusOK)
	if r := h.as("other").get("/api/v1/accounts/relationships?id=" + idText(h.id("member"))); r.at("0.followed_by") != true {
		t.Errorf("the other side: %s", r.body)
	}
	member.post(h.accountPath("other", "/unfollow")).is()
	member.post(h.accountPath("other", "/unfollow")).is()
	h.as("guest").post(path).wants(http.StatusForbidden)
	member.post(h.accountPath("member", "/follow")).wants(http.StatusConflict)
	member.post(h.accountPath("fremd", "/follow")).is("requested", "showing_reblogs")
}

// To follow an instance is to follow its catalogue and its forum.
func TestFollowInstance(t *testing.T) {
	h := newHouse(t)
	instance := h.ground.Account("fern.example", "fern.example", account.Application, "")
	for _, name := range []string{"praxis", "forum"} {
		h.others.lives(name, "fern.example")
	}
	h.exec(`UPDATE accounts SET catalog_uri = 'https://fern.example/users/praxis', forum_uri = 'https://fern.example/users/forum' WHERE id = $1`, instance.ID)
	r := h.as("member").post("/api/v1/accounts/"+idText(instance.ID)+"/follow").is("requested", "showing_reblogs")
	if r.text("id") != idText(instance.ID) {
		t.Errorf("the answer is about %s", r.text("id"))
	}
	for _, name := range []string{"praxis", "forum"} {
		a, err := h.Accounts.ByHandle(t.Context(), name+"@fern.example")
		h.must(err)
		if between, err := h.Relationships.Between(t.Context(), h.id("member"), []int64{a.ID}); err != nil || !between[a.ID].Requested {
			t.Errorf("%s is not asked: %v", name, err)
		}
	}
	h.as("member").post("/api/v1/accounts/" + idText(instance.ID) + "/unfollow").is()
}

func TestFollowRequests(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	member.patch("/api/v1/accounts/update_credentials", "locked", "true").wants(http.StatusOK)
	var want []string
	for _, name := range []string{"other", "editor", "moderator", "admin"} {
		h.as(name).post(h.accountPath("member", "/follow")).is("requested", "showing_reblogs")
		want = append([]string{idText(h.id(name))}, want...)
		time.Sleep(2 * time.Millisecond)
	}
	for _, limit := range []int{1, 3, 4} {
		if got := member.allOf("/api/v1/follow_requests", limit); !slices.Equal(got, want) {
			t.Errorf("by %d: %v, want %v", limit, got, want)
		}
	}
	if got := member.get("/api/v1/accounts/verify_credentials").number("source.follow_requests_count"); got != 4 {
		t.Errorf("%d wait", got)
	}
	request := func(name, action string) reply {
		return member.post("/api/v1/follow_requests/" + idText(h.id(name)) + "/" + action)
	}
	request("other", "authorize").is("followed_by")
	request("other", "authorize").wants(http.StatusNotFound)
	request("editor", "reject").is()
	request("fremd", "reject").wants(http.StatusNotFound)
	h.as("moderator").post("/api/v1/follow_requests/" + idText(h.id("admin")) + "/authorize").wants(http.StatusNotFound)
	if got := member.get("/api/v1/follow_requests").ids(); !slices.Equal(got, want[:2]) {
		t.Errorf("left: %v", got)
	}
	member.post(h.accountPath("other", "/remove_from_followers")).is()
	member.post(h.accountPath("guest", "/remove_from_followers")).is()
	if r := h.as("other").get("/api/v1/accounts/relationships?id=" + idText(h.id("member"))); r.at("0.following") != false || r.at("0.requested") != false {
		t.Errorf("sent away, but %s", r.body)
	}
}

func TestBlock(t *testing.T) {
	h := newHouse(t)
	thread := h.thread("other", "Messen")
	h.follow("member", "other")
	h.follow("other", "member")
	answer := h.answer("member", thread, "Danke")
	h.must(h.Posts.Favourite(t.Context(), h.people["other"], answer.ID))
	h.work()
	if got := h.as("member").get("/api/v1/notifications").ids(); len(got) == 0 {
		t.Fatal("nothing to take away")
	}
	for range 2 {
		h.as("member").post(h.accountPath("other", "/block")).is("blocking")
	}
	if r := h.as("other").get("/api/v1/accounts/relationships?id=" + idText(h.id("member"))); r.at("0.blocked_by") != true || r.at("0.following") != false || r.at("0.followed_by") != false {
		t.Errorf("the other side: %s", r.body)
	}
	for _, name := range []string{"member", "other"} {
		if got := h.as(name).get("/api/v1/notifications").ids(); len(got) != 0 {
			t.Errorf("%s is still told: %v", name, got)
		}
	}
	h.as("member").post(h.accountPath("other", "/follow")).wants(http.StatusForbidden)
	h.as("other").post(h.accountPath("member", "/follow")).wants(http.StatusForbidden)
	// Each way: no list of mine shows the other.
	for who, hidden := range map[string]string{"member": "other", "other": "member"} {
		id := `"id":"` + idText(h.id(hidden)) + `"`
		for _, path := range []string{
			"/api/v1/accounts/search?q=" + hidden[:4], "/api/v2/search?q=" + hidden[:4], "/api/v1/directory", "/api/v2/suggestions", "/api/v1/suggestions",
			h.accountPath("forum", "/statuses"), h.accountPath(hidden, "/followers"), h.accountPath(hidden, "/following"), h.accountPath("forum", "/followers"),
		} {
			if r := h.as(who).get(path).wants(http.StatusOK); strings.Contains(string(r.body), id) {
				t.Errorf("%s sees %s at %s: %s", who, hidden, path, r.body)
			}
		}
	}
	// By the exact name whoever shut someone out finds them again, and only they.
	for _, name := range []string{"other", "@other"} {
		if got := h.as("member").get("/api/v1/accounts/search", "q", name).ids(); !slices.Equal(got, []string{idText(h.id("other"))}) {
			t.Errorf("who blocks finds %v by %q", got, name)
		}
	}
	if got := h.as("other").get("/api/v1/accounts/search", "q", "member").ids(); len(got) != 0 {
		t.Errorf("who is blocked finds %v", got)
	}
	h.as("guest").post(h.accountPath("other", "/mute")).is("muting", "muting_notifications")
	if got := h.as("guest").get("/api/v1/accounts/search", "q", "other").ids(); !slices.Equal(got, []string{idText(h.id("other"))}) {
		t.Errorf("who mutes finds %v", got)
	}
	h.as("guest").post(h.accountPath("other", "/unmute")).is()
	if got := h.as("other").get(h.accountPath("member", "/statuses")).ids(); len(got) != 0 {
		t.Errorf("whom the author blocks sees %v", got)
	}
	if got := h.as("member").get("/api/v1/blocks").ids(); !slices.Equal(got, []string{idText(h.id("other"))}) {
		t.Errorf("blocks: %v", got)
	}
	h.as("member").post(h.accountPath("other", "/unblock")).is()
	h.as("member").post(h.accountPath("other", "/follow")).is("following", "showing_reblogs")
	h.as("member").post(h.accountPath("member", "/block")).wants(http.StatusUnprocessableEntity)
	// Guests may, too; a follower elsewhere is sent away.
	h.follow("klima", "guest")
	h.as("guest").post(h.accountPath("klima", "/block")).is("blocking")
	var verbs []string
	h.must(h.db.SelectContext(t.Context(), &verbs, `SELECT args->>'verb' FROM river_job WHERE kind = 'activity.distribute' ORDER BY id DESC LIMIT 2`))
	if !slices.Equal(verbs, []string{"block", "reject_follow"}) {
		t.Errorf("told the other server: %v", verbs)
	}
	h.must(h.Follows.Receive(t.Context(), h.id("klima"), h.id("guest"), ""))
	if r := h.as("guest").get("/api/v1/accounts/relationships?id=" + idText(h.id("klima"))); r.at("0.followed_by") != false || r.at("0.requested_by") != false {
		t.Errorf("whom one blocks follows again: %s", r.body)
	}
}

func TestMute(t *testing.T) {
	h := newHouse(t)
	h.thread("other", "Messen")
	h.follow("member", "other")
	member := h.as("member")
	member.post(h.accountPath("other", "/mute"), "notifications", "false").is("following", "showing_reblogs", "muting")
	r := member.post(h.accountPath("other", "/mute"), "duration", "3600").is("following", "showing_reblogs", "muting", "muting_notifications")
	if end, err := time.Parse(timeFormat, r.text("muting_expires_at")); err != nil || time.Until(end).Round(time.Minute) != time.Hour {
		t.Errorf("ends %q: %v", r.text("muting_expires_at"), err)
	}
	if r := member.get("/api/v1/mutes"); r.text("0.mute_expires_at") == "" || r.text("0.acct") != "other" {
		t.Errorf("mutes: %s", r.body)
	}
	if got := member.get(h.accountPath("forum", "/statuses")).ids(); len(got) != 0 {
		t.Errorf("muted, but %v", got)
	}
	// Its own profile, which one asks for, still shows what it wrote.
	if got := member.get(h.accountPath("other", "/statuses")).ids(); len(got) != 1 {
		t.Errorf("profile: %v", got)
	}
	h.exec(`UPDATE mutes SET expires_at = now() - interval '1 second'`)
	if r := member.get("/api/v1/accounts/relationships?id=" + idText(h.id("other"))); r.at("0.muting") != false || r.at("0.muting_expires_at") != nil {
		t.Errorf("after its time: %s", r.body)
	}
	if got := member.get("/api/v1/mutes").ids(); len(got) != 0 {
		t.Errorf("after its time: %v", got)
	}
	if got := member.get(h.accountPath("forum", "/statuses")).ids(); len(got) != 1 {
		t.Errorf("after its time: %v", got)
	}
	h.must(h.Relationships.Sweep(t.Context()))
	var left int
	h.must(h.db.GetContext(t.Context(), &left, `SELECT count(*) FROM mutes`))
	if left != 0 {
		t.Errorf("%d mutes left", left)
	}
	member.post(h.accountPath("other", "/mute")).is("following", "showing_reblogs", "muting", "muting_notifications")
	member.post(h.accountPath("other", "/unmute")).is("following", "showing_reblogs")
	member.post(h.accountPath("other", "/mute"), "duration", "-1").wants(http.StatusUnprocessableEntity)
	member.post(h.accountPath("other", "/mute"), "duration", "99999999999").wants(http.StatusUnprocessableEntity)
}

// Lists of blocks and mutes are paged by what blocks and mutes, not by whom.
func TestListsOfTheShutOut(t *testing.T) {
	h := newHouse(t)
	names := []string{"fremd", "guest", "other", "klima", "editor"}
	var want []string
	for _, name := range names {
		h.as("member").post(h.accountPath(name, "/block")).wants(http.StatusOK)
		h.as("member").post(h.accountPath(name, "/mute")).wants(http.StatusOK)
		want = append([]string{idText(h.id(name))}, want...)
		time.Sleep(2 * time.Millisecond)
	}
	for _, list := range []string{"/api/v1/blocks", "/api/v1/mutes"} {
		for _, limit := range []int{1, 2, 5, 40} {
			if got := h.as("member").allOf(list, limit); !slices.Equal(got, want) {
				t.Errorf("%s by %d: %v, want %v", list, limit, got, want)
			}
		}
		if got := h.as("other").get(list).ids(); len(got) != 0 {
			t.Errorf("%s of someone else: %v", list, got)
		}
		second := h.as("member").get(h.as("member").get(list, "limit", "2").page("next"))
		if got := h.as("member").get(second.page("prev")).ids(); !slices.Equal(got, want[:2]) {
			t.Errorf("%s: back to %v", list, got)
		}
	}
}

func TestDomainBlocks(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	h.follow("klima", "member")
	h.follow("member", "klima")
	h.follow("fremd", "member")
	for _, domain := range []string{"", "kein punkt", "https://", h.Accounts.Domain(), "a@b.example"} {
		member.post("/api/v1/domain_blocks", "domain", domain).wants(http.StatusUnprocessableEntity)
	}
	for _, domain := range []string{"b.example", "https://Vitako.example/@klima", "c.example", "c.example"} {
		if got := member.json(http.MethodPost, "/api/v1/domain_blocks", map[string]string{"domain": domain}).object(); len(got) != 0 {
			t.Errorf("%s: %v", domain, got)
		}
		time.Sleep(2 * time.Millisecond)
	}
	var domains []any
	for next := "/api/v1/domain_blocks?limit=1"; next != ""; {
		r := member.get(next)
		domains = append(domains, r.list()...)
		next = r.page("next")
	}
	if want := []any{"c.example", "vitako.example", "b.example"}; !slices.Equal(domains, want) {
		t.Errorf("blocked: %v, want %v", domains, want)
	}
	for name, want := range map[string][]string{"klima": {"domain_blocking"}, "fremd": {"followed_by"}} {
		r := member.post(h.accountPath(name, "/unmute"))
		r.is(want...)
	}
	member.post(h.accountPath("klima", "/follow")).wants(http.StatusForbidden)
	h.must(h.Follows.Receive(t.Context(), h.id("klima"), h.id("member"), ""))
	member.post(h.accountPath("klima", "/unmute")).is("domain_blocking")
	member.json(http.MethodDelete, "/api/v1/domain_blocks", map[string]string{"domain": "vitako.example"}).wants(http.StatusOK)
	member.delete("/api/v1/domain_blocks?domain=c.example").wants(http.StatusOK)
	if got := member.get("/api/v1/domain_blocks").list(); !slices.Equal(got, []any{"b.example"}) {
		t.Errorf("left: %v", got)
	}
}

func TestNotesAndEndorsements(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	if r := member.post(h.accountPath("other", "/note"), "comment", " Kollegin "); r.text("note") != "Kollegin" {
		t.Errorf("note: %s", r.body)
	}
	if r := h.as("editor").get("/api/v1/accounts/relationships?id=" + idText(h.id("other"))); r.text("0.note") != "" {
		t.Errorf("a note shows to others: %s", r.body)
	}
	member.post(h.accountPath("other", "/note"), "comment", strings.Repeat("x", 2_001)).wants(http.StatusUnprocessableEntity)
	if r := member.post(h.accountPath("other", "/note")); r.text("note") != "" {
		t.Errorf("note: %s", r.body)
	}

	member.post(h.accountPath("other", "/pin")).wants(http.StatusUnprocessableEntity)
	var want []string
	for _, name := range []string{"editor", "other", "fremd"} {
		h.follow("member", name)
		member.post(h.accountPath(name, "/endorse")).is("following", "showing_reblogs", "endorsed")
		want = append([]string{idText(h.id(name))}, want...)
		time.Sleep(2 * time.Millisecond)
	}
	for _, limit := range []int{1, 3} {
		if got := member.allOf("/api/v1/endorsements", limit); !slices.Equal(got, want) {
			t.Errorf("own by %d: %v", limit, got)
		}
		if got := h.as("").allOf(h.accountPath("member", "/endorsements"), limit); !slices.Equal(got, want) {
			t.Errorf("public by %d: %v", limit, got)
		}
	}
	h.mute("admin", "fremd")
	h.block("member", "guest")
	if got := h.as("admin").get(h.accountPath("member", "/endorsements")).ids(); !slices.Equal(got, want[1:]) {
		t.Errorf("for whom mutes one: %v", got)
	}
	if got := h.as("guest").get(h.accountPath("member", "/endorsements")).ids(); len(got) != 0 {
		t.Errorf("for whom is blocked: %v", got)
	}
	member.post(h.accountPath("fremd", "/unfollow")).is()
	member.post(h.accountPath("other", "/unpin")).is("following", "showing_reblogs")
	if got := member.get("/api/v1/endorsements").ids(); !slices.Equal(got, want[2:]) {
		t.Errorf("left: %v, want %v", got, want[2:])
	}
}

func TestSuggestionsAndDirectory(t *testing.T) {
	h := newHouse(t)
	author := h.ground.Account("nordlicht", "nord.example", account.Person, "")
	group := h.ground.Account("praxis", "nord.example", account.Group, "")
	stranger := h.ground.Account("plauderer", "nord.example", account.Person, "")
	p := h.arrives("fremd", "praxis-1", nil)
	h.exec(`UPDATE posts SET account_id = $1, kind = 'article' WHERE id = $2`, author.ID, p.ID)
	h.exec(`INSERT INTO practices (post_id) VALUES ($1)`, p.ID)
	suggested := func(who string) []string {
		var ids []string
		for _, s := range h.as(who).get("/api/v2/suggestions").list() {
			ids = append(ids, s.(map[string]any)["account"].(map[string]any)["id"].(string))
		}
		if v1 := h.as(who).get("/api/v1/suggestions").ids(); !slices.Equal(v1, ids) && len(v1)+len(ids) > 0 {
			t.Errorf("v1 says %v, v2 %v", v1, ids)
		}
		return ids
	}
	if got := suggested("member"); slices.Contains(got, idText(group.ID)) {
		t.Errorf("of an instance that ours does not follow: %v", got)
	}
	h.ground.Follow(h.people["praxis"], group)
	got := suggested("member")
	for a, want := range map[int64]bool{group.ID: true, author.ID: true, stranger.ID: false, h.id("member"): false, h.id("klima"): false} {
		if slices.Contains(got, idText(a)) != want {
			t.Errorf("%d suggested: %v, want %v", a, !want, want)
		}
	}
	h.as("member").delete("/api/v1/suggestions/" + idText(group.ID)).wants(http.StatusOK)
	h.as("member").post("/api/v1/accounts/"+idText(author.ID)+"/follow").is("requested", "showing_reblogs")
	for _, id := range suggested("member") {
		if id == idText(group.ID) || id == idText(author.ID) {
			t.Errorf("suggested again: %s", id)
		}
	}
	if !slices.Contains(suggested("other"), idText(group.ID)) {
		t.Error("what one dismissed is gone for all")
	}

	directory := h.as("").get("/api/v1/directory", "order", "new", "limit", "80").ids()
	local := h.as("").get("/api/v1/directory", "local", "true", "limit", "80").ids()
	if !slices.Contains(directory, idText(stranger.ID)) || slices.Contains(local, idText(stranger.ID)) || !slices.Contains(local, idText(h.id("member"))) {
		t.Errorf("directory %v, of ours %v", directory, local)
	}
	no := false
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["editor"], h.id("editor"), account.Profile{Discoverable: &no}))
	h.thread("other", "Zuletzt")
	active := h.as("").get("/api/v1/directory", "limit", "1").ids()
	if rest := h.as("").get("/api/v1/directory", "limit", "80", "offset", "1").ids(); !slices.Equal(active, []string{idText(h.id("other"))}) || slices.Contains(rest, active[0]) || slices.Contains(rest, idText(h.id("editor"))) {
		t.Errorf("by activity: %v, then %v", active, rest)
	}
}

// The numbers beside an account hold, whatever happens at once.
func TestNumbersHold(t *testing.T) {
	h := newHouse(t)
	numbers := func(who string, posts, followers, following int) {
		t.Helper()
		r := h.as("").get(h.accountPath(who, ""))
		if r.number("statuses_count") != posts || r.number("followers_count") != followers || r.number("following_count") != following {
			t.Errorf("%s has %d posts, %d followers, follows %d; want %d, %d, %d", who, r.number("statuses_count"), r.number("followers_count"), r.number("following_count"), posts, followers, following)
		}
	}
	names := []string{"other", "editor", "moderator", "admin"}
	done := make(chan struct{})
	for _, name := range names {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 4 {
				h.as(name).post(h.accountPath("member", "/follow"))
				h.as("member").post(h.accountPath(name, "/follow"))
				h.as(name).post(h.accountPath("member", "/unfollow"))
			}
			h.as(name).post(h.accountPath("member", "/follow"))
		}()
	}
	for range names {
		<-done
	}
	numbers("member", 0, 4, 4)
	numbers("other", 0, 1, 1)
	first := h.thread("member", "Eins")
	h.answer("member", first, "Zwei")
	h.write("member", post.Followers, "Drei")
	h.write("member", post.Direct, "an @other") // is not counted
	numbers("member", 3, 4, 4)
	h.must(h.Posts.Delete(t.Context(), h.people["member"], first.ID))
	numbers("member", 2, 4, 4)
	h.as("member").post(h.accountPath("other", "/block")).wants(http.StatusOK)
	numbers("member", 2, 3, 3)
	numbers("other", 0, 0, 0)
}
