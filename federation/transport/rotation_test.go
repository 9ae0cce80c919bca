package transport

import (
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
)

// keeper is a server that checks our signatures. It keeps the key it has until a letter signed by it brings another, as
// GoToSocial does; or, if it asks, it asks for the key whenever one does not fit.
type keeper struct {
	t    *testing.T
	us   *Client
	key  *rsa.PublicKey
	asks bool
	seen []int // what it answered
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	there := &Client{domain: r.Host, base: &url.URL{Scheme: "http", Host: r.Host}, now: time.Now} // the same code, run by another host
	p, err := there.checkEnvelope(r, body)
	if err != nil {
		k.t.Errorf("envelope: %v", err)
	}
	if k.asks && p.fits(k.key) != nil {
		k.key = k.document()
	}
	status := http.StatusAccepted
	if p.fits(k.key) != nil {
		status = http.StatusUnauthorized
	} else if string(body) == "update" {
		k.key = k.document()
	}
	k.seen = append(k.seen, status)
	w.WriteHeader(status)
}

// document is the key that our actor shows.
func (k *keeper) document() *rsa.PublicKey {
	a, err := k.us.accounts.Catalog(k.t.Context())
	if err != nil {
		k.t.Error(err)
		return nil
	}
	key, err := parsePublicKey(a.PublicKeyPEM)
	if err != nil {
		k.t.Error(err)
	}
	return key
}

// rotationHouse is a client with a peer of either kind at /keeps and /asks.
func rotationHouse(t *testing.T) (c *Client, keeps, asks *keeper, send func(path, body string, made time.Time) int, catalog account.Account) {
	t.Helper()
	c, p := newClient(t), newPeer(t, "peer")
	catalog, err := c.accounts.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keeps, asks = &keeper{t: t, us: c}, &keeper{t: t, us: c, asks: true}
	keeps.key, asks.key = keeps.document(), asks.document()
	p.on("/keeps", keeps.ServeHTTP)
	p.on("/asks", asks.ServeHTTP)
	send = func(path, body string, made time.Time) int {
		t.Helper()
		status, _, err := c.Post(t.Context(), Delivery{SignerID: catalog.ID, Inbox: p.url(path), Body: []byte(body), Made: made})
		if status == 0 {
			t.Fatal(err)
		}
		return status
	}
	return c, keeps, asks, send, catalog
}

func rotate(t *testing.T, c *Client, id int64, forget bool) {
	t.Helper()
	if err := c.accounts.RotateKey(t.Context(), id, forget); err != nil {
		t.Fatal(err)
	}
}

func tell(t *testing.T, c *Client, id int64, at time.Time) {
	t.Helper()
	err := db.InTx(t.Context(), c.db, func(tx *sqlx.Tx) error { return c.accounts.KeyTold(t.Context(), tx, id, at) })
	if err != nil {
		t.Fatal(err)
	}
}

// A lane that was filled before, during and after a rotation is taken by both kinds of servers without one refusal, though it
// is only sent afterwards: each letter is signed by the key that its receiver has when it comes.
func TestRotation(t *testing.T) {
	t.Parallel()
	c, keeps, asks, send, catalog := rotationHouse(t)
	before := time.Now()
	rotate(t, c, catalog.ID, false)
	if status := send("/keeps", "note", time.Now()); status != 202 {
		t.Errorf("before anyone was told: %d", status)
	}
	told := time.Now().Round(time.Microsecond) // as the database keeps it
	tell(t, c, catalog.ID, told)
	for _, k := range []struct {
		path string
		*keeper
	}{{"/keeps", keeps}, {"/asks", asks}} {
		k.seen = nil
		send(k.path, "note", before)
		send(k.path, "update", told)
		send(k.path, "note", told.Add(time.Millisecond))
		send(k.path, "note", time.Time{}) // now
		for i, status := range k.seen {
			if status != 202 && !k.asks {
				t.Errorf("%s: answer %d is %d", k.path, i, status)
			}
		}
		if n := len(k.seen); !k.asks && n != 4 {
			t.Errorf("%s: %d requests for 4 letters", k.path, n)
		}
		if k.key.N.Cmp(k.document().N) != 0 {
			t.Errorf("%s has the former key", k.path)
		}
	}
}

// Who was not told of the new key, and does not ask for it, still takes what we send for two weeks, by a second knock.
func TestRotationUntold(t *testing.T) {
	t.Parallel()
	c, keeps, asks, send, catalog := rotationHouse(t)
	rotate(t, c, catalog.ID, false)
	tell(t, c, catalog.ID, time.Now())
	for _, path := range []string{"/keeps", "/asks"} {
		if status := send(path, "note", time.Now().Add(time.Second)); status != 202 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if len(keeps.seen) != 2 || len(asks.seen) != 1 {
		t.Errorf("%v, %v", keeps.seen, asks.seen)
	}
	// Someone who heard of us first after the rotation has the new key only.
	fresh := &keeper{t: t, us: c}
	fresh.key = fresh.document()
	*keeps = *fresh
	if status := send("/keeps", "note", time.Now().Add(-time.Hour)); status != 202 {
		t.Errorf("new peer, old letter: %d", status)
	}
	c.db.MustExec(`UPDATE former_keys SET rotated_at = rotated_at - interval '13 days 23 hours'`)
	if err := c.accounts.ForgetKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c); n != 1 {
		t.Errorf("%d former keys after 13 days", n)
	}
	c.db.MustExec(`UPDATE former_keys SET rotated_at = rotated_at - interval '2 hours'`)
	if err := c.accounts.ForgetKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c); n != 0 {
		t.Errorf("%d former keys after 14 days", n)
	}
}

