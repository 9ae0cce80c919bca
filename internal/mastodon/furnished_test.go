package mastodon

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// furnished is a house in which everything happened that a client can be told of. It is furnished through the API itself; what
// fails there fails the test, but does not end it, for the rest can still be checked.
type furnished struct {
	*house
	ids map[string]string // of things, by what they are
}

func newFurnished(t *testing.T) *furnished {
	t.Helper()
	f := &furnished{house: newHouse(t), ids: map[string]string{}}
	f.lists()
	f.statuses()
	f.people()
	f.reactions()
	f.settings()
	f.work()
	f.told()
	return f
}

// keep remembers the id of what a call returned.
func (f *furnished) keep(name string, r reply) reply {
	f.t.Helper()
	if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusAccepted {
		f.t.Errorf("%s (%s): status %d: %s", name, r.asked, r.StatusCode, r.body)
		f.ids[name] = "0"
		return r
	}
	f.ids[name] = r.text("id")
	return r
}

// done remarks a call that did not work.
func (f *furnished) done(r reply) {
	f.t.Helper()
	if r.StatusCode != http.StatusOK {
		f.t.Errorf("%s: status %d: %s", r.asked, r.StatusCode, r.body)
	}
}

// fill puts ids into a path: /statuses/{note}.
func (f *furnished) fill(path string) string {
	f.t.Helper()
	for name, id := range f.ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	if strings.Contains(path, "{") {
		f.t.Errorf("nothing in the house for %s", path)
		return strings.NewReplacer("{", "", "}", "").Replace(path)
	}
	return path
}

// picture is a PNG of that size.
func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (f *furnished) lists() {
	for name, a := range f.house.people {
		f.ids["@"+name] = idText(a.ID)
	}
	member := f.as("member")
	f.follow("member", "other")
	f.follow("other", "member")
	f.follow("editor", "other")
	f.follow("member", "editor")
	f.follow("member", "klima")
	f.follow("klima", "member")
	f.keep("list", member.post("/api/v1/lists", "title", "Rechenzentren", "replies_policy", "list"))
	f.done(member.post(f.fill("/api/v1/lists/{list}/accounts"), "account_ids[]", f.ids["@other"]))
	f.keep("filter", member.json(http.MethodPost, "/api/v2/filters", map[string]any{
		"title": "Kantine", "context": []string{"home", "public"}, "filter_action": "warn", "expires_in": 86400,
		"keywords_attributes": []map[string]any{{"keyword": "Kantinenplan", "whole_word": true}},
	}))
	f.keep("keyword", member.post(f.fill("/api/v2/filters/{filter}/keywords"), "keyword", "Speiseplan"))
	f.keep("filter_v1", member.post("/api/v1/filters", "phrase", "Parkplatz", "context[]", "home"))
}

