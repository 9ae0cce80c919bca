package push_test

import (
	"encoding/base64"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/push"
)

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
