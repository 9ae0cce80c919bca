package transport

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

func (l letter) send(t *testing.T, c *Client) (account.Account, error) {
	t.Helper()
	return c.Verify(t.Context(), l.request(), []byte(l.body))
}

// stored puts an actor of the peer into the store as fetched so long ago.
func stored(t *testing.T, c *Client, p *remote, username string, age time.Duration) account.Account {
	t.Helper()
	at := time.Now().Add(-age)
	id := p.url("/u/" + username)
	a, err := c.accounts.Receive(t.Context(), account.Account{
		Username: username, Domain: &p.host, URI: id, Kind: account.Person, InboxURI: id + "/inbox",
		PublicKeyID: id + "#main-key", PublicKeyPEM: publicPEM(testKey()), FetchedAt: &at,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.ExecContext(t.Context(), `UPDATE accounts SET fetched_at = $1 WHERE id = $2`, at, a.ID); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestVerify(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	anna := stored(t, c, p, "anna", time.Minute)
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }

	accepted := map[string]func(*letter){
		"plain":                 func(*letter) {},
		"old enough":            func(l *letter) { l.date = at(-59 * time.Minute) },
		"ahead":                 func(l *letter) { l.date = at(59 * time.Minute) },
		"hs2019":                func(l *letter) { l.algorithm = "hs2019" },
		"query signed":          func(l *letter) { l.target, l.signedTarget = "/inbox?x=1", "/inbox?x=1" },
		"query not signed":      func(l *letter) { l.target, l.signedTarget = "/inbox?x=1", "/inbox" },
		"digest in lower case":  func(l *letter) { l.digest = strings.Replace(l.digest, "SHA-256", "sha-256", 1) },
		"several digests":       func(l *letter) { l.digest = "md5=abc, " + l.digest },
		"created for date":      func(l *letter) { l.headers, l.created = "(request-target) host (created) digest", time.Now().Unix() },
		"more headers":          func(l *letter) { l.headers += " content-type" },
		"any order, blanks":     func(l *letter) { l.format = looseFormat },
		"forwarded by a proxy":  func(l *letter) { l.host, l.signedHost = "10.0.0.7:8080", ourDomain },
		"get":                   func(l *letter) { l.method, l.body, l.digest, l.headers = "GET", "", "", "(request-target) host date" },
		"get with needless sum": func(l *letter) { l.method, l.body = "GET", ""; l.digest = digestOf("") },
	}
	for name, change := range accepted {
		l := newLetter(anna.PublicKeyID, testKey())
		change(&l)
		got, err := l.send(t, c)
		if err != nil || got.ID != anna.ID {
			t.Errorf("%s: got account %d, %v", name, got.ID, err)
		}
	}

	refused := map[string]func(*letter){
		"body changed": func(l *letter) { l.body += " " },
		"digest changed too": func(l *letter) {
			l.body += " "
			l.tamper = func(r *http.Request) { r.Header.Set("Digest", digestOf(`{"type":"Create"} `)) }
		},
		"other key":       func(l *letter) { l.key = otherKey() },
		"other target":    func(l *letter) { l.signedTarget = "/u/anna/inbox" },
		"other host":      func(l *letter) { l.signedHost = "victim.example" },
		"old":             func(l *letter) { l.date = at(-61 * time.Minute) },
		"from the future": func(l *letter) { l.date = at(61 * time.Minute) },
		"no date":         func(l *letter) { l.date = "" },
		"date not a date": func(l *letter) { l.date = "yesterday" },
		"created old": func(l *letter) {
			l.headers, l.created = "(request-target) host (created) digest", time.Now().Unix()-3700
		},
		"created not given":       func(l *letter) { l.headers = "(request-target) host (created) digest" },
		"expired":                 func(l *letter) { l.format = expiredFormat },
		"target unsigned":         func(l *letter) { l.headers = "host date digest" },
		"host unsigned":           func(l *letter) { l.headers = "(request-target) date digest" },
		"date unsigned":           func(l *letter) { l.headers = "(request-target) host digest" },
		"digest unsigned":         func(l *letter) { l.headers = "(request-target) host date" },
		"no digest":               func(l *letter) { l.digest = "" },
		"digest of another kind":  func(l *letter) { l.digest = "md5=abc" },
		"two digests, one wrong":  func(l *letter) { l.digest += ", " + digestOf("other") },
		"signed header missing":   func(l *letter) { l.headers += " x-missing" },
		"unknown algorithm":       func(l *letter) { l.algorithm = "rsa-sha512" },
		"second Signature header": func(l *letter) { l.tamper = func(r *http.Request) { r.Header.Add("Signature", `keyId="x"`) } },
		"two Signature headers":   func(l *letter) { l.more = http.Header{"Signature": {`keyId="x"`}} },
		"two Digest headers": func(l *letter) {
			l.tamper = func(r *http.Request) { r.Header.Add("Digest", r.Header.Get("Digest")) }
		},
		"empty body of a post":    func(l *letter) { l.body, l.digest, l.headers = "", "", "(request-target) host date" },
		"our own key":             func(l *letter) { l.keyID = ourBase + "/actor#main-key" },
		"key at a refused host":   func(l *letter) { l.keyID = "https://127.0.0.1/u/x#main-key" },
		"key at no address":       func(l *letter) { l.keyID = "main-key" },
		"key of another protocol": func(l *letter) { l.keyID = "file:///etc/passwd" },
	}
	for name, change := range refused {
		l := newLetter(anna.PublicKeyID, testKey())
		change(&l)
		r := l.request()
		if l.tamper != nil {
			l.tamper(r)
		}
		if got, err := c.Verify(t.Context(), r, []byte(l.body)); !fault.Is(err, fault.Unauthorized) || got.ID != 0 {
			t.Errorf("%s: got account %d, %v", name, got.ID, err)
		}
	}
	if n := p.askedAtAll(); n != 0 {
		t.Errorf("the peer was asked %d times", n)
	}
}

// A request without a signature says so, and is not looked at further.
func TestVerifyUnsigned(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	r := httptest.NewRequest(http.MethodPost, ourBase+"/inbox", strings.NewReader("{}"))
	if _, err := c.Verify(t.Context(), r, []byte("{}")); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("got %v", err)
	}
}

func TestVerifyFetchesKey(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	// Each case has a peer of its own, so that nothing remembered from one helps another.
	for name, run := range map[string]struct {
		serve   func(p, other *remote) (keyID string)
		want    fault.Kind // "": accepted
		gone    bool
		handles string // path that must not be asked
	}{
		"fragment of the actor": {serve: func(p, _ *remote) string {
			p.serveActor("anna", p.actor("anna", testKey()))
			return p.url("/u/anna#main-key")
		}},
		"second of two keys": {serve: func(p, _ *remote) string {
			doc := p.actor("anna", testKey())
			doc["publicKey"] = []any{
				map[string]any{"id": p.url("/u/anna#old"), "owner": doc["id"], "publicKeyPem": publicPEM(otherKey())},
				doc["publicKey"],
			}
			p.serveActor("anna", doc)
			return p.url("/u/anna#main-key")
		}},
		"stub with the key": {serve: func(p, _ *remote) string { // as GoToSocial
			doc := p.actor("anna", testKey())
			key := map[string]any{"id": p.url("/u/anna/main-key"), "owner": doc["id"], "publicKeyPem": publicPEM(testKey())}
			doc["publicKey"] = key
			p.serveActor("anna", doc)
			p.serveJSON("/u/anna/main-key", map[string]any{"id": doc["id"], "type": "Person", "preferredUsername": "anna", "publicKey": key})
			return p.url("/u/anna/main-key")
		}},
		"key as its own document": {serve: func(p, _ *remote) string {
			doc := p.actor("anna", testKey())
			key := map[string]any{"id": p.url("/keys/1"), "type": "Key", "owner": doc["id"], "publicKeyPem": publicPEM(testKey())}
			doc["publicKey"] = key
			p.serveActor("anna", doc)
			p.serveJSON("/keys/1", key)
			return p.url("/keys/1")
		}},
		"owner does not list the key": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serveActor("anna", p.actor("anna", otherKey()))
			p.serveJSON("/uploads/1", map[string]any{"id": p.url("/uploads/1"), "owner": p.url("/u/anna"), "publicKeyPem": publicPEM(testKey())})
			return p.url("/uploads/1")
		}},
		"owner on another host": {want: fault.Unauthorized, handles: "/u/anna", serve: func(p, other *remote) string {
			other.serveActor("anna", other.actor("anna", testKey()))
			p.serveJSON("/keys/1", map[string]any{"id": p.url("/keys/1"), "owner": other.url("/u/anna"), "publicKeyPem": publicPEM(testKey())})
			return p.url("/keys/1")
		}},
		"actor claims another host's id": {want: fault.Unauthorized, serve: func(p, other *remote) string {
			doc := other.actor("anna", testKey())
			other.serveActor("anna", doc)
			doc["publicKey"] = map[string]any{"id": p.url("/u/anna#main-key"), "owner": doc["id"], "publicKeyPem": publicPEM(testKey())}
			p.serveJSON("/u/anna", doc)
			return p.url("/u/anna#main-key")
		}},
		"owner's page shows another actor": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serveActor("victim", p.actor("victim", otherKey()))
			doc := p.actor("victim", otherKey()) // an upload that says it is the victim, with a key of its own
			doc["publicKey"] = map[string]any{"id": p.url("/uploads/key"), "owner": doc["id"], "publicKeyPem": publicPEM(testKey())}
			p.serveJSON("/uploads/actor", doc)
			p.serveJSON("/uploads/key", map[string]any{"id": p.url("/uploads/key"), "owner": p.url("/uploads/actor"), "publicKeyPem": publicPEM(testKey())})
			return p.url("/uploads/key")
		}},
		"key names another owner": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serveActor("victim", p.actor("victim", otherKey()))
			doc := p.actor("anna", testKey())
			doc["publicKey"].(map[string]any)["owner"] = p.url("/u/victim")
			p.serveActor("anna", doc)
			return p.url("/u/anna#main-key")
		}},
		"redirect is not followed": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serveActor("anna", p.actor("anna", testKey()))
			p.redirect("/moved", p.url("/u/anna"))
			return p.url("/moved#main-key")
		}},
		"HTML page": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serve("/u/anna", "text/html", "<p>Anna</p>")
			return p.url("/u/anna#main-key")
		}},
		"plain JSON, as an upload would be": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serveActor("anna", p.actor("anna", testKey()))
			answer := p.answers["/u/anna"]
			p.on("/u/anna", func(w http.ResponseWriter, r *http.Request) {
				rec := httptest.NewRecorder()
				answer(rec, r)
				w.Header().Set("Content-Type", "application/json")
				io.Copy(w, rec.Body) //nolint:errcheck // a test server
			})
			return p.url("/u/anna#main-key")
		}},
		"small key": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serveActor("anna", p.actor("anna", smallKey()))
			return p.url("/u/anna#main-key")
		}},
		"handle does not lead back": {want: fault.Unauthorized, serve: func(p, _ *remote) string {
			p.serveActor("anna", p.actor("anna", otherKey()))
			doc := p.actor("anna", testKey()) // a second document that takes the same name
			doc["id"], doc["inbox"] = p.url("/uploads/1"), p.url("/uploads/1/inbox")
			doc["publicKey"] = map[string]any{"id": p.url("/uploads/1#k"), "owner": p.url("/uploads/1"), "publicKeyPem": publicPEM(testKey())}
			p.serveJSON("/uploads/1", doc)
			return p.url("/uploads/1#k")
		}},
		"gone":            {want: fault.Unauthorized, gone: true, serve: func(p, _ *remote) string { p.status("/u/anna", 410); return p.url("/u/anna#main-key") }},
		"unknown":         {want: fault.Unauthorized, gone: true, serve: func(p, _ *remote) string { return p.url("/u/anna#main-key") }},
		"refused":         {want: fault.Unauthorized, serve: func(p, _ *remote) string { p.status("/u/anna", 403); return p.url("/u/anna#main-key") }},
		"broken down":     {want: fault.Unavailable, serve: func(p, _ *remote) string { p.status("/u/anna", 500); return p.url("/u/anna#main-key") }},
		"does not answer": {want: fault.Unavailable, serve: func(p, _ *remote) string { p.Server.Close(); return p.url("/u/anna#main-key") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, other := newPeer(t, "peer"), newPeer(t, "other")
			keyID := run.serve(p, other)
			key := testKey()
			if name == "small key" {
				key = smallKey()
			}
			got, err := newLetter(keyID, key).send(t, c)
			if fault.KindOf(err) != run.want {
				t.Fatalf("got %v, want kind %q", err, run.want)
			}
			if errors.Is(err, ErrActorGone) != run.gone {
				t.Errorf("gone: %v", err)
			}
			if run.want == "" && (got.URI != p.url("/u/anna") || got.Host() != p.host || got.PublicKeyID != keyID) {
				t.Errorf("account %s of %s with key %s", got.URI, got.Host(), got.PublicKeyID)
			}
			if run.handles != "" && other.asked(run.handles) != 0 {
				t.Errorf("the other host was asked")
			}
			// What went wrong is remembered: no second question. What went right is stored.
			before := p.askedAtAll()
			_, err = newLetter(keyID, key).send(t, c)
			if fault.KindOf(err) != run.want {
				t.Errorf("again: got %v, want kind %q", err, run.want)
			}
			if name == "small key" { // the actor is stored, its key does not count
				return
			}
			if n := p.askedAtAll(); n != before {
				t.Errorf("asked %d times again", n-before)
			}
		})
	}
}

