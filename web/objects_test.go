package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// quotes publishes a note that quotes a post, and returns its id.
func (h *house) quotes(t *testing.T, role string, quotedID int64) int64 {
	t.Helper()
	part, err := h.Quotes.Of(t.Context(), h.people[role], quotedID)
	must(t, err)
	p, err := h.Posts.Create(t.Context(), h.people[role], post.Draft{Untitled: true, Source: "Das ist lesenswert.", Visibility: post.Public, Language: "de", Parts: []post.Part{part}})
	must(t, err)
	return p.ID
}

// arrived is what another server wrote on our forum's board; extra stores what is more than text.
func (h *house) arrived(t *testing.T, r post.Received, extra func(tx *sqlx.Tx, p post.Post) error) post.Post {
	t.Helper()
	author, err := h.Accounts.Receive(t.Context(), remote(account.Person, "klima", "vitako.example"))
	must(t, err)
	forum, err := h.Accounts.ForumID(t.Context())
	must(t, err)
	r.AuthorID, r.BoardID, r.Visibility, r.Language = author.ID, &forum, post.Public, "de"
	r.PublishedAt = time.Now().Add(-time.Hour)
	p, _, err := h.Posts.Receive(t.Context(), r, extra)
	must(t, err)
	return p
}

func (h *house) meeting(t *testing.T, status event.Status, zone string) post.Post {
	t.Helper()
	start := time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)
	end := start.Add(150 * time.Minute)
	return h.arrived(t, post.Received{
		URI: "https://vitako.example/events/" + string(status) + zone, URL: "https://vitako.example/events/7", Kind: post.Event, Title: "Austausch: Abwärme der Kommunen", HTML: "<p>Bitte bringen Sie Messwerte mit.</p>",
	}, func(tx *sqlx.Tx, p post.Post) error {
		return h.Events.Receive(t.Context(), tx, p, event.Received{
			StartsAt: start, EndsAt: &end, TimeZone: zone, Place: "Rathaus Kiel", Address: "Fleethörn 9, 24103 Kiel", URL: "https://konferenz.example/raum", Organizers: []string{"Stadt Kiel", "Vitako"}, Status: status,
		})
	})
}

// TestEventPage: a visitor reads when, where and whether, in the clocks of the place.
func TestEventPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	place := fmt.Sprintf("/diskussionen/%d", h.meeting(t, event.Confirmed, "Europe/Berlin").ID)
	page := h.get(t, visitorName, place).wants(t, http.StatusOK)
	if got := page.text("main h1"); got != "Austausch: Abwärme der Kommunen" {
		t.Errorf("heading %q", got)
	}
	if got := page.text("main .event dl"); !strings.Contains(got, "20. November 2026, 17:00") || !strings.Contains(got, "bis 19:30") || !strings.Contains(got, "Rathaus Kiel, Fleethörn 9, 24103 Kiel") ||
		!strings.Contains(got, "Stadt Kiel, Vitako") || strings.Contains(got, "Ortszeit") {
		t.Errorf("the event says %q", got)
	}
	if got, _ := page.Find("main .event time").Attr("datetime"); got != "2026-11-20T16:00:00Z" {
		t.Errorf("datetime %q", got)
	}
	if got, _ := page.Find("main .event dd a").Attr("href"); got != "https://konferenz.example/raum" {
		t.Errorf("link to %q", got)
	}
	if page.Find("main .post__actions a[href='https://vitako.example/events/7']").Length() != 1 {
		t.Error("no link to the origin")
	}
	cancelled := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", h.meeting(t, event.Cancelled, "").ID))
	if got := cancelled.text("main .event .kern-badge"); got != "Abgesagt" || cancelled.Find("main .event time s").Length() != 1 {
		t.Errorf("a cancelled event says %q", got)
	}
	far := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", h.meeting(t, event.Tentative, "America/New_York").ID))
	if got := far.text("main .event"); !strings.Contains(got, "20. November 2026, 11:00") || !strings.Contains(got, "(Ortszeit America/New_York)") || !strings.Contains(got, "Noch nicht sicher") {
		t.Errorf("an event far away says %q", got)
	}
	if got := h.get(t, visitorName, "/diskussionen").text("main"); !strings.Contains(got, "Austausch: Abwärme der Kommunen") {
		t.Error("the event is not on the board")
	}
}

