package mastodon

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// entities are calls and what each returns; every GET route that returns entities is here. who is who asks: member unless
// said otherwise. Lists hold at least one item, so that there is something to check.
var entities = []struct{ path, kind, who string }{
	{path: "/.well-known/oauth-authorization-server", kind: "Metadata", who: "-"},
	{path: "/api/v1/apps/verify_credentials", kind: "App", who: "app"},
	{path: "/api/v1/accounts/verify_credentials", kind: "OwnAccount"},
	{path: "/api/v1/accounts/relationships?id[]={@other}&id[]={@fremd}&id[]={@anfrage}&id[]={@guest}", kind: "[]Relationship"},
	{path: "/api/v1/accounts/familiar_followers?id[]={@other}", kind: "[]FamiliarFollowers"},
	{path: "/api/v1/accounts/search?q=other", kind: "[]Account"},
	{path: "/api/v1/accounts/lookup?acct=other", kind: "Account"},
	{path: "/api/v1/accounts/lookup?acct=klima@vitako.example", kind: "Account", who: "-"},
	{path: "/api/v1/accounts?id[]={@other}&id[]={@klima}&id[]={@forum}", kind: "[]Account"},
	{path: "/api/v1/accounts/{@klima}", kind: "Account"},
	{path: "/api/v1/accounts/{@forum}", kind: "Account"},
	{path: "/api/v1/accounts/{@member}/statuses", kind: "[]Status"},
	{path: "/api/v1/accounts/{@member}/statuses", kind: "[]Status", who: "-"},
	{path: "/api/v1/accounts/{@member}/statuses?pinned=true", kind: "[]Status"},
	{path: "/api/v1/accounts/{@member}/statuses?only_media=true", kind: "[]Status"},
	{path: "/api/v1/accounts/{@klima}/statuses", kind: "[]Status"},
	{path: "/api/v1/accounts/{@member}/followers", kind: "[]Account"},
	{path: "/api/v1/accounts/{@member}/following", kind: "[]Account"},
	{path: "/api/v1/accounts/{@member}/featured_tags", kind: "[]FeaturedTag"},
	{path: "/api/v1/accounts/{@member}/endorsements", kind: "[]Account"},
	{path: "/api/v1/accounts/{@other}/lists", kind: "[]List"},
	{path: "/api/v1/bookmarks", kind: "[]Status"},
	{path: "/api/v1/favourites", kind: "[]Status"},
	{path: "/api/v1/mutes", kind: "[]Account"},
	{path: "/api/v1/blocks", kind: "[]Account"},
	{path: "/api/v1/domain_blocks", kind: "[]words"},
	{path: "/api/v2/filters", kind: "[]Filter"},
	{path: "/api/v2/filters/{filter}", kind: "Filter"},
	{path: "/api/v2/filters/{filter}/keywords", kind: "[]FilterKeyword"},
	{path: "/api/v2/filters/keywords/{keyword}", kind: "FilterKeyword"},
	{path: "/api/v2/filters/{filter}/statuses", kind: "[]FilterStatus"},
	{path: "/api/v2/filters/statuses/{filter_status}", kind: "FilterStatus"},
	{path: "/api/v1/filters", kind: "[]FilterV1"},
	{path: "/api/v1/filters/{filter_v1}", kind: "FilterV1"},
	{path: "/api/v1/follow_requests", kind: "[]Account"},
	{path: "/api/v1/endorsements", kind: "[]Account"},
	{path: "/api/v1/featured_tags", kind: "[]FeaturedTag"},
	{path: "/api/v1/featured_tags/suggestions", kind: "[]Tag", who: "other"},
	{path: "/api/v1/preferences", kind: "Preferences"},
	{path: "/api/v1/followed_tags", kind: "[]TrendTag"},
	{path: "/api/v2/suggestions", kind: "[]Suggestion"},
	{path: "/api/v1/suggestions", kind: "[]Account"},
	{path: "/api/v1/tags/stromverbrauch", kind: "TrendTag"},
	{path: "/api/v1/tags/stromverbrauch", kind: "TrendTag", who: "-"},
	{path: "/api/v1/statuses?id[]={note}&id[]={boost}&id[]={practice}&id[]={article}&id[]={direct}&id[]={poll}", kind: "[]Status"},
	{path: "/api/v1/statuses/{note}", kind: "Status"},
	{path: "/api/v1/statuses/{note}", kind: "Status", who: "-"},
	{path: "/api/v1/statuses/{picture}", kind: "Status"},
	{path: "/api/v1/statuses/{warned}", kind: "Status"},
	{path: "/api/v1/statuses/{private}", kind: "Status"},
	{path: "/api/v1/statuses/{direct}", kind: "Status"},
	{path: "/api/v1/statuses/{poll}", kind: "Status"},
	{path: "/api/v1/statuses/{poll}", kind: "Status", who: "-"},
	{path: "/api/v1/statuses/{practice}", kind: "Status"},
	{path: "/api/v1/statuses/{article}", kind: "Status"},
	{path: "/api/v1/statuses/{remote}", kind: "Status"},
	{path: "/api/v1/statuses/{note}/context", kind: "Context"},
	{path: "/api/v1/statuses/{reply}/context", kind: "Context", who: "-"},
	{path: "/api/v1/statuses/{edited}/history", kind: "[]StatusEdit"},
	{path: "/api/v1/statuses/{practice}/history", kind: "[]StatusEdit"},
	{path: "/api/v1/statuses/{edited}/source", kind: "StatusSource"},
	{path: "/api/v1/statuses/{practice}/card", kind: "Card"},
	{path: "/api/v1/statuses/{note}/favourited_by", kind: "[]Account"},
	{path: "/api/v1/statuses/{note}/reblogged_by", kind: "[]Account"},
	{path: "/api/v1/media/{loose}", kind: "Media"},
	{path: "/api/v1/polls/{poll}", kind: "Poll"},
	{path: "/api/v1/polls/{poll}", kind: "Poll", who: "-"},
	{path: "/api/v1/polls/{hidden_poll}", kind: "Poll", who: "other"},
	{path: "/api/v1/scheduled_statuses", kind: "[]ScheduledStatus"},
	{path: "/api/v1/scheduled_statuses/{scheduled}", kind: "ScheduledStatus"},
	{path: "/api/v1/timelines/home", kind: "[]Status"},
	{path: "/api/v1/timelines/public", kind: "[]Status"},
	{path: "/api/v1/timelines/public", kind: "[]Status", who: "-"},
	{path: "/api/v1/timelines/public?remote=true", kind: "[]Status"},
	{path: "/api/v1/timelines/tag/Stromverbrauch", kind: "[]Status"},
	{path: "/api/v1/timelines/list/{list}", kind: "[]Status"},
	{path: "/api/v1/timelines/link?url=https://sh.example/praxisbeispiele/{practice}", kind: "[]Status"},
	{path: "/api/v1/timelines/direct", kind: "[]Status"},
	{path: "/api/v1/conversations", kind: "[]Conversation"},
	{path: "/api/v1/lists", kind: "[]List"},
	{path: "/api/v1/lists/{list}", kind: "List"},
	{path: "/api/v1/lists/{list}/accounts", kind: "[]Account"},
	{path: "/api/v1/markers?timeline[]=home&timeline[]=notifications", kind: "Markers"},
	{path: "/api/v1/notifications", kind: "[]Notification"},
	{path: "/api/v1/notifications/{notification}", kind: "Notification"},
	{path: "/api/v1/notifications", kind: "[]Notification", who: "moderator"},
	{path: "/api/v1/notifications/unread_count", kind: "Count"},
	{path: "/api/v1/notifications/requests", kind: "[]NotificationRequest", who: "editor"},
	{path: "/api/v1/notifications/requests/{request}", kind: "NotificationRequest", who: "editor"},
	{path: "/api/v1/notifications/requests/merged", kind: "Merged"},
	{path: "/api/v1/notifications/policy", kind: "PolicyV1"},
	{path: "/api/v2/notifications", kind: "Grouped"},
	{path: "/api/v2/notifications?expand_accounts=partial_avatars", kind: "Grouped"},
	{path: "/api/v2/notifications/unread_count", kind: "Count"},
	{path: "/api/v2/notifications/policy", kind: "Policy"},
	{path: "/api/v2/notifications/{group}", kind: "Grouped"},
	{path: "/api/v2/notifications/{group}/accounts", kind: "[]Account"},
	{path: "/api/v1/push/subscription", kind: "PushSubscription"},
	{path: "/api/v2/search?q=Stromverbrauch", kind: "Search"},
	{path: "/api/v2/search?q=other", kind: "Search"},
	{path: "/api/v1/instance", kind: "InstanceV1", who: "-"},
	{path: "/api/v2/instance", kind: "Instance", who: "-"},
	{path: "/api/v1/instance/peers", kind: "[]words", who: "-"},
	{path: "/api/v1/instance/activity", kind: "[]Activity", who: "-"},
	{path: "/api/v1/instance/rules", kind: "[]Rule", who: "-"},
	{path: "/api/v1/instance/languages", kind: "[]Language", who: "-"},
	{path: "/api/v1/instance/extended_description", kind: "Description", who: "-"},
	{path: "/api/v1/instance/privacy_policy", kind: "Privacy", who: "-"},
	{path: "/api/v1/trends/tags", kind: "[]TrendTag"},
	{path: "/api/v1/trends", kind: "[]TrendTag", who: "-"},
	{path: "/api/v1/trends/statuses", kind: "[]Status"},
	{path: "/api/v1/directory", kind: "[]Account"},
}