func TestVerifyFailureIsForgotten(t *testing.T) {
	t.Parallel()
	for code, tt := range map[int]struct {
		kind  fault.Kind
		after time.Duration
	}{500: {fault.Unavailable, keyOutageTTL}, 404: {fault.Unauthorized, keyFailureTTL}} {
		c, p := newClient(t), newPeer(t, "peer")
		began := time.Now()
		c.now = func() time.Time { return began }
		p.status("/u/anna", code)
		l := newLetter(p.url("/u/anna#main-key"), testKey())
		if _, err := l.send(t, c); !fault.Is(err, tt.kind) {
			t.Fatalf("%d: got %v", code, err)
		}
		p.serveActor("anna", p.actor("anna", testKey()))
		c.now = func() time.Time { return began.Add(tt.after - time.Second) }
		if _, err := l.send(t, c); !fault.Is(err, tt.kind) {
			t.Errorf("%d, too early: %v", code, err)
		}
		c.now = func() time.Time { return began.Add(tt.after + time.Second) }
		if _, err := l.send(t, c); err != nil {
			t.Errorf("%d, after a while: %v", code, err)
		}
	}
}

// A rotated key is fetched once; but not for every bad signature, and not if the stored key is fresh.
func TestVerifyRotatedKey(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	anna := stored(t, c, p, "anna", 10*time.Minute)
	p.serveActor("anna", p.actor("anna", otherKey()))
	if _, err := newLetter(anna.PublicKeyID, otherKey()).send(t, c); err != nil {
		t.Fatalf("new key: %v", err)
	}
	if n := p.asked("/u/anna"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if _, err := newLetter(anna.PublicKeyID, testKey()).send(t, c); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("old key: %v", err)
	}
	if n := p.asked("/u/anna"); n != 1 {
		t.Errorf("asked %d times; the key was fresh", n)
	}
}

