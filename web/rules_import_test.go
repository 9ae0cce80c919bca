package web

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/peer"
)

// upload sends the form for lists as a browser does: with a file, and what is typed.
func (h *house) upload(t *testing.T, file string, fields map[string]string) answer {
	t.Helper()
	body, kind := multipartForm(t, file, fields)
	r := httptest.NewRequest(http.MethodPost, houseURL+"/verwaltung/regeln/import", body)
	r.Header.Set("Content-Type", kind)
	return h.do(t, "admin", r)
}

func multipartForm(t *testing.T, file string, fields map[string]string) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	name := ""
	if file != "" {
		name = "liste.csv"
	}
	part, err := w.CreateFormFile("file", name)
	must(t, err)
	_, err = io.WriteString(part, file)
	must(t, err)
	for name, value := range fields {
		must(t, w.WriteField(name, value))
	}
	must(t, w.Close())
	return body, w.FormDataContentType()
}

// TestImportShowsWhatWeakens: a list that lifts or loosens a suspension says so in words, before everything else.
func TestImportShowsWhatWeakens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, rule := range []peer.Rule{
		{Domain: "gelockert.example", Severity: peer.Suspend, RejectMedia: true}, {Domain: "boese.example", Severity: peer.Suspend},
		{Domain: "haerter.example", Severity: peer.Silence}, {Domain: "gleich.example", Severity: peer.Suspend}, {Domain: "medien.example", RejectMedia: true},
	} {
		_, err := h.Rules.Save(t.Context(), account.Operator(), rule, false)
		must(t, err)
	}
	list := "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\nhaerter.example,suspend,,,,\ngleich.example,suspend,,,Hass,\nneu.example,suspend,,,,\n" +
		"gelockert.example,silence,true,,,\nunter.boese.example,noop,,,,\nmedien.example,noop,false,,,\n*.falsch.example,suspend,,,,\n"
	page := h.post(t, "admin", "/verwaltung/regeln/import", url.Values{"list": {list}}).wants(t, http.StatusOK)
	var headings []string
	page.Find("main h3").Each(func(_ int, s *goquery.Selection) { headings = append(headings, s.Text()) })
	if got := strings.Join(headings, "; "); got != "Lockert, was bisher gilt; Nicht lesbar oder nicht zulässig; Weitere neue Regeln; Weitere geänderte Regeln" {
		t.Fatalf("headings: %s", got)
	}
	if got := page.text("main .kern-alert--warning"); !strings.Contains(got, "3 Zeilen der Liste heben eine Einschränkung auf") {
		t.Errorf("warns: %q", got)
	}
	row := func(list, n int) string {
		return strings.Join(strings.Fields(page.Find("main ul.rows").Eq(list).Find("li").Eq(n).Text()), " ")
	}
	for _, tt := range []struct {
		list, row int
		want      string
	}{
		{0, 0, "unter.boese.example Lockerung Bisher durch die Regel für boese.example: gesperrt. Künftig: ohne Einschränkung."},
		{0, 1, "gelockert.example Lockerung Bisher: gesperrt, ohne Bilder und Dateien. Künftig: eingeschränkt, ohne Bilder und Dateien."},
		{0, 2, "medien.example Lockerung Bisher: ohne Bilder und Dateien. Künftig: ohne Einschränkung."},
		{1, 0, "neu.example gesperrt"},
		{2, 0, "haerter.example Bisher: eingeschränkt. Künftig: gesperrt."},
		{2, 1, "gleich.example Bleibt: gesperrt. Nur Begründung, Bemerkung oder Unkenntlichmachung ändern sich. Hass"},
	} {
		if got := row(tt.list, tt.row); got != tt.want {
			t.Errorf("list %d, row %d: %q, want %q", tt.list, tt.row, got, tt.want)
		}
	}
	if got := page.Find("main ul.rows li").Length(); got != 6 {
		t.Errorf("%d rows", got)
	}
}

