package timeline

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// How many accounts an instance has come across must not cost the reader of home anything.
func TestHomeDoesNotReadAllAccounts(t *testing.T) {
	h := posttest.New(t)
	for _, statement := range []string{
		`ALTER TABLE follows DISABLE TRIGGER USER`, `ALTER TABLE accounts DISABLE TRIGGER USER`,
		`INSERT INTO accounts (id, username, domain, uri, kind)
			SELECT n, 'a' || n, 'far' || n % 40 || '.example', 'https://far.example/u/' || n, 'person' FROM generate_series(1, 20000) n`,
		`INSERT INTO follows (id, account_id, target_id, uri, state)
			SELECT n, a.id, n * 4, 'https://here.example/f/' || n, 'accepted' FROM generate_series(1, 500) n, accounts a WHERE a.username = 'rechenzentrum'`,
		`ANALYZE`,
	} {
		if _, err := h.DB.ExecContext(h.Ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := db.Open(h.Ctx, db.DSN(h.DB), 1) // plans as the product does
	h.Must(err)
	defer conn.Close()
	_, err = conn.ExecContext(h.Ctx, `PREPARE home (bigint, bigint, bigint, bigint, bigint) AS `+homeFeed.recent(paging.Page{}))
	h.Must(err)
	var text string
	h.Must(conn.GetContext(h.Ctx, &text, `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE home (`+strconv.FormatInt(h.Member.ID, 10)+`, 0, 9223372036854775807, 21, 0)`))
	var plans []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	h.Must(json.Unmarshal([]byte(text), &plans))
	if pages := plans[0].Plan.Hit + plans[0].Plan.Read; pages == 0 || pages > 1000 {
		t.Errorf("%d pages are read for an empty timeline of 500 followed", pages)
	}
}
