package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/organization"
)

// startReading is an instance on which somebody follows the whole crowd.
func startReading(t *testing.T, slug string, hosts, authors int) (*instance, *crowd) {
	t.Helper()
	c := startCrowd(t, hosts, authors)
	i := startInstance(t, slug, organization.Organization{Name: slug, ShortName: slug, Level: organization.LevelVerband})
	c.readBy(i)
	return i, c
}

// says signs an activity of an author about an object; what is set in more stands beside that.
func (c *crowd) says(i *instance, author int, kind, id string, object any, more map[string]any) letter {
	c.t.Helper()
	a := c.authors[author]
	doc := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": "http://" + a.host + "/" + id, "type": kind, "actor": a.uri,
		"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []string{a.uri + "/followers"}, "object": object,
	}
	for k, v := range more {
		doc[k] = v
	}
	body, err := json.Marshal(doc)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.sign(a, i.url("/inbox"), body)
}

func (c *crowd) note(author int, id, text, updated string) map[string]any {
	a := c.authors[author]
	note := map[string]any{
		"id": "http://" + a.host + "/" + id, "type": "Note", "attributedTo": a.uri, "content": text, "published": "2026-11-20T10:00:00Z",
		"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []string{a.uri + "/followers"},
	}
	if updated != "" {
		note["updated"] = updated
	}
	return note
}

// deliver sends a letter that must be answered so, and returns the headers of the answer.
func (l letter) deliver(i *instance, want int) http.Header {
	i.t.Helper()
	status, header, err := l.send(i.t.Context(), loopback, i.url("/inbox"))
	if err != nil || status != want {
		i.t.Fatalf("answered %d, %v, want %d\n%s", status, err, want, l.body)
	}
	return header
}

// A host that floods us does not keep another's post waiting.
func TestFloodDoesNotStarveOthers(t *testing.T) {
	t.Parallel()
	i, c := startReading(t, "calm", 2, 2)
	// Each of the flood takes so long that it lasts longer than we wait for the other.
	i.DB.MustExec(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$`)
	i.DB.MustExec(`CREATE TRIGGER slow BEFORE INSERT ON posts FOR EACH ROW WHEN (NEW.uri LIKE 'http://host0.%') EXECUTE FUNCTION slow()`)
	flood := make([]letter, 800)
	for n := range flood {
		id := fmt.Sprintf("notes/%d", n)
		flood[n] = c.says(i, 0, "Create", id+"/create", c.note(0, id, fmt.Sprint("<p>Werbung ", n, "</p>"), ""), nil)
	}
	if accepted, statuses := sendAll(t.Context(), i.url("/inbox"), flood, 16); len(statuses) != 1 || statuses[202] != len(flood) {
		t.Fatalf("%d accepted: %v", len(accepted), statuses)
	}
	c.says(i, 1, "Create", "create", c.note(1, "notes/one", "<p>Auf ein Wort</p>", ""), nil).deliver(i, 202)
	within(t, "the other host's post is there", func() bool {
		return count(t, i.DB, `SELECT count(*) FROM posts WHERE uri LIKE '%/notes/one'`) == 1
	})
	if waiting := count(t, i.DB, `SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL`); waiting < len(flood)/4 {
		t.Errorf("the other's post came when only %d of %d of the flood were left", waiting, len(flood))
	}
}

// One host's activities take effect in the order of their arrival, and one that cannot be applied now holds up nobody.
func TestOrderOfOneHost(t *testing.T) {
	t.Parallel()
	i, c := startReading(t, "orderly", 1, 2)
	// Somebody shares what another server does not give away at the moment.
	c.broken.Store("/notes/unreachable", http.StatusInternalServerError)
	unreachable := "http://host0.localhost:" + c.port + "/notes/unreachable"
	c.says(i, 0, "Announce", "share", unreachable, nil).deliver(i, 202)
	for n := range 20 {
		id := fmt.Sprint("notes/", n)
		c.says(i, 1, "Create", id+"/create", c.note(1, id, "<p>Erste Fassung</p>", ""), nil).deliver(i, 202)
		c.says(i, 1, "Update", id+"/update", c.note(1, id, "<p>Zweite Fassung</p>", "2026-11-21T10:00:00Z"), nil).deliver(i, 202)
		if n%2 == 0 {
			c.says(i, 1, "Delete", id+"/delete", map[string]any{"id": "http://" + c.authors[1].host + "/" + id, "type": "Tombstone"}, nil).deliver(i, 202)
		}
	}
	within(t, "everything else is applied", func() bool {
		return count(t, i.DB, `SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL`) == 1
	})
	if n := count(t, i.DB, `SELECT count(*) FROM posts WHERE state = 'published' AND html LIKE '%Zweite%'`); n != 10 {
		t.Errorf("%d posts in their second version, want 10", n)
	}
	if n := count(t, i.DB, `SELECT count(*) FROM posts WHERE NOT local AND state = 'withdrawn'`); n != 10 {
		t.Errorf("%d posts withdrawn, want 10", n)
	}
	if n := count(t, i.DB, `SELECT count(*) FROM inbox_activities WHERE type IN ('Create', 'Update', 'Delete') AND outcome <> 'applied'`); n != 0 {
		t.Errorf("%d activities were not applied: their order was lost", n)
	}
	if n := count(t, i.DB, `SELECT count(*) FROM inbox_activities WHERE type = 'Announce' AND attempts > 0 AND next_at IS NOT NULL`); n != 1 {
		t.Error("the share that failed is not set aside")
	}
	// Its origin answers again: it is applied without anybody's doing.
	c.broken.Store("/notes/unreachable", c.note(1, "notes/unreachable", "<p>Wieder da</p>", ""))
	within(t, "the share is applied", func() bool {
		return count(t, i.DB, `SELECT count(*) FROM boosts`) == 1
	})
}

// While the disk is full nothing is acknowledged; what was before is applied afterwards, and nothing counts as an attempt.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	i, c := startReading(t, "full", 1, 1)
	full := func(table string) (freed func()) {
		i.DB.MustExec(`CREATE OR REPLACE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
		i.DB.MustExec(`CREATE TRIGGER disk_full BEFORE INSERT ON ` + table + ` FOR EACH ROW EXECUTE FUNCTION disk_full()`)
		return func() { i.DB.MustExec(`DROP TRIGGER disk_full ON ` + table) }
	}
	first := c.says(i, 0, "Create", "create/1", c.note(0, "notes/1", "<p>Eins</p>", ""), nil)
	freed := full("inbox_activities")
	if header := first.deliver(i, http.StatusServiceUnavailable); header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	freed()
	freed = full("posts")
	first.deliver(i, 202)
	c.says(i, 0, "Create", "create/2", c.note(0, "notes/2", "<p>Zwei</p>", ""), nil).deliver(i, 202)
	time.Sleep(2 * time.Second) // it has been tried
	if n := count(t, i.DB, `SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL AND attempts = 0`); n != 2 {
		t.Errorf("%d activities wait untried, want 2", n)
	}
	freed()
	within(t, "both are there", func() bool {
		return strings.Join(titles(t, i.DB, `SELECT html FROM posts WHERE NOT local ORDER BY created_at`), "") == "<p>Eins</p><p>Zwei</p>"
	})
}

