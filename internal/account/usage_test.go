package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := h.db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	people := map[string]int64{}
	for _, name := range []string{"anna", "bert", "carl", "dora", "weg"} {
		people[name] = h.person(t, name, account.RoleMember).ID
	}
	exec(`UPDATE accounts SET state = 'suspended' WHERE username = 'weg'`)
	for _, host := range []string{"m.example", "m.example", "vitako.example"} {
		people[host]++
		name := fmt.Sprint("fremd", people[host])
		exec(`INSERT INTO accounts (id, username, domain, uri, kind) VALUES ($1, $2, $3, $4, 'person')`, 10*len(host)+int(people[host]), name, host, "https://"+host+"/"+name)
	}
	const day = 24 * time.Hour
	now := time.Now()
	write := func(id, author int64, state, visibility string, thread int64, age time.Duration) {
		t.Helper()
		exec(`INSERT INTO posts (id, uri, account_id, local, kind, state, visibility, thread_id, published_at)
			SELECT $1, $2, $3, domain IS NULL, 'note', $4, $5, $6, $7 FROM accounts WHERE id = $3`,
			id, fmt.Sprint(baseURL, "/notes/", id), author, state, visibility, thread, now.Add(-age))
	}
	write(1, people["anna"], "published", "public", 1, 10*day)
	write(2, people["bert"], "published", "unlisted", 1, 100*day)
	write(3, people["anna"], "draft", "public", 3, 10*day)
	write(4, people["anna"], "published", "followers", 4, 10*day)
	write(5, people["carl"], "withdrawn", "public", 5, day)
	write(6, 91, "published", "public", 6, time.Hour) // of m.example
	exec(`INSERT INTO sessions (id, token_hash, account_id, seen_at, expires_at) VALUES (1, 'x', $1, $2, now())`, people["dora"], now.Add(-29*day))
	exec(`INSERT INTO api_tokens (id, token_hash, account_id, name, used_at) VALUES (1, 'x', $1, 'x', $2)`, people["carl"], now.Add(-179*day))

	want := account.Usage{People: 4, ActiveMonth: 2, ActiveHalfyear: 4, Statuses: 3, Threads: 1, Comments: 1, Domains: 2}
	for range 2 { // the second time from memory
		got, err := h.Usage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		exec(`UPDATE posts SET visibility = 'direct' WHERE id = 1`)
	}
	weeks, err := h.Activity(t.Context())
	if err != nil || len(weeks) != 12 || weeks[0].Registrations != 5 {
		t.Errorf("weeks %+v, %v", weeks, err)
	}
}
