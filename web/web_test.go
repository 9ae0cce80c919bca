package web

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/web/locales"
)

// TestTemplateKeys finds words that templates ask for and a language lacks.
func TestTemplateKeys(t *testing.T) {
	t.Parallel()
	bundle, err := locales.Load()
	must(t, err)
	assets, err := loadAssets(staticFiles, "static")
	must(t, err)
	s := &Site{Deps: Deps{I18n: bundle}, assets: assets}
	for _, lang := range languages {
		l := bundle.For(lang)
		set, err := parseTemplateSet(templateFiles, s.templateFuncs(l))
		must(t, err)
		for _, tmpl := range set.Templates() {
			if tmpl.Tree == nil {
				continue
			}
			for key := range keysOf(tmpl.Tree.Root.String()) {
				if strings.HasSuffix(key, ".") || l.T(key, "Count", 2) != key {
					continue
				}
				t.Errorf("%s: template %s asks for %q", lang, tmpl.Name(), key)
			}
			walk(tmpl.Tree.Root, func(n parse.Node) {
				if text, ok := n.(*parse.TextNode); ok && strings.Contains(string(text.Text), " style=") {
					t.Errorf("template %s has an inline style", tmpl.Name())
				}
			})
		}
	}
}

var localeKey = regexp.MustCompile(`"((?:about|admin|auth|error|export|flash|home|member|notice|post|practices|profile|review|role|search|settings|state|structure|talk|visibility|web|who)\.[a-z0-9_.\-]+)"`)

func keysOf(source string) map[string]bool {
	keys := map[string]bool{}
	for _, m := range localeKey.FindAllStringSubmatch(source, -1) {
		keys[m[1]] = true
	}
	return keys
}

// TestGoKeys does the same for words that handlers ask for.
func TestGoKeys(t *testing.T) {
	t.Parallel()
	bundle, err := locales.Load()
	must(t, err)
	for _, file := range goFiles(t) {
		for key := range keysOf(file.source) {
			for _, lang := range languages {
				if !strings.HasSuffix(key, ".") && bundle.For(lang).T(key, "Count", 2) == key {
					t.Errorf("%s: %s asks for %q", lang, file.name, key)
				}
			}
		}
	}
}

// TestPages opens every page as those who may see it and checks what holds for all pages.
func TestPages(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	own, other := in.sample()
	draft, err := in.Practices.SaveDraft(t.Context(), in.people["member"], 0, practice.Draft{Title: "Noch ein Entwurf"})
	must(t, err)
	pages := []struct{ path, who string }{
		{"/", ""}, {"/", "member"}, {"/praxisbeispiele", ""}, {"/praxisbeispiele?q=Serverr%C3%A4ume", ""}, {"/praxisbeispiele?land=DE-SH", ""},
		{"/praxisbeispiele?q=gibtesnicht", ""}, {"/praxisbeispiele?seite=99", ""}, {"/ueberblick", ""}, {"/ueberblick?ebene=land", "editor"}, {"/ueberblick?land=DE-SH", ""}, {"/einbetten", ""},
		{fmt.Sprintf("/praxisbeispiele/%d", own), ""}, {fmt.Sprintf("/praxisbeispiele/%d", own), "member"}, {fmt.Sprintf("/praxisbeispiele/%d", other), ""},
		{fmt.Sprintf("/praxisbeispiele/%d", other), "editor"}, {fmt.Sprintf("/praxisbeispiele/%d/verlauf", own), ""},
		{"/praxisbeispiele/neu", "member"}, {fmt.Sprintf("/praxisbeispiele/%d/bearbeiten", own), "member"}, {fmt.Sprintf("/praxisbeispiele/%d/bearbeiten", draft), "member"},
		{fmt.Sprintf("/praxisbeispiele/%d/zurueckziehen", own), "member"},
		{"/redaktion", "editor"}, {"/redaktion?stand=accepted", "editor"}, {"/redaktion?stand=declined", "editor"}, {"/redaktion?stand=changed", "editor"},
		{fmt.Sprintf("/redaktion/%d", other), "editor"}, {"/redaktion/begriffe", "editor"},
	}
	for _, p := range pages {
		for _, lang := range languages {
			a := in.get(p.path, p.who, "Accept-Language", lang)
			if a.StatusCode != http.StatusOK {
				t.Errorf("%s as %q: status %d: %s", p.path, p.who, a.StatusCode, a.Find("main").Text())
				continue
			}
			checkPage(t, p.path+" as "+p.who+" in "+lang, a)
		}
	}
	for _, path := range []string{"/nirgends", "/praxisbeispiele/1", "/praxisbeispiele/99999999999999999999"} {
		a := in.get(path, "")
		if a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, a.StatusCode)
		}
		checkPage(t, path, a)
	}
}

