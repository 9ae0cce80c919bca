package transport

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

func TestParseAcct(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]acct{
		"anna@sh.example": {"anna", "sh.example"}, "@anna@SH.example": {"anna", "sh.example"}, " acct:Anna@sh.example:443 ": {"Anna", "sh.example"},
		"praxis@sh.localhost:8402": {"praxis", "sh.localhost:8402"}, "sh.example": {"", "sh.example"}, "sh.localhost:8402": {"", "sh.localhost:8402"},
		"anna@bücher.example": {"anna", "xn--bcher-kva.example"}, "anna@localhost:8080": {"anna", "localhost:8080"},
		"sh.localhost:8402@sh.localhost:8402": {"sh.localhost:8402", "sh.localhost:8402"},
	} {
		got, err := parseAcct(in)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "@", "anna", "anna@", "@@sh.example", "a@b@sh.example", "anna@sh.example/inbox", "anna@sh.example?x", "anna@sh.example#x",
		"an na@sh.example", "anna@sh .example", "anna@user:pass@sh.example/", "anna@sh_.example", "an\x00na@sh.example", "\xff@sh.example", "anna@sh.example\x00", "anna@" + strings.Repeat("a.", 200) + "example", "anna@sh.example:x", "anna@-.example"} {
		if got, err := parseAcct(in); err == nil {
			t.Errorf("%q: accepted as %+v", in, got)
		}
	}
}

func FuzzParseAcct(f *testing.F) {
	f.Add("anna@sh.example")
	f.Add("@anna@[::1]:8080")
	f.Add("acct:ü@bücher.example:8443")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAcct(s)
		if err != nil {
			return
		}
		// The host must stay one when it becomes part of an address.
		u, err := url.Parse("https://" + a.host + "/.well-known/webfinger")
		if err != nil || u.Host != a.host || u.User != nil || u.Path != "/.well-known/webfinger" {
			t.Errorf("%q: host %q", s, a.host)
		}
	})
}

