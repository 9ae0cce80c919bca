package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

func note(id string) string {
	return fmt.Sprintf(`{"id":%q,"type":"Note","content":"<p>Hallo</p>"}`, id)
}

// checkOurSignature verifies by hand that a request to a peer is signed by an account of ours.
func checkOurSignature(t *testing.T, c *Client, r *http.Request, wantKeyID string, names ...string) {
	t.Helper()
	header := r.Header.Values("Signature")
	if len(header) != 1 {
		t.Errorf("%s %s: %d signatures", r.Method, r.URL, len(header))
		return
	}
	m := regexp.MustCompile(`^keyId="([^"]+)",algorithm="rsa-sha256",headers="([^"]+)",signature="([^"]+)"$`).FindStringSubmatch(header[0])
	if m == nil || m[1] != wantKeyID || m[2] != strings.Join(names, " ") {
		t.Errorf("%s %s: signature %s", r.Method, r.URL, header[0])
		return
	}
	owner, err := c.accounts.ByURI(t.Context(), strings.TrimSuffix(wantKeyID, "#main-key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := parsePublicKey(owner.PublicKeyPEM)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"(request-target): " + strings.ToLower(r.Method) + " " + r.URL.RequestURI()}
	for _, name := range names[1:] {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		lines = append(lines, name+": "+value)
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	sig, _ := base64.StdEncoding.DecodeString(m[3])
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig); err != nil {
		t.Errorf("%s %s: the signature does not fit %q", r.Method, r.URL, lines)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	c, p, other := newClient(t), newPeer(t, "peer"), newPeer(t, "other")
	id := p.url("/notes/1")
	p.serve("/notes/1", activityType, note(id))
	for path, contentType := range map[string]string{
		"/notes/2": `application/activity+json; charset=utf-8`,
		"/notes/3": `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`,
		"/notes/4": `application/ld+json; profile="https://example.org/other https://www.w3.org/ns/activitystreams"`,
	} {
		p.serve(path, contentType, note(p.url(path)))
	}
	p.redirect("/@anna/1", "/notes/1")
	p.redirect("/old", p.url("/@anna/1"))
	p.serve("/page", activityType, note(id)) // an object at its page's address
	other.redirect("/short", id)
	p.redirect("/notes/5", p.url("/notes/5/")) // known by its address without slash
	p.serve("/notes/5/", activityType, note(p.url("/notes/5")))
	p.serve("/notes/6?page=2", activityType, note(p.url("/notes/6?page=2")))

	for asked, want := range map[string]string{
		id: id, id + "#create": id, p.url("/notes/2"): p.url("/notes/2"), p.url("/notes/3"): p.url("/notes/3"), p.url("/notes/4"): p.url("/notes/4"),
		p.url("/@anna/1"): id, p.url("/old"): id, p.url("/page"): id, other.url("/short"): id,
		p.url("/notes/5"): p.url("/notes/5"), p.url("/notes/6?page=2"): p.url("/notes/6?page=2"),
	} {
		doc, err := c.Get(t.Context(), asked)
		if err != nil || doc.URI != want || string(doc.Body) != note(want) {
			t.Errorf("%s: got %s %q, %v", asked, doc.URI, doc.Body, err)
		}
	}
}

// Every hop is signed for its own host and path, by the instance actor.
func TestGetSignsEveryHop(t *testing.T) {
	t.Parallel()
	c, p, other := newClient(t), newPeer(t, "peer"), newPeer(t, "other")
	id := p.url("/notes/1?x=%C3%BC")
	var hops atomic.Int32
	check := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			hops.Add(1)
			checkOurSignature(t, c, r, ourBase+"/actor#main-key", "(request-target)", "host", "date")
			if got, want := r.Header.Get("Accept"), `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`; got != want {
				t.Errorf("Accept: %s", got)
			}
			answer(w, r)
		}
	}
	other.on("/short", check(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, p.url("/@anna/1"), http.StatusFound) }))
	p.on("/@anna/1", check(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/notes/1?x=%C3%BC", http.StatusSeeOther)
	}))
	p.on("/notes/1", check(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", activityType)
		fmt.Fprint(w, note(id))
	}))
	if _, err := c.Get(t.Context(), other.url("/short")); err != nil || hops.Load() != 3 {
		t.Errorf("%d hops, %v", hops.Load(), err)
	}
}

