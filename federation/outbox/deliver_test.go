package outbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/post"
)

// deliver empties the lanes until the test ends.
func (h *house) deliver() {
	h.t.Helper()
	h.Start(h.ctx)
	h.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		h.Stop(ctx)
	})
}

// within waits for a condition.
func (h *house) within(what string, check func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(time.Minute); !check(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("%s: not within a minute; sent %v", what, h.mail.list())
		}
	}
}

func (h *house) drained() {
	h.t.Helper()
	h.within("lanes are empty", func() bool {
		return h.count(`SELECT count(*) FROM deliveries WHERE state = 'pending'`) == 0 && h.count(`SELECT count(*) FROM lanes WHERE worker IS NOT NULL OR next_at IS NOT NULL`) == 0
	})
}

// laneOf is a lane's row.
func (h *house) laneOf(host string) (l struct {
	NextAt       *time.Time `db:"next_at"`
	Worker       *int32     `db:"worker"`
	Failures     int        `db:"failures"`
	FailingSince *time.Time `db:"failing_since"`
	LastError    string     `db:"last_error"`
	WaitingSince *time.Time `db:"waiting_since"`
	AnsweredAt   *time.Time `db:"answered_at"`
}) {
	h.t.Helper()
	h.must(h.DB.GetContext(h.ctx, &l, `SELECT next_at, worker, failures, failing_since, last_error, waiting_since, answered_at FROM lanes WHERE host = $1`, host))
	return l
}

func (m *mail) list() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sent)
}

// TestGone: an inbox that says 410 has nobody left to read.
func TestGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := h.follower("b.example", false, h.author)
	other := h.follower("b.example", false, h.author)
	h.mail.answer = func(inbox string, _ []byte) (int, time.Duration, error) {
		if inbox == reader.InboxURI {
			return http.StatusGone, 0, errors.New("gone")
		}
		return 202, 0, nil
	}
	h.deliver()
	h.distribute(job.CreatePost, h.note("Hallo", post.Public).ID)
	h.drained()
	if a, err := h.Accounts.ByID(h.ctx, reader.ID); err != nil || a.State != account.Active {
		t.Errorf("account is %s, %v: only its own document may say that it is gone", a.State, err)
	}
	if n := h.count(`SELECT count(*) FROM follows WHERE account_id = $1 AND undone_at IS NULL`, reader.ID); n != 0 {
		t.Errorf("%d follows of someone who reads no more", n)
	}
	h.distribute(job.CreatePost, h.note("Noch da?", post.Public).ID)
	h.drained()
	if n := h.count(`SELECT count(*) FROM deliveries WHERE inbox_uri = $1`, reader.InboxURI); n != 1 {
		t.Errorf("%d deliveries to someone who is gone", n)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE inbox_uri = $1 AND state = 'delivered'`, other.InboxURI); n != 2 {
		t.Errorf("%d deliveries to their neighbour", n)
	}
}

// TestBreaker: a host that fails five times is held, keeps everything, and is tried at once when it shows itself.
func TestBreaker(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	var mu sync.Mutex
	up := false
	h.mail.answer = func(string, []byte) (int, time.Duration, error) {
		mu.Lock()
		defer mu.Unlock()
		if up {
			return 202, 0, nil
		}
		return 503, 0, errors.New("down")
	}
	h.distribute(job.CreatePost, h.note("Erster", post.Public).ID)
	h.distribute(job.CreatePost, h.note("Zweiter", post.Public).ID)
	h.deliver()
	for n := 1; n < lane.HeldAfter; n++ {
		h.within("next failure", func() bool { l := h.laneOf("b.example"); return l.Failures == n && l.Worker == nil })
		if l := h.laneOf("b.example"); time.Until(*l.NextAt) > 2*time.Minute || l.LastError == "" || l.WaitingSince == nil {
			t.Fatalf("after %d failures it is %+v", n, l)
		}
		h.DB.MustExec(`UPDATE lanes SET next_at = now()`) // the wait is over
		h.DB.MustExec(`SELECT pg_notify('lanes', '')`)
	}
	h.within("held", func() bool { l := h.laneOf("b.example"); return l.Failures == lane.HeldAfter && l.Worker == nil })
	if l := h.laneOf("b.example"); time.Until(*l.NextAt) < 29*time.Minute || time.Until(*l.NextAt) > 38*time.Minute {
		t.Errorf("held until %v", l.NextAt)
	}
	h.distribute(job.CreatePost, h.note("Dritter", post.Public).ID)
	if l := h.laneOf("b.example"); time.Until(*l.NextAt) < 28*time.Minute {
		t.Errorf("what is new wakes a host that is held: %v", l.NextAt)
	}
	h.DB.MustExec(`UPDATE lanes SET failing_since = now() - interval '8 days', next_at = now()`)
	h.DB.MustExec(`SELECT pg_notify('lanes', '')`)
	h.within("parked", func() bool { l := h.laneOf("b.example"); return l.Failures == lane.HeldAfter+1 && l.Worker == nil })
	if l := h.laneOf("b.example"); time.Until(*l.NextAt) < 23*time.Hour {
		t.Errorf("a host that is dead for a week is probed again at %v", l.NextAt)
	}
	mu.Lock()
	up = true
	mu.Unlock()
	h.must(h.PeerSeen(h.ctx, "b.example"))
	h.drained()
	if l := h.laneOf("b.example"); l.Failures != 0 || l.FailingSince != nil || l.LastError != "" || l.WaitingSince != nil || l.AnsweredAt == nil {
		t.Errorf("after a sign of life it is %+v", l)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE state = 'delivered'`); n != 3 {
		t.Errorf("%d arrived", n)
	}
}

