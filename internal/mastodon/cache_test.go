package mastodon

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/post"
)

// live lets the house hear what changes in its database.
func (h *house) live() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	hub := h.Changes
	go hub.Run(ctx)
	h.t.Cleanup(func() { cancel(); <-hub.Done() })
	h.within("the house hears", func() bool { _, ok := hub.Generation(0); return ok })
}

func (h *house) within(what string, f func() bool) {
	h.t.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s: not within a minute", what)
		}
	}
}

// quiet waits until all that was written is heard.
func (h *house) quiet() {
	h.t.Helper()
	changes, cancel := h.Changes.Subscribe()
	defer cancel()
	h.exec(`SELECT pg_notify('changes', 'quiet now 1 1')`)
	for c := range changes {
		if c.Table == "quiet" {
			return
		}
	}
	h.t.Fatal("the hub has ended")
}

// keptAnswers counts what is in memory.
func (h *house) keptAnswers() int {
	h.server.answers.mu.Lock()
	defer h.server.answers.mu.Unlock()
	return len(h.server.answers.entries)
}

const home = "/api/v1/timelines/home"

// TestUnchanged: what has not changed costs no query, and where the client has it no body either.
func TestUnchanged(t *testing.T) {
	h := newHouse(t)
	h.live()
	h.thread("member", "Server abschalten")
	h.quiet()
	first := h.as("member").get(home, "limit", "5").wants(http.StatusOK)
	etag := first.Header.Get("ETag")
	if !strings.HasPrefix(etag, `W/"`) || first.Header.Get("Cache-Control") != "private, no-cache" || !strings.Contains(first.Header.Get("Vary"), "Authorization") {
		t.Errorf("headers %v", first.Header)
	}
	if first.page("prev") == "" {
		t.Error("no Link header")
	}
	// Without a database nothing can be read any more.
	h.must(h.db.Close())
	again := h.as("member").get(home, "limit", "5").wants(http.StatusOK)
	if string(again.body) != string(first.body) || again.page("prev") != first.page("prev") || again.Header.Get("ETag") != etag ||
		again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
		t.Errorf("the second answer is another one: %v\n%v", again.Header, first.Header)
	}
	for _, known := range []string{etag, `"x", ` + etag, strings.TrimPrefix(etag, "W/"), "*"} {
		r := h.as("member").with("If-None-Match", known).get(home, "limit", "5").wants(http.StatusNotModified)
		if len(r.body) > 0 || r.Header.Get("ETag") != etag || r.page("prev") == "" || r.Header.Get("Cache-Control") == "" {
			t.Errorf("If-None-Match %s: %q %v", known, r.body, r.Header)
		}
	}
	h.as("member").with("If-None-Match", `W/"other"`).get(home, "limit", "5").wants(http.StatusOK)
	// All else is another question, or another asker.
	h.as("member").get(home, "limit", "6").wants(http.StatusInternalServerError)
	h.as("other").get(home, "limit", "5").wants(http.StatusInternalServerError)
}

// TestETagOfUnkept: a 304 needs no memory, and the same content has the same tag in all processes.
func TestETagOfUnkept(t *testing.T) {
	h := newHouse(t) // not live: nothing is kept
	h.thread("member", "Server abschalten")
	first := h.as("member").get(home).wants(http.StatusOK)
	h.serve()
	h.as("member").with("If-None-Match", first.Header.Get("ETag")).get(home).wants(http.StatusNotModified)
	if n := h.keptAnswers(); n != 0 {
		t.Errorf("%d answers kept by a hub that hears nothing", n)
	}
}

func TestCompressed(t *testing.T) {
	h := newHouse(t)
	h.live()
	h.thread("member", strings.Repeat("Server abschalten ", 4))
	h.quiet()
	plain := h.as("member").get(home).wants(http.StatusOK)
	for range 2 {
		r := h.as("member").with("Accept-Encoding", "gzip").get(home).wants(http.StatusOK)
		if r.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(r.Header.Get("Vary"), "Accept-Encoding") || r.Header.Get("ETag") != plain.Header.Get("ETag") {
			t.Fatalf("headers %v", r.Header)
		}
		z, err := gzip.NewReader(strings.NewReader(string(r.body)))
		h.must(err)
		text, err := io.ReadAll(z)
		h.must(err)
		if string(text) != string(plain.body) {
			t.Error("compressed is another answer")
		}
	}
	if r := h.as("member").with("Accept-Encoding", "gzip").get("/api/v1/lists"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a few bytes are compressed")
	}
}

