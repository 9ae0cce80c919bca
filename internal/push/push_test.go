package push_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/push"
	"github.com/vorbild/vorbild/web/locales"
)

// house is an instance that sends by the client that all its requests to others leave by. Names under .localhost are private
// hosts that its operator allows, as in a test network.
type house struct {
	*posttest.House
	notifications *notification.Service
	push          *push.Service
	sender        *push.Sender
}

func newHouse(t *testing.T) *house {
	base := posttest.New(t)
	h := &house{House: base}
	h.notifications = notification.New(base.DB, base.Accounts, follow.New(base.DB, base.Accounts, base.Queue, posttest.Base, nil), base.Posts)
	h.push = push.New(base.DB, base.Accounts, h.notifications, base.Queue)
	bundle, err := i18n.Load(locales.FS)
	h.Must(err)
	client := transport.New(base.DB, base.Accounts, config.Config{BaseURL: posttest.Base, PrivateHosts: []string{"*.localhost"}}, slog.New(slog.DiscardHandler))
	t.Cleanup(client.Close)
	h.sender = push.NewSender(h.push, client, bundle, posttest.Base)
	return h
}

// grant is a new token of an account, as a program holds it.
func (h *house) grant(a account.Account) auth.Grant {
	h.Helper()
	id := db.NewID(time.Now())
	_, err := h.DB.ExecContext(h.Ctx, `INSERT INTO api_tokens (id, token_hash, account_id, name, scopes) VALUES ($1, $2, $3, 'test', 'push')`,
		id, fmt.Append(nil, id), a.ID)
	h.Must(err)
	return auth.Grant{Token: auth.Token{ID: id, AccountID: &a.ID, Scopes: "push"}, Account: a}
}

// work works the waiting notifications and returns the messages they lead to.
func (h *house) work() (messages []job.PushSend) {
	h.Helper()
	for _, args := range h.Jobs("notification.notify") {
		var n job.Notify
		h.Must(json.Unmarshal([]byte(args), &n))
		for range 2 { // a job may run again
			h.Must(h.notifications.Notify(h.Ctx, n))
		}
	}
	for _, args := range h.Jobs("push.send") {
		var m job.PushSend
		h.Must(json.Unmarshal([]byte(args), &m))
		messages = append(messages, m)
	}
	return messages
}

// device is a client with its push service: it has the private key.
type device struct {
	*httptest.Server
	private *ecdh.PrivateKey
	secret  []byte
	answer  http.HandlerFunc // nil: 201

	mu       sync.Mutex
	requests []*http.Request
	bodies   [][]byte
}

func newDevice(t *testing.T) *device {
	t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{private: private, secret: make([]byte, 16)}
	_, _ = rand.Read(d.secret)
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	d.requests, d.bodies = append(d.requests, r), append(d.bodies, body)
	answer := d.answer
	d.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// at is the device's address under a name, on the port of its server.
func (d *device) at(host string) string {
	u, _ := url.Parse(d.URL)
	return "http://" + host + ":" + u.Port() + "/send/abc"
}

func (d *device) subscription() push.Subscription {
	return push.Subscription{
		Endpoint: d.at("push.localhost"), P256DH: base64.RawURLEncoding.EncodeToString(d.private.PublicKey().Bytes()),
		Auth: base64.StdEncoding.EncodeToString(d.secret), Alerts: push.Alerts{"mention": true, "favourite": true, "follow": true},
	}
}

// decrypt is the receiver's side of RFC 8291.
func (d *device) decrypt(t *testing.T, body []byte) []byte {
	t.Helper()
	salt, rest := body[:16], body[20:]
	length := int(rest[0])
	senderKey, sealed := rest[1:1+length], rest[1+length:]
	public, err := ecdh.P256().NewPublicKey(senderKey)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := d.private.ECDH(public)
	if err != nil {
		t.Fatal(err)
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		key, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	ikm := derive(shared, d.secret, "WebPush: info\x00"+string(d.private.PublicKey().Bytes())+string(senderKey), 32)
	block, err := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, derive(ikm, salt, "Content-Encoding: nonce\x00", 12), sealed, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain = bytes.TrimRight(plain, "\x00")
	return plain[:len(plain)-1] // the delimiter of the last record
}

// verify checks who sent a request (RFC 8292) with the key that clients get from us.
func verify(t *testing.T, r *http.Request, serverKey string) map[string]any {
	t.Helper()
	token, key, ok := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "vapid t="), ", k=")
	if !ok || key != serverKey {
		t.Fatalf("Authorization %q", r.Header.Get("Authorization"))
	}
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	x, y := elliptic.Unmarshal(elliptic.P256(), raw) //nolint:staticcheck // the form in which push keys are written
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		t.Fatalf("signature of %d bytes, %v", len(signature), err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Fatal("the signature does not hold")
	}
	claims := map[string]any{}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		t.Fatal(err)
	}
	return claims
}

