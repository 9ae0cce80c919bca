package app_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/demo"
	"github.com/vorbild/vorbild/internal/postgres"

	"github.com/vorbild/vorbild/internal/app"
)

// The README's first command: the real binary, the private PostgreSQL, four processes. Everything that the content promises is
// on all four, nothing came but through an inbox, a second start is quick, changes nothing and leaves nothing waiting, and the
// end is clean.
func TestDemo(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "vorbild")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/vorbild").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	d := &demoRun{t: t, binary: binary, dataDir: t.TempDir(), port: fourFreePorts(t)}

	d.start()
	practices := d.practicesEverywhere()
	d.accountsForEverything()
	d.stop()

	d.start()
	if again := d.practicesEverywhere(); again != practices {
		t.Errorf("after the second start there are %d practices instead of %d", again, practices)
	}
	d.accountsForEverything()
	d.stop()

	d.refusesTakenPort()
}

type demoRun struct {
	t       *testing.T
	binary  string
	dataDir string
	port    int
	cmd     *exec.Cmd
	printed []string
}

// start runs the demo until it says that it is ready.
func (d *demoRun) start() {
	d.t.Helper()
	d.printed = nil
	d.cmd = exec.Command(d.binary, "demo", "--data", d.dataDir, "--port", fmt.Sprint(d.port))
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	d.cmd.Stderr = testWriter{d.t}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	process := d.cmd.Process
	d.t.Cleanup(func() { _ = process.Signal(syscall.SIGTERM) })
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	deadline := time.After(3 * time.Minute)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				d.t.Fatalf("the demo ended early:\n%s", strings.Join(d.printed, "\n"))
			}
			d.printed = append(d.printed, line)
			if strings.Contains(line, "The aggregate view:") {
				go func() {
					for range lines { //nolint:revive // keeps the pipe empty
					}
				}()
				return
			}
		case <-deadline:
			d.t.Fatalf("the demo is not ready after three minutes:\n%s", strings.Join(d.printed, "\n"))
		}
	}
}

// stop is Ctrl-C.
func (d *demoRun) stop() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGINT); err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("after Ctrl-C the demo ends with %v", err)
	}
	for n := range 4 {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", d.port+n)); err == nil {
			_ = conn.Close()
			d.t.Errorf("port %d still answers after the end", d.port+n)
		}
	}
}

func (d *demoRun) page(host, path string) string {
	d.t.Helper()
	i := &instance{App: &app.App{Config: config.Config{BaseURL: host}}, t: d.t}
	resp, page := i.get(path, "")
	if resp.StatusCode != http.StatusOK {
		d.t.Fatalf("%s%s: %s", host, path, resp.Status)
	}
	page.Find("main .chips").Remove() // they repeat what was searched for
	return strings.Join(strings.Fields(page.Find("main").Text()), " ")
}

func (d *demoRun) hosts() (hosts []string) {
	for n, slug := range []string{"bund", "sh", "vitako", "kg"} {
		hosts = append(hosts, fmt.Sprintf("http://%s.localhost:%d", slug, d.port+n))
	}
	return hosts
}

var loginLink = regexp.MustCompile(`http://\S+/anmeldelink/\S+`)

// practicesEverywhere checks that each practice can be found and read by a visitor on each instance, and returns how many there are.
func (d *demoRun) practicesEverywhere() int {
	d.t.Helper()
	titles := demo.PracticeTitles()
	if len(titles) < 10 {
		d.t.Fatalf("only %d practices", len(titles))
	}
	for _, host := range d.hosts() {
		for _, title := range titles {
			if text := d.page(host, "/praxisbeispiele?q="+url.QueryEscape(`"`+title+`"`)); strings.Count(text, title) != 1 {
				d.t.Errorf("%s shows %q %d times", host, title, strings.Count(text, title))
			}
		}
	}
	if links := loginLink.FindAllString(strings.Join(d.printed, "\n"), -1); len(links) < 4*5 {
		d.t.Errorf("only %d login links were printed", len(links))
	}
	return len(titles)
}

