package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/practice"
)

// TestWithdrawnIsKeptByNobody: whoever kept a page, a file or a feed asks before it is shown again, and what was withdrawn since is
// not in the answer, whether they ask by tag or by time.
func TestWithdrawnIsKeptByNobody(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	const title = "Serverschrank Nordflügel"
	stays, goes := in.publish("editor", nil), in.publish("editor", func(d *practice.Draft) { d.Title = title })
	for _, id := range []int64{stays, goes} {
		must(t, in.Curation.Accept(t.Context(), in.people["editor"], id))
	}
	must(t, in.Curation.Feature(t.Context(), in.people["editor"], goes, true))
	place := in.arrange("Rechenzentren", stays, goes)
	in.post(place+"/veroeffentlichen", "editor", nil).wants(t, http.StatusSeeOther)
	document := in.publishDocument(url.Values{
		"action": {"preview"}, "draft": {"0"}, "title": {"Leitfaden " + title}, "summary": {"Wie ein Rechenzentrum ein Wärmenetz speist."}, "source": {"Zuerst messen."},
		"type": {"guide"}, "version": {"1.0"}, "language": {"de"}, "upload_name": {"Der Leitfaden"},
	}, guide(t, title))
	download := in.get(document, visitorName).Find(`main a[href*="/dateien/"]`).AttrOr("href", "")
	paths := []string{
		"/ueberblick", "/ueberblick.fragment.html", "/ueberblick.fragment.html?auswahl=hervorgehoben", "/ueberblick.json", "/ueberblick.atom", "/sammlungen", "/sammlungen/rechenzentren",
		"/praxisbeispiele.atom", "/katalog.jsonld", "/handreichungen", "/handreichungen.atom", document, download, practiceURL(goes), practiceURL(goes) + ".html",
	}
	kept := map[string]answer{}
	for _, path := range paths {
		a := in.get(path, visitorName).wants(t, http.StatusOK)
		if h := a.Header; h.Get("Cache-Control") != "no-cache" || h.Get("ETag") == "" || h.Get("Expires") != "" || h.Get("Last-Modified") != "" {
			t.Errorf("%s: %v", path, h)
		}
		if again := in.get(path, visitorName, "If-None-Match", a.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || again.body != "" {
			t.Errorf("%s asked for again: %d, %d bytes", path, again.StatusCode, len(again.body))
		}
		kept[path] = a
	}
	must(t, in.Practices.Withdraw(t.Context(), in.people["editor"], goes))
	in.post(document+"/zurueckziehen", "editor", nil).wants(t, http.StatusSeeOther)
	// The list of collections says only how many there are.
	for _, path := range paths {
		for _, header := range [][]string{{"If-None-Match", kept[path].Header.Get("ETag")}, {"If-Modified-Since", time.Now().UTC().Format(http.TimeFormat)}} {
			a := in.get(path, visitorName, header...)
			if a.StatusCode == http.StatusNotModified || strings.Contains(a.body, title) || a.body == kept[path].body {
				t.Errorf("%s by %s: %d shows what was withdrawn", path, header[0], a.StatusCode)
			}
		}
	}
	for _, path := range []string{document, download, practiceURL(goes), fmt.Sprint(practiceURL(goes), ".html")} {
		if a := in.get(path, visitorName); a.StatusCode != http.StatusGone && a.StatusCode != http.StatusNotFound || strings.Contains(a.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s: %d, %s", path, a.StatusCode, a.Header.Get("Cache-Control"))
		}
	}
}
