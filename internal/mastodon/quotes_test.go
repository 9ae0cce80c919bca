package mastodon

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/post"
)

// TestQuotedStatus: a client quotes; the quote is shown one level deep, and to nobody who may not see what is quoted.
func TestQuotedStatus(t *testing.T) {
	h := newHouse(t)
	original := h.thread("other", "Kühlung")
	first := h.as("member").post("/api/v1/statuses", "status", "Lesenswert", "quoted_status_id", idText(original.ID)).wants(http.StatusOK)
	for path, want := range map[string]any{
		"quote.state": "accepted", "quote.quoted_status.id": idText(original.ID), "quote.quoted_status.account.username": "other",
		"quote.quoted_status.quote": nil, "quote_approval.current_user": "automatic",
	} {
		if got := first.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if got := first.text("content"); !strings.HasPrefix(got, `<p class="quote-inline">RE: <a href="`+original.URL) || !strings.Contains(got, "Lesenswert") {
		t.Errorf("content %s", got)
	}
	second := h.as("editor").post("/api/v1/statuses", "status", "Das auch", "quoted_status_id", first.text("id")).wants(http.StatusOK)
	if second.at("quote.quoted_status.id") != first.at("id") || second.at("quote.quoted_status.quote.quoted_status_id") != idText(original.ID) || second.at("quote.quoted_status.quote.quoted_status") != nil {
		t.Errorf("a quote of a quote: %s", second.body)
	}
	h.block("other", "guest")
	if r := h.as("guest").get(statusPath(first.text("id"))).wants(http.StatusOK); r.at("quote.state") != "unauthorized" || r.at("quote.quoted_status") != nil {
		t.Errorf("somebody blocked sees %s", r.body)
	}
	hidden := h.write("member", post.Followers, "Nur für Folgende")
	h.as("member").post("/api/v1/statuses", "status", "x", "quoted_status_id", idText(hidden.ID)).wants(http.StatusForbidden)
	h.as("other").post("/api/v1/statuses", "status", "x", "quoted_status_id", idText(hidden.ID)).wants(http.StatusNotFound)
	h.as("member").post("/api/v1/statuses", "status", "x", "quoted_status_id", "7").wants(http.StatusNotFound)
	h.as("member").post("/api/v1/statuses", "status", "x", "quoted_status_id", idText(original.ID), "scheduled_at", time.Now().Add(time.Hour).Format(time.RFC3339)).wants(http.StatusUnprocessableEntity)
	if got := h.as("member").get(statusPath(idText(original.ID))).at("quote"); got != nil {
		t.Errorf("what quotes nothing has the quote %v", got)
	}
}

// TestConvertedStatus: clients know no events and links: title, when and where, text and the way to the origin are the content, and
// there is a card.
func TestConvertedStatus(t *testing.T) {
	h := newHouse(t)
	meeting := h.arrives("klima", "termin", func(r *post.Received) {
		r.Kind, r.Title, r.HTML = post.Event, "Austausch: Abwärme", "<p>Mit Messwerten</p>"
	})
	start := time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)
	tx, err := h.db.BeginTxx(t.Context(), nil)
	h.must(err)
	h.must(h.Events.Receive(t.Context(), tx, meeting, event.Received{StartsAt: start, Place: "Rathaus <Kiel>", URL: "https://konferenz.example/raum", Status: event.Cancelled}))
	h.must(tx.Commit())
	r := h.as("member").get(statusPath(idText(meeting.ID))).wants(http.StatusOK)
	content := r.text("content")
	at := -1
	for _, part := range []string{"<p><strong>Austausch: Abwärme</strong></p>", "<strong>Abgesagt</strong>", "20. November 2026, 17:00", "Rathaus &lt;Kiel&gt;", `href="https://konferenz.example/raum"`, "Mit Messwerten", meeting.URL} {
		next := strings.Index(content, part)
		if next <= at {
			t.Errorf("%q stands at %d, after %d: %s", part, next, at, content)
		}
		at = next
	}
	if r.text("card.url") != meeting.URL || r.text("card.title") != "Austausch: Abwärme" || r.text("card.type") != "link" || r.text("card.provider_name") != "vitako.example" {
		t.Errorf("card %v", r.at("card"))
	}
	video := h.arrives("klima", "video", func(r *post.Received) {
		r.Kind, r.Title, r.Summary, r.HTML = post.Link, "Rundgang", "In drei Minuten", ""
	})
	if got := h.as("member").get(statusPath(idText(video.ID))); !strings.HasPrefix(got.text("content"), "<p><strong>Rundgang</strong></p><p>In drei Minuten</p>") || got.text("card.description") != "In drei Minuten" {
		t.Errorf("a video is %s", got.body)
	}
}
