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

	"github.com/vorbild/vorbild/internal/paging"
)

// writtenText is what somebody wrote.
const writtenText = "Wir haben die Temperatur <b>Grad für Grad</b> erhöht.\nDas hat gedauert."

func talk() url.Values {
	return url.Values{"title": {"Wie warm ist Ihr Serverraum?"}, "source": {writtenText}, "visibility": {"public"}, "weiter": {"/diskussionen"}}
}

// besideFile is a form as browsers send it: its fields in their order, and then a file.
func besideFile(t *testing.T, form url.Values, content []byte) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, value := range values {
			must(t, w.WriteField(name, value))
		}
	}
	part, err := w.CreateFormFile("upload", "leitfaden.odt")
	must(t, err)
	_, err = part.Write(content)
	must(t, err)
	must(t, w.Close())
	r := httptest.NewRequest(http.MethodPost, houseURL+"/praxisbeispiele/neu", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// given returns the texts that an error page gives back, by the names of their fields.
func (a answer) given() map[string]string {
	texts := map[string]string{}
	for _, area := range a.Find("main form textarea").EachIter() {
		texts[area.AttrOr("name", "")] = strings.TrimPrefix(area.Text(), "\n")
	}
	return texts
}

// TestSessionEndedGivesBackWhatWasTyped: whoever logs in again sends the same form once more.
func TestSessionEndedGivesBackWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.discussion(t, "member", "Wie warm ist Ihr Serverraum?", "Text")
	at := fmt.Sprintf("/beitraege/%d/melden", p.ID)
	page := h.post(t, visitorName, at, url.Values{"category": {"spam"}, "comment": {writtenText}}).wants(t, http.StatusUnauthorized)
	checkPage(t, "session ended", page)
	if got := page.given(); got["comment"] != writtenText || len(got) != 1 {
		t.Errorf("given back: %q", got)
	}
	if login := page.Find("main a[target=_blank]").AttrOr("href", ""); !strings.HasPrefix(login, "/anmelden?weiter=") {
		t.Errorf("the login is at %q", login)
	}
	h.post(t, "guest", page.Find("main form").AttrOr("action", ""), page.fields("main form")).wants(t, http.StatusSeeOther)
	reports, err := h.Moderation.List(t.Context(), h.people["moderator"], true, paging.Page{})
	must(t, err)
	if len(reports) != 1 || reports[0].Comment != writtenText || reports[0].Category != "spam" {
		t.Errorf("sent again it says: %+v", reports)
	}
}

// TestTooManyGiveBackWhatWasTyped: who is told to wait a minute does not write it all again.
func TestTooManyGiveBackWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var last answer
	for range 2*writesPerMinute + 1 { // a minute may end in between
		if last = h.post(t, "member", "/sprache", url.Values{"sprache": {"de"}}); last.StatusCode == http.StatusTooManyRequests {
			break
		}
	}
	if last.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("after %d forms: %d", 2*writesPerMinute+1, last.StatusCode)
	}
	if last.Find("main form").Length() != 0 {
		t.Error("a choice is given back as if it were a text")
	}
	page := h.post(t, "member", "/beitraege", talk()).wants(t, http.StatusTooManyRequests)
	checkPage(t, "too many", page)
	if got := page.given(); got["source"] != writtenText {
		t.Errorf("given back: %q", got)
	}
	if got := page.Find("main form input[name=visibility][type=hidden]").AttrOr("value", ""); got != "public" {
		t.Errorf("the choice is %q", got)
	}
}

// TestFailureGivesBackWhatWasTyped, also when there is no database to look anything up in.
func TestFailureGivesBackWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must(t, h.db.Close())
	page := h.post(t, "member", "/beitraege", talk()).wants(t, http.StatusInternalServerError)
	checkPage(t, "failure", page)
	if got := page.given(); got["source"] != writtenText || page.Find("b").Text() == "Grad für Grad" {
		t.Errorf("given back: %q", got)
	}
	if got := page.text("main"); strings.Contains(got, "sql") || strings.Contains(got, "closed") {
		t.Errorf("the page tells too much: %s", got)
	}
}

// TestTooLargeGivesBackWhatWasTyped: the short texts whole, the one that is too long to be shortened, beside a file as well.
func TestTooLargeGivesBackWhatWasTyped(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := talk()
	form.Set("source", strings.Repeat("Zu viel. ", maxBody/8))
	page := in.post("/beitraege", "member", form, "Sec-Fetch-Site", "same-origin").wants(t, http.StatusRequestEntityTooLarge)
	if got := page.given(); got["title"] != form.Get("title") || got["source"] != strings.TrimSpace(form.Get("source")) && got["source"] != form.Get("source") {
		t.Errorf("given back: title %q, %d of %d bytes", got["title"], len(got["source"]), len(form.Get("source")))
	}
	// More than is kept is cut off, never more is remembered.
	form.Set("source", strings.Repeat("Viel zu viel. ", maxKept/8))
	page = in.post("/beitraege", "member", form, "Sec-Fetch-Site", "same-origin").wants(t, http.StatusRequestEntityTooLarge)
	if got := len(page.given()["source"]); got < maxBody || got > maxKept {
		t.Errorf("%d bytes of a text beyond all bounds", got)
	}

	practice := filled()
	practice.Set("source", writtenText)
	page = in.do(t, "member", besideFile(t, practice, make([]byte, maxFileBody+1))).wants(t, http.StatusRequestEntityTooLarge)
	if got := page.given(); got["source"] != writtenText || got["summary"] != practice.Get("summary") {
		t.Errorf("beside a file: %q", got)
	}
	if label := page.Find("label[for='" + page.Find("textarea[name=summary]").AttrOr("id", "") + "']").Text(); label != "In einem Satz: Was bringt es?" {
		t.Errorf("the summary is called %q", label)
	}
}

// TestOnlyOurFormsAreGivenBack: what another site sent, or nobody knows who, never becomes a form of ours.
func TestOnlyOurFormsAreGivenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, header := range map[string][2]string{
		"another site": {"Sec-Fetch-Site", "cross-site"}, "a sibling": {"Sec-Fetch-Site", "same-site"}, "another origin": {"Origin", "https://fies.example"}, "nobody": {"X-Nothing", "x"},
	} {
		r := httptest.NewRequest(http.MethodPost, houseURL+"/beitraege/1/melden", strings.NewReader(url.Values{"comment": {writtenText}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header[0], header[1])
		page := h.do(t, visitorName, r)
		if page.StatusCode < 400 || page.Find("main form").Length() != 0 || strings.Contains(page.body, "Grad für Grad") {
			t.Errorf("%s: %d, %d forms", name, page.StatusCode, page.Find("main form").Length())
		}
	}
	if own := h.post(t, visitorName, "/beitraege/1/melden", url.Values{"comment": {writtenText}}); own.given()["comment"] != writtenText {
		t.Error("our own form is not given back either: nothing is shown above")
	}
	// Nothing that opens a session stands in a page.
	secret := "/anmeldelink/" + strings.Repeat("a", 43)
	if page := h.post(t, visitorName, secret, talk()); page.Find("main form textarea").Length() != 0 {
		t.Error("the form of a login link is given back")
	}
	if got := h.post(t, visitorName, "//fies.example/beitraege/1/melden", talk()); strings.Contains(got.Find("main form").AttrOr("action", ""), "fies") {
		t.Errorf("the form leads to %q", got.Find("main form").AttrOr("action", ""))
	}
}
