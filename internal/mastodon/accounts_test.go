package mastodon

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// allOf reads a list to its end and returns all ids. No page may repeat one or be larger than limit.
func (c client) allOf(path string, limit int) []string {
	c.h.t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	ids := []string{}
	for next := fmt.Sprintf("%s%slimit=%d", path, separator, limit); next != ""; {
		r := c.get(next)
		page := r.ids()
		if len(page) > limit {
			c.h.t.Fatalf("%s: %d items on a page of %d", next, len(page), limit)
		}
		for _, id := range page {
			if slices.Contains(ids, id) {
				c.h.t.Fatalf("%s: %s comes again", next, id)
			}
		}
		ids = append(ids, page...)
		if next = r.page("next"); next != "" && len(page) == 0 {
			c.h.t.Fatalf("an empty page leads to %s", next)
		}
	}
	return ids
}

func (h *house) accountPath(who, action string) string {
	return "/api/v1/accounts/" + idText(h.id(who)) + action
}

func TestAccountEntity(t *testing.T) {
	h := newHouse(t)
	h.thread("editor", "Messen")
	h.follow("member", "editor")
	r := h.as("").get(h.accountPath("editor", "")).wants(http.StatusOK)
	for path, want := range map[string]any{
		"username": "editor", "acct": "editor", "url": h.Config.BaseURL + "/@editor", "uri": h.Config.BaseURL + "/u/editor", "locked": false,
		"group": false, "bot": false, "statuses_count": 1.0, "followers_count": 1.0, "following_count": 0.0,
		"last_status_at": time.Now().UTC().Format(time.DateOnly), "avatar": h.Config.BaseURL + "/avatars/original/missing.png",
		"header_static": h.Config.BaseURL + "/headers/original/missing.png", "roles.0.name": "Redaktion", "source": nil, "suspended": nil,
	} {
		if got := r.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if got := h.as("").get(h.accountPath("klima", "")); got.text("acct") != "klima@vitako.example" || len(got.at("roles").([]any)) != 0 {
		t.Errorf("someone elsewhere: %s", got.body)
	}
	if r := h.as("").get(h.accountPath("forum", "")); r.at("group") != true || !strings.HasSuffix(r.text("avatar"), "missing-group.png") {
		t.Errorf("a group: %s", r.body)
	}
	// Suspended accounts are shown as such, without what they say; those that are gone are not found.
	h.must(h.Accounts.SetState(t.Context(), account.Operator(), h.id("editor"), account.Suspended))
	if r := h.as("").get(h.accountPath("editor", "")); r.at("suspended") != true || len(r.at("roles").([]any)) != 0 {
		t.Errorf("suspended: %s", r.body)
	}
	if got := h.as("").get(h.accountPath("editor", "/statuses")).ids(); len(got) != 0 {
		t.Errorf("posts of a suspended account: %v", got)
	}
	h.must(h.Accounts.MarkGone(t.Context(), h.people["fremd"].URI))
	h.as("").get(h.accountPath("fremd", "")).wants(http.StatusNotFound)
	h.as("").get("/api/v1/accounts/1").wants(http.StatusNotFound)
	if got := h.as("").get("/api/v1/accounts", "id[]", idText(h.id("other")), "id[]", "1", "id[]", idText(h.id("fremd")), "id[]", idText(h.id("member")), "id[]", idText(h.id("other"))).ids(); !slices.Equal(got, []string{idText(h.id("other")), idText(h.id("member"))}) {
		t.Errorf("by ids: %v", got)
	}
}

func TestCredentials(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	r := member.get("/api/v1/accounts/verify_credentials").wants(http.StatusOK)
	if r.text("source.privacy") != "public" || r.text("source.language") != "de" || r.text("role.name") != "Mitglied" || r.text("role.permissions") != "0" {
		t.Errorf("as it begins: %s", r.body)
	}
	if got := h.as("admin").get("/api/v1/accounts/verify_credentials").text("role.permissions"); got != "65553" {
		t.Errorf("permissions of an administrator: %s", got)
	}
	// A token for the profile alone tells who it is, and no more.
	if r := h.holding(h.token("member", "profile")).get("/api/v1/accounts/verify_credentials").wants(http.StatusOK); r.at("source") != nil || r.text("acct") != "member" {
		t.Errorf("with the scope profile: %s", r.body)
	}

	fields := []map[string]string{{"name": "Ort", "value": "Kiel"}, {"name": "", "value": ""}, {"name": "Seite", "value": "https://kiel.example/a?b&c"}}
	r = member.json(http.MethodPatch, "/api/v1/accounts/update_credentials", map[string]any{
		"display_name": " Rechenzentrum ", "note": "Wir **kühlen**.", "locked": true, "bot": "1", "discoverable": false, "indexable": false, "hide_collections": true,
		"fields_attributes": fields, "source": map[string]any{"privacy": "private", "sensitive": true, "language": "en"},
	}).wants(http.StatusOK)
	for path, want := range map[string]any{
		"display_name": "Rechenzentrum", "note": "<p>Wir <strong>kühlen</strong>.</p>", "source.note": "Wir **kühlen**.", "locked": true, "bot": true,
		"discoverable": false, "indexable": false, "noindex": true, "hide_collections": true, "source.privacy": "private", "source.sensitive": true, "source.language": "en",
		"fields.1.name": "Seite", "fields.1.value": `<a href="https://kiel.example/a?b&amp;c" rel="me nofollow noopener">https://kiel.example/a?b&amp;c</a>`,
		"source.fields.1.value": "https://kiel.example/a?b&c", "fields.2": nil, "source.fields.2": nil,
	} {
		if got := r.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if r := member.get("/api/v1/preferences"); r.value().(map[string]any)["posting:default:visibility"] != "private" || r.value().(map[string]any)["posting:default:sensitive"] != true {
		t.Errorf("preferences: %s", r.body)
	}
	// What is not named stays; the numbered form and that of Rack are read alike.
	for _, params := range [][]string{
		{"fields_attributes[0][name]", "A", "fields_attributes[0][value]", "1", "fields_attributes[1][name]", "B", "fields_attributes[1][value]", "2"},
		{"fields_attributes[][name]", "A", "fields_attributes[][value]", "1", "fields_attributes[][name]", "B", "fields_attributes[][value]", "2"},
	} {
		member.json(http.MethodPatch, "/api/v1/accounts/update_credentials", map[string]any{"fields_attributes": []any{}}).wants(http.StatusOK)
		var body []string
		for i := 0; i < len(params); i += 2 {
			body = append(body, params[i]+"="+params[i+1])
		}
		r := member.do(http.MethodPatch, "/api/v1/accounts/update_credentials", "application/x-www-form-urlencoded", strings.NewReader(strings.Join(body, "&")))
		if r.text("fields.0.name")+r.text("fields.1.value") != "A2" || r.text("display_name") != "Rechenzentrum" || r.at("locked") != true {
			t.Errorf("%v: %s", params, r.body)
		}
	}
	for name, body := range map[string]any{
		"display_name": map[string]any{"display_name": strings.Repeat("x", 101)},
		"note":         map[string]any{"note": strings.Repeat("x", 5_001)},
		"fields":       map[string]any{"fields_attributes": []map[string]string{{"name": strings.Repeat("x", 256), "value": "y"}}},
		"language":     map[string]any{"source": map[string]string{"language": "tlh"}},
		"privacy":      map[string]any{"source": map[string]string{"privacy": "circle"}},
		"avatar":       map[string]any{"avatar": "no picture"},
	} {
		r := member.json(http.MethodPatch, "/api/v1/accounts/update_credentials", body).wants(http.StatusUnprocessableEntity)
		if details, _ := r.at("details").(map[string]any); details[name] == nil || !strings.HasPrefix(r.text("error"), "Validation failed: ") {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	h.as("member").json(http.MethodPatch, "/api/v1/accounts/update_credentials", map[string]any{
		"fields_attributes": []map[string]string{{"name": "1"}, {"name": "2"}, {"name": "3"}, {"name": "4"}, {"name": "5"}},
	}).wants(http.StatusUnprocessableEntity)
}

func TestPicturesOfTheProfile(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	content := picture(t, 40, 30)
	r := member.upload(http.MethodPatch, "/api/v1/accounts/update_credentials", "avatar", "ich.png", content, "display_name", "Mit Bild").wants(http.StatusOK)
	if avatar := r.text("avatar"); !strings.HasPrefix(avatar, h.Config.BaseURL+"/media/") || r.text("display_name") != "Mit Bild" {
		t.Fatalf("avatar: %s", r.body)
	}
	h.as("").get(r.text("avatar")).wants(http.StatusOK)
	r = member.json(http.MethodPatch, "/api/v1/accounts/update_credentials", map[string]any{"header": "data:image/png;base64," + base64.StdEncoding.EncodeToString(content)}).wants(http.StatusOK)
	if !strings.HasPrefix(r.text("header"), h.Config.BaseURL+"/media/") || !strings.HasPrefix(r.text("avatar"), h.Config.BaseURL+"/media/") {
		t.Errorf("header: %s", r.body)
	}
	member.delete("/api/v1/profile/avatar").wants(http.StatusOK)
	if r := member.delete("/api/v1/profile/header").wants(http.StatusOK); !strings.HasSuffix(r.text("avatar"), "/missing.png") || !strings.HasSuffix(r.text("header"), "/missing.png") {
		t.Errorf("taken away: %s", r.body)
	}
}

func TestLookup(t *testing.T) {
	h := newHouse(t)
	for _, acct := range []string{"member", "@member", "MEMBER", "member@" + h.Accounts.Domain(), "@member@" + h.Accounts.Domain()} {
		if got := h.as("").get("/api/v1/accounts/lookup", "acct", acct).text("id"); got != idText(h.id("member")) {
			t.Errorf("%q: %q", acct, got)
		}
	}
	if got := h.as("").get("/api/v1/accounts/lookup", "acct", "klima@vitako.example").text("acct"); got != "klima@vitako.example" {
		t.Errorf("known elsewhere: %q", got)
	}
	h.others.lives("neu", "fern.example")
	for _, who := range []string{"", "guest"} {
		h.as(who).get("/api/v1/accounts/lookup", "acct", "neu@fern.example").wants(http.StatusNotFound)
	}
	h.as("member").get("/api/v1/accounts/lookup", "acct", "nobody@"+h.Accounts.Domain()).wants(http.StatusNotFound)
	if len(h.others.asked) != 0 {
		t.Errorf("asked %v", h.others.asked)
	}
	if got := h.as("member").get("/api/v1/accounts/lookup", "acct", "neu@fern.example").wants(http.StatusOK).text("acct"); got != "neu@fern.example" {
		t.Errorf("resolved: %q", got)
	}
}

func TestAccountStatuses(t *testing.T) {
	h := newHouse(t)
	foreign := h.thread("other", "Fremdes")
	hidden := h.write("other", post.Followers, "nur für Folgende")
	first := h.thread("member", "Erstes")
	time.Sleep(2 * time.Millisecond)
	self := h.answer("member", first, "Nachtrag")
	time.Sleep(2 * time.Millisecond)
	reply := h.answer("member", foreign, "Antwort #Kühlung")
	h.follow("member", "other")
	time.Sleep(2 * time.Millisecond)
	h.must(h.Posts.Boost(t.Context(), h.people["member"], foreign.ID))
	time.Sleep(2 * time.Millisecond)
	private := h.write("member", post.Followers, "vertraulich")
	time.Sleep(2 * time.Millisecond)
	direct := h.write("member", post.Direct, "an @editor")
	h.follow("guest", "member")
	h.block("member", "moderator")
	h.block("admin", "other")

	boost := ""
	for _, item := range h.as("").get(h.accountPath("member", "/statuses")).list() {
		if item := item.(map[string]any); item["reblog"] != nil {
			boost, _ = item["id"].(string)
			if got := item["reblog"].(map[string]any)["id"]; got != idText(foreign.ID) || item["account"].(map[string]any)["acct"] != "member" {
				t.Errorf("the boost: %v", item)
			}
		}
	}
	id := func(p post.Post) string { return idText(p.ID) }
	for _, test := range []struct {
		who, params string
		want        []string
	}{
		{"", "", []string{boost, id(reply), id(self), id(first)}},
		{"guest", "", []string{id(private), boost, id(reply), id(self), id(first)}},
		{"editor", "", []string{id(direct), boost, id(reply), id(self), id(first)}},
		{"member", "", []string{id(direct), id(private), boost, id(reply), id(self), id(first)}},
		{"moderator", "", nil}, // is blocked
		{"admin", "", []string{id(reply), id(self), id(first)}},
		{"", "?exclude_reblogs=true", []string{id(reply), id(self), id(first)}},
		{"", "?exclude_replies=1", []string{boost, id(self), id(first)}},
		{"", "?exclude_replies=on&exclude_reblogs=t", []string{id(self), id(first)}},
		{"", "?tagged=k%C3%BChlung", []string{id(reply)}},
		{"", "?only_media=true", nil},
		{"", "?pinned=true", nil},
	} {
		for _, limit := range []int{1, 2, 20} {
			if got := h.as(test.who).allOf(h.accountPath("member", "/statuses"+test.params), limit); !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
				t.Errorf("%q%s by %d: %v, want %v", test.who, test.params, limit, got, test.want)
			}
		}
	}
	newer := h.as("").get(h.accountPath("member", "/statuses"), "min_id", id(first), "limit", "1").ids()
	if !slices.Equal(newer, []string{id(self)}) {
		t.Errorf("right above the first: %v", newer)
	}
	if got := h.as("").get(h.accountPath("member", "/statuses"), "since_id", id(first), "limit", "1").ids(); !slices.Equal(got, []string{boost}) {
		t.Errorf("newest since the first: %v", got)
	}
	h.must(h.Posts.Pin(t.Context(), h.people["member"], first.ID))
	if got := h.as("").get(h.accountPath("member", "/statuses"), "pinned", "true").ids(); !slices.Equal(got, []string{id(first)}) {
		t.Errorf("pinned: %v", got)
	}
	if got := h.as("moderator").get(h.accountPath("member", "/statuses"), "pinned", "true").ids(); len(got) != 0 {
		t.Errorf("pinned, for whom is blocked: %v", got)
	}
	// A boost of what the boosted one hides.
	h.exec(`INSERT INTO boosts (id, account_id, post_id, uri) VALUES ($1, $2, $3, 'https://x.example/boost')`, hidden.ID+1, h.id("member"), hidden.ID)
	if got := h.as("").get(h.accountPath("member", "/statuses")).ids(); slices.Contains(got, idText(hidden.ID+1)) {
		t.Error("a boost shows what its author shows only to followers")
	}
	media := h.as("member").upload(http.MethodPost, "/api/v2/media", "file", "a.png", picture(t, 8, 8)).wants(http.StatusOK).text("id")
	withMedia := h.as("member").json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Bild", "media_ids": []string{media}}).wants(http.StatusOK).text("id")
	if got := h.as("").get(h.accountPath("member", "/statuses"), "only_media", "true").ids(); !slices.Equal(got, []string{withMedia}) {
		t.Errorf("with media: %v, want %s", got, withMedia)
	}
}

// A group's profile holds what began on its board.
func TestGroupStatuses(t *testing.T) {
	h := newHouse(t)
	first, second := h.thread("member", "Erstes"), h.thread("other", "Zweites")
	h.answer("member", second, "Antwort")
	h.block("guest", "other")
	if got, want := h.as("").allOf(h.accountPath("forum", "/statuses"), 1), []string{idText(second.ID), idText(first.ID)}; !slices.Equal(got, want) {
		t.Errorf("the forum shows %v, want %v", got, want)
	}
	if got := h.as("guest").get(h.accountPath("forum", "/statuses")).ids(); !slices.Equal(got, []string{idText(first.ID)}) {
		t.Errorf("for whom blocks one author: %v", got)
	}
}

func TestFollowersAndFollowing(t *testing.T) {
	h := newHouse(t)
	names := []string{"guest", "other", "editor", "moderator", "klima", "fremd"}
	var want []string
	for _, name := range names {
		h.follow(name, "member")
		h.follow("member", name)
		want = append([]string{idText(h.id(name))}, want...)
		time.Sleep(2 * time.Millisecond)
	}
	for _, list := range []string{"/followers", "/following"} {
		for _, limit := range []int{1, 4, 6, 40} {
			if diff := cmp.Diff(want, h.as("").allOf(h.accountPath("member", list), limit)); diff != "" {
				t.Errorf("%s by %d (-want +got):\n%s", list, limit, diff)
			}
		}
		first := h.as("").get(h.accountPath("member", list), "limit", "2")
		if got := h.as("").get(first.page("next")).ids(); !slices.Equal(got, want[2:4]) {
			t.Errorf("%s: second page %v", list, got)
		}
		if back := h.as("").get(h.as("").get(first.page("next")).page("prev")).ids(); !slices.Equal(back, want[:2]) {
			t.Errorf("%s: back to the first page: %v", list, back)
		}
	}
	// Who mutes or blocks one of them does not see them there; the owner sees all.
	h.mute("admin", "guest")
	h.block("admin", "editor")
	h.blockDomain("admin", "m.example")
	h.block("other", "admin")
	left := []string{idText(h.id("klima")), idText(h.id("moderator"))}
	h.mute("member", "guest")
	for _, list := range []string{"/followers", "/following"} {
		if got := h.as("admin").allOf(h.accountPath("member", list), 1); !slices.Equal(got, left) {
			t.Errorf("%s for whom hears some of them only: %v, want %v", list, got, left)
		}
		if got := h.as("member").get(h.accountPath("member", list)).ids(); len(got) != len(names) {
			t.Errorf("%s: the owner sees %v", list, got)
		}
	}
	h.block("member", "moderator")
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["guest"], h.id("guest"), account.Profile{HideCollections: new(bool)}))
	for _, list := range []string{"/followers", "/following"} {
		if got := h.as("moderator").get(h.accountPath("member", list)).ids(); len(got) != 0 {
			t.Errorf("%s for whom is blocked: %v", list, got)
		}
	}
	yes := true
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["member"], h.id("member"), account.Profile{HideCollections: &yes}))
	for _, list := range []string{"/followers", "/following"} {
		if got := h.as("guest").get(h.accountPath("member", list)).ids(); len(got) != 0 {
			t.Errorf("%s of whom keeps them to themselves: %v", list, got)
		}
		if got := h.as("member").get(h.accountPath("member", list)).ids(); len(got) != len(names) {
			t.Errorf("%s for the owner: %v", list, got)
		}
	}
}

