package change_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/db/dbtest"
)

const patience = time.Minute

// run starts a hub on a database and waits until it hears.
func run(t *testing.T, conn *sqlx.DB) *change.Hub {
	t.Helper()
	h := change.New(conn, slog.New(slog.DiscardHandler))
	if _, ok := h.Generation(0); ok {
		t.Fatal("a hub that does not run claims to hear")
	}
	ctx, cancel := context.WithCancel(t.Context())
	go h.Run(ctx)
	t.Cleanup(func() { cancel(); <-h.Done() })
	listening(t, h)
	return h
}

func listening(t *testing.T, h *change.Hub) {
	t.Helper()
	within(t, "the hub hears", func() bool { _, ok := h.Generation(0); return ok })
}

func within(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

func next(t *testing.T, changes <-chan change.Change) change.Change {
	t.Helper()
	select {
	case c, ok := <-changes:
		if !ok {
			t.Fatal("the subscription has ended")
		}
		return c
	case <-time.After(patience):
		t.Fatal("no change came")
	}
	panic("unreachable")
}

func generation(h *change.Hub, account int64) [2]uint64 {
	g, _ := h.Generation(account)
	return g
}

func tell(t *testing.T, conn *sqlx.DB, payload string) {
	t.Helper()
	if _, err := conn.Exec(`SELECT pg_notify('changes', $1)`, payload); err != nil {
		t.Fatal(err)
	}
}

// TestTwoHubs: what is written in one process is heard in all, by those whom it concerns.
func TestTwoHubs(t *testing.T) {
	t.Parallel()
	dsn := dbtest.DSN(t)
	var hubs [2]*change.Hub
	var conns [2]*sqlx.DB
	for i := range hubs {
		conn, err := db.Open(t.Context(), dsn, 3)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conns[i], hubs[i] = conn, run(t, conn)
	}
	other := hubs[1]
	changes, cancel := other.Subscribe()
	defer cancel()

	mine, theirs := generation(other, 7), generation(other, 8)
	tell(t, conns[0], "bookmarks insert 5 7")
	if got := next(t, changes); got != (change.Change{Table: "bookmarks", Verb: "insert", ID: 5, AccountID: 7}) {
		t.Errorf("heard %+v", got)
	}
	if generation(other, 7) == mine {
		t.Error("what the account reads counts as unchanged")
	}
	if generation(other, 8) != theirs {
		t.Error("what another account reads counts as changed")
	}

	mine, theirs = generation(other, 7), generation(other, 8)
	tell(t, conns[0], "posts publish 9 0")
	next(t, changes)
	if generation(other, 7) == mine || generation(other, 8) == theirs || generation(other, 0) == ([2]uint64{}) {
		t.Error("what concerns everyone is not counted for all")
	}

	// A message that is none must not be taken for silence.
	mine = generation(other, 7)
	tell(t, conns[0], "rubbish")
	if got := next(t, changes); got != (change.Change{}) {
		t.Errorf("rubbish was heard as %+v", got)
	}
	if generation(other, 7) == mine {
		t.Error("after a message that nobody understood, all counts as unchanged")
	}

	// Order is kept, and a transaction is heard only once it is committed.
	tx := conns[0].MustBegin()
	tx.MustExec(`SELECT pg_notify('changes', 'posts edit 1 0')`)
	tell(t, conns[0], "posts edit 2 0")
	if got := next(t, changes); got.ID != 2 {
		t.Errorf("heard %+v of a transaction that runs", got)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := next(t, changes); got.ID != 1 {
		t.Errorf("heard %+v after the commit", got)
	}
}

func TestGenerationOf(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	h := run(t, conn)
	changes, cancel := h.Subscribe()
	defer cancel()
	of := func() uint64 { g, _ := h.GenerationOf("accounts", "api_tokens"); return g }
	before := of()
	tell(t, conn, "posts publish 9 0")
	next(t, changes)
	if of() != before {
		t.Error("a change of another table counts")
	}
	tell(t, conn, "api_tokens update 9 3")
	next(t, changes)
	if of() == before {
		t.Error("a change of the table does not count")
	}
	before = of()
	h.TouchTables("accounts")
	if of() == before {
		t.Error("an own change of the table does not count")
	}
	before = of()
	h.Touch(3)
	if of() != before {
		t.Error("an own change without a table counts for tables")
	}
}

func TestTouch(t *testing.T) {
	t.Parallel()
	h := run(t, dbtest.New(t))
	mine, theirs := generation(h, 1), generation(h, 2)
	h.Touch(1)
	if generation(h, 1) == mine || generation(h, 2) != theirs {
		t.Error("an own change for one account is not counted for it alone")
	}
	mine = generation(h, 1)
	h.Touch(0)
	if generation(h, 1) == mine || generation(h, 2) == theirs {
		t.Error("an own change for everyone is not counted for all")
	}
}

// TestManyAccounts: the counters are bounded, and what was read before they begin anew does not look unchanged.
func TestManyAccounts(t *testing.T) {
	t.Parallel()
	h := run(t, dbtest.New(t))
	h.Touch(1)
	first := generation(h, 1)
	for id := int64(2); id < 1<<17; id++ {
		h.Touch(id)
	}
	h.Touch(1)
	if generation(h, 1) == first {
		t.Error("a counter came back to what it was")
	}
}

// TestConnectionLost: while nothing is heard, nothing may be taken from memory; afterwards everything counts as changed.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	h := run(t, conn)
	changes, cancel := h.Subscribe()
	defer cancel()
	before := generation(h, 7)
	table, _ := h.GenerationOf("posts")

	var killed int
	err := conn.Get(&killed, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND query IN ('LISTEN changes', '')`) // '' is how the hub asks whether it still stands
	if err != nil || killed == 0 {
		t.Fatalf("%d connections listen (%v)", killed, err)
	}
	if got := next(t, changes); got != (change.Change{}) {
		t.Errorf("heard %+v instead of a gap", got)
	}
	listening(t, h)
	if generation(h, 7) == before {
		t.Error("after the gap all counts as unchanged")
	}
	if again, _ := h.GenerationOf("posts"); again == table {
		t.Error("after the gap the table counts as unchanged")
	}
	tell(t, conn, "posts publish 3 0")
	if got := next(t, changes); got.ID != 3 {
		t.Errorf("heard %+v after the gap", got)
	}
}

// TestDatabaseGone: without a database the hub says that it hears nothing, and begins again when there is one.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	h := run(t, conn)
	var name string
	if err := conn.Get(&name, `SELECT current_database()`); err != nil {
		t.Fatal(err)
	}
	admin, err := db.Open(t.Context(), dbtest.Empty(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	admin.MustExec(`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS false`)
	admin.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	within(t, "the hub says that it hears nothing", func() bool { _, ok := h.Generation(0); return !ok })
	admin.MustExec(`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS true`)
	listening(t, h)
}

func TestSlowSubscriber(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	h := run(t, conn)
	slow, cancel := h.Subscribe()
	defer cancel()
	quick, cancelQuick := h.Subscribe()
	defer cancelQuick()
	const many = 10_000
	const burst = 100 // fewer than the hub keeps for one who is a little late
	for n := int64(0); n < many; {
		conn.MustExec(`SELECT pg_notify('changes', 'posts touch ' || n || ' 0') FROM generate_series($1::int + 1, $1::int + $2::int) n`, n, burst)
		for range burst {
			n++
			if got := next(t, quick); got.ID != n {
				t.Fatalf("change %d came as %+v", n, got)
			}
		}
	}
	heard := int64(0)
	for c := range slow { // ends, for it was closed
		if heard++; c.ID != heard {
			t.Fatalf("change %d came as %+v", heard, c)
		}
	}
	if heard == 0 || heard == many {
		t.Errorf("the slow subscriber heard %d of %d", heard, many)
	}
	cancel() // once more does no harm
}

func TestEnd(t *testing.T) {
	t.Parallel()
	h := change.New(dbtest.New(t), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	go h.Run(ctx)
	listening(t, h)
	changes, _ := h.Subscribe()
	cancel()
	within(t, "the subscription ends", func() bool {
		select {
		case _, ok := <-changes:
			return !ok
		default:
			return false
		}
	})
	<-h.Done()
	if _, ok := h.Generation(0); ok {
		t.Error("a hub that has ended claims to hear")
	}
	late, _ := h.Subscribe()
	if _, ok := <-late; ok {
		t.Error("a subscription after the end hears something")
	}
}
