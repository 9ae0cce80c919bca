package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/post"
)

// discussion begins one in someone's name and returns its first post.
func (h *house) discussion(t *testing.T, role, title, source string) post.Post {
	t.Helper()
	p, err := h.Posts.Create(t.Context(), h.people[role], post.Draft{Title: title, Source: source, Visibility: post.Public, Language: "de"})
	must(t, err)
	return p
}

func (h *house) reply(t *testing.T, role string, to post.Post, source string) post.Post {
	t.Helper()
	p, err := h.Posts.Create(t.Context(), h.people[role], post.Draft{InReplyToID: to.ID, Source: source, Visibility: post.Public, Language: "de"})
	must(t, err)
	return p
}

func TestBeginDiscussion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.get(t, "member", "/diskussionen/neu").wants(t, http.StatusOK)
	for _, name := range []string{"title", "source"} {
		input := form.Find("form[action='/beitraege'] [name=" + name + "]")
		if input.Length() != 1 || form.Find("label[for="+input.AttrOr("id", "")+"]").Length() != 1 {
			t.Errorf("no labelled input %s", name)
		}
	}
	done := h.post(t, "member", "/beitraege", url.Values{"title": {"Wer misst je Steckdose?"}, "source": {"Wir suchen **Erfahrungen**."}, "visibility": {"public"}, "language": {"de"}})
	done.wants(t, http.StatusSeeOther)
	place := done.Header.Get("Location")
	page := h.get(t, visitorName, place).wants(t, http.StatusOK)
	if got := page.text("main h1"); got != "Wer misst je Steckdose?" {
		t.Errorf("title %q", got)
	}
	if got := page.text("main .prose strong"); got != "Erfahrungen" {
		t.Errorf("text %q", page.text("main .prose"))
	}
	list := h.get(t, visitorName, "/diskussionen").wants(t, http.StatusOK)
	if list.Find("main a[href='"+place+"']").Length() == 0 {
		t.Error("the discussion is not in the list")
	}
	h.get(t, visitorName, "/diskussionen/99").wants(t, http.StatusNotFound)
}

func TestDiscussionFormComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Frage", "Text")
	for _, c := range []struct {
		name, role string
		form       url.Values
		status     int
		field      string
	}{
		{"no title", "member", url.Values{"title": {""}, "source": {"Mein langer Text"}}, http.StatusUnprocessableEntity, "f-title"},
		{"no text in an answer", "member", url.Values{"in_reply_to": {fmt.Sprint(root.ID)}, "source": {"  "}}, http.StatusUnprocessableEntity, "f-source"},
		{"guests do not begin", "guest", url.Values{"title": {"Eine Frage"}, "source": {"Mein langer Text"}}, http.StatusForbidden, ""},
		{"the session ended", visitorName, url.Values{"title": {"Eine Frage"}, "source": {"Mein langer Text"}}, http.StatusUnauthorized, ""},
		{"what it answers is gone", "member", url.Values{"in_reply_to": {"12345"}, "source": {"Mein langer Text"}}, http.StatusUnprocessableEntity, ""},
		{"a strange number", "member", url.Values{"in_reply_to": {"x"}, "source": {"Mein langer Text"}}, http.StatusUnprocessableEntity, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := h.post(t, c.role, "/beitraege", c.form).wants(t, c.status)
			if got := page.Find("textarea[name=source]").Text(); strings.TrimSpace(got) != strings.TrimSpace(c.form.Get("source")) {
				t.Errorf("text came back as %q", got)
			}
			if got, want := page.Find("input[name=title]").AttrOr("value", ""), c.form.Get("title"); got != want {
				t.Errorf("title came back as %q, want %q", got, want)
			}
			if page.Find(".error-summary").Length() != 1 {
				t.Error("no summary of what is wrong")
			}
			if c.field != "" && (page.Find(".error-summary a[href='#"+c.field+"']").Length() != 1 || page.Find("#"+c.field+"[aria-invalid=true]").Length() != 1) {
				t.Errorf("field %s is not marked", c.field)
			}
		})
	}
}

func TestPreviewWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.post(t, "member", "/beitraege", url.Values{"title": {"Eine Frage"}, "source": {"**fett** <b>nicht</b>"}, "action": {"preview"}}).wants(t, http.StatusOK)
	if got := page.text(".preview strong"); got != "fett" {
		t.Errorf("preview %q", page.text(".preview"))
	}
	if page.Find(".preview b").Length() != 0 {
		t.Error("raw HTML came through")
	}
	if got := h.get(t, visitorName, "/diskussionen").text("main"); strings.Contains(got, "Eine Frage") {
		t.Error("a preview was published")
	}
}

