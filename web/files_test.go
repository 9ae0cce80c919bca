package web

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// ask publishes a discussion that asks something.
func (h *house) ask(t *testing.T, by string, d poll.Draft, more ...post.Part) post.Post {
	t.Helper()
	p, err := h.Posts.Create(t.Context(), h.people[by], post.Draft{
		Title: "Wann treffen wir uns?", Source: "Bitte wählen", Kind: post.Question, Parts: append([]post.Part{h.Polls.Ask(d)}, more...),
	})
	must(t, err)
	return p
}

// TestPoll walks through a poll in the browser: choosing, the mistakes, how it stands, its end.
func TestPoll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.ask(t, "member", poll.Draft{Options: []string{"Montag <früh>", "Dienstag"}, ExpiresIn: time.Hour, HideTotals: true})
	page := fmt.Sprintf("/diskussionen/%d", p.ID)
	vote := fmt.Sprintf("/beitraege/%d/abstimmen", p.ID)

	visitor := h.get(t, "", page).wants(t, http.StatusOK)
	if got := visitor.text(".poll"); visitor.Find(".poll form").Length() != 0 || !strings.Contains(got, "Montag <früh>") || strings.Contains(got, "%") || !strings.Contains(got, "Ergebnis erscheint") {
		t.Errorf("a visitor sees %q", got)
	}
	if own := h.get(t, "member", page); own.Find(".poll form").Length() != 0 {
		t.Error("the author may vote")
	}
	form := h.get(t, "guest", page).Find(".poll form")
	if action, _ := form.Attr("action"); action != vote || form.Find("input[type=radio][name=wahl]").Length() != 2 || form.Find("legend").Length() != 1 {
		t.Fatalf("form: %s", form.Text())
	}
	form.Find("input[type=radio]").Each(func(_ int, s *goquery.Selection) {
		if id, _ := s.Attr("id"); form.Find(`label[for="`+id+`"]`).Length() != 1 {
			t.Errorf("no label for %s", id)
		}
	})

	say := func(role string, choices ...string) string {
		t.Helper()
		a := h.post(t, role, vote, url.Values{"wahl": choices, "weiter": {page}})
		a.leadsTo(t, page)
		for _, c := range a.Cookies() {
			if c.Name == flashCookie {
				return c.Value
			}
		}
		return ""
	}
	for _, c := range []struct {
		role    string
		choices []string
		flash   string
	}{
		{"member", []string{"0"}, "danger:flash.poll.own"},
		{"guest", nil, "danger:flash.poll.choice"},
		{"guest", []string{"2"}, "danger:flash.poll.choice"},
		{"guest", []string{"x"}, "danger:flash.poll.choice"},
		{"guest", []string{"0", "1"}, "danger:flash.poll.single"},
		{"guest", []string{"0"}, "success:flash.poll.done"},
		{"guest", []string{"1"}, "danger:flash.poll.voted"},
	} {
		if got := say(c.role, c.choices...); got != c.flash {
			t.Errorf("%s votes %v: %q, want %q", c.role, c.choices, got, c.flash)
		}
		if words := h.I18n.For("de").T(c.flash[strings.Index(c.flash, ":")+1:]); strings.HasPrefix(words, "flash.") {
			t.Errorf("no words for %s", words)
		}
	}
	h.post(t, "", vote, url.Values{"wahl": {"0"}}).wants(t, http.StatusUnauthorized)
	if got := h.get(t, "guest", page).text(".poll"); !strings.Contains(got, "Ihre Wahl") || strings.Contains(got, "%") {
		t.Errorf("who has voted sees %q", got)
	}
	_, err := h.db.ExecContext(t.Context(), `UPDATE polls SET expires_at = now()`)
	must(t, err)
	var drawn []string
	for _, part := range h.get(t, "", page).Find(".poll__bar .poll__part").EachIter() {
		drawn = append(drawn, part.AttrOr("width", ""))
	}
	if diff := cmp.Diff([]string{"100", "0"}, drawn); diff != "" {
		t.Errorf("bars of the closed poll: %s", diff)
	}
	if got := h.get(t, "", page).text(".poll"); !strings.Contains(got, "Montag <früh> 100 % (1 Stimme)") || !strings.Contains(got, "beendet") || !strings.Contains(got, "1 Person") {
		t.Errorf("at the end: %q", got)
	}
	if got := say("editor", "0"); got != "danger:flash.poll.expired" {
		t.Errorf("a vote after the end: %q", got)
	}
}

// TestFiles: images of ours are shown with their words and size, what lives elsewhere is linked only.
func TestFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var raw bytes.Buffer
	must(t, png.Encode(&raw, image.NewGray(image.Rect(0, 0, 960, 640))))
	words := `Ein "graues" Rechteck`
	m, err := h.Media.Upload(t.Context(), h.people["member"], &raw, media.Change{Description: &words})
	must(t, err)
	p, err := h.Posts.Create(t.Context(), h.people["member"], post.Draft{Title: "Mit Bild", Source: "Text", Parts: []post.Part{h.Media.Attach(h.people["member"], []int64{m.ID})}})
	must(t, err)
	for _, page := range []string{fmt.Sprintf("/diskussionen/%d", p.ID), "/@member"} {
		img := h.get(t, "", page).wants(t, http.StatusOK).Find(".files img")
		got := map[string]string{}
		for _, name := range []string{"src", "alt", "width", "height", "loading"} {
			got[name], _ = img.Attr(name)
		}
		if href, _ := img.Parent().Attr("href"); href != "/media/"+m.File || got["src"] != "/media/"+m.PreviewFile || got["alt"] != words || got["width"] != "480" || got["height"] != "320" || got["loading"] != "lazy" {
			t.Errorf("%s: image %v to %s", page, got, href)
		}
	}
	answer, err := h.Posts.Create(t.Context(), h.people["guest"], post.Draft{InReplyToID: p.ID, Source: "Von dort"})
	must(t, err)
	must(t, db.InTx(t.Context(), h.db, func(tx *sqlx.Tx) error {
		return h.Media.Receive(t.Context(), tx, answer, []media.Received{{URL: "https://files.m.example/1.mp4", Kind: media.Video, Description: "Rundgang"}})
	}))
	page := h.get(t, "", fmt.Sprintf("/diskussionen/%d", p.ID))
	link := page.Find(".thread .files a")
	if href, _ := link.Attr("href"); href != "https://files.m.example/1.mp4" || !strings.Contains(page.text(".thread .files"), "Film bei files.m.example öffnen") || !strings.Contains(page.text(".thread .files"), "Rundgang") {
		t.Errorf("what lives elsewhere: %q to %s", page.text(".thread .files"), href)
	}
	if page.Find(".thread img").Length() != 0 {
		t.Error("the page loads what lives elsewhere")
	}
	must(t, h.Posts.Delete(t.Context(), h.people["guest"], answer.ID))
	if page := h.get(t, "", fmt.Sprintf("/diskussionen/%d", p.ID)); page.Find(".thread .files").Length() != 0 {
		t.Error("files of a withdrawn post are shown")
	}
}