// nothingToDecode are GET routes that return no entity that this instance has: the reason says why.
var nothingToDecode = map[string]string{
	"/api/v1/accounts/{id:[0-9]+}/identity_proofs": "there are none any more, an empty list",
	"/api/v1/instance/domain_blocks":               "an empty list",
	"/api/v1/instance/translation_languages":       "an empty object",
	"/api/v1/instance/terms_of_service":            "none in force: not found",
	"/api/v1/custom_emojis":                        "an empty list",
	"/api/v1/announcements":                        "an empty list",
	"/api/v1/trends/links":                         "an empty list",
}

func TestEntitiesAreAsStrictClientsDecodeThem(t *testing.T) {
	f := newFurnished(t)
	f.everyNotification()
	app := f.as("").post("/api/v1/apps", "client_name", "Prüfung", "website", "https://app.example", "redirect_uris", "urn:ietf:wg:oauth:2.0:oob").wants(http.StatusOK)
	f.tokens["app"] = f.as("").post("/oauth/token", "grant_type", "client_credentials", "client_id", app.text("client_id"),
		"client_secret", app.text("client_secret"), "redirect_uri", "urn:ietf:wg:oauth:2.0:oob").wants(http.StatusOK).text("access_token")
	for _, e := range entities {
		who := map[string]string{"": "member", "-": ""}[e.who]
		if e.who != "" && e.who != "-" {
			who = e.who
		}
		name := e.path + " (" + e.who + ")"
		r := f.as(who).get(f.fill(e.path))
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d: %s", name, r.StatusCode, r.body)
			continue
		}
		v := r.value()
		if list, ok := v.([]any); ok && len(list) == 0 {
			t.Errorf("%s: nothing to check", name)
		}
		k := checker{loggedIn: who != ""}
		k.check("", e.kind, v)
		for _, m := range k.mistakes {
			t.Errorf("%s %s", name, m)
		}
	}
	f.wantsRoutesIn(entities)
}

