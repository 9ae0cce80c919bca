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
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/peer"
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
	bundle, err := locales.Load()
	h.Must(err)
	pictures := media.New(base.DB, base.Accounts, base.Posts, base.Queue, t.TempDir(), posttest.Base)
	client := transport.New(base.DB, base.Accounts, peer.New(base.DB, nil), config.Config{BaseURL: posttest.Base, PrivateHosts: []string{"*.localhost"}}, slog.New(slog.DiscardHandler))
	t.Cleanup(client.Close)
	h.sender = push.NewSender(h.push, client, bundle, pictures, posttest.Base)
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
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		t.Fatalf("signature of %d bytes, %v", len(signature), err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
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