// checkPage holds every page to what people and browsers need.
func checkPage(t *testing.T, name string, a answer) {
	t.Helper()
	page := a.Document
	problem := func(format string, args ...any) { t.Helper(); t.Errorf("%s: %s", name, fmt.Sprintf(format, args...)) }
	if n := page.Find("h1").Length(); n != 1 {
		problem("%d h1", n)
	}
	for _, landmark := range []string{"header.site-header", "main#inhalt", "footer.site-footer", "nav[aria-label]", "a.skip-link[href='#inhalt']"} {
		if page.Find(landmark).Length() == 0 {
			problem("no %s", landmark)
		}
	}
	if lang := page.Find("html").AttrOr("lang", ""); lang != "de" && lang != "en" {
		problem("lang %q", lang)
	}
	if title := page.Find("title").Text(); strings.TrimSpace(strings.Trim(title, "– ")) == "" {
		problem("title %q", title)
	}
	if page.Find("[style], style, script:not([src]):not([type='application/ld+json']), [onclick], [onload]").Length() > 0 {
		problem("inline style or script")
	}
	page.Find("link[href], script[src], img[src], iframe, object").Each(func(_ int, s *goquery.Selection) {
		address := s.AttrOr("src", s.AttrOr("href", ""))
		if rel := s.AttrOr("rel", ""); rel == "canonical" || rel == "alternate" || rel == "describedby" {
			return
		}
		if !strings.HasPrefix(address, "/static/") && !ownFile.MatchString(address) {
			problem("loads %q", address)
		}
	})
	ids := map[string]bool{}
	page.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if ids[id] {
			problem("id %q twice", id)
		}
		ids[id] = true
	})
	page.Find("[aria-labelledby], [aria-describedby]").Each(func(_ int, s *goquery.Selection) {
		for _, id := range strings.Fields(s.AttrOr("aria-labelledby", "") + " " + s.AttrOr("aria-describedby", "")) {
			if !ids[id] {
				problem("refers to id %q, which is not there", id)
			}
		}
	})
	page.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if page.Find("label[for='"+id+"']").Length() == 0 && s.AttrOr("aria-label", "") == "" {
			problem("%s %q has no label", goquery.NodeName(s), s.AttrOr("name", ""))
		}
	})
	page.Find("a[href^='#']").Each(func(_ int, s *goquery.Selection) {
		if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !ids[id] {
			problem("leads to #%s, which is not there", id)
		}
	})
	level := 1
	page.Find("main h1, main h2, main h3, main h4").Each(func(_ int, s *goquery.Selection) {
		n := int(goquery.NodeName(s)[1] - '0')
		if n > level+1 {
			problem("heading %q jumps from h%d to h%d", strings.TrimSpace(s.Text()), level, n)
		}
		level = n
	})
	if text := page.Find("body").Text(); strings.Contains(text, "<no value>") || strings.Contains(text, "%!") {
		problem("template leftovers")
	}
	if key := leftoverKey.FindString(page.Find("main").Text()); key != "" {
		problem("untranslated %q", key)
	}
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		problem("content security policy %q", csp)
	}
}

// ownFile is what hangs on a practice.
var ownFile = regexp.MustCompile(`^/praxisbeispiele/\d+/anlagen/\d+/vorschau$`)

var leftoverKey = regexp.MustCompile(`\b(?:practices|web|flash|talk|post|home|admin|auth|settings|structure)\.[a-z_]+(?:\.[a-z_]+)+`)