// TestMemoryIsPrivate: nobody is answered with what another was, whatever the address.
func TestMemoryIsPrivate(t *testing.T) {
	h := newHouse(t)
	h.live()
	secret := h.write("member", post.Direct, "Nur für mich: vertraulich")
	h.quiet()
	path := "/api/v1/statuses/" + idText(secret.ID)
	for range 2 {
		h.as("member").get(path).wants(http.StatusOK)
		h.as("other").get(path).wants(http.StatusNotFound)
		h.as("").get(path).wants(http.StatusNotFound)
		h.holding("vbt_wrong").get(path).wants(http.StatusUnauthorized)
		h.holding(h.token("member", "write:statuses")).get(path).wants(http.StatusForbidden)
	}
	for _, path := range []string{home, "/api/v1/accounts/verify_credentials", "/api/v1/preferences", "/api/v1/notifications"} {
		mine := h.as("member").get(path).wants(http.StatusOK)
		theirs := h.as("other").get(path).wants(http.StatusOK)
		if strings.Contains(string(theirs.body), "vertraulich") {
			t.Errorf("%s: another reads what is private", path)
		}
		if path == "/api/v1/accounts/verify_credentials" && mine.text("id") == theirs.text("id") {
			t.Errorf("%s: another is taken for me", path)
		}
	}
	// Of one person's programs each asks for itself.
	one, two := h.token("member"), h.token("member")
	h.holding(one).get(path)
	before := h.keptAnswers()
	h.holding(two).get(path)
	if h.keptAnswers() != before+1 {
		t.Error("two programs share an answer")
	}
	// An error is not kept, and no failed try stands in the way of a good one.
	h.as("other").get(path).wants(http.StatusNotFound)
	h.exec(`INSERT INTO mentions (post_id, account_id) VALUES ($1, $2)`, secret.ID, h.id("other"))
	h.as("other").get(path).wants(http.StatusOK)
}

// TestChangeIsSeen: whatever changes what an answer says makes the next one new, whoever changed it.
func TestChangeIsSeen(t *testing.T) {
	t.Parallel()
	ids := func(c client, path string) string { return strings.Join(c.get(path).ids(), " ") }
	for name, test := range map[string]struct {
		path   string
		change func(h *house, p post.Post)
	}{
		"a post in another process": {home, func(h *house, _ post.Post) { h.thread("other", "Neu") }},
		"blocked":                   {home, func(h *house, _ post.Post) { h.block("member", "other") }},
		"blocked by the author":     {home, func(h *house, _ post.Post) { h.block("other", "member") }},
		"muted":                     {home, func(h *house, _ post.Post) { h.mute("member", "other") }},
		"unfollowed":                {home, func(h *house, _ post.Post) { h.exec(`UPDATE follows SET undone_at = now()`) }},
		"only for followers now, in public": {"/api/v1/timelines/public", func(h *house, p post.Post) {
			h.exec(`UPDATE posts SET visibility = 'followers' WHERE id = $1`, p.ID)
		}},
		"withdrawn": {"/api/v1/timelines/public", func(h *house, p post.Post) {
			h.exec(`UPDATE posts SET state = 'withdrawn' WHERE id = $1`, p.ID)
		}},
		"instance blocked": {"/api/v1/timelines/public", func(h *house, _ post.Post) { h.blockDomain("member", "vitako.example") }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.live()
			h.follow("member", "other")
			p := h.thread("other", "Server abschalten")
			h.arrives("klima", "kuehlung", nil)
			h.quiet()
			before := ids(h.as("member"), test.path)
			if before == "" {
				t.Fatal("there is nothing to read")
			}
			test.change(h, p)
			h.quiet()
			if after := ids(h.as("member"), test.path); after == before {
				t.Errorf("still %s", after)
			}
		})
	}
}

// TestOwnWriteIsSeen: what a client did itself it reads at once, even if nothing is heard of it.
func TestOwnWriteIsSeen(t *testing.T) {
	h := newHouse(t)
	h.live()
	p := h.thread("member", "Server abschalten")
	h.quiet()
	path := "/api/v1/statuses/" + idText(p.ID)
	for _, table := range []string{"posts", "favourites", "bookmarks"} {
		h.exec(`ALTER TABLE ` + table + ` DISABLE TRIGGER USER`)
	}
	for _, who := range []string{"other", "member"} {
		h.as(who).get(path).wants(http.StatusOK)
	}
	h.as("other").post(path + "/favourite").wants(http.StatusOK)
	if r := h.as("other").get(path); r.at("favourited") != true || r.number("favourites_count") != 1 {
		t.Errorf("after favouriting: %s", r.body)
	}
	if r := h.as("member").get(path); r.number("favourites_count") != 1 {
		t.Errorf("the author reads: %s", r.body)
	}
}