// accountsForEverything holds each instance's rows about others against its log of received activities, while the demo runs.
func (d *demoRun) accountsForEverything() {
	d.t.Helper()
	cluster, err := postgres.Start(d.t.Context(), postgres.Options{DataDir: d.dataDir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() {
		if err := cluster.Stop(); err != nil {
			d.t.Error(err)
		}
	}()
	if !cluster.Adopted() {
		d.t.Fatal("the demo's own database does not run")
	}
	dbs := map[string]*sqlx.DB{}
	for _, slug := range []string{"bund", "sh", "vitako", "kg"} {
		dbs[slug] = openDB(d.t, cluster.DSN("vorbild_"+slug))
		defer dbs[slug].Close()
	}
	d.settled(dbs)
	for slug, conn := range dbs {
		unexplained := titles(d.t, conn, `
			SELECT p.uri FROM posts p
			WHERE NOT p.local AND NOT EXISTS (
				SELECT 1 FROM inbox_activities i WHERE i.outcome = 'applied' AND (i.object_uri = p.uri OR position(to_json(p.uri)::text::bytea IN i.body) > 0))`)
		if len(unexplained) > 0 {
			d.t.Errorf("%s has posts that no received activity explains: %v", slug, unexplained)
		}
		if n := count(d.t, conn, `SELECT count(*) FROM posts WHERE NOT local`); n < 10 {
			d.t.Errorf("%s has only %d posts of others", slug, n)
		}
		if n := count(d.t, conn, `SELECT count(*) FROM inbox_activities WHERE outcome = 'rejected'`); n > 0 {
			d.t.Errorf("%s rejected %d received activities", slug, n)
		}
	}
}

// settled waits until all that was sent has arrived and all that arrived has been dealt with. Content that can be found
// everywhere is not all: likes, boosts and the copies for other readers are still on their way then, and a host that did not
// answer in time is tried again seconds later.
func (d *demoRun) settled(dbs map[string]*sqlx.DB) {
	d.t.Helper()
	began := time.Now()
	for ; ; time.Sleep(200 * time.Millisecond) {
		var open []string
		for slug, conn := range dbs {
			for _, line := range titles(d.t, conn, `
				SELECT count(*) || ' for ' || d.host || ' ' || d.state || ' after ' || max(d.attempt) || ' attempts: ' || coalesce(nullif(max(d.last_error), ''), 'no error')
					|| coalesce((SELECT '; lane: ' || l.failures || ' failures, due in ' || extract(epoch FROM l.next_at - now())::int || ' s, worker ' || coalesce(l.worker::text, 'none')
						|| ', last error: ' || l.last_error FROM lanes l WHERE l.host = d.host), '; no lane')
				FROM deliveries d WHERE d.state <> 'delivered' GROUP BY d.host, d.state
				UNION ALL
				SELECT 'received and not dealt with after ' || attempts || ' attempts: ' || type || ' ' || uri || ' ' || note FROM inbox_activities WHERE processed_at IS NULL`) {
				open = append(open, slug+": "+line)
			}
		}
		if len(open) == 0 {
			d.t.Logf("settled %v after the demo was ready", time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Since(began) > 3*time.Minute {
			d.t.Fatalf("three minutes after the demo was ready there is left:\n%s", strings.Join(open, "\n"))
		}
	}
}

func (d *demoRun) refusesTakenPort() {
	d.t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", d.port+1))
	if err != nil {
		d.t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, d.binary, "demo", "--data", d.dataDir, "--port", fmt.Sprint(d.port)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), fmt.Sprintf("port %d for Schleswig-Holstein is taken", d.port+1)) {
		d.t.Errorf("with a taken port the demo says (%v):\n%s", err, out)
	}
}

func fourFreePorts(t *testing.T) int {
	t.Helper()
	for range 50 {
		first := 20000 + rand.IntN(12000)
		free := true
		for n := range 4 {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+n))
			if err != nil {
				free = false
				break
			}
			_ = l.Close()
		}
		if free {
			return first
		}
	}
	t.Fatal("no four free ports in a row")
	return 0
}
