package outbox

import (
	"slices"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/post"
)

// TestClaims: a lane belongs to one worker as long as that lives, and is free at once when it is dead.
func TestClaims(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	h.distribute(job.CreatePost, h.note("Hallo", post.Public).ID)
	first, err := openSession(h.ctx, db.DSN(h.DB))
	h.must(err)
	second, err := openSession(h.ctx, db.DSN(h.DB))
	h.must(err)
	defer second.close()
	take := func(s *session) []string {
		t.Helper()
		hosts, err := claim(h.ctx, h.DB, s.number, 10)
		h.must(err)
		return hosts
	}
	if got := take(first); !slices.Equal(got, []string{"b.example"}) {
		t.Fatalf("the first gets %v", got)
	}
	h.must(freeClaims(h.ctx, h.DB))
	if got := take(second); len(got) != 0 {
		t.Errorf("the second gets %v of the first", got)
	}
	first.close()
	h.within("the session has ended", func() bool { h.must(freeClaims(h.ctx, h.DB)); return h.laneOf("b.example").Worker == nil })
	if got := take(first); len(got) != 0 {
		t.Errorf("without its lock it gets %v", got)
	}
	if got := take(second); !slices.Equal(got, []string{"b.example"}) {
		t.Errorf("the second gets %v", got)
	}
}

// TestSettleOnce: what is settled twice, or by who lost the lane, or after an operator decided, changes nothing more.
func TestSettleOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	h.distribute(job.CreatePost, h.note("Eins", post.Public).ID)
	h.distribute(job.CreatePost, h.note("Zwei", post.Public).ID)
	s, err := openSession(h.ctx, db.DSN(h.DB))
	h.must(err)
	defer s.close()
	if _, err := claim(h.ctx, h.DB, s.number, 10); err != nil {
		t.Fatal(err)
	}
	rows, err := heads(h.ctx, h.DB, s.number, []string{"b.example"}, readAhead)
	h.must(err)
	mine := &turn{host: "b.example", fills: rows["b.example"].Fills, queue: rows["b.example"].queue}
	if len(mine.queue) != 2 {
		t.Fatalf("%+v", mine.queue)
	}
	marks := []mark{{ID: mine.queue[0].ID, State: lane.Pending, Status: 503, Error: "down", Wait: time.Second}, {ID: mine.queue[1].ID, State: lane.Delivered, Status: 202}}
	h.DB.MustExec(`UPDATE deliveries SET state = 'dropped' WHERE id = $1`, mine.queue[1].ID)
	for range 2 {
		_, err = settle(h.ctx, h.DB, s.number, marks, nil)
		h.must(err)
	}
	if n := h.count(`SELECT attempt FROM deliveries WHERE id = $1`, mine.queue[0].ID); n != 1 {
		t.Errorf("one attempt counts %d times", n)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE id = $1 AND state = 'dropped'`, mine.queue[1].ID); n != 1 {
		t.Error("an operator's decision was overruled")
	}
	idle := []putDown{{turn: mine, idle: true}}
	h.distribute(job.CreatePost, h.note("Drei", post.Public).ID)
	if l, err := settle(h.ctx, h.DB, s.number, nil, idle); err != nil || l[0].Freed || !l[0].Ours || !l[0].Filled {
		t.Errorf("a lane with something new in it is put down as empty: %+v, %v", l, err)
	}
	if l, err := settle(h.ctx, h.DB, s.number+1, nil, []putDown{{turn: mine}}); err != nil || l[0].Freed || l[0].Ours {
		t.Errorf("somebody else put it down: %+v, %v", l, err)
	}
	tx := h.DB.MustBegin()
	defer tx.Rollback() //nolint:errcheck // only its locks are wanted
	if _, err := tx.Exec(`UPDATE lanes SET fills = fills WHERE host = 'b.example'`); err != nil {
		t.Fatal(err)
	}
	if l, err := settle(h.ctx, h.DB, s.number, nil, []putDown{{turn: mine}}); err != nil || l[0].Freed || !l[0].Ours {
		t.Errorf("a lane that is being filled: %+v, %v", l, err)
	}
}

// TestLetters: what is kept ready is bounded, and what was used last stays.
func TestLetters(t *testing.T) {
	t.Parallel()
	l := newLetters(100)
	for id := range int64(5) {
		l.put(&letter{ID: id, Body: make([]byte, 30)})
		l.get(0)
	}
	if _, ok := l.get(0); !ok || l.size != 90 || len(l.byID) != 3 || l.order.Len() != 3 {
		t.Errorf("%d bytes, %d letters", l.size, len(l.byID))
	}
	l.put(&letter{ID: 9, Body: make([]byte, 500)})
	if _, ok := l.get(9); !ok || len(l.byID) != 1 {
		t.Errorf("the large one: %d letters", len(l.byID))
	}
}