func count(t *testing.T, c *Client) (n int) {
	t.Helper()
	if err := c.db.Get(&n, `SELECT count(*) FROM former_keys`); err != nil {
		t.Fatal(err)
	}
	return n
}

// Two rotations in a row: every letter by the key that was known when it was made.
func TestRotationTwice(t *testing.T) {
	t.Parallel()
	c, keeps, _, send, catalog := rotationHouse(t)
	now := time.Now().Round(time.Microsecond) // as the database keeps it
	rotate(t, c, catalog.ID, false)
	first := keeps.document()
	tell(t, c, catalog.ID, now.Add(time.Minute))
	rotate(t, c, catalog.ID, false)
	tell(t, c, catalog.ID, now.Add(2*time.Minute))
	send("/keeps", "note", now)
	// The document shows the newest key already; a keeper takes from the letter what stood in it then.
	if send("/keeps", "note", now.Add(time.Minute)); len(keeps.seen) != 2 {
		t.Errorf("%v", keeps.seen)
	}
	keeps.key = first
	send("/keeps", "note", now.Add(90*time.Second))
	send("/keeps", "update", now.Add(2*time.Minute))
	send("/keeps", "note", now.Add(3*time.Minute))
	if got := fmt.Sprint(keeps.seen); got != "[202 202 202 202 202]" {
		t.Error(got)
	}
}

// A new key that nobody could be told of for a day is used all the same; a key that others may have is used no more.
func TestRotationWithoutWord(t *testing.T) {
	t.Parallel()
	c, _, _, _, catalog := rotationHouse(t)
	keys := func() signingKeys {
		t.Helper()
		keys, err := c.keysOf(t.Context(), catalog.ID)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	rotate(t, c, catalog.ID, false)
	k := keys()
	now := time.Now()
	if first, second := k.choose(now, now); first.private.Equal(k.current.private) || second == nil || !second.private.Equal(k.current.private) {
		t.Error("the new key is used before anyone is told")
	}
	if first, _ := k.choose(now, now.Add(untoldFor+time.Minute)); !first.private.Equal(k.current.private) {
		t.Error("the former key is used for ever")
	}
	rotate(t, c, catalog.ID, true)
	k = keys()
	if first, second := k.choose(now, now); len(k.former) != 0 || second != nil || !first.private.Equal(k.current.private) {
		t.Errorf("%d former keys of one that was forgotten", len(k.former))
	}
}

// An actor with several keys may sign by any of them.
func TestSeveralKeys(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	doc := p.actor("anna", testKey())
	id := p.url("/u/anna")
	doc["publicKey"] = []any{
		map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": publicPEM(testKey())},
		map[string]any{"id": id + "#second", "owner": id, "publicKeyPem": publicPEM(otherKey())},
		map[string]any{"id": id + "#stolen", "owner": p.url("/u/berta"), "publicKeyPem": publicPEM(otherKey())},
	}
	p.serveActor("anna", doc)
	for range 2 { // also after the other was stored
		for fragment, key := range map[string]*rsa.PrivateKey{"#main-key": testKey(), "#second": otherKey()} {
			m := newMessage(id+fragment, key)
			if a, err := c.Verify(t.Context(), m.request(), []byte(m.body)); err != nil || a.URI != id {
				t.Errorf("%s: %s, %v", fragment, a.URI, err)
			}
		}
	}
	for fragment, key := range map[string]*rsa.PrivateKey{"#main-key": otherKey(), "#second": testKey(), "#stolen": otherKey(), "#third": testKey()} {
		m := newMessage(id+fragment, key)
		if _, err := c.Verify(t.Context(), m.request(), []byte(m.body)); err == nil {
			t.Errorf("%s by the wrong key is accepted", fragment)
		}
	}
}

// A key that does not fit is asked for once more when it is old, whichever way the request is signed.
func TestRefetchOfMessageKey(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	c.KeepBy(&counter{})
	anna := stored(t, c, p, "anna", time.Minute)
	p.serveActor("anna", p.actor("anna", otherKey())) // it has rotated
	for age, want := range map[time.Duration]bool{keyRetry - time.Minute: false, keyRetry + time.Minute: true} {
		c.db.MustExec(`UPDATE accounts SET public_key_pem = $2, fetched_at = $3 WHERE id = $1`, anna.ID, publicPEM(testKey()), time.Now().Add(-age))
		m := newMessage(anna.PublicKeyID, otherKey())
		if _, err := c.Verify(t.Context(), m.request(), []byte(m.body)); (err == nil) != want {
			t.Errorf("key of %s: %v", age, err)
		}
	}
}