// TestRoles: what is not for everyone leads visitors to the login and tells others that they may not.
func TestRoles(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("editor", nil)
	for _, path := range []string{"/praxisbeispiele/neu", fmt.Sprintf("/praxisbeispiele/%d/bearbeiten", id), "/redaktion", "/redaktion/begriffe", "/redaktion/begriffe/1/zusammenfuehren", "/redaktion/begriffe/1/nicht-anbieten", "/redaktion/begriffe/goal/freigeben", fmt.Sprintf("/redaktion/%d", id)} {
		a := in.get(path, "")
		if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/anmelden?weiter="+url.QueryEscape(path) {
			t.Errorf("%s as a visitor: %d to %q", path, a.StatusCode, a.Header.Get("Location"))
		}
		if a := in.get(path, "guest"); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s as a guest: %d, want 403", path, a.StatusCode)
		}
	}
	for _, path := range []string{fmt.Sprintf("/redaktion/%d/annehmen", id), fmt.Sprintf("/redaktion/%d/ablehnen", id), "/redaktion/begriffe"} {
		if a := in.post(path, "member", url.Values{"reason": {"Weil es so ist."}, "scheme": {"goal"}, "name": {"Neu"}}); a.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s as a member: %d, want 403", path, a.StatusCode)
		}
	}
	if a := in.post(fmt.Sprintf("/praxisbeispiele/%d/bearbeiten", id), "member", url.Values{"action": {"withdraw"}}); a.StatusCode != http.StatusForbidden && a.StatusCode != http.StatusNotFound {
		t.Errorf("withdrawing another's practice: %d", a.StatusCode)
	}
	if a := in.get(practiceURL(id), ""); a.StatusCode != http.StatusOK {
		t.Errorf("after all that the practice answers %d", a.StatusCode)
	}
	// A form from another site is refused, whoever is logged in.
	if a := in.post("/praxisbeispiele/neu", "member", url.Values{"action": {"save"}, "title": {"Untergeschoben"}}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); a.StatusCode != http.StatusForbidden {
		t.Errorf("cross-site form: %d, want 403", a.StatusCode)
	}
}

// TestConditional: a visitor's second view of an unchanged page costs a 304; what someone logged in sees is never stored.
func TestConditional(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	const path = "/praxisbeispiele"
	first := in.get(path, "")
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("ETag %q, Cache-Control %q", tag, first.Header.Get("Cache-Control"))
	}
	second := in.get(path, "", "If-None-Match", tag)
	if second.StatusCode != http.StatusNotModified || second.body != "" {
		t.Errorf("second view: %d with %d bytes", second.StatusCode, len(second.body))
	}
	if a := in.get(path, "guest"); a.Header.Get("Cache-Control") != "private, no-store" || a.Header.Get("ETag") != "" {
		t.Errorf("logged in: Cache-Control %q, ETag %q", a.Header.Get("Cache-Control"), a.Header.Get("ETag"))
	}
}

// TestWeight holds the budget: all style sheets and scripts of a first view under 25 kB of CSS and 60 kB altogether.
func TestWeight(t *testing.T) {
	t.Parallel()
	a, err := loadAssets(staticFiles, "static")
	must(t, err)
	var css, all int
	for name, file := range a.byPath {
		all += len(file.gzip)
		if path.Ext(name) == ".css" {
			css += len(file.gzip)
		}
	}
	if css > 25_000 || all > 60_000 {
		t.Errorf("CSS %d bytes, all static files %d bytes", css, all)
	}
	names, err := fs.Glob(staticFiles, "static/*")
	must(t, err)
	for _, name := range names {
		content, err := fs.ReadFile(staticFiles, name)
		must(t, err)
		if m := regexp.MustCompile(`(?:@import|url\()\s*["']?(?:https?:)?//`).Find(content); m != nil {
			t.Errorf("%s reaches out: %s", name, m)
		}
	}
}

// TestLocalPath: no link to us leads elsewhere.
func TestLocalPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/praxisbeispiele?q=a#b": "/praxisbeispiele?q=a#b", "": "/x", "https://evil.example/": "/x", "//evil.example": "/x", `/\evil.example`: "/x",
		"/\t/evil.example": "/x", "javascript:alert(1)": "/x", "praxisbeispiele": "/x",
	} {
		if got := localPath(in, "/x"); got != want {
			t.Errorf("localPath(%q) = %q, want %q", in, got, want)
		}
	}
}
