package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
)

// letterboxes are many hosts that take what they are sent, each answering after the same time. They are one listener on
// loopback, and leaner than net/http: they share the machine with who is measured.
type letterboxes struct {
	t     testing.TB
	port  int
	delay time.Duration
	keep  bool // remember each request

	taken atomic.Int64 // answered
	begun atomic.Int64
	most  atomic.Int64 // so many are answered, the next one only when this is more, or 0

	mu    sync.Mutex
	mail  map[string][]*received // by host, in the order in which they came
	wrong error
}

// received is one request to a letterbox.
type received struct {
	activity string
	begun    time.Time
	answered time.Time // zero while it is not
}

func startLetterboxes(t testing.TB, delay time.Duration, keep bool) *letterboxes {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &letterboxes{t: t, port: listener.Addr().(*net.TCPAddr).Port, delay: delay, keep: keep, mail: map[string][]*received{}}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.serve(ctx, conn)
		}
	}()
	return l
}

// host is the name of the n-th letterbox.
func (l *letterboxes) host(n int) string { return fmt.Sprintf("h%d.localhost:%d", n, l.port) }

// serve answers the requests of one connection.
func (l *letterboxes) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 2048)
	for {
		host, body, err := readRequest(r, l.keep)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && ctx.Err() == nil && errors.Is(err, errNoRequest) {
				l.fail(err)
			}
			return
		}
		l.begun.Add(1)
		var request *received
		if l.keep {
			request = &received{begun: time.Now()}
			var activity struct{ ID string }
			if err := json.Unmarshal(body, &activity); err != nil {
				l.fail(err)
			}
			request.activity = activity.ID
			l.mu.Lock()
			l.mail[host] = append(l.mail[host], request)
			l.mu.Unlock()
		}
		time.Sleep(l.delay)
		for most := l.most.Load(); most > 0 && l.taken.Load() >= most; most = l.most.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := conn.Write(acceptedAnswer); err != nil {
			return // the sender was killed
		}
		l.taken.Add(1)
		if l.keep {
			l.mu.Lock()
			request.answered = time.Now()
			l.mu.Unlock()
		}
	}
}

var (
	acceptedAnswer = []byte("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
	errNoRequest   = errors.New("not a request that a letterbox understands")
)

// readRequest reads one POST; of its body only where that is wanted.
func readRequest(r *bufio.Reader, keep bool) (host string, body []byte, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", nil, err
	}
	if !bytes.HasPrefix(line, []byte("POST ")) {
		return "", nil, fmt.Errorf("%w: %q", errNoRequest, line)
	}
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", nil, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case keep && bytes.EqualFold(name, []byte("Host")):
			host = string(value)
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return "", nil, fmt.Errorf("%w: %w", errNoRequest, err)
			}
		}
	}
	if length < 0 {
		return "", nil, fmt.Errorf("%w: without a length", errNoRequest)
	}
	if !keep {
		_, err = r.Discard(length)
		return host, nil, err
	}
	body = make([]byte, length)
	_, err = io.ReadFull(r, body)
	return host, body, err
}

func (l *letterboxes) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrong == nil {
		l.wrong = err
	}
}

// follow makes people at the first hosts who follow an account of the instance: so many at each, with inboxes of their own or
// one for all.
func (l *letterboxes) follow(i *instance, username string, hosts, each int, shared bool) {
	l.t.Helper()
	author, err := i.Accounts.ByUsername(l.t.Context(), username)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO accounts (id, username, domain, uri, kind, inbox_uri, shared_inbox_uri, public_key_id, public_key_pem)
			SELECT 1000 + h * $4 + n, 'leser' || n, host, uri, 'person', uri || '/inbox', CASE WHEN $3 THEN 'http://' || host || '/inbox' ELSE '' END, uri || '#main-key', 'none'
			FROM generate_series(0, $2 - 1) h, generate_series(0, $4 - 1) n, LATERAL (SELECT 'h' || h || '.localhost:' || $1::integer AS host) o,
				LATERAL (SELECT 'http://' || host || '/u/' || n AS uri) u`,
	} {
		if _, err := i.DB.ExecContext(l.t.Context(), statement, l.port, hosts, shared, each); err != nil {
			l.t.Fatal(err)
		}
	}
	if _, err := i.DB.ExecContext(l.t.Context(), `INSERT INTO follows (id, account_id, target_id, uri, state, accepted_at)
		SELECT id, id, $1, uri || '/follows/1', 'accepted', now() FROM accounts WHERE domain LIKE 'h%.localhost:' || $2::integer`, author.ID, l.port); err != nil {
		l.t.Fatal(err)
	}
	if _, err := i.DB.ExecContext(l.t.Context(), `ANALYZE`); err != nil {
		l.t.Fatal(err)
	}
}

// publish lets an account say so many things to all who follow it.
func (p *program) publish(token string, posts int) {
	p.t.Helper()
	for n := range posts {
		if !p.tryPost("/beitraege", token, map[string][]string{
			"title": {fmt.Sprintf("Beitrag Nummer %d", n)}, "source": {text}, "visibility": {string("public")},
		}) {
			p.t.Fatalf("post %d was refused", n)
		}
	}
}

// redaktion makes the account that publishes in these tests, and returns its token.
func redaktion(i *instance) string { return i.member("redaktion", account.RoleEditor) }

// quick reports how long a page takes.
func (p *program) quick(path string) (time.Duration, error) {
	began := time.Now()
	resp, err := loopback.Get(p.url(path))
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", path, resp.Status)
	}
	return time.Since(began), nil
}
