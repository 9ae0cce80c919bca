package federation_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
)

// The tests of this file send what the security checklist of the federation profile names and no other test here sends to a
// running instance; each of its rows and the tests that hold it:
//
//	object origin                  TestForged, TestBorrowedAuthor, TestTwoMeanings, TestFollowedLiar, TestMoveForged, TestCollectionsForged
//	fake documents by uploads      TestUploadsAreNoDocuments
//	key not bound to actor         TestForeignKeys
//	digest                         TestTampered
//	linked-data signatures, @graph TestForeignKeys, TestOversized
//	SSRF and rebinding             TestInnerAddresses; transport.TestDialRefusesReboundName
//	redirects                      TestInnerAddresses; transport.TestGetRefuses
//	size and recursion             TestOversized, TestBombs, TestTarpit, TestPoison, TestHostileThreads, TestHostileCollections
//	HTML                           TestScripts
//	replay                         TestReplay
//	blocks                         TestBlocked, TestRefusedEntryPoints
//	leaks                          TestPrivatePostsLeakNothing, TestFollowersAreShownToTheirHost
//	counts and bylines             TestClaims
//	unbounded caches, subdomains   TestSubdomainFlood
//	admin control                  TestAllowList, TestSuspend, TestPurge, TestSilence, TestRejectMedia

