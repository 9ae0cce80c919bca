package outbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// TestSettle reads every kind of answer.
func TestSettle(t *testing.T) {
	t.Parallel()
	refusal := errors.New("no")
	tests := map[string]struct {
		status     int
		err        error
		retryAfter time.Duration
		attempt    int
		state      string
		wait       [2]time.Duration // the head waits between these
		failures   int
	}{
		"taken":              {status: 202, state: "delivered"},
		"server error":       {status: 500, err: refusal, state: "pending", wait: [2]time.Duration{time.Second, 2 * time.Second}, failures: 1},
		"no answer":          {err: refusal, state: "pending", wait: [2]time.Duration{time.Second, 2 * time.Second}, failures: 1},
		"no answer, again":   {err: refusal, attempt: 2, state: "pending", wait: [2]time.Duration{30 * time.Second, 38 * time.Second}, failures: 1},
		"not ours to speak":  {err: fault.New(fault.Forbidden, "error.remote.refused"), state: "failed"},
		"bad request":        {status: 400, err: refusal, state: "failed"},
		"forbidden":          {status: 403, err: refusal, state: "failed"},
		"too large":          {status: 413, err: refusal, state: "failed"},
		"unauthorized":       {status: 401, err: refusal, state: "pending", wait: [2]time.Duration{time.Second, 2 * time.Second}},
		"too many":           {status: 429, err: refusal, retryAfter: time.Hour, state: "pending", wait: [2]time.Duration{time.Hour, 61 * time.Minute}},
		"asked for too long": {status: 429, err: refusal, retryAfter: 90 * time.Hour, state: "pending", wait: [2]time.Duration{24 * time.Hour, 25 * time.Hour}},
		"not found":          {status: 404, err: refusal, state: "pending", wait: [2]time.Duration{time.Second, 2 * time.Second}},
		"not found, thrice":  {status: 404, err: refusal, attempt: 2, state: "failed"},
		"given up":           {status: 401, err: refusal, attempt: len(retryWaits), state: "failed"},
	}
	h := newHouse(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			host := fmt.Sprintf("%x.example", name)
			h := &house{Outbox: h.Outbox, t: t, ctx: t.Context(), author: h.author, remote: 1000 + len(name)*100}
			h.follower(host, true, h.author)
			p := h.note(name, post.Public)
			h.distribute(job.CreatePost, p.ID)
			d, ok, err := headOfLane(h.ctx, h.DB, host)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			d.Attempt = test.attempt
			now := time.Now()
			h.must(h.settle(h.ctx, host, d, peer{}, test.status, test.retryAfter, test.err))
			var got struct {
				State  string    `db:"state"`
				NextAt time.Time `db:"next_at"`
			}
			h.must(h.DB.GetContext(h.ctx, &got, `SELECT state, next_at FROM deliveries WHERE id = $1`, d.ID))
			if got.State != test.state {
				t.Errorf("delivery is %s, want %s", got.State, test.state)
			}
			if wait := got.NextAt.Sub(now); test.state == "pending" && (wait < test.wait[0]-time.Millisecond || wait > test.wait[1]) {
				t.Errorf("waits %s, want %v", wait, test.wait)
			}
			if p, err := peerByHost(h.ctx, h.DB, host); err != nil || p.Failures != test.failures {
				t.Errorf("host has %d failures, want %d (%v)", p.Failures, test.failures, err)
			}
		})
	}
}

// TestGone: an inbox that says 410 has nobody left to read.
func TestGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := h.follower("b.example", false, h.author)
	h.distribute(job.CreatePost, h.note("Hallo", post.Public).ID)
	d, _, err := headOfLane(h.ctx, h.DB, "b.example")
	h.must(err)
	h.must(h.settle(h.ctx, "b.example", d, peer{}, http.StatusGone, 0, errors.New("gone")))
	if a, err := h.Accounts.ByID(h.ctx, reader.ID); err != nil || a.State != account.Active {
		t.Errorf("account is %s, %v: only its own document may say that it is gone", a.State, err)
	}
	if n := h.count(`SELECT count(*) FROM follows WHERE account_id = $1 AND undone_at IS NULL`, reader.ID); n != 0 {
		t.Errorf("%d follows of someone who reads no more", n)
	}
	h.distribute(job.CreatePost, h.note("Noch da?", post.Public).ID)
	if n := h.count(`SELECT count(*) FROM deliveries WHERE state = 'pending'`); n != 0 {
		t.Errorf("%d deliveries to someone who is gone", n)
	}
}

