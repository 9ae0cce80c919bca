package mastodon

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/post"
)

const conversationsPath = "/api/v1/conversations"

// tell writes a direct status and returns its id; to is the status it answers, "" for none.
func (h *house) tell(who, text, to string) string {
	h.t.Helper()
	params := []string{"status", text, "visibility", "direct"}
	if to != "" {
		params = append(params, "in_reply_to_id", to)
	}
	return h.as(who).post(statusesPath, params...).wants(http.StatusOK).text("id")
}

func TestConversations(t *testing.T) {
	h := newHouse(t)
	first := h.tell("member", "@other unter uns", "")
	own := h.as("member").get(conversationsPath)
	theirs := h.as("other").get(conversationsPath)
	for name, c := range map[string]struct {
		reply
		unread bool
		with   string
	}{"who wrote": {own, false, "other"}, "who was written to": {theirs, true, "member"}} {
		if len(c.list()) != 1 || c.at("0.unread") != c.unread || c.text("0.accounts.0.username") != c.with || c.at("0.accounts.1") != nil || c.text("0.last_status.id") != first {
			t.Errorf("%s: %s", name, c.body)
		}
	}
	for _, who := range []string{"editor", "guest"} {
		if got := h.as(who).get(conversationsPath).ids(); len(got) != 0 {
			t.Errorf("%s has conversations of others: %v", who, got)
		}
	}
	id := theirs.text("0.id")
	if read := h.as("other").post(conversationsPath + "/" + id + "/read").wants(http.StatusOK); read.at("unread") != false || read.text("id") != id {
		t.Errorf("read: %s", read.body)
	}
	h.as("member").post(conversationsPath + "/" + id + "/read").wants(http.StatusNotFound) // it is the other's
	h.as("member").delete(conversationsPath + "/" + id).wants(http.StatusNotFound)

	second := h.tell("other", "@member gern", first)
	if r := h.as("member").get(conversationsPath); len(r.list()) != 1 || r.at("0.unread") != true || r.text("0.last_status.id") != second {
		t.Errorf("after the answer, who asked: %s", r.body)
	}
	if r := h.as("other").get(conversationsPath); r.at("0.unread") != false || r.text("0.id") != id {
		t.Errorf("after the answer, who answered: %s", r.body)
	}
	h.as("other").delete(conversationsPath + "/" + id).wants(http.StatusOK)
	if got := h.as("other").get(conversationsPath).ids(); len(got) != 0 {
		t.Errorf("deleted, but there: %v", got)
	}
	h.as("other").get(statusPath(second)).wants(http.StatusOK) // the posts stay
	h.as("member").put(statusPath(first), "status", "@other ganz unter uns").wants(http.StatusOK)
	if got := h.as("other").get(conversationsPath).ids(); len(got) != 0 {
		t.Errorf("an edit brings it back: %v", got)
	}
	third := h.tell("member", "@other noch etwas", second)
	if r := h.as("other").get(conversationsPath); r.at("0.unread") != true || r.text("0.last_status.id") != third {
		t.Errorf("something new does not bring it back: %s", r.body)
	}
	h.as("member").delete(statusPath(third)).wants(http.StatusOK)
	if r := h.as("other").get(conversationsPath); r.text("0.last_status.id") != second {
		t.Errorf("the last one was withdrawn: %s", r.body)
	}
	h.as("").get(conversationsPath).wants(http.StatusUnauthorized)
}

func TestConversationWithOtherServers(t *testing.T) {
	h := newHouse(t)
	received := h.arrives("fremd", "1", func(r *post.Received) {
		r.Visibility, r.MentionIDs = post.Direct, []int64{h.id("member"), h.id("klima")}
	})
	r := h.as("member").get(conversationsPath)
	if r.at("0.unread") != true || r.text("0.last_status.id") != idText(received.ID) || r.text("0.accounts.0.acct") != "fremd@m.example" || r.text("0.accounts.1.acct") != "klima@vitako.example" {
		t.Errorf("received: %s", r.body)
	}
	h.mute("member", "fremd")
	if got := h.as("member").get(conversationsPath).ids(); len(got) != 0 {
		t.Errorf("of who is muted: %v", got)
	}
	if got := h.as("member").get("/api/v1/timelines/direct").ids(); len(got) != 0 {
		t.Errorf("direct posts of who is muted: %v", got)
	}
	answer := h.tell("member", "@fremd@m.example danke", idText(received.ID))
	if r := h.as("member").get(conversationsPath); r.text("0.last_status.id") != answer {
		t.Errorf("one's own answer is shown: %s", r.body)
	}
}

// An answer that arrives before what it answers begins a conversation; the two become one.
func TestConversationWhoseBeginningArrivesLate(t *testing.T) {
	h := newHouse(t)
	to := []int64{h.id("member")}
	late := h.people["fremd"].URI + "/notes/anfang"
	h.arrives("fremd", "antwort", func(r *post.Received) {
		r.Visibility, r.MentionIDs, r.InReplyToURI = post.Direct, to, late
	})
	h.arrives("fremd", "anfang", func(r *post.Received) {
		r.URI, r.Visibility, r.MentionIDs, r.PublishedAt = late, post.Direct, to, time.Now().Add(-2*time.Hour)
	})
	if r := h.as("member").get(conversationsPath); len(r.list()) != 1 || r.at("0.unread") != true {
		t.Errorf("conversations: %s", r.body)
	}
}

func TestConversationsArePaged(t *testing.T) {
	h := newHouse(t)
	for range 5 {
		h.tell("member", "@other", "")
	}
	h.tell("editor", "nur an mich", "")
	if r := h.as("editor").get(conversationsPath); len(r.list()) != 1 || r.text("0.accounts.0.username") != "editor" {
		t.Errorf("with nobody else: %s", r.body)
	}
	all := h.as("other").get(conversationsPath).ids()
	var got []string
	for next := conversationsPath + "?limit=2"; next != ""; {
		r := h.as("other").get(next)
		got, next = append(got, r.ids()...), r.page("next")
	}
	if len(all) != 5 || !slices.Equal(got, all) {
		t.Errorf("by pages %v, at once %v", got, all)
	}
}

func TestDirectTimeline(t *testing.T) {
	h := newHouse(t)
	a := h.tell("member", "@other eins", "")
	b := h.tell("other", "@member zwei", a)
	c := h.tell("member", "für mich", "")
	h.tell("editor", "@guest drei", "")
	h.write("other", post.Followers, "@member nicht direkt")
	if got, want := h.as("member").get("/api/v1/timelines/direct").ids(), []string{c, b, a}; !slices.Equal(got, want) {
		t.Errorf("direct %v, want %v", got, want)
	}
	first := h.as("member").get("/api/v1/timelines/direct", "limit", "2")
	if got := h.as("member").get(first.page("next")).ids(); !slices.Equal(got, []string{a}) {
		t.Errorf("second page %v", got)
	}
	above := h.as("member").get("/api/v1/timelines/direct", "min_id", a, "limit", "1")
	if got := above.ids(); !slices.Equal(got, []string{b}) {
		t.Errorf("right above: %v", got)
	}
	h.as("").get("/api/v1/timelines/direct").wants(http.StatusUnauthorized)
}
