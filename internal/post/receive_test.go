package post

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
)

func TestReceive(t *testing.T) {
	h := newHouse(t)
	r := h.received(h.remote, "a", "")
	r.HTML, r.Title, r.Summary = `<p onclick="x()">gut<script>x</script></p>`, "PUE < 1,2\n: so", "<b>kurz</b>"
	r.Tags, r.MentionIDs = []string{"#PUE", "PUE", "kaputt!", "Kühlung"}, []int64{h.member.ID, 4711}
	p := h.receive(r)
	if p.HTML != "<p>gut</p>" || p.Title != "PUE < 1,2 : so" || p.Summary != "kurz" || p.Local || p.ThreadID != p.ID {
		t.Errorf("stored: %+v", p)
	}
	if p.ID < db.FirstID(r.PublishedAt) || p.ID >= db.FirstID(r.PublishedAt.Add(time.Second)) {
		t.Error("the id does not tell the time of publication")
	}
	tags, _ := h.posts.Tags(h.ctx, p.ID)
	mentions, _ := h.posts.MentionIDs(h.ctx, p.ID)
	if diff := cmp.Diff([]string{"Kühlung", "PUE"}, tags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{h.member.ID}, mentions); diff != "" {
		t.Error(diff)
	}
	again, created, err := h.posts.Receive(h.ctx, r, func(*sqlx.Tx, Post) error { return errors.New("unchanged") })
	h.must(err)
	if created || again.ID != p.ID {
		t.Error("a replay made a new post")
	}
	if got := h.jobs("notification.notify"); len(got) != 1 {
		t.Errorf("%d notifications, want 1", len(got))
	}
	if got := h.jobs("activity.distribute"); len(got) != 0 {
		t.Errorf("we distribute what others wrote: %v", got)
	}
}

func TestReceiveUpdate(t *testing.T) {
	h := newHouse(t)
	r := h.received(h.remote, "a", "")
	p := h.receive(r)
	at := func(d time.Duration) *time.Time { x := r.PublishedAt.Add(d); return &x }
	for _, test := range []struct {
		name    string
		updated *time.Time
		html    string
		want    string
	}{
		{"no time", nil, "<p>b</p>", "<p>a</p>"},
		{"older", at(-time.Minute), "<p>b</p>", "<p>a</p>"},
		{"newer", at(time.Minute), "<p>c</p>", "<p>c</p>"},
		{"replayed", at(time.Minute), "<p>d</p>", "<p>c</p>"},
		{"out of order", at(time.Second), "<p>e</p>", "<p>c</p>"},
		{"newest", at(2 * time.Minute), "<p>f</p>", "<p>f</p>"},
	} {
		r.UpdatedAt, r.HTML = test.updated, test.html
		ran := false
		_, created, err := h.posts.Receive(h.ctx, r, func(*sqlx.Tx, Post) error { ran = true; return nil })
		h.must(err)
		if got := h.get(p.ID).HTML; created || got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if ran != (test.html == test.want) {
			t.Errorf("%s: extra ran: %v", test.name, ran)
		}
	}
	r.BoardID = &h.foreignGroup.ID
	_, _, err := h.posts.Receive(h.ctx, r, nil)
	h.must(err)
	if got := h.get(p.ID).BoardID; got == nil || *got != h.foreignGroup.ID {
		t.Error("the board was not taken over")
	}
}