// TestParkedIsBounded: what waits for a host that is dead for long does not grow for ever, and what is dropped can be counted;
// a lane that is merely held keeps all.
func TestParkedIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("held.example", true, h.author)
	h.follower("dead.example", true, h.author)
	h.mail.answer = func(string, []byte) (int, time.Duration, error) { return 0, 0, errors.New("no answer") }
	p := h.note("Alt", post.Public)
	h.distribute(job.CreatePost, p.ID)
	h.DB.MustExec(`UPDATE activities SET created_at = now() - interval '31 days'`)
	h.distribute(job.CreatePost, h.note("Neu", post.Public).ID)
	h.DB.MustExec(`INSERT INTO deliveries (activity_id, inbox_uri, host) SELECT a.id, 'https://' || l.host || '/inbox/' || n, l.host
		FROM activities a, lanes l, generate_series(1, $1) n WHERE a.created_at > now() - interval '1 day' AND a.type = 'Create'`, parkedRows+10)
	h.DB.MustExec(`UPDATE lanes SET failures = 100, failing_since = CASE WHEN host = 'dead.example' THEN now() - interval '8 days' ELSE now() - interval '3 days' END`)
	h.deliver()
	h.within("both were probed", func() bool {
		return h.count(`SELECT count(*) FROM lanes WHERE failures = 101 AND worker IS NULL`) == 2 && h.count(`SELECT count(*) FROM deliveries WHERE state = 'dropped'`) > 0
	})
	if n := h.count(`SELECT count(*) FROM deliveries WHERE host = 'held.example' AND state = 'pending'`); n != parkedRows+12 {
		t.Errorf("a host that is down for three days lost %d", parkedRows+12-n)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE host = 'dead.example' AND state = 'pending'`); n != parkedRows {
		t.Errorf("%d wait for a dead host", n)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE host = 'dead.example' AND state = 'dropped'`); n != 12 {
		t.Errorf("%d are counted as dropped", n)
	}
	if n := h.count(`SELECT count(*) FROM follows WHERE state = 'accepted' AND undone_at IS NULL`); n != 2 {
		t.Errorf("%d of 2 follows are left", n)
	}
}

// TestLane: one host's rows are sent in order, the head holds back the rest, and a lane that is empty rests.
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
	p := h.note("Erster", post.Public)
	h.distribute(job.CreatePost, p.ID)
	_, err := h.Posts.Edit(h.ctx, h.author, p.ID, "Titel", "Geändert")
	h.must(err)
	h.distribute(job.UpdatePost, p.ID)
	h.must(h.Posts.Delete(h.ctx, h.author, p.ID))
	h.distribute(job.DeletePost, p.ID)
	h.deliver()
	h.drained()
	inbox := "https://b.example/inbox "
	if diff := cmp.Diff([]string{inbox + "Create", inbox + "Create", inbox + "Update", inbox + "Delete"}, h.mail.list()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// TestSweep: a lane that says nothing waits in it although something does is mended.
func TestSweep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	h.follower("c.example", true, h.author)
	h.follower("d.example", true, h.author)
	h.distribute(job.CreatePost, h.note("Hallo", post.Public).ID)
	later := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	h.DB.MustExec(`UPDATE lanes SET next_at = NULL WHERE host = 'b.example'`)
	h.DB.MustExec(`DELETE FROM lanes WHERE host = 'c.example'`)
	h.DB.MustExec(`UPDATE lanes SET next_at = $1 WHERE host = 'd.example'`, later)
	for range 2 {
		h.must(h.Sweep(h.ctx))
	}
	if n := h.count(`SELECT count(*) FROM lanes WHERE host IN ('b.example', 'c.example') AND next_at <= now()`); n != 2 {
		t.Errorf("%d of 2 lanes mended", n)
	}
	if l := h.laneOf("d.example"); !l.NextAt.Equal(later) {
		t.Errorf("a lane that waits is due at %v", l.NextAt)
	}
}