func TestGetRefuses(t *testing.T) {
	t.Parallel()
	c, p, other := newClient(t), newPeer(t, "peer"), newPeer(t, "other")
	inner := newPeer(t, "inner")
	innerURL := inner.Server.URL + "/notes/1" // http://127.0.0.1:port, which nobody allowed
	inner.serve("/notes/1", activityType, note(innerURL))
	other.serve("/notes/1", activityType, note(other.url("/notes/1")))

	id := func(path string) string { return p.url(path) }
	p.serve("/html", "text/html", note(id("/html")))
	p.serve("/json", "application/json", note(id("/json")))
	p.serve("/ld", "application/ld+json", note(id("/ld")))
	p.serve("/ld-other", `application/ld+json; profile="https://www.w3.org/ns/activitystreams-not"`, note(id("/ld-other")))
	p.serve("/none", "", note(id("/none")))
	p.serve("/no-id", activityType, `{"type":"Note"}`)
	p.serve("/ID", activityType, fmt.Sprintf(`{"ID":%q}`, id("/ID")))
	p.serve("/id-object", activityType, `{"id":{"id":"x"}}`)
	p.serve("/array", activityType, "["+note(id("/array"))+"]")
	p.serve("/two", activityType, note(id("/two"))+note(id("/two")))
	p.serve("/broken", activityType, `{"id":`)
	p.serve("/graph", activityType, fmt.Sprintf(`{"id":%q,"@graph":[]}`, id("/graph")))
	p.serve("/deep", activityType, fmt.Sprintf(`{"id":%q,"x":%s1%s}`, id("/deep"), strings.Repeat("[", 40), strings.Repeat("]", 40)))
	p.serve("/long", activityType, fmt.Sprintf(`{"id":%q,"x":[1%s]}`, id("/long"), strings.Repeat(",1", 1000)))
	p.serve("/claims", activityType, note(other.url("/notes/1")))
	p.serve("/mismatch", activityType, note(id("/mismatch-2")))
	p.serve("/mismatch-2", activityType, note(id("/mismatch-3")))
	p.serve("/fragment", activityType, note(id("/fragment#x")))
	p.redirect("/loop", "/loop")
	p.redirect("/far", "/far1")
	p.redirect("/far1", "/far2")
	p.redirect("/far2", "/far3")
	p.redirect("/far3", "/far4")
	p.serve("/far4", activityType, note(id("/far4")))
	p.redirect("/to-inner", innerURL)
	p.redirect("/to-metadata", "http://169.254.169.254/latest/meta-data/")
	p.redirect("/to-file", "file:///etc/passwd")
	p.redirect("/to-us", ourBase+"/actor")
	// An open redirect must not lend its host's name to what stands elsewhere.
	p.redirect("/open", other.url("/spoof"))
	other.serve("/spoof", activityType, note(id("/open")))
	p.serve("/big", activityType, note(id("/big"))+strings.Repeat(" ", maxDocument)) // whole even if cut
	p.on("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", activityType)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprintf(z, `{"id":%q,"content":"`, id("/bomb"))
		chunk := bytes.Repeat([]byte("a"), 1<<20)
		for range 64 {
			if _, err := z.Write(chunk); err != nil {
				return
			}
		}
		fmt.Fprint(z, `"}`)
		z.Close()
	})
	p.on("/headers", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("a", 1000))
		}
		w.Header().Set("Content-Type", activityType)
		fmt.Fprint(w, note(id("/headers")))
	})
	for code, path := range map[int]string{404: "/404", 410: "/410", 401: "/401", 403: "/403", 406: "/406", 429: "/429", 500: "/500", 503: "/503", 204: "/204"} {
		p.status(path, code)
	}

	for uri, want := range map[string]fault.Kind{
		id("/html"): fault.Invalid, id("/json"): fault.Invalid, id("/ld"): fault.Invalid, id("/ld-other"): fault.Invalid, id("/none"): fault.Invalid,
		id("/no-id"): fault.Invalid, id("/ID"): fault.Invalid, id("/id-object"): fault.Invalid, id("/array"): fault.Invalid,
		id("/two"): fault.Invalid, id("/broken"): fault.Invalid, id("/graph"): fault.Invalid, id("/deep"): fault.Invalid, id("/long"): fault.Invalid,
		id("/claims"): fault.Invalid, id("/mismatch"): fault.Invalid, id("/fragment"): fault.Invalid,
		id("/loop"): fault.Invalid, id("/far"): fault.Invalid, id("/open"): fault.Invalid,
		id("/to-inner"): fault.Forbidden, id("/to-metadata"): fault.Forbidden, id("/to-file"): fault.Forbidden, id("/to-us"): fault.Forbidden,
		id("/big"): fault.Invalid, id("/bomb"): fault.Invalid, id("/headers"): fault.Unavailable,
		id("/404"): fault.NotFound, id("/410"): fault.Gone, id("/401"): fault.NotFound, id("/403"): fault.NotFound, id("/406"): fault.NotFound,
		id("/429"): fault.Unavailable, id("/500"): fault.Unavailable, id("/503"): fault.Unavailable, id("/204"): fault.Invalid,
		innerURL: fault.Forbidden, ourBase + "/actor": fault.Forbidden, "https://[::1]/": fault.Forbidden, "https://127.0.0.1/": fault.Forbidden,
		"https://[::ffff:127.0.0.1]/": fault.Forbidden, "http://peer.example/": fault.Forbidden, "https://peer.example:22/": fault.Forbidden,
		"https://u:p@peer.example/": fault.Forbidden, "notes/1": fault.Forbidden, "": fault.Forbidden, "%": fault.Forbidden,
	} {
		doc, err := c.Get(t.Context(), uri)
		if !fault.Is(err, want) || doc.URI != "" {
			t.Errorf("%s: got %.80q, %v; want kind %s", uri, doc.URI, err, want)
		}
		if want == fault.Forbidden && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v is not ErrRefused", uri, err)
		}
	}
	if n := inner.askedAtAll(); n != 0 {
		t.Errorf("the inner server was asked %d times", n)
	}
	if n := other.asked("/notes/1"); n != 0 {
		t.Errorf("a foreign id was fetched %d times on one host's word", n)
	}
	if n := p.asked("/far4"); n != 0 {
		t.Error("a fourth redirect was followed")
	}
}

