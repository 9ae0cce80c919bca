package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/app"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/organization"
)

// asProgram makes the test binary the program, with these arguments; profileTo lets that write where it spent its time.
const (
	asProgram = "VORBILD_TEST_AS_PROGRAM"
	profileTo = "VORBILD_TEST_PROFILE"
)

// TestMain lets the test binary be the program itself, so that a test can kill it for real.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if name := os.Getenv(profileTo); name != "" {
		defer profile(name)()
	}
	if err := app.Command().Run(ctx, append([]string{"vorbild"}, strings.Fields(os.Getenv(asProgram))...)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func profile(name string) (stop func()) {
	file, err := os.Create(name)
	if err == nil {
		err = pprof.StartCPUProfile(file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return func() {}
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}
}

// program is an instance as a process of its own.
type program struct {
	*instance
	cmd    *exec.Cmd
	gone   chan struct{}
	listen int    // where it listens when that is not the port of its address
	binary string // the real program instead of the test binary
}

// startProgram sets an instance up in this process, then hands its database and port to a process. What prepare does comes
// in between.
func startProgram(t testing.TB, slug string, prepare ...func(i *instance)) (p *program, token string) {
	t.Helper()
	i := startInstance(t, slug, organization.Organization{Name: slug, ShortName: slug, Level: organization.LevelVerband})
	token = i.member("redaktion", account.RoleEditor)
	for _, f := range prepare {
		f(i)
	}
	i.stop()
	p = &program{instance: i}
	p.start()
	t.Cleanup(func() { p.kill() })
	return p, token
}

func (p *program) start() {
	p.t.Helper()
	listen := p.port
	if p.listen != 0 {
		listen = p.listen
	}
	p.cmd = exec.Command(os.Args[0])
	if p.binary != "" {
		p.cmd = exec.Command(p.binary, "serve")
	}
	p.cmd.Env = append(os.Environ(), asProgram+"=serve", "VORBILD_BASE_URL="+p.Config.BaseURL, fmt.Sprintf("VORBILD_LISTEN=127.0.0.1:%d", listen),
		"VORBILD_DATABASE_URL="+p.dsn, "VORBILD_DATA_DIR="+p.dir, "VORBILD_DATABASE_CONNS=10", "VORBILD_PRIVATE_HOSTS=*.localhost", "VORBILD_LOG_LEVEL=error")
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd, started, gone := p.cmd, make(chan error), make(chan struct{})
	p.gone = gone
	go func() {
		// The kernel kills the child with the thread that started it, so that thread stays as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(gone)
	}()
	if err := <-started; err != nil {
		p.t.Fatal(err)
	}
	within(p.t, p.slug+" listens", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", listen))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// end stops the program as an operator does.
func (p *program) end() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.gone
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// tryPost sends a form that may meet a dead process; it reports whether the server said it was done.
func (p *program) tryPost(path, token string, form url.Values) bool {
	req, err := http.NewRequest(http.MethodPost, p.url(path), strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := loopback.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusSeeOther
}

// Both sides are killed again and again while one publishes; afterwards the other has exactly what the first has.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	from, token := startProgram(t, "sender")
	to, follower := startProgram(t, "receiver")
	handle := "forum@" + from.Config.Domain()
	to.finds(handle, follower)
	to.post("/@"+handle+"/folgen", follower, url.Values{"als": {"catalog"}})
	senderDB, receiverDB := openDB(t, from.dsn), openDB(t, to.dsn)
	within(t, "the follow is accepted", func() bool {
		return count(t, receiverDB, `SELECT count(*) FROM follows WHERE state = 'accepted'`) == 1
	})

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	stop, stopped := make(chan struct{}), make(chan struct{})
	var kills atomic.Int64
	go func() {
		defer close(stopped)
		for victims := []*program{from, to}; ; kills.Add(1) {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(100+random.IntN(500)) * time.Millisecond):
			}
			v := victims[random.IntN(2)]
			v.kill()
			v.start()
		}
	}()
	var promised []string
	tried := 0
	for deadline := time.Now().Add(patience); tried < 40 || kills.Load() < 2 || len(promised) < 5; tried++ {
		if time.Now().After(deadline) {
			t.Errorf("too little happened in %s: %d kills, %d of %d posts confirmed", patience, kills.Load(), len(promised), tried)
			break
		}
		title := fmt.Sprintf("Beitrag Nummer %d", tried)
		if from.tryPost("/beitraege", token, url.Values{"title": {title}, "source": {"Text zu " + title}, "visibility": {"public"}}) {
			promised = append(promised, title)
		}
		time.Sleep(30 * time.Millisecond)
	}
	close(stop)
	<-stopped
	t.Logf("%d of %d posts confirmed, %d kills", len(promised), tried, kills.Load())

	published := titles(t, senderDB, `SELECT title FROM posts WHERE local AND state = 'published' ORDER BY title`)
	have := map[string]bool{}
	for _, title := range published {
		if have[title] {
			t.Errorf("%q stands twice at its origin", title)
		}
		have[title] = true
	}
	for _, title := range promised {
		if !have[title] {
			t.Errorf("%q was confirmed and is lost", title)
		}
	}
	within(t, "everything published has arrived", func() bool {
		return count(t, receiverDB, `SELECT count(*) FROM posts WHERE NOT local AND state = 'published'`) >= len(published)
	})
	arrived := titles(t, receiverDB, `SELECT title FROM posts WHERE NOT local AND state = 'published' ORDER BY title`)
	if diff := cmp.Diff(published, arrived); diff != "" {
		t.Errorf("the receiver has something else than the sender (-sender +receiver):\n%s", diff)
	}
	if twice := count(t, receiverDB, `SELECT count(*) FROM (SELECT 1 FROM boosts WHERE undone_at IS NULL GROUP BY account_id, post_id HAVING count(*) > 1) b`); twice != 0 {
		t.Errorf("%d posts are shared twice", twice)
	}
}

func openDB(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	conn, err := db.Open(t.Context(), dsn, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func count(t testing.TB, conn *sqlx.DB, query string) (n int) {
	t.Helper()
	if err := conn.Get(&n, query); err != nil {
		t.Fatal(err)
	}
	return n
}

func titles(t testing.TB, conn *sqlx.DB, query string) (list []string) {
	t.Helper()
	if err := conn.Select(&list, query); err != nil {
		t.Fatal(err)
	}
	return list
}
