package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/peer"
)

// fields is what a browser sends of a form when its first button without a name is pressed.
func (a answer) fields(form string) url.Values {
	sent := url.Values{}
	a.Find(form).Find("input[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		value := s.AttrOr("value", "")
		if s.Is("textarea") {
			value = strings.TrimPrefix(s.Text(), "\n")
		}
		if _, checked := s.Attr("checked"); checked || !s.Is("[type=checkbox], [type=radio]") {
			sent.Add(s.AttrOr("name", ""), value)
		}
	})
	return sent
}

// TestRestrictWithTooLongAReason: every measure comes back as a form with the mistake at its field and all that was typed, and leads
// on from there.
func TestRestrictWithTooLongAReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stranger(t, "werbung", "fern.example")
	const path = "/@werbung@fern.example/moderieren"
	long := strings.Repeat("ü", account.MaxReason+1)
	for _, measure := range []string{"einschraenken", "nicht-mehr-einschraenken", "sperren", "entsperren"} {
		form := url.Values{"massnahme": {measure}, "reason": {long}, "weiter": {"/verwaltung/meldungen"}, "bestaetigt": {"true"}}
		back := h.post(t, "moderator", path, form).wants(t, http.StatusUnprocessableEntity)
		if !strings.Contains(back.text("#f-reason-error"), "500") || back.Find("#f-reason").AttrOr("value", "") != long || back.Find(".error-summary a[href='#f-reason']").Length() != 1 {
			t.Fatalf("%s: %s", measure, back.text("main"))
		}
		again := back.fields("main form")
		again.Set("reason", "kurz")
		h.post(t, "moderator", path, again).leadsTo(t, "/verwaltung/meldungen")
	}
	if n := rowsOf(t, h, `SELECT count(*) FROM audit_log WHERE detail LIKE '%kurz'`); n != 4 {
		t.Errorf("%d measures stand in the log", n)
	}
	for name, form := range map[string]url.Values{"unknown": {"massnahme": {"vierteilen"}}, "none": {}} {
		if a := h.post(t, "moderator", path, form); a.StatusCode != http.StatusUnprocessableEntity || a.text("main h1") == "" {
			t.Errorf("%s measure: %d", name, a.StatusCode)
		}
	}
	if got := h.post(t, "moderator", path, url.Values{"massnahme": {"sperren"}, "weiter": {"//evil.example/"}}).Find("main a.kern-btn").AttrOr("href", ""); got != "/@werbung@fern.example" {
		t.Errorf("leads to %q", got)
	}
	if got := h.post(t, "admin", "/@admin/moderieren", url.Values{"massnahme": {"sperren"}, "bestaetigt": {"true"}}).wants(t, http.StatusConflict); got.text(".error-summary") == "" {
		t.Error("no word about who cannot be suspended")
	}
}

// TestHideLeadsBack: hiding a post can be left, and leads back to where the moderator came from, never elsewhere.
func TestHideLeadsBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.received(t, h.stranger(t, "werbung", "fern.example"), "https://fern.example/notes/1", "Kauft jetzt")
	own, hide := fmt.Sprintf("/diskussionen/%d", p.ID), fmt.Sprintf("/beitraege/%d/ausblenden", p.ID)
	if link, err := url.Parse(h.get(t, "moderator", own).Find(`a[href^="`+hide+`"]`).AttrOr("href", "")); err != nil || link.Query().Get("weiter") != own {
		t.Fatalf("the link is %q, %v", link, err)
	}
	for weiter, want := range map[string]string{"": own, "/verwaltung/meldungen/7": "/verwaltung/meldungen/7", "https://evil.example/": own, "//evil.example": own, `/\evil.example`: own} {
		page := h.get(t, "moderator", hide+"?weiter="+url.QueryEscape(weiter)).wants(t, http.StatusOK)
		if got := page.Find("main a.kern-btn").AttrOr("href", ""); got != want {
			t.Errorf("weiter=%q: the way out leads to %q", weiter, got)
		}
	}
	const report = "/verwaltung/meldungen/7"
	back := h.post(t, "moderator", hide, url.Values{"weiter": {report}, "reason": {strings.Repeat("ü", account.MaxReason+1)}}).wants(t, http.StatusUnprocessableEntity)
	form := back.fields("main form")
	if form.Get("weiter") != report || len(form.Get("reason")) < account.MaxReason || back.text("#f-reason-error") == "" {
		t.Fatalf("a reason that is too long comes back as %v", form)
	}
	form.Set("reason", "Betrug")
	h.post(t, "moderator", hide, form).leadsTo(t, report)
	h.post(t, "moderator", fmt.Sprintf("/beitraege/%d/einblenden", p.ID), h.get(t, "moderator", hide+"?weiter="+report).fields("main form")).leadsTo(t, report)

	// The page of the post itself is gone while it is hidden.
	stays := hide + "?weiter=" + url.QueryEscape(own)
	h.post(t, "moderator", hide, url.Values{"weiter": {own}, "reason": {"Betrug"}}).leadsTo(t, stays)
	page := h.get(t, "moderator", stays).wants(t, http.StatusOK)
	if page.Find(`main a[href="`+own+`"]`).Length() != 0 {
		t.Error("a way leads to the hidden post")
	}
	h.post(t, "moderator", fmt.Sprintf("/beitraege/%d/einblenden", p.ID), page.fields("main form")).leadsTo(t, own)
	h.post(t, "moderator", hide, url.Values{"weiter": {"https://evil.example/"}, "reason": {"Betrug"}}).leadsTo(t, hide)
}