func TestFamiliarFollowers(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"other", "editor", "guest", "klima"} {
		h.follow("member", name)
		h.follow(name, "fremd")
		time.Sleep(2 * time.Millisecond)
	}
	h.follow("moderator", "fremd") // whom the reader does not follow
	yes := true
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["editor"], h.id("editor"), account.Profile{HideCollections: &yes}))
	h.mute("member", "klima")
	r := h.as("member").get("/api/v1/accounts/familiar_followers", "id[]", idText(h.id("fremd")), "id[]", idText(h.id("other"))).wants(http.StatusOK)
	var got []struct {
		ID       string
		Accounts []struct{ Acct string }
	}
	r.into(&got)
	if len(got) != 2 || len(got[0].Accounts) != 2 || got[0].Accounts[0].Acct != "guest" || got[0].Accounts[1].Acct != "other" || got[1].Accounts == nil || len(got[1].Accounts) != 0 {
		t.Errorf("familiar: %s", r.body)
	}
	h.as("").get("/api/v1/accounts/familiar_followers", "id[]", "1").wants(http.StatusUnauthorized)
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["other"], h.id("other"), account.Profile{HideCollections: &yes}))
	h.follow("guest", "other")
	if r := h.as("member").get("/api/v1/accounts/familiar_followers", "id", idText(h.id("other"))); len(r.at("0.accounts").([]any)) != 0 {
		t.Errorf("of whom keeps it to themselves: %s", r.body)
	}
}
