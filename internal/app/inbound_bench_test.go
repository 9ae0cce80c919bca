package app_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
)

// The size of the wave that arrives.
const (
	waveCreates = 3_000
	waveAuthors = 100
	waveHosts   = 50
	waveAtOnce  = 32
)

// BenchmarkInboundCreates lets a wave of signed Creates arrive at an instance that is a process of its own, and stops the clock
// when all are stored and visible to who follows their authors. Warm, the authors are known; cold, each is met for the first
// time. What this machine can do at most is measured beside it: RSA verifications on all cores, and commits of a single row
// by 16 clients.
func BenchmarkInboundCreates(b *testing.B) {
	b.Run("warm", func(b *testing.B) { benchInbound(b, true) })
	b.Run("cold", func(b *testing.B) { benchInbound(b, false) })
}

func benchInbound(b *testing.B, warm bool) {
	var visible, verified, committed, serverCPU, databaseCPU, peak, after float64
	for range b.N {
		b.StopTimer()
		c := startCrowd(b, waveHosts, waveAuthors)
		var token string
		p, _ := startProgram(b, "wave", func(i *instance) {
			token = i.member("leserin", account.RoleMember)
			if warm {
				reader, err := i.Accounts.ByUsername(b.Context(), "leserin")
				if err != nil {
					b.Fatal(err)
				}
				c.knownTo(i, reader)
			}
		})
		mention := p.Config.BaseURL + "/u/leserin"
		if warm {
			mention = ""
		}
		inbox := p.url("/inbox")
		letters := c.creates(inbox, waveCreates, mention)
		conn := openDB(b, p.dsn)
		verified, committed = verifications(b), commits(b, p.dsn)
		before := cpuOf(b, p.cmd.Process.Pid)
		database := databaseCPUOf(b, conn)

		b.StartTimer()
		began := time.Now()
		accepted, statuses := sendAll(b.Context(), inbox, letters, waveAtOnce)
		answered := time.Since(began)
		if len(accepted) != waveCreates {
			b.Fatalf("answers %v", statuses)
		}
		for deadline := began.Add(5 * time.Minute); count(b, conn, `SELECT count(*) FROM posts WHERE NOT local AND state = 'published'`) < waveCreates; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.Fatalf("only %d are there after five minutes", count(b, conn, `SELECT count(*) FROM posts WHERE NOT local AND state = 'published'`))
			}
		}
		took := time.Since(began)
		b.StopTimer()

		visible += waveCreates / took.Seconds()
		serverCPU += cpuOf(b, p.cmd.Process.Pid) - before
		databaseCPU += databaseCPUOf(b, conn) - database
		peak, after = max(peak, memory(b, p.cmd.Process.Pid, "VmHWM")), max(after, memory(b, p.cmd.Process.Pid, "VmRSS"))
		b.Logf("all answered after %v, all visible after %v", answered.Round(time.Millisecond), took.Round(time.Millisecond))
		if warm {
			if n := p.homeOf(token); n != waveCreates {
				b.Errorf("%d posts in the timeline of who follows the authors, want %d", n, waveCreates)
			}
		}
		p.end()
	}
	n := float64(b.N)
	b.ReportMetric(visible/n, "visible/s")
	b.ReportMetric(visible/n/verified, "of-verifications")
	b.ReportMetric(visible/n/committed, "of-commits")
	b.ReportMetric(verified, "verifications/s")
	b.ReportMetric(committed, "commits/s")
	b.ReportMetric(serverCPU/n/waveCreates*1e6, "server-µs/create")
	b.ReportMetric(databaseCPU/n/waveCreates*1e6, "database-µs/create")
	b.ReportMetric(peak, "peak-MiB")
	b.ReportMetric(after, "after-MiB")
	b.ReportMetric(0, "ns/op")
}

// homeOf counts what the home timeline shows somebody, page by page.
func (p *program) homeOf(token string) (n int) {
	p.t.Helper()
	for before := ""; ; {
		path := "/api/v1/timelines/home?limit=40"
		if before != "" {
			path += "&max_id=" + url.QueryEscape(before)
		}
		req, err := http.NewRequest(http.MethodGet, p.url(path), nil)
		if err != nil {
			p.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := loopback.Do(req)
		if err != nil {
			p.t.Fatal(err)
		}
		var page []struct{ ID string }
		err = json.NewDecoder(resp.Body).Decode(&page)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			p.t.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		if len(page) == 0 {
			return n
		}
		n += len(page)
		before = page[len(page)-1].ID
	}
}

// verifications is how many RSA-2048 signatures all cores check a second.
func verifications(b *testing.B) float64 {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	return perSecond(runtime.NumCPU(), func(int) {
		if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature) != nil {
			b.Error("a signature does not fit")
		}
	})
}

// commits is how many rows 16 clients store a second, each in a transaction of its own.
func commits(b *testing.B, dsn string) float64 {
	const clients = 16
	conn, err := db.Open(b.Context(), dsn, clients)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	conn.SetMaxIdleConns(clients)
	conn.MustExec(`CREATE TABLE single_rows (id bigserial PRIMARY KEY, body text NOT NULL)`)
	defer conn.MustExec(`DROP TABLE single_rows`)
	return perSecond(clients, func(int) {
		if _, err := conn.ExecContext(b.Context(), `INSERT INTO single_rows (body) VALUES ($1)`, text); err != nil {
			b.Error(err)
		}
	})
}

// perSecond does something as often as it can with so many at once.
func perSecond(atOnce int, do func(n int)) float64 {
	var done atomic.Int64
	began := time.Now()
	var wg sync.WaitGroup
	for n := range atOnce {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Since(began) < time.Second {
				do(n)
				done.Add(1)
			}
		}()
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// cpuOf is how many seconds a process of this machine has computed so far, 0 where that cannot be told.
func cpuOf(tb testing.TB, pid int) float64 {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			tb.Fatal(err)
		}
		ticks += n
	}
	return float64(ticks) / 100
}

// databaseCPUOf is cpuOf for all sessions of a database.
func databaseCPUOf(tb testing.TB, conn *sqlx.DB) (seconds float64) {
	tb.Helper()
	var pids []int
	if err := conn.Select(&pids, `SELECT pid FROM pg_stat_activity WHERE datname = current_database()`); err != nil {
		tb.Fatal(err)
	}
	for _, pid := range pids {
		seconds += cpuOf(tb, pid)
	}
	return seconds
}

// memory is what a process holds, in MiB: "VmHWM" is the most it ever did, "VmRSS" what it does now.
func memory(tb testing.TB, pid int, which string) float64 {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, line, _ := strings.Cut(string(status), which+":")
	kib, err := strconv.ParseFloat(strings.Fields(line)[0], 64)
	if err != nil {
		tb.Fatal(err)
	}
	return kib / 1024
}