func TestReceiveRefuses(t *testing.T) {
	h := newHouse(t)
	ours := h.thread(h.member, "Unser Faden")
	r := h.received(h.remote, "a", "")
	h.receive(r)
	later := time.Now()
	change := func(f func(*Received)) Received { c := r; c.UpdatedAt = &later; f(&c); return c }
	for name, test := range map[string]struct {
		r    Received
		kind fault.Kind
	}{
		"another author": {change(func(r *Received) { r.AuthorID = h.remoteOther.ID }), fault.Forbidden},
		"another kind":   {change(func(r *Received) { r.Kind = Article }), fault.Forbidden},
		"ours":           {change(func(r *Received) { r.URI = ours.URI }), fault.Forbidden},
		"ours to be":     {change(func(r *Received) { r.URI = base + "/notes/1" }), fault.Forbidden},
		"no address":     {change(func(r *Received) { r.URI = "javascript:alert(1)" }), fault.Invalid},
	} {
		if _, _, err := h.posts.Receive(h.ctx, test.r, nil); !fault.Is(err, test.kind) {
			t.Errorf("%s: %v, want %s", name, err, test.kind)
		}
	}
	broken := h.received(h.remote, "b", "")
	if _, _, err := h.posts.Receive(h.ctx, broken, func(*sqlx.Tx, Post) error { return errors.New("no") }); err == nil {
		t.Error("extra's error is lost")
	}
	if n := h.count(`SELECT count(*) FROM posts WHERE uri = $1`, broken.URI); n != 0 {
		t.Error("a post without its details was kept")
	}
	foreign := h.received(h.remote, "c", "")
	foreign.URL = base + "/praxisbeispiele/1"
	if p := h.receive(foreign); p.URL != p.URI {
		t.Errorf("it claims our page %s", p.URL)
	}
	_, err := h.posts.Find(h.ctx, base+"/praxisbeispiele/1")
	h.want(err, fault.NotFound)
	if p, err := h.posts.Find(h.ctx, ours.URL); err != nil || p.ID != ours.ID {
		t.Errorf("Find by page: %v", err)
	}
}

func TestReceiveTimes(t *testing.T) {
	h := newHouse(t)
	for name, published := range map[string]time.Time{"future": time.Now().Add(48 * time.Hour), "none": {}, "ancient": time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		r := h.received(h.remote, name, "")
		r.PublishedAt = published
		if p := h.receive(r); time.Since(*p.PublishedAt).Abs() > time.Minute {
			t.Errorf("%s: published %s", name, p.PublishedAt)
		}
	}
	r := h.received(h.remote, "editor", "")
	ahead := time.Now().Add(24 * time.Hour)
	r.UpdatedAt = &ahead
	if p := h.receive(r); p.EditedAt.After(time.Now()) {
		t.Error("an edit from the future would end all further ones")
	}
}

func TestReceiveDelete(t *testing.T) {
	h := newHouse(t)
	r := h.received(h.remote, "a", "")
	p := h.receive(r)
	erased := []int64{}
	h.posts.OnErase(func(_ context.Context, _ *sqlx.Tx, id int64) error { erased = append(erased, id); return nil })
	h.must(h.posts.ReceiveDelete(h.ctx, r.URI))
	h.must(h.posts.ReceiveDelete(h.ctx, r.URI))
	if got := h.get(p.ID); got.State != StateWithdrawn || got.HTML != "" {
		t.Errorf("left: %+v", got)
	}
	if diff := cmp.Diff([]int64{p.ID}, erased); diff != "" {
		t.Error("erasers", diff)
	}
	later := time.Now()
	r.UpdatedAt = &later
	_, _, err := h.posts.Receive(h.ctx, r, nil)
	h.want(err, fault.Gone)

	late := h.received(h.remote, "late", "")
	h.must(h.posts.ReceiveDelete(h.ctx, late.URI))
	_, _, err = h.posts.Receive(h.ctx, late, nil)
	h.want(err, fault.Gone)
	h.want(h.posts.ReceiveDelete(h.ctx, base+"/notes/1"), fault.Forbidden)
	if n := h.count(`SELECT count(*) FROM posts WHERE html <> ''`); n != 0 {
		t.Errorf("%d posts came back", n)
	}
}