func TestThread(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Messen", "Wie messen Sie?")
	first := h.reply(t, "guest", root, "Mit Zählern.")
	second := h.reply(t, "editor", first, "Welche?")
	third := h.reply(t, "guest", second, "Geeichte.")
	fourth := h.reply(t, "admin", third, "Danke.")

	place := fmt.Sprintf("/diskussionen/%d", root.ID)
	page := h.get(t, "member", place).wants(t, http.StatusOK)
	for id, class := range map[int64]string{first.ID: "thread__item--0", second.ID: "thread__item--1", third.ID: "thread__item--2", fourth.ID: "thread__item--2"} {
		if page.Find(fmt.Sprintf("li.%s > article#beitrag-%d", class, id)).Length() != 1 {
			t.Errorf("post %d is not %s", id, class)
		}
	}
	if got := page.text(fmt.Sprintf("#beitrag-%d .post__parent", fourth.ID)); !strings.Contains(got, "Stelle guest") {
		t.Errorf("the deepest answer does not say whom it answers: %q", got)
	}
	if page.Find(fmt.Sprintf("#antworten .thread__head a[href='#beitrag-%d']", fourth.ID)).Length() != 1 {
		t.Error("no way to the newest answer")
	}
	if got := page.Find("form[action='/beitraege'] input[name=in_reply_to]").AttrOr("value", ""); got != fmt.Sprint(root.ID) {
		t.Errorf("the form answers %s", got)
	}

	// Answering one of the answers, on the same page.
	link := page.Find(fmt.Sprintf("#beitrag-%d .post__actions a", second.ID)).First().AttrOr("href", "")
	page = h.get(t, "member", strings.TrimSuffix(link, "#antwort")).wants(t, http.StatusOK)
	if got := page.Find("form[action='/beitraege'] input[name=in_reply_to]").AttrOr("value", ""); got != fmt.Sprint(second.ID) {
		t.Errorf("the form answers %s, want %d", got, second.ID)
	}
	done := h.post(t, "member", "/beitraege", url.Values{"in_reply_to": {fmt.Sprint(second.ID)}, "source": {"Auch wir."}})
	done.wants(t, http.StatusSeeOther)
	if got := done.Header.Get("Location"); !strings.HasPrefix(got, place+"#beitrag-") {
		t.Errorf("after answering: %q", got)
	}

	// Visitors read, and learn how to answer.
	visitor := h.get(t, visitorName, place).wants(t, http.StatusOK)
	if visitor.Find("form[action='/beitraege'], .post__actions form").Length() != 0 {
		t.Error("a visitor sees forms")
	}
	if got := visitor.Find(".thread__join a").AttrOr("href", ""); got != "/anmelden?weiter="+url.QueryEscape(place+"#antworten") {
		t.Errorf("login leads by %q", got)
	}
	if got := visitor.Find("#thread-address").AttrOr("value", ""); got != root.URI {
		t.Errorf("address to answer from elsewhere %q", got)
	}

	// An answer's own address leads to its place.
	h.get(t, visitorName, fmt.Sprintf("/beitraege/%d", third.ID)).leadsTo(t, fmt.Sprintf("%s#beitrag-%d", place, third.ID))
	h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", third.ID)).leadsTo(t, fmt.Sprintf("%s#beitrag-%d", place, third.ID))
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Messen", "Wie messen Sie?")
	answer := h.reply(t, "guest", root, "Geheime Kennzahl.")
	h.reply(t, "editor", answer, "Danke.")
	path := fmt.Sprintf("/beitraege/%d/loeschen", answer.ID)

	h.get(t, "editor", path).wants(t, http.StatusForbidden)
	h.post(t, "editor", path, nil).wants(t, http.StatusForbidden)
	ask := h.get(t, "guest", path).wants(t, http.StatusOK)
	if ask.Find("form[action='"+path+"']").Length() != 1 {
		t.Fatal("nothing to confirm with")
	}
	h.post(t, "guest", path, nil).leadsTo(t, fmt.Sprintf("/diskussionen/%d#beitrag-%d", root.ID, answer.ID))

	page := h.get(t, "member", fmt.Sprintf("/diskussionen/%d", root.ID)).wants(t, http.StatusOK)
	place := fmt.Sprintf("#beitrag-%d", answer.ID)
	if got := page.text(place); !strings.Contains(got, "zurückgezogen") || strings.Contains(page.body, "Geheime Kennzahl") {
		t.Errorf("placeholder %q", got)
	}
	if page.Find(place+" form, "+place+" .post__actions").Length() != 0 {
		t.Error("a withdrawn post has actions")
	}
	// A moderator withdraws the first post; the answers stay readable.
	h.post(t, "moderator", fmt.Sprintf("/beitraege/%d/loeschen", root.ID), nil).wants(t, http.StatusSeeOther)
	gone := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", root.ID)).wants(t, http.StatusGone)
	if !strings.Contains(gone.text("main"), "Danke.") {
		t.Errorf("answers are gone with the first post: %s", gone.text("main"))
	}
}

func TestEditAndHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Messen", "Erste Fassung.")
	path := fmt.Sprintf("/beitraege/%d/bearbeiten", root.ID)
	h.get(t, "editor", path).wants(t, http.StatusForbidden)
	form := h.get(t, "member", path).wants(t, http.StatusOK)
	if got := strings.TrimSpace(form.Find("textarea[name=source]").Text()); got != "Erste Fassung." {
		t.Errorf("the form begins with %q", got)
	}
	back := h.post(t, "member", path, url.Values{"title": {"M"}, "source": {"Zweite Fassung."}}).wants(t, http.StatusUnprocessableEntity)
	if got := strings.TrimSpace(back.Find("textarea[name=source]").Text()); got != "Zweite Fassung." {
		t.Errorf("text lost: %q", got)
	}
	h.post(t, "member", path, url.Values{"title": {"Messen"}, "source": {"Zweite Fassung."}}).leadsTo(t, fmt.Sprintf("/diskussionen/%d", root.ID))
	page := h.get(t, visitorName, fmt.Sprintf("/diskussionen/%d", root.ID)).wants(t, http.StatusOK)
	history := page.Find(".post__mark a").First().AttrOr("href", "")
	versions := h.get(t, visitorName, history).wants(t, http.StatusOK)
	if got := versions.Find("main article").Length(); got != 2 {
		t.Fatalf("%d versions, want 2", got)
	}
	if first, second := versions.Find("main article").First().Text(), versions.Find("main article").Last().Text(); !strings.Contains(first, "Zweite") || !strings.Contains(second, "Erste") {
		t.Errorf("order of versions: %q, %q", first, second)
	}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Messen", "Text")
	place := fmt.Sprintf("/diskussionen/%d", root.ID)
	if page := h.get(t, "guest", place); page.Find("form[action$='/favorisieren']").Length() != 1 || page.Find("form[action$='/teilen']").Length() != 0 {
		t.Error("guests favourite, but do not share")
	}
	h.post(t, "guest", fmt.Sprintf("/beitraege/%d/teilen", root.ID), nil).wants(t, http.StatusForbidden)
	for _, verb := range []struct{ do, undo string }{{"favorisieren", "nicht-mehr-favorisieren"}, {"teilen", "nicht-mehr-teilen"}} {
		do, undo := fmt.Sprintf("/beitraege/%d/%s", root.ID, verb.do), fmt.Sprintf("/beitraege/%d/%s", root.ID, verb.undo)
		h.post(t, visitorName, do, nil).wants(t, http.StatusUnauthorized)
		page := h.get(t, "editor", place)
		if page.Find("form[action='"+do+"']").Length() != 1 {
			t.Fatalf("no button to %s", verb.do)
		}
		h.post(t, "editor", do, url.Values{"weiter": {"https://evil.example/"}}).leadsTo(t, place)
		h.post(t, "editor", do, url.Values{"weiter": {"/bereich"}}).leadsTo(t, "/bereich") // again changes nothing
		page = h.get(t, "editor", place)
		button := page.Find("form[action='" + undo + "'] button")
		if button.Length() != 1 || strings.TrimSpace(button.Find(".action__count").Text()) != "1" {
			t.Errorf("after %s: %q", verb.do, button.Text())
		}
		h.post(t, "editor", undo, nil).leadsTo(t, place)
		if h.get(t, "editor", place).Find("form[action='"+do+"']").Length() != 1 {
			t.Errorf("%s did not take it back", verb.undo)
		}
	}
}

func TestTypedMarkupIsText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	must(t, h.Accounts.UpdateProfile(t.Context(), h.people["member"], h.people["member"].ID, "Stelle <b>x</b>", evil, false, "de"))
	root := h.discussion(t, "member", "Titel "+evil, "Text "+evil+" [x](javascript:alert(3))")
	h.reply(t, "member", root, evil)
	for _, p := range []string{
		fmt.Sprintf("/diskussionen/%d", root.ID), "/diskussionen", "/@member", "/bereich?zeit=lokal", "/mitmachende",
		"/suche?q=" + url.QueryEscape(evil), "/anmelden?weiter=" + url.QueryEscape("/x?"+evil), fmt.Sprintf("/beitraege/%d/verlauf", root.ID),
	} {
		page := h.get(t, "admin", p)
		if strings.HasPrefix(p, "/anmelden") {
			page = h.get(t, visitorName, p)
		}
		if n := page.Find("script:not([src]), img[onerror], main b, a[href^='javascript']").Length(); n != 0 {
			t.Errorf("%s: %d elements made of typed text", p, n)
		}
	}
}

