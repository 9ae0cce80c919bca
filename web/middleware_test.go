package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestLimit: a script that runs wild is told to wait, in words; others are not.
func TestLimit(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := url.Values{"source": {"a"}}
	// The window slides: at the turn of a minute a few more come through.
	var a answer
	sent := 0
	for ; sent < 2*writesPerMinute; sent++ {
		if a = in.post("/vorschau", "guest", form); a.StatusCode != http.StatusOK {
			break
		}
	}
	if sent < writesPerMinute || a.StatusCode != http.StatusTooManyRequests || a.Find("main h1").Text() != "Zu viele Anfragen" {
		t.Errorf("after %d requests: %d %q", sent, a.StatusCode, a.Find("main h1").Text())
	}
	if a := in.post("/vorschau", "member", form); a.StatusCode != http.StatusOK {
		t.Errorf("someone else: %d", a.StatusCode)
	}
}

func TestCompress(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	r := httptest.NewRequest(http.MethodGet, houseURL+"/praxisbeispiele", nil)
	r.Header.Set("Accept-Encoding", "br, gzip;q=0.8")
	w := httptest.NewRecorder()
	in.handler.ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Accept-Encoding") {
		t.Fatalf("Content-Encoding %q, Vary %q", w.Header().Get("Content-Encoding"), w.Header().Values("Vary"))
	}
	zr, err := gzip.NewReader(w.Body)
	must(t, err)
	page, err := goquery.NewDocumentFromReader(zr)
	must(t, err)
	if page.Find("h1").Length() != 1 {
		t.Error("the page is not whole")
	}
	for _, refused := range []string{"", "gzip;q=0", "identity"} {
		if a := in.get("/praxisbeispiele", "", "Accept-Encoding", refused); a.Header.Get("Content-Encoding") != "" {
			t.Errorf("Accept-Encoding %q: got %q", refused, a.Header.Get("Content-Encoding"))
		}
	}
}

// TestPanic: a broken page is a page in words, with status 500, and tells nothing of what went wrong.
func TestPanic(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	s, err := New(in.Deps)
	must(t, err)
	for name, h := range map[string]http.Handler{
		"panic": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret detail") }),
		"error": s.handle(func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF }),
	} {
		w := httptest.NewRecorder()
		s.recoverPanics(s.securityHeaders(compress(s.visit(h)))).ServeHTTP(w, httptest.NewRequest(http.MethodGet, houseURL+"/", nil))
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "Da ist uns ein Fehler unterlaufen") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "EOF") {
			t.Errorf("%s: the page tells what is inside", name)
		}
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	address := in.get("/praxisbeispiele", "").Find("link[rel=stylesheet]").First().AttrOr("href", "")
	a := in.get(address, "", "Accept-Encoding", "identity")
	if a.StatusCode != http.StatusOK || a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d, %q, %q", address, a.StatusCode, a.Header.Get("Cache-Control"), a.Header.Get("Content-Type"))
	}
	for _, path := range []string{"/static/kern.css", "/static/../web.go", "/static/"} {
		if a := in.get(path, ""); a.StatusCode == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

// TestWhatIsMadeIsLimited: who has us make the same again and again is asked to wait; who only reads is not.
func TestWhatIsMadeIsLimited(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("editor", nil)
	costly := []string{"/kennzahlen.csv?kennzahl=electricity", "/kennzahlen.json?kennzahl=electricity", practiceURL(id) + ".odt", practiceURL(id) + "/verlauf"}
	for i := range madePerMinute {
		if a := in.get(costly[i%len(costly)], ""); a.StatusCode != http.StatusOK {
			t.Fatalf("the %d.: status %d", i+1, a.StatusCode)
		}
	}
	for _, path := range costly {
		a := in.get(path, "")
		for i := 0; a.StatusCode == http.StatusOK && i < madePerMinute; i++ { // at the turn of a minute a few more come through
			a = in.get(path, "")
		}
		if a.StatusCode != http.StatusTooManyRequests || !strings.Contains(a.Find("main").Text(), "Bitte warten Sie eine Minute") {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
		if a := in.get(path, "member"); a.StatusCode != http.StatusOK {
			t.Errorf("%s for somebody else: status %d", path, a.StatusCode)
		}
	}
	for _, path := range []string{"/praxisbeispiele", practiceURL(id)} {
		if a := in.get(path, ""); a.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
	}
}

// TestAddressesOfNoText: what is no text in an address is left out, on each page that asks the database for it.
func TestAddressesOfNoText(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.publish("editor", nil)
	for _, path := range []string{
		"/", "/praxisbeispiele", "/praxisbeispiele.atom", "/ueberblick", "/kennzahlen", "/kennzahlen.json", "/suche", "/mitmachende", "/diskussionen", "/handreichungen",
		"/verzeichnis", "/sammlungen", "/papier", "/redaktion", "/redaktion/begriffe", "/redaktion/berichte", "/redaktion/entscheidungen",
	} {
		for _, text := range []string{"%00", "a%00b", "%ff%fe", "%c3"} {
			query := ""
			for _, name := range []string{"q", "art", "herkunft", "ebene", "land", "feld", "ziel", "kennzahl", "stand", "jahr", "sort", "von", "bis", "wer", "x%00"} {
				query += "&" + name + "=" + text
			}
			if a := in.get(path+"?"+query[1:], "editor"); a.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s with %s: status %d", path, text, a.StatusCode)
			}
		}
	}
}