// TestImportKeepsTheList: who looks at the preview and changes nothing finds the list in the form again, typed or from a file, and the
// next file counts before it.
func TestImportKeepsTheList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const list = "a.example\nb.example"
	for name, preview := range map[string]answer{
		"typed": h.upload(t, "", map[string]string{"list": list, "bare": "silence"}), "file": h.upload(t, list, map[string]string{"bare": "silence"}),
		"wrong line": h.upload(t, "*.x.example", map[string]string{"bare": "silence"}),
	} {
		form := preview.wants(t, http.StatusOK).Find("main form")
		kept := strings.TrimSpace(form.Find("textarea[name=list]").Text())
		if form.Find("button[name=action][value=edit]").Length() != 1 || form.Find("button[value=apply]").Length() != map[bool]int{true: 1}[name != "wrong line"] {
			t.Fatalf("%s: buttons: %s", name, form.Text())
		}
		back := h.upload(t, "", map[string]string{"list": kept, "bare": form.Find("input[name=bare]").AttrOr("value", ""), "action": "edit"}).wants(t, http.StatusOK)
		if got := strings.TrimSpace(back.Find("#f-list").Text()); got != kept || kept == "" || back.Find("#f-bare input[value=silence][checked]").Length() != 1 {
			t.Errorf("%s: the form has %q", name, got)
		}
	}
	if got := h.upload(t, "c.example", map[string]string{"list": list}).text("main ul.rows"); !strings.Contains(got, "c.example") || strings.Contains(got, "a.example") {
		t.Errorf("a new file beside the old list: %s", got)
	}
	if n := rowsOf(t, h, `SELECT count(*) FROM domain_rules`); n != 0 {
		t.Errorf("%d rules without having applied anything", n)
	}
}

// TestImportTooLarge: what is too large comes back as a mistake in the form that says what to do, also over a real connection with more
// than any form may send.
func TestImportTooLarge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	large := strings.Repeat("# nur eine Bemerkung\n", peer.MaxList/20)
	typed := h.upload(t, "", map[string]string{"list": large, "bare": "silence"}).wants(t, http.StatusUnprocessableEntity)
	if got := typed.text("#f-list-error"); !strings.Contains(got, "größer als 512 KiB. Teilen Sie sie") || len(typed.Find("#f-list").Text()) < peer.MaxList {
		t.Errorf("typed: %q", got)
	}
	file := h.upload(t, large, map[string]string{"list": "typed.example", "bare": "silence"}).wants(t, http.StatusUnprocessableEntity)
	if got := file.text("#f-file-error"); !strings.Contains(got, "größer als 512 KiB") || file.Find("#f-bare input[value=silence][checked]").Length() != 1 {
		t.Errorf("file: %q", got)
	}
	if got := strings.TrimSpace(file.Find("#f-list").Text()); got != "typed.example" {
		t.Errorf("part of the file, or nothing, stands in the form: %.50q", got)
	}

	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	for _, size := range []int{2 << 20, 20 << 20} {
		body, kind := multipartForm(t, strings.Repeat("a", size), nil)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/verwaltung/regeln/import", body)
		must(t, err)
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Accept-Language", "de")
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: h.sessions["admin"]})
		res, err := server.Client().Do(r)
		must(t, err)
		doc, err := goquery.NewDocumentFromReader(res.Body)
		must(t, err)
		must(t, res.Body.Close())
		if got := doc.Find("#f-list-error").Text(); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got, "Teilen Sie sie") || doc.Find("#f-file").Length() != 1 {
			t.Errorf("%d bytes: %d, %q", size, res.StatusCode, got)
		}
	}
}

// TestImportSaysWhatItDid counts after the import, where a cookie cannot put words on the page.
func TestImportSaysWhatItDid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.Rules.Import(t.Context(), account.Operator(), "alt.example,silence\ngleich.example,suspend\n", peer.BareByForm)
	must(t, err)
	done := h.post(t, "admin", "/verwaltung/regeln/import", url.Values{"list": {"alt.example\ngleich.example\nneu.example\nneuer.example\nneu.example\n*\nkein name\n"}, "action": {"apply"}})
	done.leadsTo(t, "/verwaltung/regeln")
	said := func(cookie string) string {
		r := httptest.NewRequest(http.MethodGet, houseURL+"/verwaltung/regeln", nil)
		r.AddCookie(&http.Cookie{Name: flashCookie, Value: cookie})
		return h.do(t, "admin", r).wants(t, http.StatusOK).text(".kern-alert")
	}
	cookie := ""
	for _, c := range done.Cookies() {
		if c.Name == flashCookie {
			cookie = c.Value
		}
	}
	if got := said(cookie); !strings.Contains(got, "Neue Regeln: 2, geänderte: 1, unveränderte: 1, übersprungene Zeilen: 3.") {
		t.Errorf("%s says %q", cookie, got)
	}
	if got := said("success:flash.policy.imported?New=Unsinn&Changed=2"); strings.Contains(got, "Unsinn") {
		t.Errorf("words of a cookie: %q", got)
	}
	if got := said(fmt.Sprintf("success:%s", "error.invalid?New=1")); got != "" {
		t.Errorf("another message: %q", got)
	}
}
