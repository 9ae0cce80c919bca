package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/vorbild/vorbild/internal/fault"
)

// TestWebFingerOfOthers: a name is found however its host keeps the answer, and only there where the host says.
func TestWebFingerOfOthers(t *testing.T) {
	t.Parallel()
	xrd := func(template string) string {
		return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template=%q/></XRD>`, template)
	}
	for name, c := range map[string]struct {
		serve func(p, other *remote, at, answer string) // at is where p is asked
		want  fault.Kind                                // "": it is found
	}{
		"as the standard says":  {func(p, _ *remote, at, answer string) { p.serve(at, "application/jrd+json", answer) }, ""},
		"with a character set":  {func(p, _ *remote, at, answer string) { p.serve(at, "application/jrd+json; charset=utf-8", answer) }, ""},
		"as JSON":               {func(p, _ *remote, at, answer string) { p.serve(at, "application/json", answer) }, ""},
		"a file without a type": {func(p, _ *remote, at, answer string) { p.serve(at, "application/octet-stream", answer) }, ""},
		"a file of plain text":  {func(p, _ *remote, at, answer string) { p.serve(at, "text/plain; charset=utf-8", answer) }, ""},
		"a page":                {func(p, _ *remote, at, answer string) { p.serve(at, "text/html", answer) }, fault.NotFound},
		"redirected on its host": {func(p, _ *remote, at, answer string) {
			p.redirect(at, "/wf")
			p.serve("/wf", "application/jrd+json", answer)
		}, ""},
		"redirected elsewhere": {func(p, other *remote, at, answer string) {
			p.redirect(at, other.url("/wf"))
			other.serve("/wf", "application/jrd+json", answer)
		}, ""},
		"redirected for ever": {func(p, _ *remote, at, _ string) { p.redirect(at, at) }, fault.NotFound},
		"host-meta only": {func(p, _ *remote, _, answer string) {
			p.serve("/.well-known/host-meta", "application/xrd+xml; charset=utf-8", xrd(p.url("/finger?r={uri}")))
			p.serve("/finger?r="+url.QueryEscape("acct:anna@"+p.host), "application/jrd+json", answer)
		}, ""},
		"host-meta, and nobody is served there": {func(p, _ *remote, at, answer string) {
			p.status(at, http.StatusMethodNotAllowed)
			p.serve("/.well-known/host-meta", "text/xml", xrd(p.url("/finger/{uri}")))
			p.serve("/finger/"+url.QueryEscape("acct:anna@"+p.host), "application/json", answer)
		}, ""},
		"host-meta of another host": {func(p, other *remote, _, answer string) {
			p.redirect("/.well-known/host-meta", other.url("/.well-known/host-meta"))
			other.serve("/.well-known/host-meta", "application/xml", xrd(other.url("/finger?r={uri}")))
			other.serve("/finger?r="+url.QueryEscape("acct:anna@"+p.host), "application/jrd+json", answer)
		}, ""},
		"host-meta that leads inside": {func(p, _ *remote, _, _ string) {
			p.serve("/.well-known/host-meta", "application/xrd+xml", xrd("http://127.0.0.1:22/{uri}"))
		}, fault.NotFound},
		"host-meta that asks for nothing": {func(p, _ *remote, _, _ string) {
			p.serve("/.well-known/host-meta", "application/xrd+xml", xrd(p.url("/finger")))
		}, fault.NotFound},
		"a page as host-meta": {func(p, _ *remote, _, _ string) {
			p.serve("/.well-known/host-meta", "text/html", xrd(p.url("/finger?r={uri}")))
		}, fault.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, p, other := newClient(t), newPeer(t, "peer"), newPeer(t, "other")
			p.serveJSON("/u/anna", p.actor("anna", testKey()))
			at := "/.well-known/webfinger?" + url.Values{"resource": {"acct:anna@" + p.host}}.Encode()
			c.serve(p, other, at, fmt.Sprintf(`{"subject":"acct:anna@%s","aliases":[%q],"links":[
				{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":%q},
				{"rel":"http://ostatus.org/schema/1.0/subscribe","template":%q},
				{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":%q}]}`,
				p.host, p.url("/@anna"), p.url("/@anna"), p.url("/subscribe?uri={uri}"), p.url("/u/anna")))
			a, err := client.ResolveHandle(t.Context(), "anna@"+p.host)
			switch {
			case c.want == "" && (err != nil || a.URI != p.url("/u/anna") || a.Host() != p.host):
				t.Errorf("got %s of %s, %v", a.URI, a.Host(), err)
			case c.want != "" && !fault.Is(err, c.want):
				t.Errorf("got %s, %v; want kind %s", a.URI, err, c.want)
			}
		})
	}
}
