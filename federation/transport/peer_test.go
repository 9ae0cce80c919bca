package transport

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/peer"
)

const (
	ourDomain = "ours.localhost:8080"
	ourBase   = "http://" + ourDomain
)

// newClient returns the client of an instance with its own database and its three actors. Every name under localhost
// is allowed, so that the tests' servers can be reached; the address 127.0.0.1 itself is not.
func newClient(t *testing.T) *Client {
	t.Helper()
	db := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	accounts := accounttest.New(t, db, organization.New(db), job.New(db, log), ourBase, ourDomain)
	if err := accounts.Bootstrap(t.Context(), "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	c := New(db, accounts, peer.New(db, nil), config.Config{BaseURL: ourBase, PrivateHosts: []string{"*.localhost"}}, log)
	c.timeout = time.Minute
	t.Cleanup(c.Close)
	return c
}

// remote is another server: it answers what its documents say and counts who asked for what.
type remote struct {
	*httptest.Server
	host string // name.localhost:port

	mu      sync.Mutex
	answers map[string]http.HandlerFunc
	hits    map[string]int
	last    *http.Request
}

func newPeer(t *testing.T, name string) *remote {
	t.Helper()
	p := &remote{answers: map[string]http.HandlerFunc{}, hits: map[string]int{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Server.Close)
	u, err := url.Parse(p.Server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p.host = name + ".localhost:" + u.Port()
	return p
}

// ServeHTTP answers by path with query, else by path.
func (p *remote) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.hits[r.URL.Path]++
	p.last = r
	answer := p.answers[r.URL.RequestURI()]
	if answer == nil {
		answer = p.answers[r.URL.Path]
	}
	p.mu.Unlock()
	if answer == nil {
		http.NotFound(w, r)
		return
	}
	answer(w, r)
}

func (p *remote) asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits[path]
}

func (p *remote) askedAtAll() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, k := range p.hits {
		n += k
	}
	return n
}

func (p *remote) url(path string) string { return "http://" + p.host + path }

func (p *remote) on(path string, answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = answer
}

func (p *remote) serve(path, contentType, body string) {
	p.on(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		fmt.Fprint(w, body)
	})
}

func (p *remote) serveJSON(path string, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	p.serve(path, activityType, string(body))
}

func (p *remote) status(path string, code int) {
	p.on(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

func (p *remote) redirect(path, to string) {
	p.on(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusSeeOther) })
}

// actor describes a person of the peer; the caller may change the document before it is served.
func (p *remote) actor(username string, key *rsa.PrivateKey) map[string]any {
	id := p.url("/u/" + username)
	return map[string]any{
		"@context": []string{activityStreams, "https://w3id.org/security/v1"},
		"id":       id, "type": "Person", "preferredUsername": username, "name": "Anna: Rechenzentrum",
		"inbox": id + "/inbox", "outbox": id + "/outbox", "followers": id + "/followers",
		"endpoints": map[string]any{"sharedInbox": p.url("/inbox")},
		"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": publicPEM(key)},
	}
}

// serveActor serves an actor and the WebFinger that leads to it.
func (p *remote) serveActor(username string, doc map[string]any) {
	p.serveJSON("/u/"+username, doc)
	p.serveWebFinger("acct:"+username+"@"+p.host, "acct:"+username+"@"+p.host, doc["id"].(string))
}

func (p *remote) serveWebFinger(resource, subject, actor string) {
	body, _ := json.Marshal(map[string]any{
		"subject": subject,
		"links":   []map[string]string{{"rel": "self", "type": activityType, "href": actor}},
	})
	p.serve("/.well-known/webfinger?"+url.Values{"resource": {resource}}.Encode(), "application/jrd+json", string(body))
}

// Keys are expensive to make and good for any number of tests.
var (
	testKey  = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	smallKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(1024) })
)

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func publicPEM(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// letter is a signed request to our inbox, written out by hand from the draft and sharing no code with the package.
// Tests change single parts to see them refused.
type letter struct {
	method, target, signedTarget string
	host, signedHost             string
	date, digest                 string
	body                         string
	keyID                        string
	key                          *rsa.PrivateKey
	headers                      string // list of signed headers
	algorithm                    string
	created                      int64
	format                       func(map[string]string) string // writes the Signature header
	tamper                       func(*http.Request)            // after signing
	more                         http.Header
}

func newLetter(keyID string, key *rsa.PrivateKey) letter {
	body := `{"type":"Create"}`
	return letter{
		method: "POST", target: "/inbox", host: ourDomain, date: time.Now().UTC().Format(http.TimeFormat),
		body: body, digest: digestOf(body), keyID: keyID, key: key,
		headers: "(request-target) host date digest", algorithm: "rsa-sha256",
	}
}

func digestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

func (l letter) signingString() string {
	target, host := l.target, l.host
	if l.signedTarget != "" {
		target = l.signedTarget
	}
	if l.signedHost != "" {
		host = l.signedHost
	}
	values := map[string]string{
		"(request-target)": strings.ToLower(l.method) + " " + target, "host": host, "date": l.date, "digest": l.digest,
		"(created)": fmt.Sprint(l.created), "content-type": "application/activity+json",
	}
	var lines []string
	for _, name := range strings.Fields(l.headers) {
		lines = append(lines, name+": "+values[name])
	}
	return strings.Join(lines, "\n")
}

func (l letter) request() *http.Request {
	r := httptest.NewRequest(l.method, "http://"+ourDomain+l.target, strings.NewReader(l.body))
	r.RequestURI, r.Host = l.target, l.host
	for name, values := range l.more {
		r.Header[name] = values
	}
	if l.date != "" {
		r.Header.Set("Date", l.date)
	}
	if l.digest != "" {
		r.Header.Set("Digest", l.digest)
	}
	r.Header.Set("Content-Type", "application/activity+json")
	sum := sha256.Sum256([]byte(l.signingString()))
	value, err := rsa.SignPKCS1v15(rand.Reader, l.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	params := map[string]string{
		"keyId": l.keyID, "algorithm": l.algorithm, "headers": l.headers, "signature": base64.StdEncoding.EncodeToString(value),
		"created": fmt.Sprint(l.created),
	}
	format := l.format
	if format == nil {
		format = plainFormat
	}
	r.Header.Add("Signature", format(params))
	return r
}

func plainFormat(p map[string]string) string {
	s := fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",signature="%s"`, p["keyId"], p["algorithm"], p["headers"], p["signature"])
	if p["created"] != "0" {
		s += ",created=" + p["created"]
	}
	return s
}

// looseFormat is what the draft allows but nobody should need: other order, blanks, no algorithm.
func looseFormat(p map[string]string) string {
	return fmt.Sprintf(`signature="%s" , headers="%s", keyId="%s"`, p["signature"], p["headers"], p["keyId"])
}

func expiredFormat(p map[string]string) string {
	return plainFormat(p) + fmt.Sprintf(",expires=%d", time.Now().Unix()-120)
}
