package app_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
)

// crowd is many people on many other servers, all of them one HTTP server on loopback, who write to an instance.
type crowd struct {
	t       testing.TB
	server  *httptest.Server
	port    string
	hosts   int
	authors []crowdAuthor
	broken  sync.Map // path -> status (int) or document it is answered with
}

type crowdAuthor struct {
	uri, name, host string
	key             *rsa.PrivateKey
	pem             string
}

// crowdKeys is how many keys the authors share: making one takes a while.
const crowdKeys = 8

func startCrowd(t testing.TB, hosts, authors int) *crowd {
	t.Helper()
	c := &crowd{t: t, hosts: hosts}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.server.Close)
	c.port = c.server.URL[strings.LastIndex(c.server.URL, ":")+1:]
	keys := make([]crowdAuthor, crowdKeys)
	for n := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		keys[n] = crowdAuthor{key: key, pem: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
	}
	for n := range authors {
		a := keys[n%crowdKeys]
		a.host = fmt.Sprintf("host%d.localhost:%s", n%hosts, c.port)
		a.name = fmt.Sprintf("author%d", n)
		a.uri = "http://" + a.host + "/u/" + a.name
		c.authors = append(c.authors, a)
	}
	return c
}

// ServeHTTP gives out the actors and their names.
func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if answer, ok := c.broken.Load(r.URL.Path); ok {
		if status, ok := answer.(int); ok {
			w.WriteHeader(status)
			return
		}
		w.Header().Set("Content-Type", "application/activity+json")
		_ = json.NewEncoder(w).Encode(answer)
		return
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/u/"); ok {
		for _, a := range c.authors {
			if a.name == name && a.host == r.Host {
				w.Header().Set("Content-Type", "application/activity+json")
				_ = json.NewEncoder(w).Encode(map[string]any{
					"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
					"id":       a.uri, "type": "Person", "preferredUsername": a.name, "name": "Stelle " + a.name,
					"inbox": a.uri + "/inbox", "outbox": a.uri + "/outbox", "followers": a.uri + "/followers",
					"publicKey": map[string]string{"id": a.uri + "#main-key", "owner": a.uri, "publicKeyPem": a.pem},
				})
				return
			}
		}
	}
	if r.URL.Path == "/.well-known/webfinger" {
		handle := strings.TrimPrefix(r.URL.Query().Get("resource"), "acct:")
		name, host, _ := strings.Cut(handle, "@")
		w.Header().Set("Content-Type", "application/jrd+json")
		_ = json.NewEncoder(w).Encode(map[string]any{"subject": "acct:" + handle, "links": []map[string]string{
			{"rel": "self", "type": "application/activity+json", "href": "http://" + host + "/u/" + name},
		}})
		return
	}
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusAccepted) // whatever the instance has to say
		return
	}
	http.NotFound(w, r)
}

// knownTo stores the authors as if the instance had met them before, and lets one of its people follow them.
func (c *crowd) knownTo(i *instance, reader account.Account) {
	c.t.Helper()
	now := time.Now()
	for n, a := range c.authors {
		stored, err := i.Accounts.Receive(c.t.Context(), account.Account{
			URI: a.uri, Username: a.name, Domain: &a.host, URL: a.uri, Kind: account.Person, DisplayName: "Stelle " + a.name,
			InboxURI: a.uri + "/inbox", FollowersURI: a.uri + "/followers", PublicKeyID: a.uri + "#main-key", PublicKeyPEM: a.pem, FetchedAt: &now,
		})
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := i.DB.ExecContext(c.t.Context(), `INSERT INTO follows (id, account_id, target_id, uri, state) VALUES ($1, $2, $3, $4, 'accepted')`,
			n+1, reader.ID, stored.ID, fmt.Sprintf("%s/follows/%d", i.Config.BaseURL, n+1)); err != nil {
			c.t.Fatal(err)
		}
	}
}

// letter is a signed request, ready to be sent.
type letter struct {
	object string
	body   []byte
	header http.Header
}

// creates writes and signs n posts, each author in turn, addressed to the public and, if mention is set, to that account.
func (c *crowd) creates(inbox string, n int, mention string) []letter {
	c.t.Helper()
	letters := make([]letter, n)
	var wg sync.WaitGroup
	for part := range crowdKeys {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := part; k < n; k += crowdKeys {
				letters[k] = c.create(inbox, k, mention)
			}
		}()
	}
	wg.Wait()
	return letters
}