// Strangers must not be able to send us into networks that only the operator's own list opens.
func TestGetRefusesRedirectFromPublicToNamedHost(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	from, _ := url.Parse("https://public.example/")
	to, _ := url.Parse("http://intern.localhost:8080/")
	if err := c.checkHop(t.Context(), from, to); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	from.Host = "sh.localhost:8402"
	if err := c.checkHop(t.Context(), from, to); !errors.Is(err, ErrRefused) {
		t.Errorf("from https to http: got %v", err)
	}
	from.Scheme = "http"
	if err := c.checkHop(t.Context(), from, to); err != nil {
		t.Errorf("between named hosts: %v", err)
	}
}

func TestGetGivesUpOnSlowServers(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	c.timeout = time.Second
	release := make(chan struct{})
	t.Cleanup(func() { close(release) }) // runs before the server closes, which waits for its handlers
	p.on("/silent", func(http.ResponseWriter, *http.Request) { <-release })
	p.on("/drip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", activityType)
		for {
			select {
			case <-release:
				return
			case <-time.After(10 * time.Millisecond):
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
			}
		}
	})
	for _, path := range []string{"/silent", "/drip"} {
		start := time.Now()
		_, err := c.Get(t.Context(), p.url(path))
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: got %v", path, err)
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%s: took %s", path, d)
		}
	}
}

func TestGetRefusesBlockedHosts(t *testing.T) {
	t.Parallel()
	c, p, other := newClient(t), newPeer(t, "sub.peer"), newPeer(t, "other")
	if _, err := c.db.ExecContext(t.Context(), `INSERT INTO domain_rules (domain, severity) VALUES ('peer.localhost', 'suspend'), ($1, '')`, other.host); err != nil {
		t.Fatal(err)
	}
	p.serve("/notes/1", activityType, note(p.url("/notes/1")))
	other.redirect("/short", p.url("/notes/1"))
	for _, uri := range []string{p.url("/notes/1"), other.url("/short")} {
		if _, err := c.Get(t.Context(), uri); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: got %v", uri, err)
		}
	}
	if _, _, err := c.Post(t.Context(), Delivery{SignerID: instanceID(t, c), Inbox: p.url("/inbox"), Body: []byte("{}")}); !errors.Is(err, ErrRefused) {
		t.Errorf("Post: got %v", err)
	}
	if n := p.askedAtAll(); n != 0 {
		t.Errorf("the blocked host was asked %d times", n)
	}
	other.serve("/notes/1", activityType, note(other.url("/notes/1")))
	if _, err := c.Get(t.Context(), other.url("/notes/1")); err != nil {
		t.Errorf("a known host that is not blocked: %v", err)
	}
}

func instanceID(t *testing.T, c *Client) int64 {
	t.Helper()
	id, err := c.instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestPost(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	catalog, err := c.accounts.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	body := `{"type":"Announce","summary":"Kiel: Abwärme"}`
	p.on("/inbox", func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		if string(got) != body || r.Header.Get("Content-Type") != "application/activity+json" || r.Header.Get("Digest") != digestOf(body) {
			t.Errorf("body %q, headers %v", got, r.Header)
		}
		checkOurSignature(t, c, r, ourBase+"/g/praxis#main-key", "(request-target)", "host", "date", "digest")
		w.WriteHeader(http.StatusAccepted)
	})
	status, wait, err := c.Post(t.Context(), Delivery{SignerID: catalog.ID, Inbox: p.url("/inbox"), Body: []byte(body)})
	if status != 202 || wait != 0 || err != nil {
		t.Errorf("got %d, %s, %v", status, wait, err)
	}
}

