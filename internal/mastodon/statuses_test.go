package mastodon

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

const statusesPath = "/api/v1/statuses"

func statusPath(id string, rest ...string) string {
	return statusesPath + "/" + strings.Join(append([]string{id}, rest...), "/")
}

func TestCreateStatus(t *testing.T) {
	h := newHouse(t)
	r := h.as("member").json(http.MethodPost, statusesPath, map[string]any{
		"status": "Kolleg*innen,\nhallo #Abwärme @other\n\nhttps://x.example/a", "language": "en", "visibility": "unlisted", "spoiler_text": "Lang",
		"media_ids": []string{}, "poll": nil, "quoted_status_id": "",
	}).wants(http.StatusOK)
	for path, want := range map[string]any{
		"visibility": "unlisted", "language": "en", "spoiler_text": "Lang", "sensitive": true, "in_reply_to_id": nil, "in_reply_to_account_id": nil,
		"reblog": nil, "edited_at": nil, "card": nil, "poll": nil, "replies_count": 0.0, "favourited": false, "reblogged": false, "bookmarked": false,
		"muted": false, "pinned": false, "account.username": "member", "account.acct": "member", "tags.0.name": "Abwärme", "mentions.0.username": "other",
		"mentions.0.acct": "other", "application": nil,
	} {
		if got := r.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	content := r.text("content")
	if !strings.HasPrefix(content, "<p>Kolleg*innen,<br>hallo <a ") || !strings.Contains(content, `</p><p><a href="https://x.example/a"`) {
		t.Errorf("content %q", content)
	}
	for _, empty := range []string{"media_attachments", "emojis", "filtered"} {
		if list, ok := r.at(empty).([]any); !ok || len(list) != 0 {
			t.Errorf("%s is %v, want []", empty, r.at(empty))
		}
	}
	source := h.as("member").get(statusPath(r.text("id"), "source"))
	if got := source.text("text"); got != "Kolleg*innen,\nhallo #Abwärme @other\n\nhttps://x.example/a" {
		t.Errorf("source %q", got)
	}
	if got := source.text("spoiler_text"); got != "Lang" {
		t.Errorf("spoiler of the source %q", got)
	}
	h.as("other").get(statusPath(r.text("id"), "source")).wants(http.StatusNotFound)
	visitor := h.as("").get(statusPath(r.text("id"))).object()
	for _, mine := range []string{"favourited", "reblogged", "bookmarked", "muted", "pinned", "filtered", "text"} {
		if v, ok := visitor[mine]; ok {
			t.Errorf("a visitor is told %s: %v", mine, v)
		}
	}
	if _, ok := h.as("other").get(statusPath(r.text("id"))).object()["pinned"]; ok {
		t.Error("others are told whether it is pinned")
	}
}

func TestCreateStatusRefuses(t *testing.T) {
	h := newHouse(t)
	hidden := h.write("other", post.Followers, "Nur für Folgende")
	for _, test := range []struct {
		name, who string
		params    []string
		status    int
	}{
		{"nothing", "member", nil, http.StatusUnprocessableEntity},
		{"blanks", "member", []string{"status", " \n "}, http.StatusUnprocessableEntity},
		{"too long", "member", []string{"status", strings.Repeat("ä", post.MaxNote+1)}, http.StatusUnprocessableEntity},
		{"a warning too long", "member", []string{"status", "x", "spoiler_text", strings.Repeat("ä", 501)}, http.StatusUnprocessableEntity},
		{"an unknown visibility", "member", []string{"status", "x", "visibility", "limited"}, http.StatusUnprocessableEntity},
		{"media that is not there", "member", []string{"status", "x", "media_ids[]", "1"}, http.StatusUnprocessableEntity},
		{"a poll of one answer", "member", []string{"status", "x", "poll[options][]", "ja", "poll[expires_in]", "3600"}, http.StatusUnprocessableEntity},
		{"an answer to what is not there", "member", []string{"status", "x", "in_reply_to_id", "1"}, http.StatusNotFound},
		{"an answer to nonsense", "member", []string{"status", "x", "in_reply_to_id", "abc"}, http.StatusNotFound},
		{"an answer to what one may not see", "member", []string{"status", "x", "in_reply_to_id", idText(hidden.ID)}, http.StatusNotFound},
		{"a guest who begins", "guest", []string{"status", "x"}, http.StatusForbidden},
		{"a visitor", "", []string{"status", "x"}, http.StatusUnauthorized},
	} {
		r := h.as(test.who).post(statusesPath, test.params...).wants(test.status)
		if words := r.text("error"); words == "" || strings.Contains(words, "{{") || strings.HasPrefix(words, "error.") {
			t.Errorf("%s: error %q", test.name, words)
		}
	}
	h.as("member").post(statusesPath, "status", strings.Repeat("ä", post.MaxNote)).wants(http.StatusOK)
}

func TestAnswer(t *testing.T) {
	h := newHouse(t)
	thread := h.write("other", post.Unlisted, "Frage")
	r := h.as("guest").post(statusesPath, "status", "Antwort", "in_reply_to_id", idText(thread.ID), "visibility", "public").wants(http.StatusOK)
	for path, want := range map[string]any{
		"in_reply_to_id": idText(thread.ID), "in_reply_to_account_id": idText(h.id("other")), "visibility": "unlisted", "mentions.0.username": "other",
	} {
		if got := r.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	comment := h.as("member").post(statusesPath, "status", "Wie teuer war das?", "in_reply_to_id", idText(h.practice("editor", nil).ID)).wants(http.StatusOK)
	p := h.ground.Get(parseID(comment.text("id")))
	if p.BoardID == nil || *p.BoardID != h.people[account.CatalogUsername].ID || p.ThreadID == p.ID {
		t.Errorf("the comment stands on board %v in thread %d", p.BoardID, p.ThreadID)
	}
	boost := h.as("member").post(statusPath(idText(thread.ID), "reblog")).wants(http.StatusOK)
	toBoost := h.as("guest").post(statusesPath, "status", "Auch hier", "in_reply_to_id", boost.text("id")).wants(http.StatusOK)
	if got := toBoost.text("in_reply_to_id"); got != idText(thread.ID) {
		t.Errorf("an answer to a boost answers %s, want the post %d", got, thread.ID)
	}
}

func TestDefaultsOfTheAccount(t *testing.T) {
	h := newHouse(t)
	h.exec(`UPDATE accounts SET default_visibility = 'followers', default_sensitive = true, language = 'en' WHERE id = $1`, h.id("member"))
	r := h.as("member").post(statusesPath, "status", "x").wants(http.StatusOK)
	if r.text("visibility") != "private" || r.at("sensitive") != true || r.text("language") != "en" {
		t.Errorf("visibility %v, sensitive %v, language %v", r.at("visibility"), r.at("sensitive"), r.at("language"))
	}
	r = h.as("member").post(statusesPath, "status", "x", "visibility", "public", "sensitive", "false", "language", "de").wants(http.StatusOK)
	if r.text("visibility") != "public" || r.at("sensitive") != false || r.text("language") != "de" {
		t.Errorf("what is sent does not win: %s", r.body)
	}
}

func TestMentionsOfStrangersAreLookedUp(t *testing.T) {
	h := newHouse(t)
	h.others.lives("neu", "n.example")
	r := h.as("member").post(statusesPath, "status", "Guten Tag @neu@n.example und @weg@n.example", "visibility", "direct").wants(http.StatusOK)
	if got := r.text("mentions.0.acct"); got != "neu@n.example" {
		t.Errorf("mentioned %q", got)
	}
	if !h.others.wasAsked("weg@n.example") || h.others.wasAsked("member@sh.example") {
		t.Error("lookups are not what they should be")
	}
}

func TestSameKeySameStatus(t *testing.T) {
	h := newHouse(t)
	send := func(who, key string) reply {
		return h.as(who).with("Idempotency-Key", key).post(statusesPath, "status", "Nur einmal")
	}
	first := send("member", "k1").wants(http.StatusOK).text("id")
	if again := send("member", "k1").wants(http.StatusOK).text("id"); again != first {
		t.Errorf("the same key made %s after %s", again, first)
	}
	for _, other := range []reply{send("member", "k2"), send("other", "k1")} {
		if other.wants(http.StatusOK).text("id") == first {
			t.Error("another key or another person got the same status")
		}
	}
	h.exec(`UPDATE idempotency_keys SET created_at = now() - interval '61 minutes'`)
	if later := send("member", "k1").wants(http.StatusOK).text("id"); later == first {
		t.Error("after an hour the key is still known")
	}
	send("member", strings.Repeat("x", 5_000)).wants(http.StatusOK)
	send("member", "\xff\xfe").wants(http.StatusOK)
}

func TestSameKeyAtTheSameMoment(t *testing.T) {
	h := newHouse(t)
	media := h.as("member").upload(http.MethodPost, "/api/v2/media", "file", "a.png", picture(t, 4, 4)).wants(http.StatusOK).text("id")
	const senders = 6
	ids := make([]string, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			r := h.as("member").with("Idempotency-Key", "gleich").post(statusesPath, "status", "Nur einmal", "media_ids[]", media)
			if r.StatusCode != http.StatusOK {
				t.Errorf("status %d: %s", r.StatusCode, r.body)
				return
			}
			ids[i] = r.text("id")
		})
	}
	wg.Wait()
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
		t.Errorf("one key made the statuses %v", ids)
	}
	var posts int
	h.must(h.db.Get(&posts, `SELECT count(*) FROM posts WHERE account_id = $1`, h.id("member")))
	if posts != 1 {
		t.Errorf("%d posts are stored", posts)
	}
}