// The same activity twice, at the same moment and later, is one; and of an unknown type it is kept and answered alike.
func TestRepeatedAndUnknown(t *testing.T) {
	t.Parallel()
	i, c := startReading(t, "once", 1, 1)
	l := c.says(i, 0, "Create", "create", c.note(0, "notes/1", "<p>Einmal</p>", ""), nil)
	same := make([]letter, 40)
	for n := range same {
		same[n] = l
	}
	if _, statuses := sendAll(t.Context(), i.url("/inbox"), same, 20); statuses[202] != len(same) {
		t.Errorf("answers %v", statuses)
	}
	c.says(i, 0, "Ponder", "ponder", c.note(0, "notes/2", "<p>Hm</p>", ""), nil).deliver(i, 202)
	within(t, "all is applied", func() bool {
		return count(t, i.DB, `SELECT count(*) FROM inbox_activities WHERE processed_at IS NOT NULL`) == 2
	})
	if n := count(t, i.DB, `SELECT count(*) FROM inbox_activities`); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	if got := titles(t, i.DB, `SELECT outcome FROM inbox_activities ORDER BY type`); got[0] != "applied" || got[1] != "ignored" {
		t.Errorf("outcomes %v", got)
	}
}

// Two processes share the hosts: each activity is applied once, whoever accepted it, also when one of them is killed.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	c := startCrowd(t, 10, 20)
	var token string
	p, _ := startProgram(t, "pair", func(i *instance) { token = c.readBy(i) })
	second := &program{instance: p.instance, listen: freePort(t)}
	second.start()
	t.Cleanup(second.kill)
	letters := c.creates(p.url("/inbox"), 300, "")
	address := strings.Replace(p.url("/inbox"), fmt.Sprintf(":%d/", p.port), fmt.Sprintf(":%d/", second.listen), 1)
	client := sender(8)
	for n, l := range letters {
		to := p.url("/inbox")
		if n%2 == 0 {
			to = address
		}
		if status, _, err := l.send(t.Context(), client, to); err != nil || status != 202 {
			t.Fatalf("%s: %d, %v", to, status, err)
		}
		if n == 200 {
			second.kill()
			address = p.url("/inbox")
		}
	}
	p.hasAll(openDB(t, p.dsn), letters, token)
}
