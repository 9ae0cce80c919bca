package inbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db/dbtest"
)

// TestUnusedBodiesGo: what changed nothing loses its bytes when it is old, or when newer ones take the room. What was applied,
// and what waits, keeps them; the log keeps why.
func TestUnusedBodiesGo(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	now := time.Now()
	receive := func(name, outcome string, age time.Duration, size int) {
		var processed any
		if outcome != "" {
			processed = now.Add(-age)
		}
		conn.MustExec(`INSERT INTO inbox_activities (scope, uri, actor_uri, host, type, object_uri, body, received_at, processed_at, outcome, note)
			VALUES ('shared', 'https://a.example/' || $1::text, 'https://a.example/u', 'a.example', 'Like', 'https://b.example/1', $2, $3, $4, $5, 'why')`,
			name, []byte(strings.Repeat("x", size)), now.Add(-age), processed, outcome)
	}
	left := func() string {
		t.Helper()
		var list []string
		if err := conn.Select(&list, `SELECT substring(uri FROM 19) FROM inbox_activities WHERE octet_length(body) > 0 AND note = 'why' ORDER BY id`); err != nil {
			t.Fatal(err)
		}
		return strings.Join(list, " ")
	}
	const day = 24 * time.Hour
	receive("applied-old", "applied", 80*day, 500)
	receive("ignored-old", "ignored", 15*day, 500)
	receive("rejected-old", "rejected", 15*day, 500)
	receive("waiting-old", "", 15*day, 500)
	for n := range 6 { // the newest last
		receive(fmt.Sprint("ignored-", n), "ignored", 2*day, 100)
		receive(fmt.Sprint("rejected-", n), "rejected", 2*day, 100)
		receive(fmt.Sprint("applied-", n), "applied", 2*day, 1000)
	}
	in := &Inbox{Deps: Deps{DB: conn}, now: func() time.Time { return now }}
	if err := in.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	young := ""
	for n := range 6 {
		young += fmt.Sprintf(" ignored-%d rejected-%d applied-%d", n, n, n)
	}
	if diff := cmp.Diff("applied-old waiting-old"+young, left()); diff != "" {
		t.Errorf("by age (-want +got):\n%s", diff)
	}
	for range 2 { // again changes nothing
		if err := emptyUnused(t.Context(), conn, now.Add(-keepUnused), now.Add(-2*keepUnused), 500); err != nil {
			t.Fatal(err)
		}
		want := "applied-old waiting-old applied-0 applied-1 applied-2 rejected-3 applied-3 ignored-4 rejected-4 applied-4 ignored-5 rejected-5 applied-5"
		if diff := cmp.Diff(want, left()); diff != "" {
			t.Errorf("by room (-want +got):\n%s", diff)
		}
	}
	// The bound holds over portions.
	conn.MustExec(`INSERT INTO inbox_activities (scope, uri, actor_uri, host, type, body, received_at, processed_at, outcome, note)
		SELECT 'shared', 'https://a.example/many-' || n, 'https://a.example/u', 'a.example', 'Like', '0123456789', now(), now(), 'ignored', 'many' FROM generate_series(1, 4500) n`)
	if err := emptyUnused(t.Context(), conn, now.Add(-keepUnused), now.Add(-2*keepUnused), 25_000); err != nil {
		t.Fatal(err)
	}
	var n, rows int
	if err := conn.QueryRowx(`SELECT count(*) FILTER (WHERE octet_length(body) > 0), count(*) FROM inbox_activities WHERE note = 'many'`).Scan(&n, &rows); err != nil || n != 2500 || rows != 4500 {
		t.Errorf("%d of %d bodies are left, %v", n, rows, err)
	}
	// What it was can still be told, for who takes it back by its id.
	a, err := in.original(t.Context(), vocab.Activity{ID: "https://a.example/undo", Type: "Undo", Actor: "https://a.example/u", ObjectID: "https://a.example/ignored-old"})
	if err != nil || a.Type != "Like" || a.Actor != "https://a.example/u" || a.ID != "https://a.example/ignored-old" || a.ObjectID != "https://b.example/1" {
		t.Errorf("what is taken back: %+v, %v", a, err)
	}
}