func (f *furnished) statuses() {
	member, other := f.as("member"), f.as("other")
	f.keep("media", member.upload(http.MethodPost, "/api/v2/media", "file", "raum.png", picture(f.t, 640, 400), "description", "Ein Serverraum", "focus", "0.2,-0.4"))
	f.keep("picture", member.json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "So sieht er aus", "media_ids": []string{f.ids["media"]}}))
	f.keep("loose", member.upload(http.MethodPost, "/api/v2/media", "file", "lose.png", picture(f.t, 64, 40)))
	f.keep("note", member.json(http.MethodPost, "/api/v1/statuses", map[string]any{
		"status": "Hallo @other und @klima@vitako.example, wir messen den #Stromverbrauch jetzt je Schrank: https://example.org/bericht", "language": "de",
	}))
	f.keep("reply", other.json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@member Womit messt ihr? #Stromverbrauch", "in_reply_to_id": f.ids["note"]}))
	f.keep("warned", other.json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Der Kantinenplan von Montag", "spoiler_text": "Essen", "sensitive": true}))
	f.keep("private", other.json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Nur für die, die mir folgen", "visibility": "private"}))
	f.keep("direct", other.json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@member Nur für dich", "visibility": "direct"}))
	f.keep("poll", other.json(http.MethodPost, "/api/v1/statuses", map[string]any{
		"status": "Wann treffen wir uns?", "poll": map[string]any{"options": []string{"Montag", "Dienstag", "Gar nicht"}, "expires_in": 3600, "multiple": true},
	}))
	f.done(member.json(http.MethodPost, f.fill("/api/v1/polls/{poll}/votes"), map[string]any{"choices": []int{0, 1}}))
	f.keep("hidden_poll", member.json(http.MethodPost, "/api/v1/statuses", map[string]any{
		"status": "Geheime Wahl", "poll": map[string]any{"options": []string{"Ja", "Nein"}, "expires_in": 3600, "hide_totals": true},
	}))
	f.keep("edited", member.json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Mit Feler"}))
	f.done(member.json(http.MethodPut, f.fill("/api/v1/statuses/{edited}"), map[string]any{"status": "Ohne Fehler"}))
	f.keep("scheduled", member.json(http.MethodPost, "/api/v1/statuses", map[string]any{
		"status": "Später", "scheduled_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "poll": map[string]any{"options": []string{"A", "B"}, "expires_in": 600},
	}))
	f.ids["practice"] = idText(f.practice("member", nil).ID)
	f.ids["remote"] = idText(f.arrives("klima", "notiz", func(r *post.Received) {
		r.MentionIDs, r.Tags = []int64{f.id("member")}, []string{"Stromverbrauch"}
	}).ID)
	f.ids["article"] = idText(f.arrives("klima", "artikel", func(r *post.Received) {
		r.Kind, r.Title, r.Summary = post.Article, "Ein Aufsatz von nebenan", "Worum es geht"
		r.HTML = "<h2>Überschrift</h2><p>Absatz</p><table><tr><td>1</td></tr></table>"
	}).ID)
	f.keep("filter_status", member.post(f.fill("/api/v2/filters/{filter}/statuses"), "status_id", f.ids["warned"]))
}

func (f *furnished) people() {
	member := f.as("member")
	f.person("anfrage", account.RoleMember)
	f.ids["@anfrage"] = idText(f.id("anfrage"))
	f.done(member.json(http.MethodPatch, "/api/v1/accounts/update_credentials", map[string]any{
		"display_name": "Rechenzentrum Nord", "note": "Wir betreiben zwei Räume. #Rechenzentrum", "locked": true,
		"fields_attributes": []map[string]string{{"name": "Ort", "value": "Kiel"}, {"name": "Seite", "value": "https://example.org"}},
		"source":            map[string]any{"privacy": "unlisted", "sensitive": false, "language": "de"},
	}))
	f.done(f.as("anfrage").post(f.fill("/api/v1/accounts/{@member}/follow")))
	f.done(member.post(f.fill("/api/v1/accounts/{@other}/note"), "comment", "Kollegin aus Kiel"))
	f.done(member.post(f.fill("/api/v1/accounts/{@other}/pin")))
	f.done(member.post(f.fill("/api/v1/accounts/{@fremd}/block")))
	f.done(member.post(f.fill("/api/v1/accounts/{@guest}/mute"), "duration", "3600"))
	f.done(member.post("/api/v1/domain_blocks", "domain", "werbung.example"))
	f.done(member.post("/api/v1/tags/Stromverbrauch/follow"))
	f.keep("featured_tag", member.post("/api/v1/featured_tags", "name", "Stromverbrauch"))
}

func (f *furnished) reactions() {
	member, other, editor := f.as("member"), f.as("other"), f.as("editor")
	for _, who := range []client{other, editor} {
		f.done(who.post(f.fill("/api/v1/statuses/{note}/favourite")))
	}
	f.keep("boost", other.post(f.fill("/api/v1/statuses/{note}/reblog")))
	f.done(editor.post(f.fill("/api/v1/statuses/{picture}/favourite")))
	f.done(member.post(f.fill("/api/v1/statuses/{reply}/favourite")))
	f.done(member.post(f.fill("/api/v1/statuses/{reply}/bookmark")))
	f.done(member.post(f.fill("/api/v1/statuses/{practice}/bookmark")))
	f.done(member.post(f.fill("/api/v1/statuses/{practice}/favourite")))
	f.done(member.post(f.fill("/api/v1/statuses/{note}/pin")))
	f.done(other.post(f.fill("/api/v1/statuses/{note}/bookmark")))
	f.done(other.json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@editor Sieh dir das an"}))
	f.keep("report", member.post("/api/v1/reports", "account_id", f.ids["@other"], "status_ids[]", f.ids["warned"], "comment", "Gehört nicht hierher", "category", "other"))
}

func (f *furnished) settings() {
	member := f.as("member")
	f.done(member.json(http.MethodPost, "/api/v1/markers", map[string]any{"home": map[string]string{"last_read_id": f.ids["note"]}, "notifications": map[string]string{"last_read_id": "1"}}))
	f.keep("push", member.json(http.MethodPost, "/api/v1/push/subscription", map[string]any{
		"subscription": map[string]any{"endpoint": "https://push.example/abc", "keys": map[string]string{
			"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM", "auth": "tBHItJI5svbpez7KI4CCXg",
		}},
		"data": map[string]any{"alerts": map[string]bool{"mention": true, "favourite": false}, "policy": "all"},
	}))
	f.done(f.as("editor").json(http.MethodPatch, "/api/v2/notifications/policy", map[string]any{"for_not_following": "filter"}))
}

// told remembers what the work led to: notifications, conversations, requests.
func (f *furnished) told() {
	first := func(name string, r reply) {
		f.t.Helper()
		if list, ok := r.value().([]any); r.StatusCode != http.StatusOK || !ok || len(list) == 0 {
			f.t.Errorf("no %s (%s): %d %s", name, r.asked, r.StatusCode, r.body)
			f.ids[name] = "0"
			return
		}
		f.ids[name] = r.text("0.id")
	}
	first("notification", f.as("member").get("/api/v1/notifications"))
	first("conversation", f.as("member").get("/api/v1/conversations"))
	// other mentioned editor, who follows other; who wrote to editor without being followed waits for an answer.
	f.done(f.as("anfrage").json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@editor Kennen wir uns?"}))
	f.work()
	first("request", f.as("editor").get("/api/v1/notifications/requests"))
	f.ids["group"] = f.as("member").get("/api/v2/notifications").text("notification_groups.0.group_key")
	if f.ids["group"] == "" {
		f.t.Error("no group of notifications")
		f.ids["group"] = "ungrouped-0"
	}
}