// TestPurgeIsConfirmed: removing what is here of a domain is asked once more, and turning back loses nothing.
func TestPurgeIsConfirmed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "/verwaltung/regeln/regel"
	typed := url.Values{
		"domain": {"Böse.example"}, "severity": {"suspend"}, "purge": {"true"}, "reject_media": {"true"}, "obfuscate": {"true"},
		"public_comment": {"Hetze\nund Hass"}, "private_comment": {"Akte <7>"},
	}
	ask := h.post(t, "admin", path, typed).wants(t, http.StatusOK)
	if got := ask.text("main"); !strings.Contains(got, "böse.example sperren und alles von dort endgültig entfernen?") || !strings.Contains(got, "lässt sich nicht zurücknehmen") {
		t.Errorf("asks: %s", got)
	}
	if n := rowsOf(t, h, `SELECT count(*) FROM domain_rules`) + rowsOf(t, h, `SELECT count(*) FROM river_job WHERE kind = 'policy.purge'`); n != 0 {
		t.Fatal("something happened before it was confirmed")
	}
	edit := ask.fields("main form")
	edit["action"] = append(edit["action"], "edit") // as the second button does
	back := h.post(t, "admin", path, edit).wants(t, http.StatusOK)
	kept := back.fields("main form.form")
	kept.Del("federates")
	for name := range typed {
		if kept.Get(name) != typed.Get(name) {
			t.Errorf("%s comes back as %q", name, kept.Get(name))
		}
	}
	h.post(t, "admin", path, ask.fields("main form")).leadsTo(t, rulesPath)
	rule, err := h.Rules.ByDomain(t.Context(), account.Operator(), "xn--bse-sna.example")
	if err != nil || rule.Severity != peer.Suspend || rule.PublicComment != "Hetze\nund Hass" || rule.PrivateComment != "Akte <7>" || !rule.Obfuscate {
		t.Errorf("stored: %+v, %v", rule, err)
	}
	if n := rowsOf(t, h, `SELECT count(*) FROM river_job WHERE kind = 'policy.purge'`); n != 1 {
		t.Errorf("%d purges", n)
	}
}

// TestRuleMistakes: what is wrong with a rule is said at its field in German, and nothing that was typed is lost.
func TestRuleMistakes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "/verwaltung/regeln/regel"
	h.post(t, "admin", path, url.Values{"domain": {"bücher.example"}, "severity": {"suspend"}, "private_comment": {"alt"}}).leadsTo(t, rulesPath)
	long := strings.Repeat("ü", peer.MaxPrivateComment+1)
	for name, tt := range map[string]struct{ domain, severity, comment, field, says string }{
		"empty":      {"", "", "x", "domain", "nennen Sie eine Domain"},
		"nonsense":   {"kein name!", "", "x", "domain", "kein Name einer Domain"},
		"no ending":  {"localhost", "", "x", "domain", "fehlt die Endung"},
		"a person":   {"wer@wo.example", "", "x", "domain", "ohne ein Konto"},
		"wildcard":   {"*.wo.example", "", "x", "domain", "Platzhalter"},
		"port":       {"wo.example:99999", "", "x", "domain", "Port"},
		"path":       {"wo.example/ueber", "", "x", "domain", "kein Name einer Domain"},
		"own":        {"SH.localhost:8402", "suspend", "x", "domain", "diese Instanz selbst"},
		"twice":      {"https://BÜCHER.example/", "silence", "x", "domain", "schon eine Regel"},
		"twice, IDN": {"xn--bcher-kva.example", "silence", "x", "domain", "schon eine Regel"},
		"too long":   {"neu.example", "", long, "private_comment", "5"},
		"severity":   {"neu.example", "vierteilen", "x", "severity", "wie weit"},
		"very long":  {strings.Repeat("a", 300) + ".example", "", "x", "domain", "kein Name einer Domain"},
		"purge":      {"neu.example", "silence", "x", "purge", "„gesperrt“"},
	} {
		form := url.Values{"domain": {tt.domain}, "severity": {tt.severity}, "private_comment": {tt.comment}, "obfuscate": {"true"}}
		if tt.field == "purge" {
			form.Set("purge", "true")
		}
		back := h.post(t, "admin", path, form).wants(t, http.StatusUnprocessableEntity)
		if got := back.text("#f-" + tt.field + "-error"); !strings.Contains(got, tt.says) {
			t.Errorf("%s: %q", name, got)
		}
		kept := back.fields("main form.form")
		if kept.Get("domain") != tt.domain || kept.Get("private_comment") != tt.comment || kept.Get("obfuscate") != "true" {
			t.Errorf("%s: what was typed comes back as %.200q", name, kept.Encode())
		}
		if links := back.Find(`main a[href="/verwaltung/regeln/regel?domain=xn--bcher-kva.example"]`).Length(); links == 1 != strings.HasPrefix(name, "twice") {
			t.Errorf("%s: %d links to the rule there is", name, links)
		}
	}
	open := h.get(t, "admin", path+"?domain=xn--bcher-kva.example").fields("main form.form")
	if open.Get("private_comment") != "alt" {
		t.Fatalf("the first rule is %v", open)
	}
	open.Set("private_comment", "neu")
	h.post(t, "admin", path, open).leadsTo(t, rulesPath)
}
