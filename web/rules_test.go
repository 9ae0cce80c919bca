package web

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// received is a public note of another server.
func (h *house) received(t *testing.T, by account.Account, uri, text string) post.Post {
	t.Helper()
	p, _, err := h.Posts.Receive(t.Context(), post.Received{
		URI: uri, AuthorID: by.ID, Kind: post.Note, Visibility: post.Public, HTML: "<p>" + text + "</p>", Language: "de", PublishedAt: time.Now(),
	}, nil)
	must(t, err)
	return p
}

func (h *house) stranger(t *testing.T, username, host string) account.Account {
	t.Helper()
	a, err := h.Accounts.Receive(t.Context(), remote(account.Person, username, host))
	must(t, err)
	return a
}

func TestAdministerRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := url.Values{"domain": {"https://Bücher.Böse.example/"}, "severity": {"suspend"}, "federates": {"network"}, "public_comment": {"Werbung <b>"}, "obfuscate": {"true"}}
	back := h.post(t, "admin", "/verwaltung/regeln/regel", form).wants(t, http.StatusUnprocessableEntity)
	if back.text("#f-severity-error") == "" || back.Find("#f-domain").AttrOr("value", "") != "https://Bücher.Böse.example/" || back.Find("#f-severity-2[checked]").Length() != 1 {
		t.Errorf("a contradiction comes back as %s", back.text("main"))
	}
	form.Set("federates", "")
	h.post(t, "admin", "/verwaltung/regeln/regel", form).leadsTo(t, "/verwaltung/regeln")
	list := h.get(t, "admin", "/verwaltung/regeln?q=werbung").wants(t, http.StatusOK)
	if row := list.text("tbody tr"); !strings.Contains(row, "bücher.böse.example") || !strings.Contains(row, "gesperrt") || !strings.Contains(row, "Werbung <b>") {
		t.Errorf("the rule stands as %q", row)
	}
	const domain = "xn--bcher-kva.xn--bse-sna.example"
	if got := h.get(t, "admin", "/verwaltung/regeln/regel?domain="+domain).wants(t, http.StatusOK); got.Find("#f-severity-2[checked]").Length() != 1 || got.Find("#f-obfuscate[checked]").Length() != 1 {
		t.Error("the form does not show the rule")
	}
	if n := h.get(t, "admin", "/verwaltung/regeln?q=nirgends").Find("tbody tr").Length(); n != 0 {
		t.Errorf("%d rules contain nothing", n)
	}

	// The public list.
	h.get(t, visitorName, "/instanz/regeln").wants(t, http.StatusNotFound)
	h.post(t, "admin", "/verwaltung/regeln", url.Values{"mode": {"open"}, "rules_public": {"true"}, "authorized_fetch": {"true"}}).leadsTo(t, "/verwaltung/regeln")
	if h.get(t, visitorName, "/instanz").Find(`a[href="/instanz/regeln"]`).Length() != 1 {
		t.Error("the page about the instance does not lead to the rules")
	}
	if page := h.get(t, visitorName, "/instanz/regeln").wants(t, http.StatusOK).text("main"); strings.Contains(page, domain) || !strings.Contains(page, "xn--bcher") || !strings.Contains(page, "*") || !strings.Contains(page, "Werbung <b>") {
		t.Errorf("visitors read %s", page)
	}

	csv := h.get(t, "admin", "/verwaltung/regeln/regeln.csv")
	if got := csv.body; !strings.HasPrefix(got, "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate,#allowed,#network\n"+domain+",suspend,") {
		t.Errorf("exported:\n%s", got)
	}
	h.get(t, "moderator", "/verwaltung/regeln/regeln.csv").wants(t, http.StatusForbidden)
	h.post(t, "admin", "/verwaltung/regeln/aufheben", url.Values{"domain": {domain}}).leadsTo(t, "/verwaltung/regeln")
	h.post(t, "admin", "/verwaltung/regeln/aufheben", url.Values{"domain": {domain}}).wants(t, http.StatusNotFound)
}

