package app_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/organization"
)

// The size of the instance that the benchmarks ask, and how many clients ask at once.
const (
	benchAccounts = 2_000
	benchFollows  = 500
	benchClients  = 16
)

// benchInstance is an instance with posts of many accounts, a thread with 100 answers, and a reader who follows a quarter
// of them all and has as many notifications as posts were made.
type benchInstance struct {
	*instance
	token   string // the reader's
	writers []string
	root    int64 // first post of the thread
	author  int64 // whose posts are listed
	reader  int64
}

// text is what a post of some length looks like.
var text = "<p>" + strings.Repeat("Seit dem Umzug der Server in den kälteren Raum sinkt der Strombedarf der Kühlung deutlich, gemessen am Zähler. ", 7) + "</p>"

func seedInstance(b *testing.B, posts int) *benchInstance {
	b.Helper()
	i := &benchInstance{instance: startInstance(b, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "SH", Level: organization.LevelLand, Region: "DE-SH"})}
	i.token = i.member("leserin", account.RoleMember)
	reader, err := i.Accounts.ByUsername(b.Context(), "leserin")
	if err != nil {
		b.Fatal(err)
	}
	i.reader = reader.ID
	for n := range benchClients {
		i.writers = append(i.writers, i.member(fmt.Sprintf("stelle%d", n), account.RoleMember))
	}
	first := db.FirstID(time.Now().Add(-365 * 24 * time.Hour))
	step := (db.FirstID(time.Now().Add(-time.Hour)) - first) / int64(posts+1)
	thread := db.FirstID(time.Now().Add(-30 * time.Minute))
	i.root, i.author = thread, 7
	values := strings.NewReplacer("{posts}", fmt.Sprint(posts), "{first}", fmt.Sprint(first), "{step}", fmt.Sprint(step), "{accounts}", fmt.Sprint(benchAccounts),
		"{follows}", fmt.Sprint(benchFollows), "{reader}", fmt.Sprint(reader.ID), "{thread}", fmt.Sprint(thread), "{text}", text)
	seed, err := i.DB.Connx(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer seed.Close()
	for _, statement := range []string{
		`SET session_replication_role = replica`, // no triggers: nobody listens yet
		`INSERT INTO accounts (id, username, domain, uri, url, kind, display_name, note)
			SELECT n, 'a' || n, 'far' || n % 40 || '.example', 'https://far.example/u/' || n, 'https://far.example/@a' || n, 'person', 'Konto ' || n, '<p>Rechenzentrum</p>'
			FROM generate_series(1, {accounts}::int) n`,
		`INSERT INTO posts (id, uri, url, account_id, local, kind, state, visibility, thread_id, html, published_at)
			SELECT id, 'https://far.example/notes/' || n, 'https://far.example/@a/' || n, 1 + n % {accounts}::int, false, 'note', 'published',
				CASE WHEN n % 10 = 0 THEN 'followers' WHEN n % 10 = 1 THEN 'unlisted' ELSE 'public' END, id, '{text}', to_timestamp((id >> 16) / 1000.0)
			FROM generate_series(1, {posts}::int) n, LATERAL (SELECT {first}::bigint + n * {step}::bigint AS id) ids`,
		`INSERT INTO tags (post_id, name) SELECT id, 'GreenIT' FROM posts WHERE (id - {first}::bigint) / {step}::bigint % 7 = 0`,
		`INSERT INTO boosts (id, account_id, post_id, uri, created_at)
			SELECT id + 1, 1 + (account_id * 13) % {accounts}::int, id, 'https://far.example/boosts/' || id, published_at FROM posts WHERE (id - {first}::bigint) / {step}::bigint % 10 = 3`,
		`INSERT INTO follows (id, account_id, target_id, uri, state)
			SELECT n, {reader}::bigint, 1 + n * 4 % {accounts}::int, 'https://here.example/f/' || n, 'accepted' FROM generate_series(0, {follows}::int - 1) n`,
		`INSERT INTO posts (id, uri, url, account_id, local, kind, state, visibility, in_reply_to_id, in_reply_to_uri, thread_id, html, published_at)
			SELECT {thread}::bigint + n, 'https://far.example/t/' || n, 'https://far.example/@a/t' || n, 1 + n, false, 'note', 'published', 'public',
				CASE WHEN n > 0 THEN {thread}::bigint + n / 2 END, CASE WHEN n > 0 THEN 'https://far.example/t/' || n / 2 ELSE '' END, {thread}::bigint, '{text}', now()
			FROM generate_series(0, 100) n`,
		`INSERT INTO notifications (id, account_id, kind, from_account_id, post_id, created_at)
			SELECT id, {reader}::bigint, CASE n % 3 WHEN 0 THEN 'favourite' WHEN 1 THEN 'mention' ELSE 'boost' END, account_id, id, published_at
			FROM (SELECT id, account_id, published_at, row_number() OVER (ORDER BY id) AS n FROM posts WHERE visibility = 'public' AND NOT local) p`,
		`INSERT INTO account_stats (account_id, statuses_count, followers_count, following_count, last_status_at)
			SELECT account_id, count(*), 1, 0, max(published_at) FROM posts WHERE NOT local GROUP BY 1 ON CONFLICT DO NOTHING`,
		`SET session_replication_role = DEFAULT`,
		`ANALYZE`,
	} {
		if _, err := seed.ExecContext(b.Context(), values.Replace(statement)); err != nil {
			b.Fatalf("%v in %s", err, statement)
		}
	}
	return i
}

