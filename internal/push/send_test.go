package push_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/push"
)

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