// TestImportRules: a file is shown before it is applied, and what is wrong in it with its line.
func TestImportRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.post(t, "admin", "/verwaltung/regeln/regel", url.Values{"domain": {"known.example"}, "severity": {"silence"}})
	list := "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\nknown.example,suspend,true,false,\"Hetze, Hass\",false\n*.bad.example,suspend,false,false,,false\nnew.example,silence,false,false,,true\n"
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	file, err := w.CreateFormFile("file", "liste.csv")
	must(t, err)
	_, err = file.Write([]byte(list))
	must(t, err)
	must(t, w.Close())
	r := httptest.NewRequest(http.MethodPost, houseURL+"/verwaltung/regeln/import", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	preview := h.do(t, "admin", r).wants(t, http.StatusOK)
	if row := preview.text("tbody tr"); !strings.HasPrefix(row, "3") || !strings.Contains(row, "*.bad.example") || !strings.Contains(row, "Platzhalter") {
		t.Errorf("the mistake is shown as %q", row)
	}
	if got := preview.text("dl.facts"); strings.Join(strings.Fields(got), " ") != "Neue Regeln1 Geänderte Regeln1 Unverändert0 Nicht lesbar oder nicht zulässig1" {
		t.Errorf("counts: %s", got)
	}
	if got := h.get(t, "admin", "/verwaltung/regeln").Find("tbody tr").Length(); got != 1 {
		t.Errorf("the preview made %d rules of 1", got)
	}
	sent := preview.Find("textarea[name=list]").Text()
	h.post(t, "admin", "/verwaltung/regeln/import", url.Values{"list": {sent}, "action": {"apply"}}).leadsTo(t, "/verwaltung/regeln")
	rows := h.get(t, "admin", "/verwaltung/regeln").text("tbody")
	if !strings.Contains(rows, "Hetze, Hass") || !strings.Contains(rows, "new.example") || strings.Contains(rows, "bad.example") {
		t.Errorf("imported: %s", rows)
	}
	for name, form := range map[string]url.Values{"nothing": {}, "remarks only": {"list": {"# a\n# b\n"}}, "too much": {"list": {strings.Repeat("a.example\n", 60_000)}}} {
		if back := h.post(t, "admin", "/verwaltung/regeln/import", form); back.StatusCode != http.StatusUnprocessableEntity || back.text("#f-list-error") == "" {
			t.Errorf("%s: %d", name, back.StatusCode)
		}
	}
}

// TestModerateStrangers: moderators limit and suspend accounts of other servers from their profiles and hide single posts.
func TestModerateStrangers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.stranger(t, "werbung", "fern.example")
	p := h.received(t, a, "https://fern.example/notes/1", "Kauft jetzt")
	path := "/@werbung@fern.example"
	if h.get(t, "editor", path).Find(`form[action$="/moderieren"]`).Length() != 0 || h.get(t, "moderator", path).Find(`form[action$="/moderieren"]`).Length() != 1 {
		t.Error("the forms are shown to the wrong people")
	}
	seen := func(who string) bool {
		return h.get(t, who, fmt.Sprintf("/beitraege/%d", p.ID)).StatusCode != http.StatusNotFound
	}
	restrict := func(how string) {
		t.Helper()
		h.post(t, "moderator", path+"/moderieren", url.Values{"massnahme": {how}, "reason": {"Werbung"}}).leadsTo(t, path)
	}
	restrict("einschraenken")
	if text := h.get(t, visitorName, path).text("main"); !strings.Contains(text, "eingeschränkt") || !strings.Contains(text, "Kauft jetzt") {
		t.Errorf("the profile of a limited account: %s", text)
	}
	if strings.Contains(h.get(t, "member", "/diskussionen").text("main"), "Kauft jetzt") {
		t.Error("the limited account's discussion is listed")
	}
	if h.get(t, "moderator", path).Find(`button[value="nicht-mehr-einschraenken"]`).Length() != 1 {
		t.Error("the limits cannot be ended")
	}
	ask := h.post(t, "moderator", path+"/moderieren", url.Values{"massnahme": {"sperren"}, "reason": {"Werbung & mehr"}}).wants(t, http.StatusOK)
	if got := ask.text("main"); !seen(visitorName) || !strings.Contains(got, "erfährt davon nichts") || !strings.Contains(got, "Wer von hier aus") {
		t.Errorf("before it is confirmed: %s", got)
	}
	h.post(t, "moderator", path+"/moderieren", ask.fields("main form")).leadsTo(t, path)
	if seen(visitorName) || seen("member") || strings.Contains(h.get(t, visitorName, path).text("main"), "Kauft jetzt") {
		t.Error("posts of a suspended account are seen")
	}
	restrict("entsperren")
	restrict("nicht-mehr-einschraenken")
	if !seen(visitorName) || !strings.Contains(h.get(t, "member", "/diskussionen").text("main"), "Kauft jetzt") {
		t.Error("posts do not come back")
	}

	hide := fmt.Sprintf("/beitraege/%d/ausblenden", p.ID)
	if h.post(t, "moderator", hide, nil).wants(t, http.StatusUnprocessableEntity).text("#f-reason-error") == "" {
		t.Error("no reason is needed")
	}
	h.post(t, "moderator", hide, url.Values{"reason": {"Betrug"}}).leadsTo(t, hide)
	if seen(visitorName) || !strings.Contains(h.get(t, "moderator", hide).text("main"), "Betrug") {
		t.Error("the post is not hidden, or moderators do not see why")
	}
	h.post(t, "moderator", fmt.Sprintf("/beitraege/%d/einblenden", p.ID), nil).leadsTo(t, hide)
	if !seen(visitorName) {
		t.Error("the post does not come back")
	}
	log := h.get(t, "admin", "/verwaltung/protokoll").text("main")
	for _, words := range []string{"Konto eingeschränkt", "Konto nicht mehr eingeschränkt", "Beitrag einer anderen Instanz ausgeblendet", "Betrug", "Werbung & mehr"} {
		if !strings.Contains(log, words) {
			t.Errorf("the log does not say %q", words)
		}
	}
}