func TestVerifyRefusesBlocked(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "sub.peer")
	p.serveActor("anna", p.actor("anna", testKey()))
	block := func(host string) {
		if _, err := c.db.ExecContext(t.Context(), `INSERT INTO domain_rules (domain, severity) VALUES ($1, 'suspend')`, host); err != nil {
			t.Fatal(err)
		}
	}
	known := stored(t, c, p, "bert", time.Minute)
	split := stored(t, c, newPeer(t, "web"), "carl", time.Minute)
	if _, err := c.db.ExecContext(t.Context(), `UPDATE accounts SET domain = $1 WHERE id = $2`, p.host, split.ID); err != nil {
		t.Fatal(err)
	}
	block("peer.localhost")
	for _, keyID := range []string{p.url("/u/anna#main-key"), known.PublicKeyID, split.PublicKeyID} {
		if _, err := newLetter(keyID, testKey()).send(t, c); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: got %v", keyID, err)
		}
	}
	if n := p.askedAtAll(); n != 0 {
		t.Errorf("the blocked host was asked %d times", n)
	}
}

func TestVerifyRefusesSuspendedAndGone(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	for state, want := range map[account.State]fault.Kind{account.Suspended: fault.Forbidden, account.Gone: fault.Unauthorized} {
		a := stored(t, c, p, string(state), time.Minute)
		if _, err := c.db.ExecContext(t.Context(), `UPDATE accounts SET state = $1 WHERE id = $2`, state, a.ID); err != nil {
			t.Fatal(err)
		}
		_, err := newLetter(a.PublicKeyID, testKey()).send(t, c)
		if !fault.Is(err, want) || errors.Is(err, ErrActorGone) != (state == account.Gone) {
			t.Errorf("%s: got %v", state, err)
		}
	}
}