// canary is a server inside our network that nobody should make us talk to.
func canary(t *testing.T) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/activity+json")
		fmt.Fprint(w, `{"id":"x","type":"Note"}`) //nolint:errcheck // a test
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// keyID makes a letter say that it is signed by another key.
func keyID(id string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Signature", regexp.MustCompile(`keyId="[^"]*"`).ReplaceAllLiteralString(r.Header.Get("Signature"), `keyId="`+id+`"`))
	}
}

// extra serves something at a path of an instance.
func extra(i *ft.Instance, path string, answer any) string {
	i.Extra.Store(path, answer)
	return i.Config.BaseURL + path
}

func as(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body) //nolint:errcheck // a test
	}
}

// unchanged fails when what f does has changed anything at the victim.
func (c *crime) unchanged(what string, f func()) {
	c.t.Helper()
	before := c.victim.State(c.liar)
	f()
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		c.t.Errorf("%s changed the database (-before +after):\n%s\n%s", what, diff, c.victim.Diary())
	}
}

// TestInnerAddresses: nothing that others say leads us to an address inside our network, directly, by a redirect or by another
// spelling.
func TestInnerAddresses(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.Follow(c.victim.Catalog(), c.liar, account.CatalogUsername)
	ft.Settle(c.victim, c.liar)
	inside, asked := canary(t)
	u, err := url.Parse(inside)
	if err != nil {
		t.Fatal(err)
	}
	spellings := []string{
		inside, "http://[::ffff:127.0.0.1]:" + u.Port(), "http://2130706433:" + u.Port(), "http://0x7f.1:" + u.Port(), "http://127.1:" + u.Port(), "http://0.0.0.0:" + u.Port(),
		"http://localhost:" + u.Port(), "http://LOCALHOST.:" + u.Port(), "http://user@liar.localhost@127.0.0.1:" + u.Port(), "http://169.254.169.254", "gopher://127.0.0.1:" + u.Port(),
	}
	group := c.liar.Catalog()
	c.unchanged("naming inner addresses", func() {
		for n, base := range spellings {
			c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Like", c.id(c.liar), c.liar.Author.URI, c.own.URI)), Tamper: keyID(base + "/key")})
			sent := extra(c.liar, fmt.Sprintf("/moved/%d", n), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, base+"/notes/1", http.StatusFound)
			}))
			for _, body := range []m{
				c.activity("Announce", c.id(c.liar), group.URI, base+"/notes/1"),
				c.activity("Announce", c.id(c.liar), group.URI, sent),
				c.activity("Announce", c.id(c.liar), group.URI, c.activity("Create", base+"/a/1", base+"/u/x", m{"id": base + "/notes/1", "type": "Note"})),
				c.activity("Add", c.id(c.liar), group.URI, base+"/notes/1"),
			} {
				body["target"] = group.URI + "/collections/kuratiert"
				c.liar.Send(group, ft.Letter{To: c.inbox, Body: c.encode(body), Tamper: func(r *http.Request) {
					r.Header.Set("Collection-Synchronization", fmt.Sprintf(`collectionId="%s", url="%s/sync", digest="%064d"`, group.FollowersURI, base, 0))
				}})
			}
		}
	})
	// What belongs to a post that is taken in may name any address; none of them is asked.
	note := c.note(c.id(c.liar), c.liar.Author.URI, "Verweise nach innen")
	for key, value := range map[string]any{
		"inReplyTo": inside + "/notes/2", "context": inside + "/context", "replies": inside + "/replies", "quote": inside + "/notes/3", "likes": inside + "/likes",
		"attachment": []m{{"type": "Image", "mediaType": "image/png", "url": inside + "/1.png"}}, "image": m{"type": "Image", "url": inside + "/2.png"}, "url": inside + "/page",
		"tag": []m{{"type": "Mention", "href": inside + "/u/1"}, {"type": "Mention", "href": c.victim.Author.URI}},
	} {
		note[key] = value
	}
	if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))}); status != http.StatusAccepted {
		t.Errorf("answered %d", status)
	}
	c.victim.Has(note["id"].(string))
	ft.Settle(c.victim)
	if n := asked.Load(); n != 0 {
		t.Errorf("an inner server was asked %d times", n)
	}
}

// TestForeignKeys: a key counts for nobody but the actor who lists it, wherever its document lies, and what a linked-data
// signature says counts for nothing.
func TestForeignKeys(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	pem, owner := c.liar.Author.PublicKeyPEM, c.honest.Author.URI
	key := func(id, owner string) string {
		return c.encode(m{"@context": "https://w3id.org/security/v1", "id": id, "type": "Key", "owner": owner, "publicKeyPem": pem})
	}
	actor := func(id, preferred string) string {
		return c.encode(m{
			"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Person", "preferredUsername": preferred, "inbox": id + "/inbox", "outbox": id + "/outbox",
			"publicKey": m{"id": id + "#main-key", "owner": id, "publicKeyPem": pem},
		})
	}
	keys := map[string]string{
		"on the liar's host":                  extra(c.liar, "/keys/1", key(c.liar.Config.BaseURL+"/keys/1", owner)),
		"uploaded to the honest host":         extra(c.honest, "/media/key.json", key(c.honest.Config.BaseURL+"/media/key.json", owner)),
		"an actor uploaded to it":             extra(c.honest, "/media/actor.json", actor(owner, "author")),
		"an actor that calls itself another":  extra(c.liar, "/media/other.json", actor(owner, "author")),
		"the honest one's own, wrongly used":  c.honest.Author.PublicKeyID,
		"a fragment that the owner lacks":     owner + "#second-key",
		"a page of the honest host, no key":   c.honest.Config.BaseURL + "/g/praxis#main-key",
		"an owner on the honest host, listed": extra(c.honest, "/media/stub", c.encode(m{"id": c.honest.Config.BaseURL + "/media/stub", "type": "Person", "publicKey": m{"id": c.honest.Config.BaseURL + "/media/stub", "owner": owner, "publicKeyPem": pem}})),
	}
	c.unchanged("a foreign key", func() {
		for name, id := range keys {
			body := c.activity("Create", c.id(c.honest), owner, c.note(c.id(c.honest), owner, "untergeschoben"))
			body["signature"] = m{"type": "RsaSignature2017", "creator": id, "signatureValue": "AAAA"}
			status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(body), Tamper: keyID(id)})
			if status != http.StatusUnauthorized && status != http.StatusForbidden {
				t.Errorf("key %s: answered %d", name, status)
			}
		}
		// Signed by the liar's own key, with a linked-data signature that would make it the honest one's.
		body := c.activity("Create", c.id(c.honest), owner, c.note(c.id(c.honest), owner, "untergeschoben"))
		body["signature"] = m{"type": "RsaSignature2017", "creator": c.honest.Author.PublicKeyID, "created": "2026-01-01T00:00:00Z", "signatureValue": "AAAA"}
		c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(body)})
	})
}

// TestUploadsAreNoDocuments: what somebody uploaded to an honest host is not read as the host's own word, however it calls itself.
func TestUploadsAreNoDocuments(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.Follow(c.victim.Catalog(), c.liar, account.CatalogUsername)
	ft.Settle(c.victim, c.liar)
	c.unchanged("an upload", func() {
		for n, contentType := range []string{
			"image/png", "application/json", "application/ld+json", `application/ld+json; profile="https://example.org/other"`, "text/html", "application/octet-stream",
			"", "application/activity+json-ish", "text/plain; application/activity+json",
		} {
			id := fmt.Sprintf("%s/uploads/%d", c.honest.Config.BaseURL, n)
			extra(c.honest, fmt.Sprintf("/uploads/%d", n), as(contentType, c.encode(c.note(id, c.honest.Author.URI, "hochgeladen"))))
			c.liar.Send(c.liar.Catalog(), ft.Letter{To: c.inbox, Body: c.encode(c.activity("Announce", c.id(c.liar), c.liar.Catalog().URI, id))})
		}
	})
}

// TestOversized: what is too large, too deep or too long is refused while its sender waits, in bounded time.
func TestOversized(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	base := c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, c.note(c.id(c.liar), c.liar.Author.URI, "viel")))
	with := func(members string) string { return strings.TrimSuffix(base, "}") + "," + members + "}" }
	received := c.victim.Count(`SELECT count(*) FROM inbox_activities`)
	c.unchanged("an oversized body", func() {
		for name, tt := range map[string]struct {
			body   string
			status int
		}{
			"two megabytes":       {with(`"x":"` + strings.Repeat("a", 2<<20) + `"`), http.StatusRequestEntityTooLarge},
			"deep objects":        {with(`"x":` + strings.Repeat(`{"x":`, 50_000) + "1" + strings.Repeat("}", 50_000)), http.StatusBadRequest},
			"deep lists":          {with(`"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)), http.StatusBadRequest},
			"long list":           {with(`"x":[` + strings.Repeat("1,", 200_000) + `1]`), http.StatusBadRequest},
			"graph":               {with(`"@graph":[{"id":"https://x.example/1"}]`), http.StatusBadRequest},
			"included":            {with(`"@included":[]`), http.StatusBadRequest},
			"reverse":             {with(`"@reverse":{}`), http.StatusBadRequest},
			"two documents":       {base + base, http.StatusBadRequest},
			"half a document":     {base[:len(base)/2], http.StatusBadRequest},
			"not text":            {"\xff\xfe" + base, http.StatusBadRequest},
			"nothing":             {"", http.StatusBadRequest},
			"a list of documents": {"[" + base + "]", http.StatusBadRequest},
		} {
			began := time.Now()
			status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: tt.body})
			if status != tt.status {
				t.Errorf("%s: answered %d", name, status)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("%s: took %s", name, took)
			}
		}
	})
	if n := c.victim.Count(`SELECT count(*) FROM inbox_activities`); n != received {
		t.Errorf("%d of them were stored", n-received)
	}
}

