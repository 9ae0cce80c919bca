package outbox

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/post"
)

// TestDatabaseRefuses: while the database takes nothing, as with a full disk, what was answered is remembered and nothing more is
// sent; then all goes on, and nothing is sent twice.
func TestDatabaseRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const hosts, posts = 5, 4
	for n := range hosts {
		h.follower(fmt.Sprintf("h%d.example", n), true, h.author)
	}
	h.DB.MustExec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
	h.DB.MustExec(`CREATE TRIGGER refuse BEFORE UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION refuse()`)
	for n := range posts {
		h.distribute(job.CreatePost, h.note(fmt.Sprint("Nr. ", n), post.Public).ID)
	}
	h.deliver()
	h.within("each host got one", func() bool { return len(h.mail.list()) == hosts })
	time.Sleep(300 * time.Millisecond) // some tries of the courier
	if n := len(h.mail.list()); n != hosts {
		t.Errorf("%d were sent although nothing of it could be noted", n)
	}
	h.DB.MustExec(`DROP TRIGGER refuse ON deliveries`)
	h.drained()
	if n := len(h.mail.list()); n != hosts*posts {
		t.Errorf("%d requests for %d deliveries", n, hosts*posts)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE state = 'delivered' AND attempt = 1`); n != hosts*posts {
		t.Errorf("%d arrived", n)
	}
}

// TestSessionsEnd: when the server ends all sessions, as in a restart, the courier comes back, and nothing is lost or sent twice.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const hosts, posts = 5, 6
	for n := range hosts {
		h.follower(fmt.Sprintf("h%d.example", n), true, h.author)
	}
	h.mail.slow = func(string, []byte) { time.Sleep(30 * time.Millisecond) }
	for n := range posts {
		h.distribute(job.CreatePost, h.note(fmt.Sprint("Nr. ", n), post.Public).ID)
	}
	h.deliver()
	for n := range 3 {
		h.within("more was sent", func() bool { return len(h.mail.list()) > (n+1)*hosts })
		// The test's own connection survives this.
		h.DB.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	}
	h.within("all is delivered", func() bool {
		var n int
		err := h.DB.GetContext(h.ctx, &n, `SELECT count(*) FROM deliveries WHERE state = 'delivered'`)
		return err == nil && n == hosts*posts
	})
	if n := len(h.mail.list()); n != hosts*posts {
		t.Errorf("%d requests for %d deliveries", n, hosts*posts)
	}
}

// TestAdministratorRetries: the courier does at once what an administrator decides about a host that is held.
func TestAdministratorRetries(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	admin, err := h.Accounts.CreateLocal(h.ctx, "verwaltung", "Verwaltung", account.RoleAdmin)
	h.must(err)
	lanes := lane.New(h.DB, h.Accounts)
	var status atomic.Int32
	status.Store(400)
	h.mail.answer = func(string, []byte) (int, time.Duration, error) {
		if s := int(status.Load()); s != 202 {
			return s, 0, errors.New("no")
		}
		return 202, 0, nil
	}
	h.deliver()
	h.distribute(job.CreatePost, h.note("Eins", post.Public).ID)
	h.drained()
	lost, err := lanes.Get(h.ctx, admin, "b.example")
	h.must(err)
	if lost.State != lane.Lost || lost.Failed != 1 || lost.LastError == "" {
		t.Errorf("%+v", lost)
	}
	failed, err := lanes.Deliveries(h.ctx, admin, "b.example", lane.Failed, 0, 10)
	h.must(err)
	if len(failed) != 1 || failed[0].Type != "Create" {
		t.Fatalf("%+v", failed)
	}
	h.DB.MustExec(`UPDATE lanes SET failures = 9, failing_since = now()`)
	status.Store(503)
	h.distribute(job.CreatePost, h.note("Zwei", post.Public).ID)
	h.within("held", func() bool { l, err := lanes.Get(h.ctx, admin, "b.example"); return err == nil && l.State == lane.Held })
	status.Store(202)
	h.must(lanes.RetryDelivery(h.ctx, admin, failed[0].ID))
	h.drained()
	if l, err := lanes.Get(h.ctx, admin, "b.example"); err != nil || l.State != lane.Quiet || l.Failed != 0 || l.Failures != 0 {
		t.Errorf("%+v, %v", l, err)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE state = 'delivered'`); n != 2 {
		t.Errorf("%d arrived", n)
	}

	status.Store(401)
	h.distribute(job.CreatePost, h.note("Drei", post.Public).ID)
	h.distribute(job.CreatePost, h.note("Vier", post.Public).ID)
	h.within("the head waits", func() bool {
		l := h.laneOf("b.example")
		return l.Worker == nil && time.Until(*l.NextAt) > 3*time.Second
	})
	status.Store(202)
	waiting, err := lanes.Deliveries(h.ctx, admin, "b.example", lane.Pending, 0, 10)
	h.must(err)
	h.must(lanes.DropDelivery(h.ctx, admin, waiting[0].ID))
	h.drained()
	if n := h.count(`SELECT count(*) FROM deliveries WHERE state = 'dropped'`); n != 1 {
		t.Errorf("%d dropped", n)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE state = 'delivered'`); n != 3 {
		t.Errorf("%d arrived", n)
	}
}

// TestClaimsAreBounded: a statement that was planned when there were hardly any lanes takes as many as it was told to, and at once,
// when there are many.
func TestClaimsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.DB.SetMaxOpenConns(1) // whose plans stay
	s, err := openSession(h.ctx, db.DSN(h.DB))
	h.must(err)
	defer s.close()
	h.DB.MustExec(`INSERT INTO lanes (host) VALUES ('a.example')`)
	h.DB.MustExec(`ANALYZE lanes`)
	if _, err := claim(h.ctx, h.DB, s.number, 7); err != nil {
		t.Fatal(err)
	}
	h.DB.MustExec(`INSERT INTO lanes (host, next_at) SELECT 'h' || n || '.example', now() FROM generate_series(1, 5000) n`)
	for range 3 {
		hosts, err := claim(h.ctx, h.DB, s.number, 7)
		if err != nil || len(hosts) != 7 {
			t.Errorf("%d lanes, want 7: %v", len(hosts), err)
		}
	}
	if n := h.count(`SELECT count(*) FROM lanes WHERE worker IS NOT NULL`); n != 21 {
		t.Errorf("%d lanes are claimed", n)
	}
}
