package mastodon

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/post"
)

// TestStreamedIsRead: whoever listens hears of exactly what they would read, as they would read it.
func TestStreamedIsRead(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	h.follow("member", "other")
	h.follow("member", "klima")
	h.follow("editor", "other")
	h.follow("moderator", "other")
	h.follow("guest", "other")
	h.mute("editor", "other")
	h.block("other", "moderator")
	h.blockDomain("guest", "vitako.example")
	h.exec(`INSERT INTO filters (id, account_id, title, contexts) VALUES (77, $1, 'Kühlung', '{home,public}')`, h.id("guest"))
	h.exec(`INSERT INTO filter_keywords (id, filter_id, keyword) VALUES (78, 77, 'Kühlung')`)
	list := idText(h.list("member", "other"))
	h.quiet()
	h.streamed() // what was set up is told before anybody listens

	timelines := map[string]string{ // stream: how it is read
		"user": home, "public": "/api/v1/timelines/public", "public:local": "/api/v1/timelines/public?local=true",
		"public:remote": "/api/v1/timelines/public?remote=true", "public:media": "/api/v1/timelines/public?only_media=true",
		"hashtag kühlung": "/api/v1/timelines/tag/k%C3%BChlung", "hashtag:local Kühlung": "/api/v1/timelines/tag/K%C3%BChlung?local=true",
	}
	names := []string{"user", "public", "public:local", "public:remote", "public:media", "hashtag kühlung", "hashtag:local Kühlung"}
	viewers := []string{"", "member", "other", "editor", "moderator", "guest"}
	sockets := map[string]*socket{}
	for _, who := range viewers {
		mine := names
		switch who {
		case "":
			mine = names[1:]
		case "member":
			mine = append(slices.Clone(names), "list "+list)
		}
		sockets[who] = h.socket(base, who, mine...)
	}
	timelines["list "+list] = "/api/v1/timelines/list/" + list

	h.write("other", post.Public, "Öffentlich zur #Kühlung")
	h.write("other", post.Unlisted, "Ungelistet zur #Kühlung")
	h.write("other", post.Followers, "Nur für Folgende zur #Kühlung")
	h.write("other", post.Direct, "Direkt an @member zur #Kühlung")
	h.write("editor", post.Direct, "Direkt an @other")
	top := h.thread("admin", "Von der Administration")
	h.answer("other", top, "Antwort auf Fremdes")
	h.answer("member", top, "Eigene Antwort")
	h.arrives("klima", "kuehlung", func(r *post.Received) { r.Tags = []string{"Kühlung"} })
	h.arrives("klima", "alt", func(r *post.Received) { r.PublishedAt = time.Now().Add(-30 * 24 * time.Hour) })
	h.must(h.Posts.Boost(t.Context(), h.people["other"], top.ID))
	h.quiet()

	told := 0
	for _, who := range viewers {
		got := map[string]map[string]any{}
		for _, m := range sockets[who].messages() {
			if m.Event != "update" {
				t.Errorf("%q hears %s on %v", who, m.Event, m.Stream)
				continue
			}
			var status map[string]any
			h.must(json.Unmarshal([]byte(*m.Payload), &status))
			name := strings.Join(m.Stream, " ")
			if got[name] == nil {
				got[name] = map[string]any{}
			}
			if _, twice := got[name][status["id"].(string)]; twice {
				t.Errorf("%q hears twice of %s on %s", who, status["id"], name)
			}
			got[name][status["id"].(string)] = status
		}
		for name, path := range timelines {
			if who == "" && name == "user" || strings.HasPrefix(name, "list") && who != "member" {
				continue
			}
			want := map[string]any{}
			for _, item := range h.as(who).get(path + separator(path) + "limit=40").list() {
				status := item.(map[string]any)
				if content, _ := status["uri"].(string); strings.Contains(content, "/alt") {
					continue // it came late
				}
				want[status["id"].(string)] = status
			}
			have := got[name]
			if have == nil {
				have = map[string]any{}
			}
			told += len(have)
			for id, status := range have {
				compared, _ := want[id].(map[string]any)
				if compared == nil {
					t.Errorf("%q hears of %s on %s and may not read it there: %v", who, id, name, status.(map[string]any)["content"])
					continue
				}
				if diff := cmp.Diff(settledParts(compared), settledParts(status.(map[string]any))); diff != "" {
					t.Errorf("%q hears of %s on %s otherwise than it is read: %s", who, id, name, diff)
				}
				delete(want, id)
			}
			for id, status := range want {
				// What was boosted stands at its boost now, and came by itself before.
				t.Errorf("%q reads %s in %s and does not hear of it: %v", who, id, name, status.(map[string]any)["content"])
			}
		}
	}
	if told < 25 {
		t.Errorf("only %d told", told)
	}
}