// TestLinkPages: what is elsewhere is shown with title, text or summary, and the way there.
func TestLinkPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	video := h.arrived(t, post.Received{URI: "https://vitako.example/v/1", URL: "https://vitako.example/w/1", Kind: post.Link, Title: "Rundgang", Summary: "Das neue Rechenzentrum in drei Minuten"},
		func(tx *sqlx.Tx, p post.Post) error {
			return h.Media.Receive(t.Context(), tx, p, []media.Received{{URL: "https://vitako.example/v/1.mp4", Kind: media.Video, ContentType: "video/mp4"}})
		})
	page := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", video.ID)).wants(t, http.StatusOK)
	if got := page.text("main .post"); page.text("main h1") != "Rundgang" || !strings.Contains(got, "Das neue Rechenzentrum in drei Minuten") {
		t.Errorf("a video is shown as %q", got)
	}
	for _, address := range []string{"https://vitako.example/w/1", "https://vitako.example/v/1.mp4"} {
		if page.Find("main .post a[href='"+address+"']").Length() != 1 {
			t.Errorf("no link to %s", address)
		}
	}
	article := h.arrived(t, post.Received{URI: "https://vitako.example/a/1", URL: "https://vitako.example/a/1", Kind: post.Article, Title: "Bilanz", Summary: "Ein Jahr in Zahlen", HTML: "<p>Der ganze Text</p>"}, nil)
	if got := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", article.ID)).text("main .post"); !strings.Contains(got, "Der ganze Text") {
		t.Errorf("an article is shown as %q", got)
	}
	practiceID, err := h.Practices.Publish(t.Context(), h.people["member"], 0, sampleDraft())
	must(t, err)
	board := h.get(t, visitorName, "/diskussionen")
	for _, p := range []post.Post{video, article} {
		if board.Find(fmt.Sprintf("main a[href='/diskussionen/%d']", p.ID)).Length() != 1 {
			t.Errorf("%q is not among the discussions", p.Title)
		}
	}
	if board.Find(fmt.Sprintf("main a[href='/diskussionen/%d']", practiceID)).Length() != 0 || !strings.Contains(board.text("main"), video.Summary) {
		t.Errorf("the discussions are %q", board.text("main"))
	}
	profile := h.get(t, visitorName, "/@klima@vitako.example").text("main")
	for _, want := range []string{"Rundgang", "Das neue Rechenzentrum in drei Minuten", "Bilanz", "Ein Jahr in Zahlen"} {
		if !strings.Contains(profile, want) {
			t.Errorf("the list of posts lacks %q", want)
		}
	}
	if got := h.get(t, "member", "/suche?q="+url.QueryEscape("Rundgang")).text("main"); !strings.Contains(got, "Rundgang") {
		t.Errorf("the search finds %q", got)
	}
}

// TestQuotePage: a member quotes from a post; the quote is shown with author and link, one level deep; whoever may not see the quoted
// post sees none of it; its author takes it back.
func TestQuotePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	original := h.note(t, "member", "Wir messen den Strom jedes Schranks.", "")
	form := h.get(t, "editor", fmt.Sprintf("/beitraege/%d", original.ID))
	if form.StatusCode == http.StatusSeeOther {
		form = h.get(t, "editor", form.Header.Get("Location"))
	}
	href, _ := form.Find("main .post__actions a[href*='zitat=']").Attr("href")
	if href != fmt.Sprintf("/diskussionen/neu?zitat=%d", original.ID) {
		t.Fatalf("the action leads to %q", href)
	}
	writing := h.get(t, "editor", href).wants(t, http.StatusOK)
	if got := writing.text("main form .quote"); !strings.Contains(got, "Wir messen den Strom") {
		t.Errorf("the form shows %q", got)
	}
	title, _ := writing.Find("main form input[name=title]").Attr("value")
	if title != "Zu: Wir messen den Strom jedes Schranks." {
		t.Errorf("proposed title %q", title)
	}
	answer := h.post(t, "editor", "/beitraege", url.Values{"title": {"Zur Messung"}, "source": {"Das sollten alle tun."}, "visibility": {"public"}, "zitat": {fmt.Sprint(original.ID)}}).wants(t, http.StatusSeeOther)
	place := answer.Header.Get("Location")
	page := h.get(t, visitorName, place).wants(t, http.StatusOK)
	quoted := page.Find("main .post blockquote.quote")
	if got := quoted.Text(); quoted.Length() != 1 || !strings.Contains(got, "Wir messen den Strom jedes Schranks.") || !strings.Contains(got, "Stelle member") {
		t.Errorf("the quote shows %q", got)
	}
	if got, _ := quoted.Find("a.post__time").Attr("href"); got != fmt.Sprintf("/beitraege/%d", original.ID) {
		t.Errorf("the quote leads to %q", got)
	}
	var id int64
	if _, err := fmt.Sscanf(place, "/diskussionen/%d", &id); err != nil {
		t.Fatal(err)
	}
	// One level: a quote of a quote shows the words of the second only.
	outer := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", h.quotes(t, "moderator", id)))
	if got := outer.text("main .post"); !strings.Contains(got, "Das sollten alle tun.") || strings.Contains(got, "Wir messen den Strom") || outer.Find("main .quote .quote").Length() != 0 {
		t.Errorf("a quote of a quote shows %q", got)
	}
	// Whom the author blocks sees the post that quotes, without the quote.
	must(t, h.Relationships.Block(t.Context(), h.people["member"], h.people["guest"].ID))
	if got := h.get(t, "guest", place).text("main .post"); !strings.Contains(got, "Das sollten alle tun.") || strings.Contains(got, "Wir messen den Strom") || !strings.Contains(got, "nicht mehr zu sehen") {
		t.Errorf("somebody blocked reads %q", got)
	}
	revoke := fmt.Sprintf("/beitraege/%d/zitat-zuruecknehmen", id)
	if h.get(t, "editor", place).Find("form[action='"+revoke+"']").Length() != 0 || h.get(t, "member", place).Find("form[action='"+revoke+"']").Length() != 1 {
		t.Error("not exactly the quoted author is offered to take the quote back")
	}
	h.post(t, "member", revoke, nil).wants(t, http.StatusSeeOther)
	if got := h.get(t, visitorName, place).text("main .post"); strings.Contains(got, "Wir messen den Strom") {
		t.Errorf("after it was taken back: %q", got)
	}
	hidden := h.arrived(t, post.Received{URI: "https://vitako.example/n/9", Kind: post.Note, HTML: "<p>Seht her</p>"}, func(tx *sqlx.Tx, p post.Post) error {
		return h.Quotes.Receive(t.Context(), tx, p, quote.Received{URI: original.URI}, 0)
	})
	unproved := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", hidden.ID))
	if got := unproved.text("main .post"); strings.Contains(got, "Wir messen den Strom") || unproved.Find("main .post a[href='"+original.URI+"']").Length() != 1 {
		t.Errorf("without a stamp: %q", got)
	}
}