// TestGrantsInMemory: a token that was revoked or whose person was suspended, by whichever process, opens nothing.
func TestGrantsInMemory(t *testing.T) {
	h := newHouse(t)
	h.live()
	const path = "/api/v1/accounts/verify_credentials"
	revoked, narrowed := h.token("member"), h.token("member")
	for _, token := range []string{revoked, narrowed, h.tokens["other"]} {
		h.holding(token).get(path).wants(http.StatusOK)
		h.holding(token).get(path).wants(http.StatusOK)
	}
	h.exec(`UPDATE api_tokens SET revoked_at = now() WHERE id = (SELECT max(id) FROM api_tokens WHERE account_id = $1 AND id < (SELECT max(id) FROM api_tokens))`, h.id("member"))
	h.exec(`UPDATE api_tokens SET scopes = 'write' WHERE id = (SELECT max(id) FROM api_tokens)`)
	h.exec(`UPDATE accounts SET state = 'suspended' WHERE id = $1`, h.id("other"))
	h.quiet()
	h.holding(revoked).get(path).wants(http.StatusUnauthorized)
	h.holding(narrowed).get(path).wants(http.StatusForbidden)
	h.as("other").get(path).wants(http.StatusUnauthorized)
	h.as("member").get(path).wants(http.StatusOK)

	// A revocation by the program itself holds before anything is heard.
	h.exec(`ALTER TABLE api_tokens DISABLE TRIGGER USER`)
	own := h.token("member")
	h.holding(own).get(path).wants(http.StatusOK)
	grant, err := h.Auth.Grant(t.Context(), own)
	h.must(err)
	h.must(h.Auth.RevokeToken(t.Context(), h.people["member"], grant.Token.ID))
	h.as("").post("/oauth/revoke", "token", own)
	h.holding(own).get(path).wants(http.StatusUnauthorized)
}

// TestLastUse: a token in use is stamped, though it is not read from the database each time.
func TestLastUse(t *testing.T) {
	h := newHouse(t)
	h.live()
	h.as("member").get(home).wants(http.StatusOK)
	var used *time.Time
	h.must(h.db.Get(&used, `SELECT used_at FROM api_tokens WHERE account_id = $1`, h.id("member")))
	if used == nil || time.Since(*used) > time.Minute {
		t.Errorf("used at %v", used)
	}
}

// TestDeaf: while nothing is heard of changes, nothing is taken from memory; afterwards nothing that was read before.
func TestDeaf(t *testing.T) {
	h := newHouse(t)
	h.live()
	h.thread("member", "Server abschalten")
	revoked := h.token("member")
	h.quiet()
	h.as("member").get(home).wants(http.StatusOK)
	h.holding(revoked).get(home).wants(http.StatusOK)

	// The hub loses its connection, and gets no other; those of the pool stay.
	admin, err := db.Open(t.Context(), dbtest.Empty(t), 1)
	h.must(err)
	defer admin.Close()
	var name string
	h.must(h.db.Get(&name, `SELECT current_database()`))
	admin.MustExec(`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS false`)
	admin.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query IN ('LISTEN changes', '')`, name)
	h.within("the hub hears nothing", func() bool { _, ok := h.Changes.Generation(0); return !ok })
	h.exec(`UPDATE posts SET state = 'withdrawn'`)
	h.exec(`UPDATE api_tokens SET revoked_at = now() WHERE id = (SELECT max(id) FROM api_tokens)`)
	if got := h.as("member").get(home).ids(); len(got) != 0 {
		t.Errorf("memory answers: %v", got)
	}
	h.holding(revoked).get(home).wants(http.StatusUnauthorized)

	admin.MustExec(`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS true`)
	h.within("the hub hears again", func() bool { _, ok := h.Changes.Generation(0); return ok })
	if got := h.as("member").get(home).ids(); len(got) != 0 {
		t.Errorf("what was read before the gap is an answer after it: %v", got)
	}
	h.holding(revoked).get(home).wants(http.StatusUnauthorized)
}

// TestKeptNotForLong: what depends on the time is not told for longer than keepFor.
func TestKeptNotForLong(t *testing.T) {
	t.Parallel()
	m := newMemory[string, int](1 << 20)
	m.put("a", generation{1}, 7, 10)
	if v, ok := m.get("a", generation{1}); !ok || v != 7 {
		t.Fatalf("%d, %v", v, ok)
	}
	if _, ok := m.get("a", generation{1, 1}); ok {
		t.Error("another generation answers")
	}
	m.put("a", generation{1}, 7, 10)
	m.entries["a"].Value.(*kept[string, int]).since = time.Now().Add(-keepFor - time.Second)
	if _, ok := m.get("a", generation{1}); ok {
		t.Error("what is old answers")
	}
	if m.used != 0 || len(m.entries) != 0 {
		t.Errorf("%d bytes, %d entries left", m.used, len(m.entries))
	}
}

// TestMemoryIsBounded: what was not used for longest goes first, what is too big does not come in.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := newMemory[int, int](100)
	at := generation{}
	for i := range 10 {
		m.put(i, at, i, 10)
	}
	m.get(0, at)
	m.put(10, at, 10, 10)
	m.put(11, at, 11, 90)
	if _, ok := m.get(1, at); ok {
		t.Error("the oldest is kept")
	}
	if _, ok := m.get(0, at); !ok {
		t.Error("what was used lately went")
	}
	if _, ok := m.get(11, at); ok {
		t.Error("what is too big came in")
	}
	m.put(0, at, 5, 12)
	if v, _ := m.get(0, at); v != 5 || m.used > 100 || m.used != 9*10+12 && m.used != 8*10+12 {
		t.Errorf("value %d, %d bytes used", v, m.used)
	}
}