// TestBombs: a small document that becomes a large one, or has no end, costs a bounded amount of memory and time.
func TestBombs(t *testing.T) {
	// Not beside other tests: they share the heap that is measured.
	c := setCrime(t)
	c.victim.Follow(c.victim.Catalog(), c.liar, account.CatalogUsername)
	ft.Settle(c.victim, c.liar)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 512 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	answers := map[string]http.HandlerFunc{
		"/bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/activity+json")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes()) //nolint:errcheck // a test
		},
		"/endless": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/activity+json")
			for r.Context().Err() == nil {
				if _, err := w.Write(zeros); err != nil {
					return
				}
			}
		},
	}
	var peak atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				var s runtime.MemStats
				runtime.ReadMemStats(&s)
				peak.Store(max(peak.Load(), s.HeapInuse))
			}
		}
	}()
	runtime.GC()
	var began runtime.MemStats
	runtime.ReadMemStats(&began)
	c.unchanged("a bomb", func() {
		for path, answer := range answers {
			c.liar.Send(c.liar.Catalog(), ft.Letter{To: c.inbox, Body: c.encode(c.activity("Announce", c.id(c.liar), c.liar.Catalog().URI, extra(c.liar, path, answer)))})
		}
	})
	close(stop)
	if grew := int64(peak.Load()) - int64(began.HeapInuse); grew > 100<<20 {
		t.Errorf("the heap grew by %d MiB", grew>>20)
	}
}