func TestForget(t *testing.T) {
	h := newHouse(t)
	own := h.thread(h.member, "Messen")
	reply := h.receive(h.received(h.remote, "antwort", own.URI))
	below := h.answer(h.other, reply, "Danke")
	other := h.receive(h.received(h.remoteOther, "bleibt", own.URI))
	h.must(h.posts.ReceiveFavourite(h.ctx, h.remote.ID, own.ID, "https://vitako.example/likes/1"))
	h.must(h.posts.ReceiveBoost(h.ctx, h.remote.ID, own.ID, "https://vitako.example/boosts/1"))
	h.must(h.posts.ReceiveBoost(h.ctx, h.remoteOther.ID, own.ID, "https://vitako.example/boosts/2"))

	for _, alive := range []account.Account{h.remote, h.member} {
		h.must(h.posts.Forget(h.ctx, alive.ID))
	}
	if n := h.count(`SELECT count(*) FROM posts WHERE state = 'withdrawn'`) + h.count(`SELECT count(*) FROM boosts WHERE undone_at IS NOT NULL`); n != 0 {
		t.Fatalf("%d rows of the living forgotten", n)
	}
	h.must(h.accounts.MarkGone(h.ctx, h.remote.URI))
	for range 2 {
		h.must(h.posts.Forget(h.ctx, h.remote.ID))
	}
	if p := h.get(reply.ID); p.State != StateWithdrawn || p.HTML != "" {
		t.Errorf("left of the reply: %+v", p)
	}
	if p := h.get(own.ID); p.FavouritesCount != 0 || p.BoostsCount != 1 || p.RepliesCount != 1 {
		t.Errorf("%d favourites, %d boosts, %d replies", p.FavouritesCount, p.BoostsCount, p.RepliesCount)
	}
	for _, kept := range []Post{own, below, other} {
		if p := h.get(kept.ID); p.State != StatePublished {
			t.Errorf("%s is %s", p.URI, p.State)
		}
	}
	if n := h.count(`SELECT count(*) FROM river_job WHERE kind = 'activity.distribute' AND args->>'verb' LIKE 'undo%'`); n != 0 {
		t.Errorf("%d undos sent in another's name", n)
	}
}

// TestOrphansInEveryOrder receives a small tree in every order, and in some orders at once; the result is always the same.
func TestOrphansInEveryOrder(t *testing.T) {
	h := newHouse(t)
	parents := map[string]string{"root": "", "a": "root", "b": "a", "c": "b", "d": "a"}
	names := []string{"root", "a", "b", "c", "d"}
	for round := range 30 {
		order := rand.Perm(len(names))
		uri := func(name string) string {
			if name == "" {
				return ""
			}
			return fmt.Sprintf("https://vitako.example/notes/%d-%s", round, name)
		}
		receive := func(name string) {
			r := h.received(h.remote, name, uri(parents[name]))
			r.URI, r.ContextURI = uri(name), "https://vitako.example/threads/"+name
			if _, _, err := h.posts.Receive(h.ctx, r, nil); err != nil {
				t.Errorf("round %d, %s: %v", round, name, err)
			}
		}
		var wait sync.WaitGroup
		for _, i := range order {
			if round%2 == 0 {
				receive(names[i])
				continue
			}
			wait.Add(1)
			go func() { defer wait.Done(); receive(names[i]) }()
		}
		wait.Wait()
		root, err := h.posts.Find(h.ctx, uri("root"))
		h.must(err)
		views, err := h.posts.Thread(h.ctx, Viewer{}, root.ID)
		h.must(err)
		got := map[string]string{}
		for _, v := range views {
			name := v.Post.URI[strings.LastIndex(v.Post.URI, "-")+1:]
			got[name] = fmt.Sprintf("depth %d, %d answers, %s", v.Depth, v.Post.RepliesCount, v.Post.ContextURI)
		}
		context := ", https://vitako.example/threads/root"
		want := map[string]string{"root": "depth 0, 1 answers" + context, "a": "depth 1, 2 answers" + context, "b": "depth 2, 1 answers" + context, "c": "depth 3, 0 answers" + context, "d": "depth 2, 0 answers" + context}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d, order %v: %s", round, order, diff)
		}
	}
}

// TestThreadMovesWhileAnswered: who waits to answer in a thread that moves meanwhile holds nothing of it while it waits for
// the new first post, else it and whoever has that locked would wait for each other.
func TestThreadMovesWhileAnswered(t *testing.T) {
	h := newHouse(t)
	root := h.receive(h.received(h.remote, "root", ""))
	orphan := h.receive(h.received(h.remote, "orphan", "https://vitako.example/notes/unknown"))
	begin := func() *sqlx.Tx {
		tx, err := h.db.Beginx()
		h.must(err)
		t.Cleanup(func() { _ = tx.Rollback() })
		return tx
	}
	lock := func(tx *sqlx.Tx, id int64) {
		t.Helper()
		_, err := tx.Exec(`SELECT 1 FROM posts WHERE id = $1 FOR NO KEY UPDATE`, id)
		h.must(err)
	}
	// until returns when somebody waits for what tx has locked.
	until := func(tx *sqlx.Tx) {
		t.Helper()
		var pid int
		h.must(tx.Get(&pid, `SELECT pg_backend_pid()`))
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			if h.count(`SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))`, pid) > 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the answer does not wait")
			}
		}
	}
	moving, other := begin(), begin()
	lock(moving, orphan.ID)
	answered := make(chan error, 1)
	go func() {
		_, _, err := h.posts.Receive(h.ctx, h.received(h.remote, "answer", orphan.URI), nil)
		answered <- err
	}()
	until(moving)
	lock(other, root.ID)
	h.must(adopt(h.ctx, moving, root, orphan.ID))
	h.must(moving.Commit())
	until(other)
	lock(other, orphan.ID)
	h.must(other.Commit())
	h.must(<-answered)
	if p, err := h.posts.Find(h.ctx, "https://vitako.example/notes/answer"); err != nil || p.ThreadID != root.ID {
		t.Errorf("the answer stands in thread %d, want %d, %v", p.ThreadID, root.ID, err)
	}
}

