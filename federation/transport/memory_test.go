package transport

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/fault"
)

// counter is a hub that hears what the test says.
type counter struct {
	generation atomic.Uint64
	deaf       atomic.Bool
}

func (c *counter) GenerationOf(...string) (uint64, bool) { return c.generation.Load(), !c.deaf.Load() }

// Keys stay in memory while nothing changes, and no longer: not when a key or its owner changed, not when nothing is heard,
// and not for ever.
func TestKeysInMemory(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	hub, now := &counter{}, time.Now()
	c.KeepBy(hub)
	c.now = func() time.Time { return now }
	anna := stored(t, c, p, "anna", time.Minute)
	verify := func(why string, want fault.Kind) {
		t.Helper()
		m := newMessage(anna.PublicKeyID, testKey())
		m.created = now.Unix()
		got, err := c.Verify(t.Context(), m.request(), []byte(m.body))
		if want == "" && (err != nil || got.ID != anna.ID) || want != "" && !fault.Is(err, want) {
			t.Errorf("%s: %d, %v", why, got.ID, err)
		}
	}
	state := func(s account.State) { c.db.MustExec(`UPDATE accounts SET state = $2 WHERE id = $1`, anna.ID, s) }
	verify("first", "")
	forged := newMessage(anna.PublicKeyID, otherKey())
	if _, err := c.Verify(t.Context(), forged.request(), []byte(forged.body)); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("forged in the name of a kept key: %v", err)
	}
	state(account.Suspended)
	verify("nothing was told, which shows that it is kept", "")
	hub.generation.Add(1)
	verify("suspended", fault.Forbidden)
	state(account.Active)
	hub.generation.Add(1)
	verify("active again", "")
	state(account.Suspended)
	hub.deaf.Store(true)
	verify("nothing is heard", fault.Forbidden)
	hub.deaf.Store(false)
	now = now.Add(keepKeys + time.Second)
	verify("kept too long", fault.Forbidden)
	state(account.Active)
	hub.generation.Add(1)
	verify("active at last", "")

	// A kept key that does not fit is no reason to refuse: what is stored may be newer.
	c.db.MustExec(`UPDATE accounts SET public_key_pem = $2 WHERE id = $1`, anna.ID, publicPEM(otherKey()))
	m := newMessage(anna.PublicKeyID, otherKey())
	m.created = now.Unix()
	if _, err := c.Verify(t.Context(), m.request(), []byte(m.body)); err != nil {
		t.Error(err)
	}

	keys, err := c.keysOf(t.Context(), instanceID(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.accounts.RotateKey(t.Context(), instanceID(t, c), true); err != nil {
		t.Fatal(err)
	}
	if same, _ := c.keysOf(t.Context(), instanceID(t, c)); same.current.private != keys.current.private {
		t.Error("the key was read again")
	}
	hub.generation.Add(1)
	if other, _ := c.keysOf(t.Context(), instanceID(t, c)); other.current.private.Equal(keys.current.private) {
		t.Error("the key was not read again")
	}
}

// A blocked host is refused whatever is kept of it.
func TestKeptKeyOfBlockedHost(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	c.KeepBy(&counter{})
	anna := stored(t, c, p, "anna", time.Minute)
	for _, want := range []fault.Kind{"", fault.Forbidden} {
		m := newMessage(anna.PublicKeyID, testKey())
		_, err := c.Verify(t.Context(), m.request(), []byte(m.body))
		if want == "" && err != nil || want != "" && !fault.Is(err, want) {
			t.Errorf("%v, want %q", err, want)
		}
		c.db.MustExec(`INSERT INTO domain_rules (domain, severity) VALUES ($1, 'suspend') ON CONFLICT DO NOTHING`, p.host)
	}
}

// Neither does it help that only the handle, and not the key, is of a blocked host.
func TestKeptKeyOfBlockedHandle(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	c.KeepBy(&counter{})
	anna := stored(t, c, p, "anna", time.Minute)
	c.db.MustExec(`UPDATE accounts SET domain = 'handle.example' WHERE id = $1`, anna.ID)
	for _, want := range []fault.Kind{"", fault.Forbidden} {
		m := newMessage(anna.PublicKeyID, testKey())
		_, err := c.Verify(t.Context(), m.request(), []byte(m.body))
		if want == "" && err != nil || want != "" && !fault.Is(err, want) {
			t.Errorf("%v, want %q", err, want)
		}
		c.db.MustExec(`INSERT INTO domain_rules (domain, severity) VALUES ('handle.example', 'suspend') ON CONFLICT DO NOTHING`)
	}
}

// The database itself tells when an account is suspended or a key changes, whoever changed it.
func TestKeysAreToldOf(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	hub := change.New(c.db, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); hub.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	c.KeepBy(hub)
	anna := stored(t, c, p, "anna", time.Minute)
	eventually := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	eventually("the hub hears nothing", func() bool { _, ok := c.keyGeneration(); return ok })
	verify := func() error {
		m := newMessage(anna.PublicKeyID, testKey())
		_, err := c.Verify(t.Context(), m.request(), []byte(m.body))
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.senders.get(anna.PublicKeyID); !ok {
		t.Fatal("the key is not kept")
	}
	c.db.MustExec(`UPDATE accounts SET state = 'suspended' WHERE id = $1`, anna.ID)
	eventually("still kept though suspended", func() bool { return fault.Is(verify(), fault.Forbidden) })

	before, err := c.keysOf(t.Context(), instanceID(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.accounts.RotateKey(t.Context(), instanceID(t, c), false); err != nil {
		t.Fatal(err)
	}
	eventually("the new key is not used", func() bool {
		now, err := c.keysOf(t.Context(), instanceID(t, c))
		return err == nil && len(now.former) == 1 && !now.current.private.Equal(before.current.private)
	})
}