// TestScripts: whatever stands in a text, nothing of it runs in a reader's browser or breaks out of its place.
func TestScripts(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	nasty := []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`, `<a href="javascript:alert(1)">x</a>`, `<a href="jav&#x09;ascript:alert(1)">x</a>`,
		`<a href="data:text/html,<script>alert(1)</script>">x</a>`, `<iframe src="https://liar.example"></iframe>`, `<p style="position:fixed;top:0">x</p>`, `<form action="/x"><input></form>`,
		`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`, `<p class="kern-btn" id="x">x</p>`, `<base href="https://liar.example/">`, `<meta http-equiv="refresh" content="0">`,
		`<object data="x"></object>`, `<video src="https://liar.example/x.mp4" autoplay></video>`, `<link rel="stylesheet" href="https://liar.example/x.css">`, "<p>\u202e\u0000x</p>", `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	}
	note := c.note(c.id(c.liar), c.liar.Author.URI, strings.Join(nasty, "\n"))
	note["type"], note["name"], note["summary"] = "Article", nasty[0]+"Titel", nasty[1]+"Zusammenfassung"
	note["vb:kind"], note["vb:schema"], note["vb:revision"] = "BestPractice", 1, 1
	note["vb:situation"], note["vb:measures"], note["vb:organization"] = nasty[0], []string{nasty[1]}, m{"name": nasty[2], "url": "javascript:alert(1)"}
	note["vb:contact"], note["vb:licence"] = m{"name": nasty[0], "email": `"><script>@x.example`, "url": "javascript:alert(1)"}, "javascript:alert(1)"
	note["url"] = "javascript:alert(1)"
	if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))}); status != http.StatusAccepted {
		t.Fatalf("answered %d", status)
	}
	c.victim.Settled()
	p := c.victim.Has(note["id"].(string))
	for _, word := range []string{"<script", "onerror", "onload", "javascript:", "<iframe", "style=", "<form", "<base", "<meta", "<object", "<video", "<link", "<svg", "<math", "data:text", "\u202e", "\x00", `class="kern`, `id="`} {
		if strings.Contains(strings.ToLower(p.HTML), word) {
			t.Errorf("%q is left: %s", word, p.HTML)
		}
	}
	if p.URL != "" && !strings.HasPrefix(p.URL, "http") {
		t.Errorf("page %q", p.URL)
	}
	var links string
	if err := c.victim.DB.Get(&links, `SELECT organization_url || ' ' || contact_url || ' ' || licence FROM practices WHERE post_id = $1`, p.ID); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(links, "javascript:") {
		t.Errorf("addresses %q", links)
	}
}

// TestClaims: numbers that others say of their own posts are not counted as ours, and say nothing of other posts.
func TestClaims(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	note := c.note(c.id(c.liar), c.liar.Author.URI, "Sehr beliebt")
	note["likes"] = m{"type": "Collection", "totalItems": 1e15}
	note["shares"], note["replies"] = m{"type": "Collection", "totalItems": -5}, m{"type": "Collection", "totalItems": "viele"}
	note["attributionDomains"] = []string{c.victim.Config.Domain()}
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))})
	p := c.victim.Has(note["id"].(string))
	if p.FavouritesCount != 0 || p.BoostsCount != 0 || p.RepliesCount != 0 {
		t.Errorf("counted as %d favourites, %d boosts, %d replies", p.FavouritesCount, p.BoostsCount, p.RepliesCount)
	}
}

// TestSubdomainFlood: keys on ever new names of one domain are fetched until its allowance is used up, then their senders are asked
// to wait; others are served as before.
func TestSubdomainFlood(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	_, port, err := net.SplitHostPort(c.liar.Config.Domain())
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	for n := range 150 {
		c.liar.Extra.Store(fmt.Sprintf("/flood/%d", n), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.WriteHeader(http.StatusNotFound)
		}))
	}
	limited := 0
	c.unchanged("a flood", func() {
		for n := range 150 {
			id := fmt.Sprintf("http://a%d.liar.localhost:%s/flood/%d", n, port, n)
			actor := strings.TrimSuffix(id, "#main-key")
			status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Like", actor+"/like", actor, c.own.URI)), Tamper: keyID(id)})
			if status == http.StatusTooManyRequests {
				limited++
			} else if status != http.StatusUnauthorized {
				t.Errorf("answered %d", status)
			}
		}
	})
	if limited == 0 || asked.Load() > 120 {
		t.Errorf("%d senders were limited, %d keys fetched", limited, asked.Load())
	}
	thread := c.honest.Publish("Kommt trotz allem an")
	c.victim.Has(thread.URI)
}