func TestPostErrors(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	now := time.Now().Truncate(time.Second)
	c.now = func() time.Time { return now }
	answer := func(path string, code int, header, value, text string) {
		p.on(path, func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(code)
			fmt.Fprint(w, text)
		})
	}
	answer("/401", 401, "", "", "<p>signature\x00\n\n  invalid\x1b[31m</p>\xff")
	answer("/500", 500, "", "", strings.Repeat("ü", 5000))
	answer("/429", 429, "Retry-After", "120", "")
	answer("/503", 503, "Retry-After", now.Add(5*time.Minute).UTC().Format(http.TimeFormat), "")
	answer("/503-long", 503, "Retry-After", "99999999999", "")
	answer("/503-past", 503, "Retry-After", "-5", "")
	answer("/503-odd", 503, "Retry-After", "soon", "")
	answer("/307", 307, "Location", p.url("/inbox"), "")
	answer("/inbox", 202, "", "", "")
	for path, want := range map[string]struct {
		status int
		wait   time.Duration
		text   string
	}{
		"/401":      {401, 0, "answered 401: <p>signature invalid[31m</p>"},
		"/500":      {500, 0, "answered 500: " + strings.Repeat("ü", 300)},
		"/429":      {429, 2 * time.Minute, "answered 429"},
		"/503":      {503, 5 * time.Minute, "answered 503"},
		"/503-long": {503, 24 * time.Hour, "answered 503"},
		"/503-past": {503, 0, "answered 503"},
		"/503-odd":  {503, 0, "answered 503"},
		"/307":      {307, 0, "answered 307"},
	} {
		status, wait, err := c.Post(t.Context(), Delivery{SignerID: instanceID(t, c), Inbox: p.url(path), Body: []byte("{}")})
		if status != want.status || wait != want.wait || err == nil || err.Error() != p.url(path)+" "+want.text {
			t.Errorf("%s: got %d, %s, %v", path, status, wait, err)
		}
	}
	if p.asked("/inbox") != 0 {
		t.Error("a redirect of a POST was followed")
	}
	p.Server.Close()
	for _, inbox := range []string{p.url("/inbox"), "https://127.0.0.1/inbox", ourBase + "/inbox"} {
		if status, _, err := c.Post(t.Context(), Delivery{SignerID: instanceID(t, c), Inbox: inbox, Body: []byte("{}")}); status != 0 || err == nil {
			t.Errorf("%s: got %d, %v", inbox, status, err)
		}
	}
	if _, _, err := c.Post(t.Context(), Delivery{SignerID: 1, Inbox: newPeer(t, "x").url("/inbox"), Body: []byte("{}")}); err == nil {
		t.Error("posted without a key")
	}
}

// What our signer writes, our verifier reads: two clients, each with its own key.
func TestSignerMeetsVerifier(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	ours, err := c.accounts.Instance(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	// The peer runs our verifier, with our actor in its store.
	there := newClient(t)
	there.domain = p.host
	host := ourDomain + "0" // its store refuses actors of its own host
	_, err = there.db.ExecContext(t.Context(), `UPDATE accounts SET domain = $1, fetched_at = now() WHERE uri = $2`, host, ours.URI)
	if err != nil {
		t.Fatal(err)
	}
	_, err = there.db.ExecContext(t.Context(), `UPDATE accounts SET public_key_pem = $1 WHERE uri = $2`, ours.PublicKeyPEM, ours.URI)
	if err != nil {
		t.Fatal(err)
	}
	p.on("/inbox", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		who, err := there.Verify(r.Context(), r, body)
		if err != nil || who.URI != ours.URI {
			t.Errorf("verified as %q: %v", who.URI, err)
		}
	})
	if status, _, err := c.Post(t.Context(), Delivery{SignerID: ours.ID, Inbox: p.url("/inbox?x=%2F"), Body: []byte(`{"type":"Follow"}`)}); status != 200 || err != nil {
		t.Errorf("got %d, %v", status, err)
	}
	p.on("/notes/1", func(w http.ResponseWriter, r *http.Request) {
		if who, err := there.Verify(r.Context(), r, nil); err != nil || who.URI != ours.URI {
			t.Errorf("GET verified as %q: %v", who.URI, err)
		}
		w.Header().Set("Content-Type", activityType)
		fmt.Fprint(w, note(p.url("/notes/1")))
	})
	if _, err := c.Get(t.Context(), p.url("/notes/1")); err != nil {
		t.Error(err)
	}
}
