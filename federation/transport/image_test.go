package transport

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/fault"
)

// A picture is fetched under the rules of everything else that we fetch, unsigned, and only if it calls itself one.
func TestGetImage(t *testing.T) {
	t.Parallel()
	c, p, other := newClient(t), newPeer(t, "peer"), newPeer(t, "other")
	p.on("/1.png", func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Signature", "Signature-Input", "Cookie", "Referer"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s: %s", name, r.Header.Get(name))
			}
		}
		w.Header().Set("Content-Type", "image/png")
		w.Write([]byte("pixels")) //nolint:errcheck // a test
	})
	p.redirect("/moved.png", "/1.png")
	p.serve("/page.png", "text/html", "<script>")
	p.serve("/actor.png", activityType, note(p.url("/actor.png")))
	p.serve("/big.png", "image/png", strings.Repeat("x", 101))
	p.redirect("/inside.png", "http://169.254.169.254/latest/meta-data/")
	p.redirect("/ours.png", ourBase+"/u/anna")
	p.redirect("/loop.png", "/loop.png")
	p.status("/gone.png", http.StatusGone)
	for path, want := range map[string]fault.Kind{
		p.url("/1.png"): "", p.url("/moved.png"): "", p.url("/page.png"): fault.Invalid, p.url("/actor.png"): fault.Invalid,
		p.url("/big.png"): fault.Invalid, p.url("/inside.png"): fault.Forbidden, p.url("/ours.png"): fault.Forbidden, p.url("/loop.png"): fault.Invalid,
		p.url("/gone.png"): fault.Gone, "http://127.0.0.1:1/x.png": fault.Forbidden, "http://peer.example/x.png": fault.Forbidden, "data:image/png;base64,AA": fault.Forbidden,
	} {
		body, err := c.GetImage(t.Context(), path, 100)
		if fault.KindOf(err) != want || (want == "") != (string(body) == "pixels") {
			t.Errorf("%s: %q, %v", path, body, err)
		}
	}
	// No media from there, and nothing at all.
	c.db.MustExec(`INSERT INTO domain_rules (domain, reject_media) VALUES ($1, true)`, p.host)
	c.db.MustExec(`INSERT INTO domain_rules (domain, severity) VALUES ($1, 'suspend')`, other.host)
	for url, want := range map[string]bool{p.url("/1.png"): false, other.url("/1.png"): false, "https://else.example/1.png": true, "::": false} {
		if may, err := c.MayShow(t.Context(), url); err != nil || may != want {
			t.Errorf("may show %s: %v, %v", url, may, err)
		}
	}
}
