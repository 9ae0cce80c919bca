package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// What belongs to a text with a warning hides behind the warning with it: pictures and the poll.
func TestWarningHidesAllParts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	end := time.Now().Add(time.Hour)
	p := h.arrived(t, post.Received{URI: "https://vitako.example/n/7", Kind: post.Question, Sensitive: true, Summary: "Vorläufige Zahlen", HTML: "<p>Wie viel?</p>"}, func(tx *sqlx.Tx, p post.Post) error {
		if err := h.Media.Receive(t.Context(), tx, p, []media.Received{{URL: "https://vitako.example/v.mp3", Kind: media.Audio}}); err != nil {
			return err
		}
		return h.Polls.Receive(t.Context(), tx, p, poll.Received{ExpiresAt: &end, Options: []poll.Option{{Title: "wenig"}, {Title: "viel"}}})
	})
	for _, who := range []string{visitorName, "member"} {
		page := h.get(t, who, discussionURL(p.ID)).wants(t, http.StatusOK)
		for _, part := range []string{".prose", ".files", ".poll"} {
			if all, hidden := page.Find(".post "+part).Length(), page.Find("details.post__fold "+part).Length(); all != 1 || hidden != 1 {
				t.Errorf("%q: %d of %d %s are behind the warning", who, hidden, all, part)
			}
		}
	}
	if got := h.get(t, visitorName, discussionURL(p.ID)).text(".files"); got != "Ton bei vitako.example öffnen" {
		t.Errorf("sound is offered as %q", got)
	}
}

// What only the administration network may read says so in the list and on its page, as practices do.
func TestNetworkDiscussionSaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.discussion(t, "member", "Für alle", "Text")
	p, err := h.Posts.Create(t.Context(), h.people["member"], post.Draft{Title: "Unter uns", Source: "Text", Visibility: post.Network, Language: "de"})
	must(t, err)
	for _, path := range []string{"/diskussionen", discussionURL(p.ID)} {
		badges := h.get(t, "member", path).wants(t, http.StatusOK).Find("main .kern-badge--warning")
		if badges.Length() != 1 || strings.TrimSpace(badges.Text()) != "nur Verwaltungsverbund" {
			t.Errorf("%s: %d badges, %q", path, badges.Length(), badges.Text())
		}
	}
}

// Nobody is invited to follow an account that is closed, or the old address of one that has moved.
func TestNobodyToFollow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	must(t, h.Accounts.AddAlias(ctx, h.people["editor"], h.people["guest"]))
	target, err := h.Accounts.ByID(ctx, h.people["editor"].ID)
	must(t, err)
	must(t, h.Accounts.MoveTo(ctx, h.people["guest"], target))
	must(t, h.Accounts.Close(ctx, h.people["admin"], h.people["member"].ID))
	for path, status := range map[string]int{"/@guest": http.StatusOK, "/@member": http.StatusGone} {
		for _, who := range []string{visitorName, "moderator"} {
			page := h.get(t, who, path).wants(t, status)
			if n := page.Find("main #adresse, main form[action$='/folgen'], main a[href^='/anmelden']").Length(); n != 0 {
				t.Errorf("%s as %q: %d ways to follow", path, who, n)
			}
			if panel := page.Find(".profile__side"); panel.Find("a[href='/@editor']").Length() != panel.Length() {
				t.Errorf("%s as %q: the panel does not lead on: %q", path, who, panel.Text())
			}
		}
	}
	if panels := h.get(t, visitorName, "/@member").Find(".profile__side, .profile__posts, .profile__counts").Length(); panels != 0 {
		t.Errorf("%d parts of a closed account's profile are left", panels)
	}
	if h.get(t, visitorName, "/@editor").Find("main #adresse").Length() != 1 {
		t.Error("whom one can follow has no address")
	}
}

// The form's introduction does not promise everyone what its choices give to few.
func TestIntroductionOfANewDiscussion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.get(t, "member", "/diskussionen/neu").wants(t, http.StatusOK)
	if got := form.text("main .lead"); !strings.Contains(got, "Öffentliche Diskussionen erscheinen") {
		t.Errorf("introduction: %q", got)
	}
	back := h.post(t, "member", "/beitraege", url.Values{"title": {"Eine Frage"}, "source": {"Mein Text"}, "visibility": {"unsinn"}}).wants(t, http.StatusUnprocessableEntity)
	if back.text("#f-visibility-error") == "" || back.Find("textarea[name=source]").Text() != "Mein Text" || back.Find("input[name=title]").AttrOr("value", "") != "Eine Frage" {
		t.Errorf("a visibility that is not offered: %s", back.text("main form"))
	}
}
