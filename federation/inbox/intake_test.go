package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
)

// Everyone hears of the fate of their own activity, whatever else shares the commit; the order of arrival and every byte is kept.
func TestCommit(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	var told []string
	k := &intake{db: conn, now: time.Now, stored: func(hosts []string) { told = append(told, hosts...) }}
	var batch []*arrival
	for n := range 5 {
		id := fmt.Sprintf("https://a.example/%d", n)
		if n == 2 {
			id += "\x00" // PostgreSQL has no such text
		}
		a := vocab.Activity{ID: id, Type: "Like", Actor: "https://a.example/u", Raw: fmt.Appendf(nil, "\x01%d\xff", n)}
		batch = append(batch, &arrival{scope: SharedScope, host: "a.example", a: a, done: make(chan error, 1)})
	}
	batch = append(batch, &arrival{scope: SharedScope, host: "a.example", a: batch[0].a, done: make(chan error, 1)}) // again
	k.commit(batch)
	for n, w := range batch {
		if err := <-w.done; (err != nil) != (n == 2) || err != nil && !fault.Is(err, fault.Unavailable) {
			t.Errorf("activity %d: %v", n, err)
		}
	}
	var bodies []string
	if err := conn.Select(&bodies, `SELECT encode(body, 'hex') FROM inbox_activities ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(bodies); got != "[0130ff 0131ff 0133ff 0134ff]" {
		t.Errorf("stored %s", got)
	}
	if len(told) != 4 {
		t.Errorf("told of %d, want 4", len(told))
	}
}

// Many at once share few commits, and none is answered before it is stored.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	commits := 0 // only the one that drains counts
	k := &intake{db: conn, now: time.Now, stored: func([]string) { commits++ }}
	const all = 400
	var wg sync.WaitGroup
	for n := range all {
		wg.Go(func() {
			a := vocab.Activity{ID: fmt.Sprintf("https://a.example/%d", n), Type: "Like", Actor: "https://a.example/u", Raw: []byte("{}")}
			if err := k.put(t.Context(), SharedScope, "a.example", a); err != nil {
				t.Error(err)
			}
			var there bool
			if err := conn.Get(&there, `SELECT EXISTS (SELECT 1 FROM inbox_activities WHERE uri = $1)`, a.ID); err != nil || !there {
				t.Errorf("answered before it was there: %v", err)
			}
		})
	}
	wg.Wait()
	if commits >= all/2 {
		t.Errorf("%d commits for %d activities", commits, all)
	}
}

// Who has too much waiting is refused until some of it has been applied; a question to the database is asked seldom before.
func TestRoom(t *testing.T) {
	t.Parallel()
	now := time.Now()
	pending, questions := 0, 0
	r := newRoom()
	take := func(host, actor string, size int) error {
		return r.take(now, host, actor, size, func() (int, int, int, error) {
			questions++
			return pending, pending / 2, pending * size, nil
		})
	}
	for n := range maxPending {
		if err := take("a.example", fmt.Sprint(n%4), 100); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	if questions != 0 {
		t.Errorf("%d questions below the bound", questions)
	}
	pending = maxPending
	if err := take("a.example", "1", 100); !fault.Is(err, fault.Limited) {
		t.Errorf("above the bound: %v", err)
	}
	if err := take("b.example", "1", 100); err != nil {
		t.Errorf("another host: %v", err)
	}
	pending = 10
	if err := take("a.example", "1", 100); err != nil {
		t.Errorf("after some was applied: %v", err)
	}
	// One actor does not take all of a host's room, and few large bodies count as much as many small ones.
	for n := range maxPendingActor {
		if err := take("c.example", "loud", 1); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	pending = 2 * maxPendingActor
	if err := take("c.example", "loud", 1); !fault.Is(err, fault.Limited) {
		t.Errorf("an actor above the bound: %v", err)
	}
	pending = maxPendingBytes >> 20
	for range pending {
		_ = take("d.example", "1", 1<<20)
	}
	if err := take("d.example", "1", 1<<20); !fault.Is(err, fault.Limited) {
		t.Errorf("bytes above the bound: %v", err)
	}
	if err := r.take(now, "a.example", "1", maxPendingBytes, func() (int, int, int, error) { return 0, 0, 0, errors.New("gone") }); err != nil && !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a database: %v", err)
	}
}

// Who waits for another server does not keep others from their turn, and has it again afterwards.
func TestAway(t *testing.T) {
	t.Parallel()
	turns := make(chan struct{}, 1)
	slow := &turn{turns: turns}
	slow.enter()
	back := away(context.WithValue(t.Context(), turnOf{}, slow))
	other := &turn{turns: turns}
	other.enter() // only possible because the first is away
	returned := make(chan struct{})
	go func() {
		back()
		close(returned)
	}()
	select {
	case <-returned:
		t.Error("two have one turn")
	case <-time.After(50 * time.Millisecond):
	}
	other.leave()
	<-returned
	slow.leave()
	if len(turns) != 0 {
		t.Error("a turn was not given back")
	}
	away(t.Context())() // without a turn nothing happens
}

type countedPeers struct {
	mu    sync.Mutex
	hosts map[string]int
}

func (p *countedPeers) PeerSeen(_ context.Context, host string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hosts[host]++
	return nil
}

// The outbox hears at once that a host lives, and once more after many activities: it may have been given up in between.
func TestGreeter(t *testing.T) {
	t.Parallel()
	peers := &countedPeers{hosts: map[string]int{}}
	g := &greeter{peers: peers, log: slog.New(slog.DiscardHandler), hosts: map[string]*greeting{}}
	for range 100 {
		g.seen("a.example")
	}
	g.seen("b.example")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		g.mu.Lock()
		waiting := len(g.hosts)
		g.mu.Unlock()
		if waiting == 0 {
			break
		}
	}
	peers.mu.Lock()
	defer peers.mu.Unlock()
	if peers.hosts["a.example"] != 2 || peers.hosts["b.example"] != 1 {
		t.Errorf("told %v, want 2 and 1", peers.hosts)
	}
}