func (c *crowd) create(inbox string, n int, mention string) letter {
	a := c.authors[n%len(c.authors)]
	id := fmt.Sprintf("http://%s/notes/%d", a.host, n)
	at := time.Now().Add(-time.Hour + time.Duration(n)*time.Second/10).UTC().Format(time.RFC3339)
	to, cc, tags := []string{"https://www.w3.org/ns/activitystreams#Public"}, []string{a.uri + "/followers"}, []map[string]string{}
	if mention != "" {
		cc = append(cc, mention)
		tags = append(tags, map[string]string{"type": "Mention", "href": mention, "name": "@leserin"})
	}
	body, err := json.Marshal(map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", map[string]string{"ostatus": "http://ostatus.org#", "sensitive": "as:sensitive", "conversation": "ostatus:conversation"}},
		"id":       id + "/activity", "type": "Create", "actor": a.uri, "published": at, "to": to, "cc": cc,
		"object": map[string]any{
			"id": id, "type": "Note", "summary": nil, "inReplyTo": nil, "published": at, "url": id, "attributedTo": a.uri, "to": to, "cc": cc,
			"sensitive": false, "conversation": fmt.Sprintf("tag:%s,2026-11-22:objectId=%d", a.host, n),
			"content":    fmt.Sprintf("<p>Meldung %d: seit dem Umzug der Server in den kälteren Raum sinkt der Strombedarf der Kühlung <strong>deutlich</strong>, gemessen am Zähler. Mehr unter <a href=\"https://land.example/green-it\" rel=\"nofollow noopener noreferrer\" target=\"_blank\">land.example/green-it</a></p>", n),
			"contentMap": map[string]string{}, "attachment": []any{}, "tag": tags,
			"replies": map[string]any{"id": id + "/replies", "type": "Collection", "first": map[string]any{"type": "CollectionPage", "next": id + "/replies?page=true", "partOf": id + "/replies", "items": []string{}}},
		},
	})
	if err != nil {
		c.t.Error(err)
	}
	l := c.sign(a, inbox, body)
	l.object = id
	return l
}

// sign makes a request of a body.
func (c *crowd) sign(a crowdAuthor, inbox string, body []byte) letter {
	u, err := url.Parse(inbox)
	if err != nil {
		c.t.Error(err)
	}
	date := time.Now().UTC().Format(http.TimeFormat)
	sum := sha256.Sum256(body)
	digest := "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
	hash := sha256.Sum256(fmt.Appendf(nil, "(request-target): post %s\nhost: %s\ndate: %s\ndigest: %s\ncontent-type: application/activity+json", u.Path, u.Host, date, digest))
	signature, err := rsa.SignPKCS1v15(nil, a.key, crypto.SHA256, hash[:])
	if err != nil {
		c.t.Error(err)
	}
	return letter{"", body, http.Header{
		"Content-Type": {"application/activity+json"}, "Date": {date}, "Digest": {digest},
		"Signature": {fmt.Sprintf(`keyId="%s#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest content-type",signature="%s"`, a.uri, base64.StdEncoding.EncodeToString(signature))},
	}}
}

// sender keeps as many connections as it has requests at a time.
func sender(atOnce int) *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		MaxIdleConnsPerHost: atOnce, DisableCompression: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
}

// send delivers one letter and returns the answer's status, 0 when there was none.
func (l letter) send(ctx context.Context, client *http.Client, inbox string) (status int, header http.Header, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, inbox, bytes.NewReader(l.body))
	if err != nil {
		return 0, nil, err
	}
	req.Header = l.header
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header, errors.Join(err, resp.Body.Close())
}

// sendAll delivers letters, so many at a time, and returns the objects of those that were answered with 2xx.
func sendAll(ctx context.Context, inbox string, letters []letter, atOnce int) (accepted []string, statuses map[int]int) {
	client := sender(atOnce)
	defer client.CloseIdleConnections()
	statuses = map[int]int{}
	var mu sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	for range atOnce {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := next.Add(1) - 1; n < int64(len(letters)) && ctx.Err() == nil; n = next.Add(1) - 1 {
				status, _, _ := letters[n].send(ctx, client, inbox)
				mu.Lock()
				statuses[status]++
				if status/100 == 2 {
					accepted = append(accepted, letters[n].object)
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	return accepted, statuses
}