func FuzzParseJRD(f *testing.F) {
	f.Add([]byte(`{"subject":"acct:anna@sh.example","links":[{"rel":"self","type":"application/activity+json","href":"https://sh.example/u/anna"}]}`))
	f.Add([]byte(`{"links":[{"rel":"lrdd","template":"https://sh.example/{uri}"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseJRD(raw)
		if err != nil {
			return
		}
		if uri, err := doc.actor(); err == nil && uri == "" {
			t.Errorf("%q: actor without address", raw)
		}
	})
}

func FuzzParseHostMeta(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="https://sh.example/wf?resource={uri}"/></XRD>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if template, err := parseHostMeta(raw); err == nil && !strings.Contains(template, "{uri}") {
			t.Errorf("%q: template %q", raw, template)
		}
	})
}

func TestResolveHandle(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	doc := p.actor("anna", testKey())
	doc["summary"] = `<p onclick="x()">Kiel: Rechenzentrum</p><script>x()</script>`
	p.serveActor("anna", doc)
	a, err := c.ResolveHandle(t.Context(), "@Anna@"+strings.ToUpper(p.host))
	if err == nil {
		t.Fatal("the peer knows no Anna in capitals, but was believed")
	}
	a, err = c.ResolveHandle(t.Context(), "@anna@"+p.host)
	if err != nil {
		t.Fatal(err)
	}
	if a.URI != p.url("/u/anna") || a.Handle() != "anna@"+p.host || a.DisplayName != "Anna: Rechenzentrum" || a.Kind != account.Person ||
		a.InboxURI != p.url("/u/anna/inbox") || a.SharedInboxURI != p.url("/inbox") || a.FetchedAt == nil {
		t.Errorf("got %+v", a)
	}
	if a.Note != "<p>Kiel: Rechenzentrum</p>" {
		t.Errorf("note: %s", a.Note)
	}
	// Known and fresh: nobody is asked again.
	before := p.askedAtAll()
	again, err := c.ResolveHandle(t.Context(), "anna@"+p.host)
	if err != nil || again.ID != a.ID || p.askedAtAll() != before {
		t.Errorf("again: account %d, %v, %d requests", again.ID, err, p.askedAtAll()-before)
	}
}

func TestResolveHandleOfOurs(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for handle, want := range map[string]string{"praxis@" + ourDomain: "/g/praxis", "@forum@OURS.localhost:8080": "/g/forum", ourDomain: "/actor"} {
		a, err := c.ResolveHandle(t.Context(), handle)
		if err != nil || a.URI != ourBase+want {
			t.Errorf("%s: got %s, %v", handle, a.URI, err)
		}
	}
	for uri, want := range map[string]string{
		ourBase + "/g/praxis": "/g/praxis", ourBase + "/@praxis": "/g/praxis", ourBase + "/@forum/": "/g/forum",
		ourBase: "/actor", ourBase + "/": "/actor", ourBase + "/instanz": "/actor",
	} {
		a, err := c.ResolveURI(t.Context(), uri)
		if err != nil || a.URI != ourBase+want {
			t.Errorf("%s: got %s, %v", uri, a.URI, err)
		}
	}
	for _, handle := range []string{"nobody@" + ourDomain, "praxis"} {
		if _, err := c.ResolveHandle(t.Context(), handle); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", handle, err)
		}
	}
	for _, uri := range []string{ourBase + "/@nobody", ourBase + "/@a%00b", ourBase + "/%ff", ourBase + "/notes/1", ourBase + "/@a/@b"} {
		if _, err := c.ResolveURI(t.Context(), uri); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func TestResolveHandleFailures(t *testing.T) {
	t.Parallel()
	c, p, other := newClient(t), newPeer(t, "peer"), newPeer(t, "other")
	acct := func(name string) string { return "acct:" + name + "@" + p.host }
	// A document on a host of uploads that takes somebody's name: WebFinger leads elsewhere.
	p.serveActor("anna", p.actor("anna", testKey()))
	fake := p.actor("anna", otherKey())
	fake["id"], fake["inbox"] = p.url("/uploads/1"), p.url("/uploads/1/inbox")
	delete(fake, "publicKey")
	p.serveJSON("/uploads/1", fake)
	p.serveWebFinger(acct("fake"), acct("fake"), p.url("/uploads/1"))
	// WebFinger that names a note, a page, nothing, or is no JSON.
	p.serveJSON("/notes/1", map[string]any{"id": p.url("/notes/1"), "type": "Note"})
	p.serveWebFinger(acct("note"), acct("note"), p.url("/notes/1"))
	p.serveWebFinger(acct("nowhere"), acct("nowhere"), p.url("/nowhere"))
	p.serveWebFinger(acct("inside"), acct("inside"), "http://127.0.0.1:22/")
	webfinger := func(name string) string {
		return "/.well-known/webfinger?" + url.Values{"resource": {acct(name)}}.Encode()
	}
	p.serve(webfinger("empty"), "application/jrd+json", `{}`)
	p.serve(webfinger("html"), "text/html", `<p>`)
	p.status(webfinger("down"), 500)
	// An inbox on another host would make us send there.
	far := p.actor("far", testKey())
	far["inbox"] = other.url("/inbox")
	p.serveActor("far", far)

	for handle, want := range map[string]fault.Kind{
		"unknown": fault.NotFound, "fake": fault.NotFound, "note": fault.NotFound, "nowhere": fault.NotFound, "inside": fault.NotFound,
		"empty": fault.NotFound, "html": fault.NotFound, "far": fault.NotFound, "down": fault.Unavailable,
	} {
		if a, err := c.ResolveHandle(t.Context(), handle+"@"+p.host); !fault.Is(err, want) {
			t.Errorf("%s: got %s, %v; want kind %s", handle, a.URI, err, want)
		}
	}
	for _, handle := range []string{"anna", "", "@", "anna@127.0.0.1:22", "anna@[::1]:80", "http://" + p.host + "/u/anna"} {
		if _, err := c.ResolveHandle(t.Context(), handle); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", handle, err)
		}
	}
	p.Server.Close()
	if _, err := c.ResolveHandle(t.Context(), "bert@"+p.host); !fault.Is(err, fault.Unavailable) {
		t.Errorf("closed server: %v", err)
	}
	var n int
	if err := c.db.GetContext(t.Context(), &n, `SELECT count(*) FROM accounts WHERE domain IS NOT NULL`); err != nil || n != 0 {
		t.Errorf("%d accounts were stored, %v", n, err)
	}
}

func TestResolveHandleByHostMeta(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	p.serveJSON("/u/anna", p.actor("anna", testKey()))
	p.serve("/.well-known/host-meta", "application/xrd+xml", fmt.Sprintf(
		`<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="%s?r={uri}"/></XRD>`, p.url("/finger")))
	body, _ := json.Marshal(map[string]any{"subject": "acct:anna@" + p.host, "links": []map[string]string{{"rel": "self", "type": activityType, "href": p.url("/u/anna")}}})
	p.serve("/finger?r="+url.QueryEscape("acct:anna@"+p.host), "application/json", string(body))
	a, err := c.ResolveHandle(t.Context(), "anna@"+p.host)
	if err != nil || a.URI != p.url("/u/anna") {
		t.Errorf("got %s, %v", a.URI, err)
	}
}

// Ids on one host, handles on another: believed when both say so.
func TestResolveHandleOfSplitDomain(t *testing.T) {
	t.Parallel()
	c, web, short := newClient(t), newPeer(t, "web"), newPeer(t, "short")
	id := web.url("/u/anna")
	web.serveJSON("/u/anna", web.actor("anna", testKey()))
	web.serveWebFinger("acct:anna@"+web.host, "acct:anna@"+short.host, id)
	short.serveWebFinger("acct:anna@"+short.host, "acct:anna@"+short.host, id)
	for _, handle := range []string{"anna@" + short.host, "anna@" + web.host} {
		a, err := c.ResolveHandle(t.Context(), handle)
		if err != nil || a.URI != id || a.Host() != short.host {
			t.Errorf("%s: got %s of %s, %v", handle, a.URI, a.Host(), err)
		}
	}
	// A host that claims another's name without that host's consent.
	liar := newPeer(t, "liar")
	short.serveWebFinger("acct:carl@"+short.host, "acct:carl@"+short.host, liar.url("/u/bert")) // consent to another name
	liar.serveJSON("/u/bert", liar.actor("bert", testKey()))
	for name, subject := range map[string]string{"other": "acct:bert@" + short.host, "not that name": "acct:carl@" + short.host, "ours": "acct:bert@" + ourDomain, "other user": "acct:carl@" + liar.host, "nonsense": "bert"} {
		liar.serveWebFinger("acct:bert@"+liar.host, subject, liar.url("/u/bert"))
		if a, err := c.ResolveHandle(t.Context(), "bert@"+liar.host); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: got %s of %s, %v", name, a.URI, a.Host(), err)
		}
	}
	liar.serveWebFinger("acct:bert@"+liar.host, "acct:bert@"+short.host, liar.url("/u/bert"))
	for name, answer := range map[string]struct{ subject, actor string }{
		"has another bert": {"acct:bert@" + short.host, short.url("/u/bert")},
		"points further":   {"acct:bert@" + web.host, liar.url("/u/bert")},
	} {
		short.serveWebFinger("acct:bert@"+short.host, answer.subject, answer.actor)
		if a, err := c.ResolveHandle(t.Context(), "bert@"+liar.host); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: got %s of %s, %v", name, a.URI, a.Host(), err)
		}
	}
}

func TestResolveInstance(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	application := func(p *remote, path, username string) map[string]any {
		id := p.url(path)
		return map[string]any{
			"id": id, "type": "Application", "preferredUsername": username, "inbox": id + "/inbox",
			"vb:catalogue": p.url("/g/praxis"), "vb:forum": p.url("/g/forum"), "vb:level": "land", "vb:region": "DE-SH",
			"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": publicPEM(testKey())},
		}
	}
	finger := func(p *remote) string {
		return "/.well-known/webfinger?" + url.Values{"resource": {p.url("/")}}.Encode()
	}
	for name, serve := range map[string]func(p *remote) string{
		"service link": func(p *remote) string {
			p.serveJSON("/instance", application(p, "/instance", p.host))
			p.serve(finger(p), "application/jrd+json", fmt.Sprintf(`{"subject":%q,"links":[{"rel":"https://www.w3.org/ns/activitystreams#Service","type":"application/activity+json","href":%q}]}`, p.url("/"), p.url("/instance")))
			p.serveWebFinger("acct:"+p.host+"@"+p.host, "acct:"+p.host+"@"+p.host, p.url("/instance"))
			return "/instance"
		},
		"nodeinfo": func(p *remote) string {
			p.serveJSON("/internal", application(p, "/internal", p.host))
			p.serve("/.well-known/nodeinfo", "application/json", fmt.Sprintf(`{"links":[{"rel":"https://www.w3.org/ns/activitystreams#Application","href":%q}]}`, p.url("/internal")))
			return "/internal"
		},
		"guess": func(p *remote) string {
			p.serveJSON("/actor", application(p, "/actor", strings.Split(p.host, ":")[0]))
			return "/actor"
		},
	} {
		p := newPeer(t, "peer")
		path := serve(p)
		a, err := c.ResolveHandle(t.Context(), p.host)
		if err != nil || a.URI != p.url(path) || a.Kind != account.Application || a.Host() != p.host ||
			a.CatalogURI != p.url("/g/praxis") || a.ForumURI != p.url("/g/forum") || a.Level != "land" || a.Region != "DE-SH" {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
	}
	// Without WebFinger an instance actor has no other name than its host's.
	p := newPeer(t, "peer")
	p.serveJSON("/actor", application(p, "/actor", "anna"))
	if a, err := c.ResolveHandle(t.Context(), p.host); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unconfirmed name: got %s, %v", a.Handle(), err)
	}
}

func TestFetchActor(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	p.serveActor("anna", p.actor("anna", testKey()))
	uri := p.url("/u/anna")
	fetch := func(wantAsked int) account.Account {
		t.Helper()
		a, err := c.FetchActor(t.Context(), uri)
		if err != nil {
			t.Fatal(err)
		}
		if n := p.asked("/u/anna"); n != wantAsked {
			t.Errorf("asked %d times, want %d", n, wantAsked)
		}
		return a
	}
	first := fetch(1)
	if fetch(1).ID != first.ID {
		t.Error("another account")
	}
	doc := p.actor("anna", testKey())
	doc["name"] = "Anna B."
	p.serveActor("anna", doc)
	if a, err := c.RefreshActor(t.Context(), uri); err != nil || a.DisplayName != "Anna B." || a.ID != first.ID {
		t.Errorf("refreshed: %+v, %v", a, err)
	}
	if n := p.asked("/.well-known/webfinger"); n != 1 {
		t.Errorf("webfinger asked %d times for one name", n)
	}
	// A day later the origin is asked again; while it is away the old picture serves.
	c.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	p.status("/u/anna", http.StatusServiceUnavailable)
	if fetch(3).DisplayName != "Anna B." {
		t.Error("not the stored actor")
	}
	if _, err := c.RefreshActor(t.Context(), uri); !fault.Is(err, fault.Unavailable) {
		t.Errorf("refresh while away: %v", err)
	}
	p.status("/u/anna", http.StatusGone)
	if _, err := c.FetchActor(t.Context(), uri); !fault.Is(err, fault.Gone) {
		t.Errorf("gone: %v", err)
	}
	if a, err := c.accounts.ByURI(t.Context(), uri); err != nil || a.State != account.Gone {
		t.Errorf("state %q, %v", a.State, err)
	}
	before := p.askedAtAll()
	if _, err := c.FetchActor(t.Context(), uri); !fault.Is(err, fault.Gone) || p.askedAtAll() != before {
		t.Errorf("gone, again: %v", err)
	}
}

func TestResolveURI(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	p.serveActor("anna", p.actor("anna", testKey()))
	p.redirect("/@anna", "/u/anna")
	p.serveJSON("/notes/1", map[string]any{"id": p.url("/notes/1"), "type": "Note"})
	p.serve("/start", "text/html", "<p>Willkommen</p>")
	for _, uri := range []string{p.url("/@anna"), p.url("/u/anna")} {
		if a, err := c.ResolveURI(t.Context(), uri); err != nil || a.URI != p.url("/u/anna") {
			t.Errorf("%s: got %s, %v", uri, a.URI, err)
		}
	}
	for _, uri := range []string{p.url("/notes/1"), p.url("/start"), p.url("/nothing"), "https://127.0.0.1/", "anna", p.url("/\xff"), p.url("/\x00")} {
		if a, err := c.ResolveURI(t.Context(), uri); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: got %s, %v", uri, a.URI, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"http://ours.localhost:8080": "http://sh.localhost:8402 https://sh.example", "https://ours.example": "https://sh.localhost:8402 https://sh.example"} {
		c := &Client{base: mustURL(t, base), guard: newGuard([]string{"*.localhost"})}
		if got := c.origin("sh.localhost:8402") + " " + c.origin("sh.example"); got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
}