// Each way to ask for a status, of each post that the reader must not see, is a 404; actions have no effect.
func TestStatusVisibility(t *testing.T) {
	h := newHouse(t)
	h.block("moderator", "member") // whom the author blocks
	posts := map[string]post.Post{
		"public": h.write("moderator", post.Public, "öffentlich"), "followers": h.write("moderator", post.Followers, "folgende"),
		"direct": h.write("moderator", post.Direct, "direkt @editor"), "withdrawn": h.write("moderator", post.Public, "weg"),
	}
	h.must(h.Posts.Delete(t.Context(), h.people["moderator"], posts["withdrawn"].ID))
	draft, err := h.Practices.SaveDraft(t.Context(), h.people["moderator"], 0, practice.Draft{Title: "Entwurf eines Beispiels"})
	h.must(err)
	posts["draft"] = post.Post{ID: draft}
	h.follow("other", "moderator")
	may := map[string][]string{
		"":          {"public"},
		"member":    {},
		"guest":     {"public"},
		"other":     {"public", "followers"},
		"editor":    {"public", "direct"},
		"moderator": {"public", "followers", "direct"},
	}
	for who, seen := range may {
		for name, p := range posts {
			want := http.StatusNotFound
			if slices.Contains(seen, name) {
				want = http.StatusOK
			}
			for _, rest := range []string{"", "context", "history", "card", "favourited_by", "reblogged_by"} {
				path := strings.TrimSuffix(statusPath(idText(p.ID), rest), "/")
				if r := h.as(who).get(path); r.StatusCode != want {
					t.Errorf("%q asks for %s of what is %s: %d, want %d", who, rest, name, r.StatusCode, want)
				}
			}
			if got := h.as(who).get(statusesPath, "id[]", idText(p.ID)).ids(); len(got) == 1 != (want == http.StatusOK) {
				t.Errorf("%q asks for what is %s by a list: %v", who, name, got)
			}
			if who == "" || want == http.StatusOK {
				continue
			}
			for _, verb := range []string{"favourite", "reblog", "bookmark", "mute", "pin", "unfavourite", "unreblog", "unbookmark", "unmute", "unpin"} {
				h.as(who).post(statusPath(idText(p.ID), verb)).wants(http.StatusNotFound)
			}
			h.as(who).put(statusPath(idText(p.ID)), "status", "meins").wants(http.StatusNotFound)
			h.as(who).delete(statusPath(idText(p.ID))).wants(http.StatusNotFound)
		}
	}
	for _, table := range []string{"favourites", "boosts", "bookmarks", "thread_mutes", "pins"} {
		var n int
		h.must(h.db.Get(&n, `SELECT count(*) FROM `+table))
		if n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

func TestStatusesByID(t *testing.T) {
	h := newHouse(t)
	a, b := h.thread("member", "Erstens"), h.thread("member", "Zweitens")
	got := h.as("").get(statusesPath, "id[]", idText(b.ID), "id[]", "1", "id[]", "x", "id[]", idText(a.ID), "id[]", idText(b.ID)).ids()
	if want := []string{idText(b.ID), idText(a.ID)}; !slices.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	if got := h.as("").get(statusesPath).ids(); len(got) != 0 {
		t.Errorf("no ids asked for, %v given", got)
	}
}

func TestContext(t *testing.T) {
	h := newHouse(t)
	root := h.thread("member", "Wurzel")
	a := h.answer("other", root, "a")
	h.answer("editor", root, "b")
	a1 := h.answer("moderator", a, "a1")
	a11 := h.answer("member", a1, "a11")
	a2 := h.answer("member", a, "a2")
	h.ground.Write(h.people["member"], post.Draft{InReplyToID: a.ID, Source: "nur für @other", Visibility: post.Direct})
	secret := func(who string) (above, below []string) {
		r := h.as(who).get(statusPath(idText(a.ID), "context")).wants(http.StatusOK)
		var c Context
		r.into(&c)
		for _, s := range c.Ancestors {
			above = append(above, s.ID)
		}
		for _, s := range c.Descendants {
			below = append(below, s.ID)
		}
		return above, below
	}
	ids := func(posts ...post.Post) (list []string) {
		for _, p := range posts {
			list = append(list, idText(p.ID))
		}
		return list
	}
	above, below := secret("")
	if want := ids(root); !slices.Equal(above, want) {
		t.Errorf("ancestors %v, want %v", above, want)
	}
	if want := ids(a1, a11, a2); !slices.Equal(below, want) {
		t.Errorf("descendants %v, want %v", below, want)
	}
	if _, below = secret("other"); len(below) != 4 {
		t.Errorf("whom it is for sees %d descendants, want 4", len(below))
	}
	// Who is muted or blocked is left out, what was answered to them stays.
	h.mute("guest", "moderator")
	if _, below = secret("guest"); !slices.Equal(below, ids(a11, a2)) {
		t.Errorf("descendants without the muted one %v", below)
	}
	h.block("guest", "member")
	if above, below = secret("guest"); len(above) != 0 || len(below) != 0 {
		t.Errorf("of the blocked one: %v, %v", above, below)
	}
	deep := h.as("").get(statusPath(idText(a11.ID), "context"))
	for i, p := range []post.Post{root, a, a1} {
		if got := deep.text(fmt.Sprintf("ancestors.%d.id", i)); got != idText(p.ID) {
			t.Errorf("ancestor %d is %s, want %d", i, got, p.ID)
		}
	}
	h.must(h.Posts.Delete(t.Context(), h.people["moderator"], a1.ID))
	if _, below = secret(""); !slices.Equal(below, ids(a11, a2)) {
		t.Errorf("descendants without the withdrawn one %v", below)
	}

}

func TestContextOfAloneStatusHasNoNulls(t *testing.T) {
	h := newHouse(t)
	p := h.thread("member", "Allein")
	if got := strings.TrimSpace(string(h.as("").get(statusPath(idText(p.ID), "context")).body)); got != `{"ancestors":[],"descendants":[]}` {
		t.Errorf("context %s", got)
	}
}