// Somebody who makes up key ids cannot make us send any number of requests.
func TestVerifyLimitsFetches(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	now := time.Now()
	c.now = func() time.Time { return now } // no allowance comes back meanwhile
	limited := 0
	for i := range 80 {
		_, err := newLetter(p.url(fmt.Sprintf("/u/%d#main-key", i)), testKey()).send(t, c)
		if fault.Is(err, fault.Limited) {
			limited++
		}
	}
	if n := p.askedAtAll(); n != 50 || limited != 30 {
		t.Errorf("%d limited, %d fetched", limited, n)
	}
}

// What people who were met for the first time write at once costs their server one fetch each, not one for each letter.
func TestVerifyCountsFetchesNotLetters(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	now := time.Now()
	c.now = func() time.Time { return now }
	p.serveActor("anna", p.actor("anna", testKey()))
	l := newLetter(p.url("/u/anna#main-key"), testKey())
	failed := make(chan error, 200)
	var senders sync.WaitGroup
	for range cap(failed) {
		senders.Go(func() {
			if _, err := l.send(t, c); err != nil {
				failed <- err
			}
		})
	}
	senders.Wait()
	close(failed)
	for err := range failed {
		t.Errorf("refused: %v", err)
	}
	if n := p.asked("/u/anna"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	// One that had looked for the key before it was stored, and comes to fetch it only now.
	if _, err := c.fetchKeyOwner(t.Context(), p.url("/u/anna#main-key"), account.Account{}, l.request()); err != nil || p.asked("/u/anna") != 1 {
		t.Errorf("who comes late: %v, asked %d times", err, p.asked("/u/anna"))
	}
	// Who has no allowance left cannot have those refused who wait with him for the same key.
	ip := "203.0.113.5"
	for c.keyLimits.allow(now, ip, p.host) {
	}
	p.serveActor("bert", p.actor("bert", testKey()))
	l = newLetter(p.url("/u/bert#main-key"), testKey())
	heard := make(chan error, 50)
	for n := range 2 * cap(heard) {
		senders.Go(func() {
			r := l.request()
			if n%2 == 0 {
				r.RemoteAddr = ip + ":4711"
				_, _ = c.Verify(t.Context(), r, []byte(l.body))
				return
			}
			r.RemoteAddr = "203.0.113.9:4711"
			_, err := c.Verify(t.Context(), r, []byte(l.body))
			heard <- err
		})
	}
	senders.Wait()
	close(heard)
	for err := range heard {
		if err != nil {
			t.Errorf("another's allowance is used up, and this one is refused: %v", err)
		}
	}
}

// Nor can anybody, by making up keys there, use up what others need to have theirs fetched from the same place.
func TestVerifyLimitsEachSender(t *testing.T) {
	t.Parallel()
	l, now := newLimits(), time.Now()
	granted := 0
	for i := range 500 {
		if l.allow(now, "203.0.113.5", fmt.Sprintf("a%d.peer.example", i)) {
			granted++
		}
	}
	if granted != 50 {
		t.Errorf("one address made us fetch %d keys of one domain", granted)
	}
	if !l.allow(now, "203.0.113.9", "peer.example") {
		t.Error("another address is refused")
	}
	if !l.allow(now, "203.0.113.5", "other.example") {
		t.Error("another domain is refused")
	}
	for i := range 500 {
		if l.allow(now, fmt.Sprintf("198.51.100.%d", i), "peer.example") {
			granted++
		}
	}
	if granted > 200 {
		t.Errorf("all together made us fetch %d keys of one domain", granted)
	}
}

func TestClientIP(t *testing.T) {
	t.Parallel()
	c := &Client{proxies: parsePrefixes([]string{"10.0.0.0/8", "192.0.2.1"})} // one person has as many addresses of IPv6 as they like
	for name, tt := range map[string]struct{ remote, forwarded, want string }{
		"direct":          {"203.0.113.5:4000", "", "203.0.113.5"},
		"direct, lies":    {"203.0.113.5:4000", "198.51.100.1", "203.0.113.5"},
		"one proxy":       {"10.0.0.2:4000", "198.51.100.1", "198.51.100.1"},
		"two proxies":     {"10.0.0.2:4000", "198.51.100.1, 192.0.2.1", "198.51.100.1"},
		"lies in front":   {"10.0.0.2:4000", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
		"proxy, nonsense": {"10.0.0.2:4000", "unknown", "10.0.0.2"},
		"v6":              {"[2001:db8::1]:4000", "", "2001:db8::"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := c.ClientIP(r); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