func separator(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// settledParts is a status without what goes on: its counters, and whether the reader has shared it meanwhile.
func settledParts(status map[string]any) map[string]any {
	clone := map[string]any{}
	for k, v := range status {
		inner, nested := v.(map[string]any)
		switch {
		case k == "reblogged" || k == "replies_count" || k == "reblogs_count" || k == "favourites_count" || k == "followers_count" || k == "following_count" || k == "statuses_count" || k == "last_status_at":
		case nested:
			clone[k] = settledParts(inner)
		default:
			clone[k] = v
		}
	}
	return clone
}

// TestStreamedChanges: edits come whole, of what went only the id, and only to those who could see it.
func TestStreamedChanges(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	h.follow("member", "other")
	open := h.write("other", post.Public, "Öffentlich")
	closed := h.write("other", post.Followers, "Für Folgende")
	secret := h.write("other", post.Direct, "Für @admin")
	stranger := h.thread("admin", "Fremdes")
	h.quiet()
	sockets := map[string]*socket{
		"": h.socket(base, "", "public"), "member": h.socket(base, "member", "user", "public"), "guest": h.socket(base, "guest", "user"),
	}
	expect := func(what string, want map[string][]string) {
		t.Helper()
		for who, s := range sockets {
			wanted := want[who]
			if wanted == nil {
				wanted = []string{}
			}
			got := s.all()
			slices.Sort(got)
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Errorf("%s: %q %s", what, who, diff)
			}
		}
	}
	edit := func(p post.Post) {
		t.Helper()
		h.exec(`UPDATE posts SET edited_at = now(), html = '<p>Neu</p>' WHERE id = $1`, p.ID)
	}
	id := func(p post.Post) string { return idText(p.ID) }
	edit(open)
	expect("edit of a public post", map[string][]string{
		"": {"public status.update " + id(open)}, "member": {"public status.update " + id(open), "user status.update " + id(open)},
	})
	edit(closed)
	edit(secret)
	expect("edit of what is for some", map[string][]string{"member": {"user status.update " + id(closed)}})
	h.must(h.Posts.Boost(t.Context(), h.people["other"], stranger.ID))
	var boost int64
	h.must(h.db.Get(&boost, `SELECT id FROM boosts`))
	expect("boost", map[string][]string{"member": {"user update " + idText(boost)}})
	edit(stranger)
	expect("edit of what was boosted", map[string][]string{
		"": {"public status.update " + id(stranger)}, "member": {"public status.update " + id(stranger), "user status.update " + id(stranger)},
	})
	h.must(h.Posts.Unboost(t.Context(), h.people["other"], stranger.ID))
	expect("a boost undone", map[string][]string{
		"": {"public delete " + idText(boost)}, "member": {"public delete " + idText(boost), "user delete " + idText(boost)}, "guest": {"user delete " + idText(boost)},
	})
	for _, p := range []post.Post{open, closed, secret} {
		h.must(h.Posts.Delete(t.Context(), h.people["other"], p.ID))
	}
	expect("withdrawn", map[string][]string{
		"":       {"public delete " + id(open)},
		"member": {"public delete " + id(open), "public delete " + id(closed), "user delete " + id(open), "user delete " + id(closed)},
		"guest":  {"user delete " + id(open)},
	})
	h.exec(`UPDATE posts SET favourites_count = 5`)
	expect("counters", nil)
}

// TestStreamedToOnePerson: notifications, conversations and filters come to whom they are for, where the token allows it.
func TestStreamedToOnePerson(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	all := h.socket(base, "member", "user", "user:notification", "direct")
	other := h.socket(base, "other", "user", "user:notification", "direct")
	h.tokens["statuses"] = h.token("member", "read:statuses")
	narrow := h.socket(base, "statuses", "user", "direct")
	p := h.thread("member", "Server abschalten")
	h.streamed()
	for _, s := range []*socket{all, other, narrow} {
		s.all()
	}
	h.must(h.Posts.Favourite(t.Context(), h.people["editor"], p.ID))
	h.work()
	told := h.as("member").get("/api/v1/notifications").ids()
	if len(told) != 1 {
		t.Fatalf("notifications %v", told)
	}
	expect := func(s *socket, want ...string) {
		t.Helper()
		got := s.all()
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
			t.Errorf("%s: %s", s.who, diff)
		}
	}
	expect(all, "user notification "+told[0], "user:notification notification "+told[0])
	expect(narrow)
	expect(other)
	// What is kept apart is not told.
	h.exec(`INSERT INTO notifications (id, account_id, kind, from_account_id, post_id, filtered) VALUES (5, $1, 'favourite', $2, $3, true)`, h.id("member"), h.id("guest"), p.ID)
	expect(all)

	h.exec(`INSERT INTO filters (id, account_id, title, contexts) VALUES (77, $1, 'x', '{home}')`, h.id("member"))
	h.exec(`INSERT INTO filter_keywords (id, filter_id, keyword) VALUES (78, 77, 'x')`)
	expect(all, "user filters_changed ", "user filters_changed ")
	expect(narrow, "user filters_changed ", "user filters_changed ")
	expect(other)
	h.exec(`DELETE FROM filters`)
	expect(all, "user filters_changed ")

	direct := h.write("other", post.Direct, "Nur an @member")
	conversations := h.as("member").get("/api/v1/conversations").ids()
	if len(conversations) != 1 {
		t.Fatalf("conversations %v", conversations)
	}
	found := false
	for _, m := range narrow.messages() {
		if m.Event == "conversation" && reflect.DeepEqual(m.Stream, []string{"direct"}) && idOf(m) == conversations[0] {
			found = strings.Contains(*m.Payload, idText(direct.ID))
		}
	}
	if !found {
		t.Error("of the conversation nothing was heard")
	}
}