func TestOrphanAsksForItsParent(t *testing.T) {
	h := newHouse(t)
	p := h.receive(h.received(h.remote, "b", "https://m.example/notes/a"))
	if p.InReplyToID != nil || p.InReplyToURI != "https://m.example/notes/a" || p.ThreadID != p.ID {
		t.Errorf("orphan: %+v", p)
	}
	h.receive(h.received(h.remote, "c", base+"/notes/1"))
	if diff := cmp.Diff([]string{`{"uri": "https://m.example/notes/a"}`}, h.jobs("post.fetch")); diff != "" {
		t.Error(diff)
	}
	threads, err := h.posts.Threads(h.ctx, Viewer{}, paging.Page{})
	h.must(err)
	if len(threads) != 0 {
		t.Error("orphans are listed as discussions")
	}
}

func TestOrphansInACircleStayApart(t *testing.T) {
	h := newHouse(t)
	a := h.receive(h.received(h.remote, "a", "https://vitako.example/notes/b"))
	b := h.receive(h.received(h.remote, "b", "https://vitako.example/notes/a"))
	self := h.receive(h.received(h.remote, "self", "https://vitako.example/notes/self"))
	if got := h.get(a.ID); got.InReplyToID != nil {
		t.Errorf("a hangs below b: %+v", got)
	}
	if b.ThreadID != a.ID || self.InReplyToURI != "" {
		t.Errorf("b %+v, self %+v", b, self)
	}
	views, err := h.posts.Thread(h.ctx, Viewer{}, b.ID)
	h.must(err)
	if len(views) != 2 {
		t.Errorf("%d posts in the thread, want 2", len(views))
	}
}

func TestAdoptionNarrowsVisibility(t *testing.T) {
	h := newHouse(t)
	h.follow(h.member, h.remote)
	r := h.received(h.stranger, "b", "https://vitako.example/notes/a")
	r.Visibility = Public
	orphan := h.receive(r)
	parent := h.received(h.remote, "a", "")
	parent.Visibility = Followers
	h.receive(parent)
	if got := h.get(orphan.ID).Visibility; got != Followers {
		t.Errorf("the answer is %s below a followers-only post", got)
	}
}

func TestReceiveSameAtOnce(t *testing.T) {
	h := newHouse(t)
	root := h.thread(h.member, "Unser Faden")
	r := h.received(h.remote, "a", root.URI)
	var wait sync.WaitGroup
	created := make(chan bool, 8)
	for range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			_, c, err := h.posts.Receive(h.ctx, r, nil)
			if err != nil {
				t.Error(err)
			}
			created <- c
		}()
	}
	wait.Wait()
	close(created)
	n := 0
	for c := range created {
		if c {
			n++
		}
	}
	if n != 1 || h.get(root.ID).RepliesCount != 1 {
		t.Errorf("created %d times, %d answers counted", n, h.get(root.ID).RepliesCount)
	}
}

// TestReceiveManyInOneSecond has more posts than the random part of an id keeps apart for certain.
func TestReceiveManyInOneSecond(t *testing.T) {
	h := newHouse(t)
	second := time.Now().Add(-time.Hour).Truncate(time.Second)
	for i := range 300 {
		r := h.received(h.remote, fmt.Sprint(i), "")
		r.PublishedAt = second
		h.receive(r)
	}
}
