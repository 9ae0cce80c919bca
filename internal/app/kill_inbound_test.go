package app_test

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/postgres"
)

// fullSize makes the tests that kill processes as large as the wave that is measured: go test ./internal/app -run Killed -full.
var fullSize = flag.Bool("full", false, "kill tests with the full number of activities")

// killSize is how many activities arrive, and how long afterwards the process is killed.
func killSize() (creates int, pause time.Duration) {
	if *fullSize {
		return 3_000, 5 * time.Second
	}
	return 300, 0
}

// What was answered with 2xx is visible after the process was killed, none of it twice. Applying is held up before the kill, so
// that some of it is certain to wait then; what was applied before must not be lost or done again.
func TestKilledAfterAccepting(t *testing.T) {
	t.Parallel()
	creates, pause := killSize()
	c := startCrowd(t, 50, 100)
	var token string
	p, _ := startProgram(t, "accepts", func(i *instance) { token = c.readBy(i) })
	letters := c.creates(p.url("/inbox"), creates, "")
	conn := openDB(t, p.dsn)

	first, statuses := sendAll(t.Context(), p.url("/inbox"), letters[:creates/3], waveAtOnce)
	hold, err := conn.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback() //nolint:errcheck // it is rolled back below
	within(t, "something is applied", func() bool { return count(t, conn, `SELECT count(*) FROM posts WHERE NOT local`) > creates/10 })
	hold.MustExec(`LOCK TABLE tombstones`) // who wants to know whether a post was deleted waits
	rest, more := sendAll(t.Context(), p.url("/inbox"), letters[creates/3:], waveAtOnce)
	if len(first)+len(rest) != creates {
		t.Fatalf("answers %v and %v", statuses, more)
	}
	time.Sleep(pause)
	p.kill()
	pending := count(t, conn, `SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL`)
	t.Logf("%d accepted, %d of them not applied at the kill", creates, pending)
	if pending < creates/2 {
		t.Errorf("only %d activities waited at the kill", pending)
	}
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.hasAll(conn, letters, token)
}

// The same with the database killed instead, one that is as careful as in production.
func TestKilledDatabaseAfterAccepting(t *testing.T) {
	t.Parallel()
	creates, pause := killSize()
	c := startCrowd(t, 50, 100)
	dir := t.TempDir()
	cluster := startCluster(t, dir)
	var token string
	p := startProgramOn(t, "careful", cluster.DSN("vorbild"), func(i *instance) { token = c.readBy(i) })
	letters := c.creates(p.url("/inbox"), creates, "")

	accepted, statuses := sendAll(t.Context(), p.url("/inbox"), letters, waveAtOnce)
	if len(accepted) != creates {
		t.Fatalf("answers %v", statuses)
	}
	time.Sleep(pause)
	killDatabase(t, dir)
	// While it is gone, nobody is told that anything is safe.
	if status, header, err := letters[0].send(t.Context(), sender(1), p.url("/inbox")); err == nil && (status != 503 || header.Get("Retry-After") == "") {
		t.Errorf("without a database: status %d, Retry-After %q", status, header.Get("Retry-After"))
	}
	startCluster(t, dir)
	conn := openDB(t, p.dsn)
	t.Logf("%d accepted, %d of them not applied when the database was back", creates, count(t, conn, `SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL`))
	p.hasAll(conn, letters, token)
}

// startProgramOn is startProgram on a database that exists.
func startProgramOn(t testing.TB, slug, dsn string, prepare func(i *instance)) *program {
	t.Helper()
	listener, port := listen(t)
	i := &instance{t: t, slug: slug, dsn: dsn, port: port}
	i.run(listener)
	prepare(i)
	i.stop()
	p := &program{instance: i}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func startCluster(t testing.TB, dir string) *postgres.Cluster {
	t.Helper()
	cluster, err := postgres.Start(t.Context(), postgres.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Stop() })
	if err := cluster.EnsureDatabase(t.Context(), "vorbild"); err != nil {
		t.Fatal(err)
	}
	return cluster
}

// killDatabase takes a cluster's processes out of this world.
func killDatabase(t testing.TB, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Fields(string(text))[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	within(t, "the database is gone", func() bool { return syscall.Kill(pid, 0) != nil })
}

// readBy makes someone who follows the whole crowd, and returns their token.
func (c *crowd) readBy(i *instance) (token string) {
	c.t.Helper()
	token = i.member("leserin", account.RoleMember)
	reader, err := i.Accounts.ByUsername(c.t.Context(), "leserin")
	if err != nil {
		c.t.Fatal(err)
	}
	c.knownTo(i, reader)
	return token
}

// hasAll waits until all posts of the letters are visible, and checks that none is there twice.
func (p *program) hasAll(conn *sqlx.DB, letters []letter, token string) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for count(p.t, conn, `SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL`) > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	there := map[string]bool{}
	for _, uri := range titles(p.t, conn, `SELECT uri FROM posts WHERE NOT local AND state = 'published'`) {
		there[uri] = true
	}
	missing := 0
	for _, l := range letters {
		if !there[l.object] {
			missing++
		}
	}
	if missing > 0 {
		p.t.Errorf("%d of %d posts are lost", missing, len(letters))
	}
	if n := p.homeOf(token); n != len(letters) {
		p.t.Errorf("%d posts in the timeline, want %d", n, len(letters))
	}
	if n := count(p.t, conn, `SELECT sum(statuses_count) FROM account_stats s JOIN accounts a ON a.id = s.account_id WHERE a.domain IS NOT NULL`); n != len(letters) {
		p.t.Errorf("%d posts are counted, want %d: some were applied twice", n, len(letters))
	}
	if n := count(p.t, conn, `SELECT count(*) FROM inbox_activities WHERE outcome NOT IN ('applied', 'ignored')`); n != 0 {
		p.t.Errorf("%d activities were rejected or are left", n)
	}
}