// wantsRoutesIn fails for GET routes that no entity was asked for.
func (f *furnished) wantsRoutesIn(asked []struct{ path, kind, who string }) {
	f.t.Helper()
	for _, x := range f.server.routes() {
		if x.method != http.MethodGet || nothingToDecode[x.path] != "" {
			continue
		}
		shape := regexp.MustCompile("^" + pathVariable.ReplaceAllString(x.path, `[^/?]+`) + `(\?.*)?$`)
		if !slices.ContainsFunc(asked, func(e struct{ path, kind, who string }) bool {
			return shape.MatchString(e.path) && !otherRoute(x.path, e.path)
		}) {
			f.t.Errorf("no entity of %s is checked", x.path)
		}
	}
}

// otherRoute reports whether a path that fits the shape of a route is meant for another: /accounts/lookup for /accounts/{id}.
func otherRoute(route, path string) bool {
	return strings.Contains(route, "{id") && !regexp.MustCompile(`\{[@a-z_0-9]+\}`).MatchString(path)
}

// everyNotification gives member one notification of every kind there is.
func (f *furnished) everyNotification() {
	f.t.Helper()
	for i, kind := range []string{"mention", "reply", "follow", "follow_request", "favourite", "boost", "curated", "status", "poll", "update"} {
		var postID any
		if !strings.HasPrefix(kind, "follow") {
			postID = f.ids["reply"]
		}
		f.exec(`INSERT INTO notifications (id, account_id, kind, from_account_id, post_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			1_000+i, f.id("member"), kind, f.id("klima"), postID)
	}
	types := map[string]bool{}
	for _, who := range []string{"member", "moderator"} {
		for _, n := range f.as(who).get("/api/v1/notifications", "limit", "80").list() {
			types[n.(map[string]any)["type"].(string)] = true
		}
	}
	for _, want := range []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.report"} {
		if !types[want] {
			f.t.Errorf("no notification of type %s, only %v", want, slices.Sorted(maps.Keys(types)))
		}
	}
}

// TestCheckerFindsMistakes breaks an entity in every way and wants the checker to see it.
func TestCheckerFindsMistakes(t *testing.T) {
	sound := func() map[string]any {
		return map[string]any{"id": "1", "title": "Titel", "replies_policy": "list", "exclusive": false}
	}
	for name, spoil := range map[string]func(map[string]any){
		"missing":    func(m map[string]any) { delete(m, "title") },
		"null":       func(m map[string]any) { m["exclusive"] = nil },
		"number":     func(m map[string]any) { m["id"] = 1.0 },
		"no digits":  func(m map[string]any) { m["id"] = "01ARZ3NDEK" },
		"other word": func(m map[string]any) { m["replies_policy"] = "all" },
		"empty":      func(m map[string]any) { m["title"] = "" },
	} {
		k := checker{}
		if k.check("", "List", sound()); len(k.mistakes) > 0 {
			t.Fatalf("a sound list: %v", k.mistakes)
		}
		m := sound()
		spoil(m)
		if k.check("", "List", m); len(k.mistakes) != 1 {
			t.Errorf("%s: %v", name, k.mistakes)
		}
	}
	for kind, wrong := range map[string][]any{
		"time":   {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+00:00", "", "2026-01-02T03:04:05.678901Z"},
		"date":   {"2026-01-02T03:04:05.678Z", ""},
		"url":    {"", "/missing.png", "example.org/x", 1.0},
		"[]text": {nil, "a", []any{nil}},
		"int":    {1.5, "1"},
		"bool":   {"true", 1.0, nil},
	} {
		for _, v := range wrong {
			k := checker{}
			if k.check("", kind, v); len(k.mistakes) == 0 {
				t.Errorf("%#v passes for %s", v, kind)
			}
		}
	}
	for name, shape := range shapes {
		for line := range strings.Lines(shape) {
			if _, kind, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				k := checker{}
				k.check(name, strings.TrimPrefix(strings.TrimLeft(kind, "~@?"), "[]"), nil)
				if slices.ContainsFunc(k.mistakes, func(m string) bool { return strings.Contains(m, "there is no kind") }) {
					t.Errorf("%s: %v", name, k.mistakes)
				}
			}
		}
	}
}
