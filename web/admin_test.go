package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
)

func TestAdministerFederation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.others.instance("vitako.example")
	page := h.get(t, "admin", "/verwaltung/foederation").wants(t, http.StatusOK)
	if page.Find("a[href='/verwaltung/foederation/zustellung']").Length() != 1 {
		t.Error("no way to the lanes")
	}
	h.post(t, "admin", "/verwaltung/foederation/folgen", url.Values{"q": {"https://vitako.example/"}}).leadsTo(t, "/verwaltung/foederation")
	page = h.get(t, "admin", "/verwaltung/foederation")
	if got := page.Find("section[aria-labelledby=gefolgt] tbody tr").Length(); got != 2 {
		t.Errorf("%d follows listed, want 2", got)
	}
	for _, q := range []string{"", "kein name", "fern.example", "@nobody@vitako.example", "sh.localhost:8402"} {
		back := h.post(t, "admin", "/verwaltung/foederation/folgen", url.Values{"q": {q}}).wants(t, http.StatusUnprocessableEntity)
		if got := back.Find("#f-q").AttrOr("value", ""); got != q || back.text("#f-q-error") == "" {
			t.Errorf("%q came back as %q: %s", q, got, back.text("#f-q-error"))
		}
	}
}

func TestAdministerOrganization(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if got := h.get(t, visitorName, "/impressum").wants(t, http.StatusOK).text("main"); !strings.Contains(got, "noch nicht hinterlegt") || strings.Contains(got, "Verwaltung unter") {
		t.Errorf("imprint for visitors: %s", got)
	}
	if h.get(t, "admin", "/impressum").Find("main a[href^='/verwaltung']").Length() != 1 {
		t.Error("administrators are not led to the form")
	}
	form := url.Values{
		"name": {"Land Test"}, "short_name": {"Test"}, "level": {"land"}, "region": {"DE-SH"}, "website": {"keine adresse"},
		"imprint": {"# Angaben\n\nnach § 5 DDG <script>x</script>"}, "contact_email": {"it@test.example"}, "curates": {"true"},
	}
	back := h.post(t, "admin", "/verwaltung", form).wants(t, http.StatusUnprocessableEntity)
	for name := range form {
		input := back.Find("[name=" + name + "]")
		got := input.AttrOr("value", "")
		switch name {
		case "imprint":
			got = strings.TrimPrefix(input.Text(), "\n")
		case "level", "region":
			got = input.Find("option[selected]").AttrOr("value", "")
		case "curates":
			_, checked := input.Attr("checked")
			got = fmt.Sprint(checked)
		}
		if got != form.Get(name) {
			t.Errorf("%s came back as %q", name, got)
		}
	}
	if back.text("#f-website-error") == "" {
		t.Error("the mistake is not at its field")
	}
	form.Set("website", "https://test.example")
	h.post(t, "admin", "/verwaltung", form).leadsTo(t, "/verwaltung")
	imprint := h.get(t, visitorName, "/impressum")
	if !strings.Contains(imprint.text("main"), "nach § 5 DDG") || imprint.Find("main script").Length() != 0 {
		t.Errorf("imprint: %s", imprint.text("main"))
	}
	if got := h.get(t, "admin", "/verwaltung/protokoll").text("main tbody"); !strings.Contains(got, "admin") {
		t.Errorf("not in the log: %s", got)
	}
}

func TestAdministerPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	konto := fmt.Sprintf("/verwaltung/konten/%d", h.people["guest"].ID)
	list := h.get(t, "admin", "/verwaltung/konten").wants(t, http.StatusOK)
	if list.Find("main tbody tr").Length() != len(account.Roles) || list.Find("main a[href='"+konto+"']").Length() != 1 {
		t.Errorf("accounts: %s", list.text("main tbody"))
	}
	h.get(t, "admin", "/verwaltung/konten/1").wants(t, http.StatusNotFound)
	h.post(t, "admin", konto+"/rolle", url.Values{"role": {"editor"}}).leadsTo(t, konto)
	h.post(t, "admin", konto+"/rolle", url.Values{"role": {"king"}}).wants(t, http.StatusUnprocessableEntity)
	own := fmt.Sprintf("/verwaltung/konten/%d", h.people["admin"].ID)
	if got := h.post(t, "admin", own+"/rolle", url.Values{"role": {"member"}}).wants(t, http.StatusConflict); got.Find(".error-summary").Length() != 1 {
		t.Error("why the last administrator stays is not said")
	}
	h.get(t, "guest", "/redaktion/begriffe").wants(t, http.StatusOK) // an editor now
	if got := h.get(t, "guest", "/redaktion").wants(t, http.StatusForbidden); got.Find("a[href='/redaktion']").Length() != 0 {
		t.Error("an instance that does not curate offers a desk")
	}

	page := h.post(t, "admin", konto+"/anmeldelink", nil).wants(t, http.StatusOK)
	link := page.Find("#anmeldelink").AttrOr("value", "")
	if !strings.HasPrefix(link, houseURL+"/anmeldelink/") {
		t.Fatalf("link %q", link)
	}
	if h.get(t, "admin", konto).Find("#anmeldelink").Length() != 0 {
		t.Error("the link is shown again")
	}
	h.post(t, visitorName, strings.TrimPrefix(link, houseURL), nil).wants(t, http.StatusSeeOther)

	ask := h.post(t, "admin", "/@guest/moderieren", h.get(t, "admin", konto).fields(`form[action="/@guest/moderieren"]`)).wants(t, http.StatusOK)
	h.get(t, "guest", "/bereich").wants(t, http.StatusOK) // not yet
	h.post(t, "admin", "/@guest/moderieren", ask.fields("main form")).leadsTo(t, konto)
	h.get(t, "guest", "/bereich").wants(t, http.StatusSeeOther)
	h.post(t, "admin", konto+"/zustand", url.Values{"state": {"active"}}).leadsTo(t, konto)
	// Nothing suspends without the question.
	h.post(t, "admin", konto+"/zustand", url.Values{"state": {"suspended"}}).wants(t, http.StatusUnprocessableEntity)
	if guest, err := h.Accounts.ByID(t.Context(), h.people["guest"].ID); err != nil || guest.State != account.Active {
		t.Errorf("after a form that suspends at once the guest is %s, %v", guest.State, err)
	}
}

func TestAdministerInvitations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.post(t, "admin", "/verwaltung/einladungen", url.Values{"role": {"editor"}, "note": {"Rechenzentrum"}}).wants(t, http.StatusOK)
	link := page.Find("#einladung").AttrOr("value", "")
	path := strings.TrimPrefix(link, houseURL)
	h.get(t, visitorName, path).wants(t, http.StatusOK)
	again := h.get(t, "admin", "/verwaltung/einladungen")
	if strings.Contains(again.body, strings.TrimPrefix(path, "/einladung/")) || !strings.Contains(again.text("main .rows"), "Rechenzentrum") {
		t.Errorf("the list shows the secret, or not the note: %s", again.text("main .rows"))
	}
	h.post(t, "admin", again.Find("main .rows form").AttrOr("action", ""), nil).leadsTo(t, "/verwaltung/einladungen")
	h.get(t, visitorName, path).wants(t, http.StatusNotFound)

	back := h.post(t, "admin", "/verwaltung/einladungen", url.Values{"role": {""}, "note": {"Für die Leitstelle"}}).wants(t, http.StatusUnprocessableEntity)
	if got := back.Find("#f-note").AttrOr("value", ""); got != "Für die Leitstelle" || back.text("#f-role-error") == "" {
		t.Errorf("came back with %q: %s", got, back.text(".error-summary"))
	}
}
