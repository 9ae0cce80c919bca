package federation_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// ask sends a GET over HTTP, signed by the instance actor of signer (nil: not signed), and returns the answer.
func ask(t *testing.T, address string, signer *ft.Instance, change func(*http.Request)) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", vocab.MediaType)
	if signer != nil {
		actor, err := signer.Accounts.Instance(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		keyID, key, err := signer.Accounts.SigningKey(t.Context(), actor.ID)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode([]byte(key))
		private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		date := time.Now().UTC().Format(http.TimeFormat)
		sum := sha256.Sum256([]byte(fmt.Sprintf("(request-target): get %s\nhost: %s\ndate: %s", r.URL.RequestURI(), r.URL.Host, date)))
		value, err := rsa.SignPKCS1v15(nil, private.(*rsa.PrivateKey), crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Date", date)
		r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="(request-target) host date",signature="%s"`,
			keyID, base64.StdEncoding.EncodeToString(value)))
	}
	if change != nil {
		change(r)
	}
	client := *ft.Loopback
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

func secure(t *testing.T, i *ft.Instance) {
	t.Helper()
	if err := i.Peers.SavePolicy(t.Context(), peer.Policy{Mode: peer.Open, AuthorizedFetch: true}); err != nil {
		t.Fatal(err)
	}
}

// Secure mode: objects and collections are for who signs, and nobody else learns even what there is. What is needed to check
// our own signatures, and to find us, is for everyone.
func TestSecureMode(t *testing.T) {
	t.Parallel()
	a, b, bad := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "bad")
	secure(t, a)
	if err := a.Peers.Save(t.Context(), peer.Rule{Domain: "bad.localhost", Severity: peer.Suspend}); err != nil {
		t.Fatal(err)
	}
	practice := a.Publish("Kiel: Abwärme nutzen")
	a.Settled()
	base := a.Config.BaseURL
	paths := []string{
		practice.URI, practice.URI + "/activity", practice.URI + "/replies", practice.URI + "/likes", practice.URI + "/shares", practice.ContextURI,
		a.Author.OutboxURI, a.Author.OutboxURI + "?page=true", a.Author.FollowersURI, a.Catalog().FollowingURI, a.Catalog().FeaturedURI, a.Catalog().OutboxURI,
	}
	var refusal string
	for _, address := range append(paths, base+"/notes/1", base+"/practices/99999999999999999999", base+"/u/nobody/outbox") {
		status, header, body := ask(t, address, nil, nil)
		if refusal == "" {
			refusal = body
		}
		if status != http.StatusUnauthorized || body != refusal || header.Get("Cache-Control") != "no-store" || header.Get("Vary") != "Accept, Signature" ||
			header.Get("Accept-Signature") != `sig1=("@method" "@target-uri" "@authority");created;keyid` {
			t.Errorf("unsigned %s: %d %v %s", address, status, header, body)
		}
	}
	for _, address := range paths {
		status, header, _ := ask(t, address, b, nil)
		if status != http.StatusOK || header.Get("Cache-Control") != "private, no-cache" || header.Get("Vary") != "Accept, Signature" {
			t.Errorf("signed %s: %d %v", address, status, header)
		}
		if status, _, _ := ask(t, address, bad, nil); status != http.StatusForbidden {
			t.Errorf("suspended %s: %d", address, status)
		}
		if status, _, _ := ask(t, address, b, func(r *http.Request) { r.Header.Set("Date", time.Now().Add(time.Second).UTC().Format(http.TimeFormat)) }); status != http.StatusUnauthorized {
			t.Errorf("with a signature that does not fit %s: %d", address, status)
		}
	}
	if status, _, _ := ask(t, base+"/notes/1", b, nil); status != http.StatusNotFound {
		t.Errorf("what is not there: %d", status)
	}
	if status, header, _ := ask(t, practice.URI, nil, func(r *http.Request) { r.Header.Set("Accept", "text/html") }); status != http.StatusSeeOther || header.Get("Location") != practice.URL {
		t.Errorf("a browser: %d %v", status, header)
	}
	if status, _, _ := ask(t, a.Author.OutboxURI, nil, func(r *http.Request) { r.Header.Set("Accept", "text/html") }); status != http.StatusUnauthorized {
		t.Errorf("a browser at a collection, which has no page: %d", status)
	}

	for address, stub := range map[string]bool{a.Author.URI: true, a.Catalog().URI: true, base + "/actor": false} {
		for _, signer := range []*ft.Instance{nil, b} {
			status, header, body := ask(t, address, signer, nil)
			var doc map[string]json.RawMessage
			if err := json.Unmarshal([]byte(body), &doc); err != nil || status != http.StatusOK {
				t.Errorf("%s: %d %s", address, status, body)
			}
			keys := strings.Join(slices.Sorted(maps.Keys(doc)), " ")
			wantStub := stub && signer == nil
			if (keys == "@context generator id inbox preferredUsername publicKey type") != wantStub {
				t.Errorf("%s: %s", address, keys)
			}
			if public := header.Get("Cache-Control") == "public, no-cache"; public == stub {
				t.Errorf("%s: %v", address, header)
			}
		}
	}
	if status, _, _ := ask(t, a.Author.URI, bad, nil); status != http.StatusForbidden {
		t.Errorf("actor for a suspended host: %d", status)
	}
	for _, path := range []string{"/.well-known/webfinger?resource=acct:author@" + a.Config.Domain(), "/.well-known/nodeinfo", "/nodeinfo/2.1"} {
		if status, _, _ := ask(t, base+path, nil, nil); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// Two instances in secure mode that never heard of each other follow and read: nobody waits for a key that only a signature
// would bring.
func TestSecureModeOnBothSides(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	secure(t, a)
	secure(t, b)
	b.FollowInstance(a)
	practice := a.Publish("Kiel: Abwärme nutzen")
	there := b.Has(practice.URI)
	answer := b.Say(&there, "", "Eine Frage dazu.")
	a.Has(answer.URI)
	if doc, err := b.Transport.Get(t.Context(), practice.URI); err != nil || !bytes.Contains(doc.Body, []byte(practice.Title)) {
		t.Error(err)
	}
	if known := b.Knows(a, "author"); known.DisplayName != a.Author.DisplayName {
		t.Errorf("the author is known as %q: only as a stub", known.DisplayName)
	}
}

// What is for followers or single people can be fetched by their hosts, in any mode, and does not exist for others.
func TestPrivatePostsFetched(t *testing.T) {
	t.Parallel()
	a, b, stranger := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	target := b.Follow(b.Author, a, "author")
	say := func(v post.Visibility, text string) post.Post {
		t.Helper()
		p, err := a.Posts.Create(t.Context(), a.Author, post.Draft{Title: "Intern", Source: text, Visibility: v, Language: "de"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a.Knows(b, "editor")
	followers := say(post.Followers, "nur für Folgende")
	direct := say(post.Direct, "an @editor@"+b.Config.Domain())
	alone := say(post.Direct, "an niemanden")
	ft.Settle(a, b)
	nothing := a.Config.BaseURL + "/notes/4711"
	_, _, missing := ask(t, nothing, nil, nil)
	hidden := func(why, address string, signer *ft.Instance) {
		t.Helper()
		status, header, body := ask(t, address, signer, nil)
		if status != http.StatusNotFound || body != missing || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s: %d %v %s", why, address, status, header, body)
		}
	}
	shown := func(why, address, text string) {
		t.Helper()
		status, header, body := ask(t, address, b, nil)
		if status != http.StatusOK || !strings.Contains(body, text) || header.Get("Cache-Control") != "private, no-store" || header.Get("Vary") != "Accept, Signature" {
			t.Errorf("%s: %s: %d %v %s", why, address, status, header, body)
		}
	}
	check := func(mode string) {
		t.Helper()
		shown(mode+", follower", followers.URI, "nur für Folgende")
		shown(mode+", mentioned", direct.URI, "editor@")
		for _, p := range []post.Post{followers, direct, alone} {
			hidden(mode+", stranger", p.URI, stranger)
		}
		hidden(mode+", not mentioned", alone.URI, b)
		hidden(mode+", not there", nothing, b)
	}
	check("open")
	for _, p := range []post.Post{followers, direct, alone} {
		hidden("open, unsigned", p.URI, nil)
	}
	secure(t, a)
	check("secure")
	if err := a.Peers.SavePolicy(t.Context(), peer.Policy{Mode: peer.Open}); err != nil {
		t.Fatal(err)
	}

	if err := b.Follows.Unfollow(t.Context(), b.Author, b.Author.ID, target.ID); err != nil {
		t.Fatal(err)
	}
	ft.Settle(a, b)
	hidden("no longer a follower", followers.URI, b)
	suspend := func(state account.State) {
		t.Helper()
		if _, err := a.DB.Exec(`UPDATE accounts SET state = $2 WHERE id = $1`, a.Author.ID, state); err != nil {
			t.Fatal(err)
		}
	}
	suspend(account.Suspended)
	hidden("author suspended", direct.URI, b)
	suspend(account.Active)
	shown("author restored", direct.URI, "editor@")
	if err := a.Peers.Save(t.Context(), peer.Rule{Domain: "b.localhost", Severity: peer.Suspend}); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{direct.URI, nothing} {
		if status, _, _ := ask(t, address, b, nil); status != http.StatusForbidden {
			t.Errorf("suspended: %s: %d", address, status)
		}
	}
}

// Whether there is a private post cannot be told from what we do: a key that we do not have is asked for in either case.
func TestPrivatePostsLeakNothing(t *testing.T) {
	t.Parallel()
	a, liar := ft.Start(t, "a"), ft.Start(t, "liar")
	hidden, err := a.Posts.Create(t.Context(), a.Author, post.Draft{Title: "Intern", Source: "an niemanden", Visibility: post.Direct, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for i, address := range []string{hidden.URI, a.Config.BaseURL + "/notes/4711"} {
		path := fmt.Sprint("/key/", i)
		liar.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			http.NotFound(w, r)
		}))
		status, _, _ := ask(t, address, liar, func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), "/actor#main-key", path, 1))
		})
		if status != http.StatusNotFound {
			t.Errorf("%s: %d", address, status)
		}
	}
	if len(asked) != 2 {
		t.Errorf("asked for %v: one of the posts is there", asked)
	}
}

// Without secure mode a document that is for everyone is given without looking at the signature, and may be kept for others.
func TestOpenModeAsksNobody(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	practice := a.Publish("Kiel: Abwärme nutzen")
	a.Settled()
	status, header, _ := ask(t, practice.URI, b, func(r *http.Request) {
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), "actor", "actor2", 1))
	})
	if status != http.StatusOK || header.Get("Cache-Control") != "public, no-cache" || header.Get("Vary") != "Accept" {
		t.Errorf("%d %v", status, header)
	}
	if a.Count(`SELECT count(*) FROM accounts WHERE domain IS NOT NULL`) != 0 {
		t.Error("somebody was asked for")
	}
	if err := a.Peers.Save(t.Context(), peer.Rule{Domain: "b.localhost", Severity: peer.Suspend}); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := ask(t, practice.URI, b, nil); status != http.StatusForbidden {
		t.Errorf("suspended: %d", status)
	}
	if status, _, _ := ask(t, practice.URI, nil, nil); status != http.StatusOK {
		t.Errorf("unsigned: %d", status)
	}
}

// A 401 of our inboxes says which signature would do.
func TestInboxSaysWhatItAccepts(t *testing.T) {
	t.Parallel()
	a := ft.Start(t, "a")
	r := httptest.NewRequest(http.MethodPost, a.Config.BaseURL+"/inbox", strings.NewReader(`{"@context":"https://www.w3.org/ns/activitystreams","id":"https://peer.example/1","type":"Like","actor":"https://peer.example/u/x","object":"`+a.Config.BaseURL+`/notes/1"}`))
	r.RequestURI = ""
	r.Header.Set("Content-Type", vocab.MediaType)
	res, err := ft.Loopback.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Accept-Signature"); res.StatusCode != http.StatusUnauthorized || got != `sig1=("@method" "@target-uri" "@authority" "content-digest");created;keyid` {
		t.Errorf("%d %q", res.StatusCode, got)
	}
}

// Instances of our own kind speak by RFC 9421 once they have read an actor of each other.
func TestOurOwnKindSpeaksRFC9421(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	practice := a.Publish("Kiel: Abwärme nutzen")
	b.Has(practice.URI)
	ft.Settle(a, b)
	for _, i := range []*ft.Instance{a, b} {
		if n := i.Count(`SELECT count(*) FROM peers WHERE sig_scheme = 'rfc9421' AND sig_evidence IN ('implements', 'signed')`); n != 1 {
			t.Errorf("%s: %d hosts by RFC 9421", i.Name, n)
		}
	}
}

// A key is rotated while letters wait and after: all arrive, and the other side, which believes the key it
// has for five minutes, knows the new one.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	a.Publish("Vor dem Wechsel")
	ft.Settle(a, b)
	b.Broken.Store(http.StatusServiceUnavailable)
	before := a.Publish("Kurz davor")
	signers, err := a.Accounts.Signers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, who := range signers {
		keys[who.URI] = who.PublicKeyPEM
		if err := a.Accounts.RotateKey(t.Context(), who.ID, false); err != nil {
			t.Fatal(err)
		}
	}
	a.Eventually("the Updates", func() string {
		if n := a.Count(`SELECT count(*) FROM former_keys WHERE told_at IS NOT NULL`); n != len(signers) {
			return fmt.Sprint(n, " of ", len(signers))
		}
		return ""
	})
	after := a.Publish("Danach")
	const delivered = `SELECT count(*) FROM deliveries WHERE state = 'delivered'`
	b.PostsTaken.Store(0)
	done := a.Count(delivered)
	b.Broken.Store(0)
	b.Has(before.URI)
	b.Has(after.URI)
	ft.Settle(a, b)
	if n := a.Count(`SELECT count(*) FROM deliveries WHERE state <> 'delivered'`); n != 0 {
		t.Errorf("%d deliveries failed\n%s", n, a.Diary())
	}
	// The other side applies an Update a moment after it took it. What comes in between is refused by the new key and taken by
	// the former, in the same attempt: nothing waits, and nothing is asked for more than twice.
	if done, asked := a.Count(delivered)-done, int(b.PostsTaken.Load()); done < 4 || asked > 2*done {
		t.Errorf("%d letters took %d requests\n%s", done, asked, a.Diary())
	}
	for uri, old := range keys {
		known, err := b.Accounts.ByURI(t.Context(), uri)
		if fault.Is(err, fault.NotFound) || uri == a.Editor.URI {
			continue // whom they never met, and who never sent them anything
		}
		now, errNow := a.Accounts.ByURI(t.Context(), uri)
		if err != nil || errNow != nil {
			t.Fatal(err, errNow)
		}
		if now.PublicKeyPEM == old || known.PublicKeyPEM != now.PublicKeyPEM {
			t.Errorf("%s: old %v, new %v", uri, known.PublicKeyPEM == old, known.PublicKeyPEM == now.PublicKeyPEM)
		}
	}
	catalog, err := b.Accounts.ByURI(t.Context(), a.Catalog().URI)
	if err != nil || catalog.State != account.Active {
		t.Errorf("%v, %v", catalog.State, err)
	}
}