// TestRaceForTheLane: rows that come while a lane is put down are not left behind, whoever of two empties it, and nothing is sent
// twice.
func TestRaceForTheLane(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	h.follower("c.example", true, h.author)
	h.mail.answer = func(string, []byte) (int, time.Duration, error) { return 202, 0, nil }
	h.deliver()
	other := *h
	other.Outbox = New(h.Deps) // as another process would
	other.deliver()
	const n = 60
	for i := range n {
		h.distribute(job.CreatePost, h.note(fmt.Sprint("Nr. ", i), post.Public).ID)
		time.Sleep(time.Duration(i%5) * 3 * time.Millisecond)
	}
	h.drained()
	creates := map[string]int{}
	for _, sent := range h.mail.list() {
		creates[sent]++
	}
	if creates["https://b.example/inbox Create"] != n || creates["https://c.example/inbox Create"] != n {
		t.Errorf("sent %v, want %d each", creates, n)
	}
}

// TestOneAtATime: a host never has two requests of ours, and gets what it gets in order, while many hosts have one each.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const hosts, posts = 40, 6
	for n := range hosts {
		h.follower(fmt.Sprintf("h%d.example", n), true, h.author)
	}
	var mu sync.Mutex
	busy, most, many := map[string]bool{}, 0, make(chan struct{})
	got := map[string][]string{}
	h.mail.slow = func(inbox string, body []byte) {
		mu.Lock()
		if busy[inbox] {
			t.Errorf("%s has two requests", inbox)
		}
		busy[inbox] = true
		if most = max(most, len(busy)); most == hosts/4 && len(got[inbox]) == 0 {
			close(many)
		}
		got[inbox] = append(got[inbox], string(body))
		mu.Unlock()
		select {
		case <-many: // each waits until a quarter of all are busy at once
			time.Sleep(time.Millisecond)
		case <-time.After(time.Minute):
		}
		mu.Lock()
		delete(busy, inbox)
		mu.Unlock()
	}
	var want []string
	for n := range posts {
		h.distribute(job.CreatePost, h.note(fmt.Sprint("Nr. ", n), post.Public).ID)
	}
	h.must(h.DB.SelectContext(h.ctx, &want, `SELECT convert_from(body, 'UTF8') FROM activities WHERE type = 'Create' ORDER BY id`))
	h.deliver()
	h.drained()
	for inbox, list := range got {
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("%s got (-want +got):\n%s", inbox, diff)
		}
	}
	if len(got) != hosts || most < hosts/4 {
		t.Errorf("%d hosts, at most %d at once", len(got), most)
	}
}

// TestCutOff: a worker that is stopped without patience leaves what was on its way to the next.
func TestCutOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	begun := make(chan struct{}, 10)
	h.mail.wait = func(ctx context.Context) error {
		begun <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	h.distribute(job.CreatePost, h.note("Hallo", post.Public).ID)
	h.Start(h.ctx)
	select {
	case <-begun:
	case <-time.After(time.Minute):
		t.Fatal("nothing is sent")
	}
	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	h.Stop(ctx)
	h.mail.mu.Lock()
	h.mail.wait = nil
	h.mail.mu.Unlock()
	h.deliver()
	h.drained()
	if n := h.count(`SELECT count(*) FROM deliveries WHERE state = 'delivered' AND attempt = 1`); n != 1 {
		t.Error("the attempt that we cut off counts")
	}
	if got := h.mail.list(); len(got) != 2 || !strings.HasSuffix(got[1], " Create") {
		t.Errorf("sent %v", got)
	}
}