// client keeps one connection for each of the clients.
func benchClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: benchClients, DisableCompression: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(addr)
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
}

// ask sends one request and reads the answer to its end.
func (i *benchInstance) ask(client *http.Client, method, path, token, body string) (int64, error) {
	n, _, err := i.askAgain(client, method, path, token, body, "")
	return n, err
}

// askAgain is ask by a client that knows the answer with that ETag; it returns the ETag of this one.
func (i *benchInstance) askAgain(client *http.Client, method, path, token, body, etag string) (int64, string, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, i.url(path), reader)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	want := http.StatusOK
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
		want = http.StatusNotModified
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return n, resp.Header.Get("ETag"), err
}

// load has all clients ask at once, until b has enough, and reports requests a second and bytes an answer.
func (i *benchInstance) load(b *testing.B, request func(client *http.Client, n int64) (int64, error)) {
	client := benchClient()
	defer client.CloseIdleConnections()
	var count, bytes atomic.Int64
	if _, err := request(client, 0); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(max(1, benchClients/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			n, err := request(client, count.Add(1))
			if err != nil {
				b.Error(err)
				return
			}
			bytes.Add(n)
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	b.ReportMetric(float64(bytes.Load())/float64(b.N), "B/answer")
}

// BenchmarkClients is what clients do all day, over HTTP, 16 at once, on an instance with 100,000 posts. What is called warm
// asks for the same again, as clients that poll do; cold has nothing in memory, as after every change.
func BenchmarkClients(b *testing.B) {
	i := seedInstance(b, 100_000)
	for _, read := range []struct{ name, path string }{
		{"home", "/api/v1/timelines/home?limit=20"},
		{"public", "/api/v1/timelines/public?limit=20"},
		{"context", fmt.Sprintf("/api/v1/statuses/%d/context", i.root)},
		{"account", fmt.Sprintf("/api/v1/accounts/%d/statuses?limit=20", i.author)},
		{"notifications", "/api/v1/notifications?limit=20"},
		{"grouped", "/api/v2/notifications?limit=20"},
	} {
		b.Run(read.name+"/warm", func(b *testing.B) {
			i.load(b, func(c *http.Client, _ int64) (int64, error) {
				return i.ask(c, http.MethodGet, read.path, i.token, "")
			})
		})
		b.Run(read.name+"/cold", func(b *testing.B) {
			i.load(b, func(c *http.Client, _ int64) (int64, error) {
				i.Changes.Touch(0)
				return i.ask(c, http.MethodGet, read.path, i.token, "")
			})
		})
	}
	b.Run("home/unchanged", func(b *testing.B) {
		const path = "/api/v1/timelines/home?limit=20"
		_, etag, err := i.askAgain(benchClient(), http.MethodGet, path, i.token, "", "")
		if err != nil {
			b.Fatal(err)
		}
		i.load(b, func(c *http.Client, _ int64) (int64, error) {
			n, _, err := i.askAgain(c, http.MethodGet, path, i.token, "", etag)
			return n, err
		})
	})
	b.Run("create", func(b *testing.B) {
		i.load(b, func(c *http.Client, n int64) (int64, error) {
			body := fmt.Sprintf(`{"status":"Stand %d: die Server laufen bei 27 Grad, der Strombedarf der Kühlung sinkt.","visibility":"public"}`, n)
			return i.ask(c, http.MethodPost, "/api/v1/statuses", i.writers[n%benchClients], body)
		})
	})
}

// BenchmarkVerify is the measure of the machine: how many RSA-2048 signatures one core verifies a second.
func BenchmarkVerify(b *testing.B) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "signatures/s")
}

// BenchmarkHomeGrowth reads home, with nothing in memory, as the instance grows: its cost must not. The sizes take turns, so that
// what else the machine does falls on all.
func BenchmarkHomeGrowth(b *testing.B) {
	sizes := []int{10_000, 1_000_000}
	instances := map[int]*benchInstance{}
	for _, posts := range sizes {
		instances[posts] = seedInstance(b, posts)
	}
	for range 3 {
		for _, posts := range sizes {
			b.Run(fmt.Sprintf("posts=%d", posts), func(b *testing.B) {
				i := instances[posts]
				i.load(b, func(c *http.Client, _ int64) (int64, error) {
					i.Changes.Touch(0)
					return i.ask(c, http.MethodGet, "/api/v1/timelines/home?limit=20", i.token, "")
				})
			})
		}
	}
}