func TestTokenPosts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token, err := h.Auth.Token(t.Context(), account.Operator(), h.people["member"].ID, "Skript", "")
	must(t, err)
	send := func(token string) answer {
		r := httptest.NewRequest(http.MethodPost, houseURL+"/beitraege", strings.NewReader(url.Values{"title": {"Per Skript"}, "source": {"Text"}, "visibility": {"public"}, "language": {"de"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+token)
		return h.do(t, visitorName, r)
	}
	done := send(token).wants(t, http.StatusSeeOther)
	id, err := strconv.ParseInt(path.Base(done.Header.Get("Location")), 10, 64)
	must(t, err)
	v, err := h.Posts.ByID(t.Context(), post.Viewer{}, id)
	must(t, err)
	if v.Author.Username != "member" || v.Post.Title != "Per Skript" {
		t.Errorf("posted as %s: %q", v.Author.Username, v.Post.Title)
	}
	send("invented").wants(t, http.StatusUnauthorized)
}

func TestMentionsAreLookedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bund := remote(account.Person, "green-it", "bund.example")
	h.others.known["green-it@bund.example"] = bund
	source := "Danke @green-it@bund.example, @member, @x@" + "sh.localhost:8402 und " +
		"@a1@fern.example @a2@fern.example @a3@fern.example @a4@fern.example @a5@fern.example @a6@fern.example"
	h.post(t, "member", "/beitraege", url.Values{"title": {"Dank"}, "source": {source}, "visibility": {"public"}}).wants(t, http.StatusSeeOther)
	if got := len(h.others.asked); got != maxLookups {
		t.Errorf("asked others %d times, want %d: %v", got, maxLookups, h.others.asked)
	}
	a, err := h.Accounts.ByHandle(t.Context(), "green-it@bund.example")
	must(t, err)
	if a.URI != bund.URI {
		t.Errorf("stored %s", a.URI)
	}
	page := h.get(t, "member", "/bereich/entwuerfe")
	if page.Find("main a[href='"+bund.URL+"'], main a[href='"+bund.URI+"']").Length() == 0 {
		t.Errorf("the mention is no link: %s", page.text("main .post"))
	}
}

func TestHomeAndNotifications(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.work(t)
	root := h.discussion(t, "member", "Messen", "Wie messen Sie?")
	h.reply(t, "editor", root, "Mit Zählern, @member.")
	jobtest.Wait(t, h.db)

	home := h.get(t, "member", "/bereich").wants(t, http.StatusOK)
	if !strings.Contains(home.text("main"), "Messen") {
		t.Errorf("own post not in the timeline: %s", home.text("main"))
	}
	if !strings.Contains(home.text(".site-nav .count"), "1") {
		t.Errorf("unread not counted: %q", home.text(".site-nav"))
	}
	empty := h.get(t, "guest", "/bereich").wants(t, http.StatusOK)
	if empty.Find("main .empty a").Length() != 1 {
		t.Error("an empty timeline does not say what to do")
	}
	if got := h.get(t, "guest", "/bereich?zeit=lokal").text("main .post-list"); !strings.Contains(got, "Messen") {
		t.Errorf("local timeline: %s", got)
	}

	list := h.get(t, "member", "/bereich/mitteilungen").wants(t, http.StatusOK)
	if got := list.Find("main .row--new").Length(); got != 1 {
		t.Fatalf("%d new notifications, want 1: %s", got, list.text("main"))
	}
	again := h.get(t, "member", "/bereich/mitteilungen").wants(t, http.StatusOK)
	if got := again.Find("main .row--new").Length(); got != 0 {
		t.Errorf("%d still new after they were shown", got)
	}
}

func TestLongPostsAreFoldedInLists(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Lang", strings.Repeat("Viele Worte über Strom. ", 100)+"Ende.")
	list := h.get(t, "member", "/bereich").wants(t, http.StatusOK)
	if list.Find("main details.post__fold").Length() != 1 {
		t.Error("not folded in the list")
	}
	page := h.get(t, "member", fmt.Sprintf("/diskussionen/%d", root.ID))
	if page.Find("main details.post__fold").Length() != 0 {
		t.Error("folded on its own page")
	}
}
