package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/post"
)

// A report from its arrival to its end: the moderator reads what only few may see, deletes the post, cannot suspend, closes
// the report; the administrator suspends.
func TestModerate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	secret, err := h.Posts.Create(ctx, h.people["member"], post.Draft{Title: "Im Vertrauen", Source: "Kaufen Sie <b>jetzt</b>! @guest", Visibility: post.Direct, Language: "de"})
	must(t, err)
	r, err := h.Moderation.Submit(ctx, h.people["guest"], moderation.Draft{
		TargetID: h.people["member"].ID, PostIDs: []int64{secret.ID}, Category: moderation.Spam, Comment: "Werbung <i>pur</i>",
	})
	must(t, err)
	must(t, h.Notifications.Notify(ctx, job.Notify{Event: job.NotifyReport, ID: r.ID}))
	address := fmt.Sprintf("/verwaltung/meldungen/%d", r.ID)

	for _, who := range []string{"guest", "member", "editor"} {
		h.get(t, who, "/verwaltung/meldungen").wants(t, http.StatusForbidden)
		h.get(t, who, address).wants(t, http.StatusForbidden)
	}
	if h.get(t, "editor", "/bereich").Find("a[href='/verwaltung/meldungen']").Length() != 0 {
		t.Error("an editor is led to the reports")
	}
	if h.get(t, "moderator", "/bereich").Find(".menu a[href='/verwaltung/meldungen']").Length() != 1 {
		t.Error("a moderator is not led to the reports")
	}
	notice := h.get(t, "moderator", "/bereich/mitteilungen").wants(t, http.StatusOK)
	if got := notice.text("main .rows"); !strings.Contains(got, "hat etwas gemeldet") || notice.Find("main .rows a[href='"+address+"']").Length() == 0 {
		t.Errorf("notification: %s", got)
	}
	list := h.get(t, "moderator", "/verwaltung/meldungen").wants(t, http.StatusOK)
	if got := list.text("main tbody"); !strings.Contains(got, "Stelle member") || !strings.Contains(got, "Spam") || !strings.Contains(got, "1 Beitrag") {
		t.Errorf("list: %s", got)
	}
	if list.Find("a[href='/verwaltung/konten']").Length() != 0 {
		t.Error("a moderator is led to what only administrators may see")
	}

	page := h.get(t, "moderator", address).wants(t, http.StatusOK)
	for _, want := range []string{"Werbung <i>pur</i>", "Kaufen Sie jetzt!", "Im Vertrauen", "direkt", "Konten sperrt die Administration."} {
		if !strings.Contains(page.text("main"), want) {
			t.Errorf("%q is missing in %s", want, page.text("main"))
		}
	}
	if page.Find("form[action$='/moderieren']").Length() != 0 {
		t.Error("a moderator may suspend")
	}
	h.get(t, "moderator", fmt.Sprintf("/beitraege/%d", secret.ID)).wants(t, http.StatusNotFound)

	// Deleting is asked once more, with what is deleted in sight.
	if page.Find("form[action$='/beitrag-loeschen']").Length() != 0 {
		t.Error("one click deletes")
	}
	leads := page.Find("a[href*='/beitrag-loeschen?beitrag=']").AttrOr("href", "")
	h.get(t, "member", leads).wants(t, http.StatusForbidden)
	question := h.get(t, "moderator", leads).wants(t, http.StatusOK)
	if !strings.Contains(question.text("main blockquote"), "Kaufen Sie jetzt!") || question.Find("main a[href='"+address+"']").Length() != 1 {
		t.Errorf("the question: %s", question.text("main"))
	}
	h.post(t, "moderator", address+"/beitrag-loeschen", question.fields("main form")).leadsTo(t, address)
	h.get(t, "moderator", leads).wants(t, http.StatusNotFound) // there is nothing left to delete
	if p, err := h.Posts.Get(ctx, secret.ID); err != nil || p.State != post.StateWithdrawn {
		t.Errorf("the post is %s, %v", p.State, err)
	}
	if got := h.get(t, "moderator", address).text("main"); !strings.Contains(got, "zurückgezogen") || strings.Contains(got, "Kaufen") {
		t.Errorf("after the deletion: %s", got)
	}
	// Only what was reported can be deleted from here.
	other := h.discussion(t, "editor", "Etwas anderes", "Text")
	h.post(t, "moderator", address+"/beitrag-loeschen", url.Values{"post": {fmt.Sprint(other.ID)}}).wants(t, http.StatusNotFound)
	h.post(t, "moderator", address+"/beitrag-loeschen", url.Values{"post": {"x"}}).wants(t, http.StatusNotFound)

	restrict := h.get(t, "admin", address).Find("form[action='/@member/moderieren']")
	if restrict.Find("button[value=sperren]").Length() != 1 || restrict.Find("input[name=weiter]").AttrOr("value", "") != address {
		t.Fatal("the administrator may not suspend")
	}
	h.post(t, "moderator", "/@member/moderieren", url.Values{"massnahme": {"sperren"}}).wants(t, http.StatusForbidden)
	ask := h.post(t, "admin", "/@member/moderieren", url.Values{"massnahme": {"sperren"}, "reason": {"Werbung"}, "weiter": {address}}).wants(t, http.StatusOK)
	if a, err := h.Accounts.ByID(ctx, h.people["member"].ID); err != nil || a.State != account.Active {
		t.Fatalf("the account is %s before it was confirmed, %v", a.State, err)
	}
	for _, want := range []string{"Stelle member sperren?", "kann sich nicht mehr anmelden", "Alle Beiträge von Stelle member", "Wer Stelle member folgt"} {
		if !strings.Contains(ask.text("main"), want) {
			t.Errorf("%q is missing in the question: %s", want, ask.text("main"))
		}
	}
	if got := ask.Find("main a.kern-btn").AttrOr("href", ""); got != address {
		t.Errorf("the question leads back to %q", got)
	}
	h.post(t, "admin", "/@member/moderieren", ask.fields("main form")).leadsTo(t, address)
	if a, err := h.Accounts.ByID(ctx, h.people["member"].ID); err != nil || a.State != account.Suspended {
		t.Errorf("the account is %s, %v", a.State, err)
	}

	back := h.post(t, "moderator", address+"/abschliessen", url.Values{"resolution": {strings.Repeat("ä", 1001)}}).wants(t, http.StatusUnprocessableEntity)
	if back.text("#f-resolution-error") == "" || len(back.Find("#f-resolution").Text()) < 1001 {
		t.Error("what was typed too long is not given back")
	}
	h.post(t, "moderator", address+"/abschliessen", url.Values{"resolution": {"Gelöscht, gesperrt."}}).leadsTo(t, "/verwaltung/meldungen")
	if got := h.get(t, "moderator", "/verwaltung/meldungen").text("main"); !strings.Contains(got, "Keine offenen Meldungen") {
		t.Errorf("open: %s", got)
	}
	if got := h.get(t, "moderator", "/verwaltung/meldungen?stand=abgeschlossen").text("main tbody"); !strings.Contains(got, "Stelle member") {
		t.Errorf("closed: %s", got)
	}
	page = h.get(t, "moderator", address).wants(t, http.StatusOK)
	if got := page.text("main"); !strings.Contains(got, "Gelöscht, gesperrt.") || !strings.Contains(got, "von Stelle moderator") || page.Find("form[action$='/abschliessen']").Length() != 0 {
		t.Errorf("closed report: %s", got)
	}
	log := h.get(t, "admin", "/verwaltung/protokoll").text("main tbody")
	for _, want := range []string{"etwas gemeldet", "Meldung abgeschlossen", "Gelöscht, gesperrt.", "active → suspended: Werbung"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is missing in the log: %s", want, log)
		}
	}
	h.get(t, "moderator", "/verwaltung/meldungen/1").wants(t, http.StatusNotFound)
}