// TestBreaker: a host that fails five times is held, keeps everything, and is tried at once when it shows itself.
func TestBreaker(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	h.distribute(job.CreatePost, h.note("Hallo", post.Public).ID)
	fail := func() peer {
		t.Helper()
		d, ok, err := headOfLane(h.ctx, h.DB, "b.example")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		p, err := peerByHost(h.ctx, h.DB, "b.example")
		h.must(err)
		h.must(h.settle(h.ctx, "b.example", d, p, 503, 0, errors.New("down")))
		p, err = peerByHost(h.ctx, h.DB, "b.example")
		h.must(err)
		return p
	}
	for range breakerFailures - 1 {
		if p := fail(); p.HeldUntil != nil {
			t.Fatalf("held after %d failures", p.Failures)
		}
	}
	p := fail()
	if p.HeldUntil == nil || time.Until(*p.HeldUntil) < 29*time.Minute || time.Until(*p.HeldUntil) > 38*time.Minute {
		t.Fatalf("held until %v", p.HeldUntil)
	}
	h.DB.MustExec(`UPDATE peers SET failing_since = now() - interval '8 days'`)
	if p = fail(); time.Until(*p.HeldUntil) < 23*time.Hour {
		t.Errorf("a host that is dead for a week is probed again at %v", p.HeldUntil)
	}
	h.must(h.PeerSeen(h.ctx, "b.example"))
	d, ok, err := headOfLane(h.ctx, h.DB, "b.example")
	if err != nil || !ok || time.Until(d.NextAt) > 0 {
		t.Errorf("after a sign of life the head waits until %v (%v, %v)", d.NextAt, ok, err)
	}
	if p, err := peerByHost(h.ctx, h.DB, "b.example"); err != nil || p.HeldUntil != nil || p.Failures != 0 {
		t.Errorf("peer is %+v, %v", p, err)
	}
}

// TestLane: one host's rows are sent in order, the head holds back the rest, and a lane that is empty has no job.
func TestLane(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	fails := 1
	h.mail.answer = func(string, []byte) (int, time.Duration, error) {
		if fails > 0 {
			fails--
			return 503, 0, errors.New("restarting")
		}
		return 202, 0, nil
	}
	q := job.New(h.DB, h.Log)
	h.Outbox.Work(q)
	p := h.note("Erster", post.Public)
	h.distribute(job.CreatePost, p.ID)
	_, err := h.Posts.Edit(h.ctx, h.author, p.ID, "Titel", "Geändert")
	h.must(err)
	h.distribute(job.UpdatePost, p.ID)
	h.must(h.Posts.Delete(h.ctx, h.author, p.ID))
	h.distribute(job.DeletePost, p.ID)
	h.DB.MustExec(`DELETE FROM river_job WHERE kind <> 'activity.deliver'`)
	h.must(q.Start(context.WithoutCancel(h.ctx)))
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		h.must(q.Stop(ctx))
	}()
	for deadline := time.Now().Add(20 * time.Second); h.count(`SELECT count(*) FROM river_job WHERE state <> 'completed'`) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("lane not drained: %v", h.mail.sent)
		}
	}
	inbox := "https://b.example/inbox "
	if diff := cmp.Diff([]string{inbox + "Create", inbox + "Create", inbox + "Update", inbox + "Delete"}, h.mail.sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// TestSweep: a lane that lost its job gets one.
func TestSweep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	h.distribute(job.CreatePost, h.note("Hallo", post.Public).ID)
	h.DB.MustExec(`DELETE FROM river_job`)
	for range 2 {
		h.must(h.Sweep(h.ctx))
	}
	if n := h.count(`SELECT count(*) FROM river_job WHERE kind = 'activity.deliver' AND state = 'available'`); n != 1 {
		t.Errorf("%d jobs", n)
	}
	// One that sleeps although its host answers again is woken.
	h.DB.MustExec(`UPDATE river_job SET state = 'scheduled', scheduled_at = now() + interval '1 hour'`)
	h.must(h.Sweep(h.ctx))
	if n := h.count(`SELECT count(*) FROM river_job WHERE state = 'available' AND scheduled_at <= now()`); n != 1 {
		t.Error("the sleeping job was not woken")
	}
}

// TestRaceForTheLane: rows that come while a lane is being finished are not left behind.
func TestRaceForTheLane(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	q := job.New(h.DB, h.Log)
	h.Outbox.Work(q)
	h.must(q.Start(context.WithoutCancel(h.ctx)))
	const n = 40
	for i := range n {
		h.distribute(job.CreatePost, h.note(fmt.Sprint("Nr. ", i), post.Public).ID)
		time.Sleep(time.Duration(i%5) * 3 * time.Millisecond)
	}
	var left int
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if left = h.count(`SELECT count(*) FROM deliveries WHERE state = 'pending'`); left == 0 {
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	h.must(q.Stop(ctx))
	creates := 0
	for _, sent := range h.mail.sent {
		if strings.HasSuffix(sent, " Create") { // beside them, the Accept of the follow
			creates++
		}
	}
	if left != 0 || creates != n {
		t.Errorf("%d left, %d sent of %d", left, creates, n)
	}
}