func TestMessage(t *testing.T) {
	h := newHouse(t)
	d := newDevice(t)
	sub, err := h.push.Subscribe(h.Ctx, h.grant(h.Member), d.subscription())
	h.Must(err)
	key, err := h.push.PublicKey(h.Ctx)
	h.Must(err)

	root := h.Thread(h.Member, "Wurzel")
	h.Arrives(h.Remote, "antwort", func(r *post.Received) {
		r.InReplyToURI, r.HTML = root.URI, "<p>Gern, <b>sofort</b>! "+strings.Repeat("ä", 400)+"</p>"
	})
	messages := h.work()
	if len(messages) != 1 || messages[0].SubscriptionID != sub.ID {
		t.Fatalf("messages: %+v", messages)
	}
	h.Must(h.sender.Send(h.Ctx, messages[0]))
	if len(d.requests) != 1 {
		t.Fatalf("%d requests", len(d.requests))
	}
	r := d.requests[0]
	for name, want := range map[string]string{"Content-Encoding": "aes128gcm", "TTL": "172800", "Urgency": "normal", "Content-Type": "application/octet-stream"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	claims := verify(t, r, key)
	u, _ := url.Parse(sub.Endpoint)
	if claims["aud"] != "http://"+u.Host || claims["sub"] != "https://sh.example" {
		t.Errorf("claims: %v", claims)
	}
	if bytes.Contains(d.bodies[0], []byte("sofort")) {
		t.Error("the push service can read the message")
	}
	var got map[string]any
	h.Must(json.Unmarshal(d.decrypt(t, d.bodies[0]), &got))
	if body, _ := got["body"].(string); len([]rune(body)) != 200 || !strings.HasPrefix(body, "Gern, sofort! ä") {
		t.Errorf("body: %q", body)
	}
	delete(got, "body")
	want := map[string]any{
		"access_token": "", "preferred_locale": "de", "notification_id": float64(messages[0].NotificationID), "notification_type": "mention",
		"icon": posttest.Base + media.MissingAvatar(account.Person), "title": "klima hat geantwortet",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNothingPrivateInAMessage(t *testing.T) {
	h := newHouse(t)
	d := newDevice(t)
	_, err := h.push.Subscribe(h.Ctx, h.grant(h.Member), d.subscription())
	h.Must(err)
	mention := func(name, warning string) job.PushSend {
		t.Helper()
		h.Arrives(h.Remote, name, func(r *post.Received) { r.MentionIDs, r.Summary = []int64{h.Member.ID}, warning })
		list := h.work()
		if len(list) != 1 {
			t.Fatalf("%d messages", len(list))
		}
		return list[0]
	}
	h.Must(h.sender.Send(h.Ctx, mention("geheim", "Spoiler")))
	var got map[string]any
	h.Must(json.Unmarshal(d.decrypt(t, d.bodies[0]), &got))
	if got["body"] != "Spoiler" {
		t.Errorf("body below a warning: %q", got["body"])
	}

	// What the reader may no longer see, has read, does not want to hear of, or is old, is not sent.
	for name, query := range map[string]string{
		"withdrawn": `UPDATE posts SET state = 'withdrawn' WHERE id = (SELECT post_id FROM notifications WHERE id = $1)`,
		"read":      `UPDATE notifications SET read_at = now() WHERE id = $1`,
		"filtered":  `UPDATE notifications SET filtered = true WHERE id = $1`,
		"old":       `UPDATE notifications SET created_at = now() - interval '2 days' WHERE id = $1`,
		"dismissed": `DELETE FROM notifications WHERE id = $1`,
		"blocked":   `INSERT INTO blocks (id, account_id, target_id) SELECT id, account_id, from_account_id FROM notifications WHERE id = $1`,
	} {
		m := mention(name, "")
		_, err := h.DB.ExecContext(h.Ctx, query, m.NotificationID)
		h.Must(err)
		h.Must(h.sender.Send(h.Ctx, m))
		_, err = h.DB.ExecContext(h.Ctx, `DELETE FROM blocks`)
		h.Must(err)
		if len(d.requests) != 1 {
			t.Errorf("%s: sent", name)
			d.requests = d.requests[:1]
		}
	}
}

func TestWhoHearsOfWhat(t *testing.T) {
	h := newHouse(t)
	for i, test := range []struct {
		name   string
		change func(s *push.Subscription)
		query  string // $1 the token, $2 the reader, $3 who acts
		want   int
	}{
		{"wanted", func(*push.Subscription) {}, "", 1},
		{"not wanted", func(s *push.Subscription) { s.Alerts = push.Alerts{"favourite": true} }, "", 0},
		{"refused", func(s *push.Subscription) { s.Alerts = push.Alerts{"mention": false} }, "", 0},
		{"nobody", func(s *push.Subscription) { s.Policy = push.None }, "", 0},
		{"followed, not", func(s *push.Subscription) { s.Policy = push.Followed }, "", 0},
		{"followed", func(s *push.Subscription) { s.Policy = push.Followed }, `INSERT INTO follows (id, account_id, target_id, uri, state) SELECT $1, $2, $3, $1::bigint::text, 'accepted'`, 1},
		{"follower, not", func(s *push.Subscription) { s.Policy = push.Follower }, `INSERT INTO follows (id, account_id, target_id, uri, state) SELECT $1, $2, $3, $1::bigint::text, 'accepted'`, 0},
		{"follower", func(s *push.Subscription) { s.Policy = push.Follower }, `INSERT INTO follows (id, account_id, target_id, uri, state) SELECT $1, $3, $2, $1::bigint::text, 'accepted'`, 1},
		{"revoked", func(*push.Subscription) {}, `UPDATE api_tokens SET revoked_at = now() WHERE id = $1 AND $2::bigint > 0 AND $3::bigint > 0`, 0},
		{"parked", func(*push.Subscription) {}, `UPDATE push_subscriptions SET parked = true WHERE token_id = $1 AND $2::bigint > 0 AND $3::bigint > 0`, 0},
		{"suspended", func(*push.Subscription) {}, `UPDATE accounts SET state = 'suspended' WHERE id = $2 AND $1::bigint > 0 AND $3::bigint > 0`, 0},
	} {
		d := newDevice(t)
		reader := h.Account(fmt.Sprint("leserin", i), "", account.Person, account.RoleMember)
		from := h.Account(fmt.Sprint("fremde", i), "vitako.example", account.Person, "")
		g, sub := h.grant(reader), d.subscription()
		test.change(&sub)
		_, err := h.push.Subscribe(h.Ctx, g, sub)
		h.Must(err)
		if test.query != "" {
			_, err := h.DB.ExecContext(h.Ctx, test.query, g.Token.ID, reader.ID, from.ID)
			h.Must(err)
		}
		h.Arrives(from, fmt.Sprint("hallo-", i), func(r *post.Received) { r.MentionIDs = []int64{reader.ID} })
		if got := len(h.work()); got != test.want {
			t.Errorf("%s: %d messages, want %d", test.name, got, test.want)
		}
	}
}

func TestAnswersOfPushServices(t *testing.T) {
	h := newHouse(t)
	d := newDevice(t)
	g := h.grant(h.Member)
	subscribe := func() {
		t.Helper()
		_, err := h.push.Subscribe(h.Ctx, g, d.subscription())
		h.Must(err)
	}
	n := 0
	send := func(status int) error {
		t.Helper()
		n++
		d.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
		h.Arrives(h.Remote, fmt.Sprint("hallo-", n), func(r *post.Received) { r.MentionIDs = []int64{h.Member.ID} })
		list := h.work()
		if len(list) != 1 {
			t.Fatalf("%d messages", len(list))
		}
		return h.sender.Send(h.Ctx, list[0])
	}
	state := func(failing, parked, there int) {
		t.Helper()
		if got := h.Count(`SELECT count(*) FROM push_subscriptions WHERE failing_since IS NOT NULL`); got != failing {
			t.Errorf("%d fail, want %d", got, failing)
		}
		if got := h.Count(`SELECT count(*) FROM push_subscriptions WHERE parked`); got != parked {
			t.Errorf("%d parked, want %d", got, parked)
		}
		if got := h.Count(`SELECT count(*) FROM push_subscriptions`); got != there {
			t.Errorf("%d subscriptions, want %d", got, there)
		}
	}
	subscribe()
	for _, status := range []int{429, 500, 503} {
		if send(status) == nil {
			t.Errorf("%d is not tried again", status)
		}
		state(1, 0, 1)
	}
	h.Must(send(201))
	state(0, 0, 1)
	h.Must(send(400)) // the message is bad: not again
	state(1, 0, 1)
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE push_subscriptions SET failing_since = now() - interval '4 days'`)
	h.Must(err)
	if send(502) == nil {
		t.Error("502 is not tried again")
	}
	state(1, 1, 1)
	subscribe() // the client comes again
	state(0, 0, 1)
	h.Must(send(410))
	state(0, 0, 0)
	subscribe()
	h.Must(send(404))
	state(0, 0, 0)
}

// TestStrangersAddresses: whoever has an account names the address that we send to. None inside our network is reached.
func TestStrangersAddresses(t *testing.T) {
	h := newHouse(t)
	inside := newDevice(t)
	outside := newDevice(t)
	outside.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.at("inside.localhost"), http.StatusTemporaryRedirect)
	}
	u, _ := url.Parse(inside.URL)
	for i, endpoint := range []string{
		inside.at("127.0.0.1"), inside.at("[::1]"), inside.at("localhost"), inside.at("2130706433"), inside.at("0x7f.1"), inside.at("[::ffff:127.0.0.1]"),
		"https://127.0.0.1:" + u.Port() + "/", "https://169.254.169.254/latest/meta-data/", "http://push.example/", "https://push.example:22/", "https://sh.example/inbox",
		outside.at("outside.localhost"),
	} {
		reader := h.Account(fmt.Sprint("leserin", i), "", account.Person, account.RoleMember)
		sub := inside.subscription()
		sub.Endpoint = endpoint
		_, err := h.push.Subscribe(h.Ctx, h.grant(reader), sub)
		h.Must(err)
		h.Arrives(h.Remote, fmt.Sprint("hallo-", i), func(r *post.Received) { r.MentionIDs = []int64{reader.ID} })
		list := h.work()
		if len(list) != 1 {
			t.Fatalf("%d messages", len(list))
		}
		h.Must(h.sender.Send(h.Ctx, list[0])) // a refused address is not tried again
		if len(inside.requests) != 0 {
			t.Fatalf("%s was reached", endpoint)
		}
	}
	if got := h.Count(`SELECT count(*) FROM push_subscriptions WHERE NOT parked`); got != 1 {
		t.Errorf("%d not parked, want the one that answered", got)
	}
	if len(outside.requests) != 1 {
		t.Errorf("%d requests outside", len(outside.requests))
	}
}

func TestSubscribe(t *testing.T) {
	h := newHouse(t)
	d := newDevice(t)
	g := h.grant(h.Member)
	_, err := h.push.ByToken(h.Ctx, g)
	h.Want(err, fault.NotFound)
	_, err = h.push.Update(h.Ctx, g, nil, push.None)
	h.Want(err, fault.NotFound)
	first, err := h.push.Subscribe(h.Ctx, g, d.subscription())
	h.Must(err)
	if first.Policy != push.All || first.ID > 1<<31 {
		t.Errorf("subscription: %+v", first)
	}
	changed, err := h.push.Update(h.Ctx, g, push.Alerts{"poll": true}, "")
	h.Must(err)
	if diff := cmp.Diff(push.Alerts{"poll": true}, changed.Alerts); diff != "" || changed.Policy != push.All || changed.ID != first.ID {
		t.Errorf("updated: %+v %s", changed, diff)
	}
	changed, err = h.push.Update(h.Ctx, g, nil, push.Followed)
	h.Must(err)
	if diff := cmp.Diff(push.Alerts{"poll": true}, changed.Alerts); diff != "" || changed.Policy != push.Followed {
		t.Errorf("updated: %+v %s", changed, diff)
	}
	// One for each token; another token's stays.
	other, err := h.push.Subscribe(h.Ctx, h.grant(h.Member), d.subscription())
	h.Must(err)
	again, err := h.push.Subscribe(h.Ctx, g, d.subscription())
	h.Must(err)
	if again.ID == other.ID || h.Count(`SELECT count(*) FROM push_subscriptions`) != 2 {
		t.Errorf("again: %+v", again)
	}
	for range 2 {
		h.Must(h.push.Unsubscribe(h.Ctx, g))
	}
	if h.Count(`SELECT count(*) FROM push_subscriptions`) != 1 {
		t.Error("unsubscribed the wrong one")
	}
	// It ends with its token.
	_, err = h.DB.ExecContext(h.Ctx, `DELETE FROM api_tokens`)
	h.Must(err)
	if h.Count(`SELECT count(*) FROM push_subscriptions`) != 0 {
		t.Error("a subscription outlives its token")
	}

	for name, spoil := range map[string]func(*push.Subscription){
		"subscription[endpoint]":     func(s *push.Subscription) { s.Endpoint = "ftp://push.example/" },
		"subscription[keys][p256dh]": func(s *push.Subscription) { s.P256DH = base64.RawURLEncoding.EncodeToString(make([]byte, 65)) },
		"subscription[keys][auth]":   func(s *push.Subscription) { s.Auth = "AAAA" },
		"data[policy]":               func(s *push.Subscription) { s.Policy = "friends" },
	} {
		s := d.subscription()
		spoil(&s)
		_, err := h.push.Subscribe(h.Ctx, h.grant(h.Member), s)
		h.Want(err, fault.Invalid)
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = h.push.Update(h.Ctx, g, nil, "friends")
	h.Want(err, fault.Invalid)
}

// The key pair is made once, whoever asks first in whatever process.
func TestOneKeyPair(t *testing.T) {
	h := newHouse(t)
	var wait sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		wait.Add(1)
		go func() {
			defer wait.Done()
			s := push.New(h.DB, h.Accounts, notification.New(h.DB, h.Accounts, nil, h.Posts), h.Queue) // another process
			var err error
			if keys[i], err = s.PublicKey(h.Ctx); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	for _, k := range keys {
		if raw, err := base64.RawURLEncoding.DecodeString(k); err != nil || len(raw) != 65 || k != keys[0] {
			t.Errorf("key %q, %v", k, err)
		}
	}
}
