package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
)

// note publishes what a client writes: plain text without a title.
func (h *house) note(t *testing.T, role, source, warning string) post.Post {
	t.Helper()
	p, err := h.Posts.Create(t.Context(), h.people[role], post.Draft{Untitled: true, Source: source, SourceType: post.PlainText, Summary: warning, Visibility: post.Public, Language: "de"})
	must(t, err)
	return p
}

func TestNotesWithoutATitle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const words = "Kolleg*innen, wer von Ihnen hat schon einmal die Abwärme eines Serverraums für die Heizung genutzt?"
	const heading = "Kolleg*innen, wer von Ihnen hat schon einmal die Abwärme eines Serverraums für…"
	root := h.note(t, "member", words, "")
	warned := h.note(t, "member", "Das steht nicht in Listen.", "Lange Geschichte")
	answer := h.reply(t, "editor", root, "Wir.")
	place := fmt.Sprintf("/diskussionen/%d", root.ID)

	page := h.get(t, visitorName, place).wants(t, http.StatusOK)
	if got := page.text("main h1"); got != heading {
		t.Errorf("heading %q, want %q", got, heading)
	}
	if got := page.text("title"); !strings.HasPrefix(got, heading) {
		t.Errorf("title of the page %q", got)
	}
	if got := page.text("main .prose"); !strings.HasPrefix(got, words) {
		t.Errorf("text %q", got)
	}
	list := h.get(t, visitorName, "/diskussionen").wants(t, http.StatusOK)
	for _, p := range []struct {
		of   post.Post
		want string
	}{{root, heading}, {warned, "Lange Geschichte"}} {
		if got := strings.TrimSpace(list.Find(fmt.Sprintf("main a[href='/diskussionen/%d']", p.of.ID)).First().Text()); got != p.want {
			t.Errorf("in the list it is called %q, want %q", got, p.want)
		}
	}
	if got := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", warned.ID)).text("main h1"); got != "Lange Geschichte" {
		t.Errorf("what stands behind a warning is called %q", got)
	}
	heads, err := h.Posts.Heads(t.Context(), post.Viewer{}, []int64{root.ID, warned.ID})
	must(t, err)
	if heads[answer.ThreadID].Title != heading || heads[warned.ID].Title != "Lange Geschichte" {
		t.Errorf("heads %+v", heads)
	}
	for _, path := range []string{"/", "/@" + h.people["member"].Username, fmt.Sprintf("/beitraege/%d/verlauf", root.ID)} {
		h.get(t, "editor", path).wants(t, http.StatusOK)
	}
	for _, path := range []string{"/bereich", "/bereich?zeit=alle", "/bereich/entwuerfe", "/bereich/mitteilungen"} {
		h.get(t, "member", path).wants(t, http.StatusOK)
	}
}

// Plain text stays plain text in the web's form.
func TestEditPlainText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.note(t, "member", "Erste *Fassung*\n- eins", "")
	path := fmt.Sprintf("/beitraege/%d/bearbeiten", root.ID)
	form := h.get(t, "member", path).wants(t, http.StatusOK)
	if form.Find("[name=title]").Length() != 0 || form.Find("input[name=source_type][value='text/plain']").Length() != 1 {
		t.Error("the form asks for a title, or does not know that the text is plain")
	}
	preview := h.post(t, "member", path, url.Values{"source": {"*so*\nund so"}, "action": {"preview"}}).wants(t, http.StatusOK)
	if html, err := preview.Find("[data-preview-body]").Html(); err != nil || !strings.Contains(html, "<p>*so*<br/>und so</p>") {
		t.Errorf("preview %q (%v)", html, err)
	}
	script := h.post(t, "member", "/vorschau", url.Values{"source": {"*so*"}, "source_type": {"text/plain"}}).wants(t, http.StatusOK)
	if got := strings.TrimSpace(script.Text()); got != "*so*" {
		t.Errorf("preview by script %q", got)
	}
	h.post(t, "member", path, url.Values{"source": {"Zweite *Fassung*\n- zwei"}}).leadsTo(t, fmt.Sprintf("/diskussionen/%d", root.ID))
	p, err := h.Posts.Get(t.Context(), root.ID)
	must(t, err)
	if p.SourceType != post.PlainText || p.HTML != "<p>Zweite *Fassung*<br>- zwei</p>" || p.Title != "" {
		t.Errorf("after the edit: %s, %q, title %q", p.SourceType, p.HTML, p.Title)
	}
}

func TestBookmarks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Messen", "Text")
	place, list := fmt.Sprintf("/diskussionen/%d", root.ID), "/bereich/gemerkt"
	do, undo := fmt.Sprintf("/beitraege/%d/merken", root.ID), fmt.Sprintf("/beitraege/%d/nicht-mehr-merken", root.ID)
	h.get(t, visitorName, list).wants(t, http.StatusSeeOther)
	h.post(t, visitorName, do, nil).wants(t, http.StatusUnauthorized)
	if h.get(t, visitorName, place).Find("form[action='"+do+"']").Length() != 0 {
		t.Error("visitors are offered to bookmark")
	}
	if h.get(t, "guest", place).Find("form[action='"+do+"']").Length() != 1 {
		t.Fatal("no button")
	}
	h.post(t, "guest", do, nil).leadsTo(t, place)
	h.post(t, "guest", do, url.Values{"weiter": {list}}).leadsTo(t, list) // again changes nothing
	if h.get(t, "guest", place).Find("form[action='"+undo+"']").Length() != 1 {
		t.Error("no button to take it back")
	}
	if page := h.get(t, "guest", list).wants(t, http.StatusOK); page.Find("main article").Length() != 1 || page.Find("main article a[href='"+place+"']").Length() == 0 {
		t.Errorf("the list: %s", page.text("main"))
	}
	if page := h.get(t, "editor", list).wants(t, http.StatusOK); page.Find("main article").Length() != 0 {
		t.Error("others have it in their list")
	}
	h.post(t, "guest", undo, nil).leadsTo(t, place)
	if page := h.get(t, "guest", list); page.Find("main article").Length() != 0 {
		t.Error("it is still in the list")
	}
}
