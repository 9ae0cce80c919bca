package app_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkDeliver lets an instance, the real program as a process of its own, send posts to followers at hosts that are one
// listener on loopback, and stops the clock when all have been answered. What this machine can do at most is measured in the
// same run: RSA-2048 signatures on all cores, and commits of a single row by 16 clients. The hosts' side of each request is
// computed on the same cores.
//
//	go test ./internal/app -run '^$' -bench Deliver -benchtime 1x
func BenchmarkDeliver(b *testing.B) {
	// 1,000 people with inboxes of their own on 50 hosts: signatures are the limit.
	b.Run("personal", func(b *testing.B) { benchDeliver(b, delivering{posts: 20, hosts: 50, each: 20}) })
	// One inbox at each of 50 hosts that answer after 100 ms: 500 a second is the limit, for a host gets one request at a time.
	b.Run("slow", func(b *testing.B) {
		benchDeliver(b, delivering{posts: 20, hosts: 50, each: 1, delay: 100 * time.Millisecond})
	})
	// The size of the country.
	b.Run("country", func(b *testing.B) {
		benchDeliver(b, delivering{posts: 1, hosts: 20_000, each: 1, delay: 100 * time.Millisecond})
	})
}

// delivering is one wave.
type delivering struct {
	posts, hosts, each int
	delay              time.Duration
}

func benchDeliver(b *testing.B, w delivering) {
	total := w.posts * w.hosts * w.each
	binary := filepath.Join(b.TempDir(), "vorbild")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/vorbild").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	var rate, signed, signatureCPU, committed, serverCPU, databaseCPU, ownCPU, peak, after, page float64
	for range b.N {
		b.StopTimer()
		boxes := startLetterboxes(b, w.delay, false)
		p, token := startProgram(b, "wave", func(i *instance) { boxes.follow(i, "redaktion", w.hosts, w.each, w.each == 1) })
		if os.Getenv(profileTo) == "" { // only the test binary can be profiled
			p.kill()
			p.binary = binary
			p.start()
		}
		conn := openDB(b, p.dsn)
		signed, signatureCPU = signatures(b)
		committed = commits(b, p.dsn)
		server, database, own := cpuOf(b, p.cmd.Process.Pid), databaseCPUOf(b, conn), cpuOf(b, os.Getpid())

		visit := p.visit()
		b.StartTimer()
		began := time.Now()
		p.publish(token, w.posts)
		for deadline := began.Add(5 * time.Minute); boxes.taken.Load() < int64(total); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.Fatalf("only %d of %d are there after five minutes", boxes.taken.Load(), total)
			}
		}
		took := time.Since(began)
		b.StopTimer()
		page = max(page, visit())

		for deadline := time.Now().Add(time.Minute); count(b, conn, `SELECT count(*) FROM lanes WHERE next_at IS NOT NULL OR worker IS NOT NULL`) > 0; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.Fatalf("not settled: %v", titles(b, conn, `SELECT concat_ws(' ', count(*), d.state, d.attempt, min(d.last_error), l.worker IS NOT NULL, min(l.next_at), l.failures)
					FROM lanes l LEFT JOIN deliveries d ON d.host = l.host GROUP BY d.state, d.attempt, l.worker, l.failures LIMIT 20`))
			}
		}
		if n := count(b, conn, `SELECT count(*) FROM deliveries WHERE state = 'delivered' AND attempt = 1`); n != total || boxes.begun.Load() != int64(total) {
			b.Errorf("%d delivered in %d requests, want %d", n, boxes.begun.Load(), total)
		}
		rate += float64(total) / took.Seconds()
		serverCPU += cpuOf(b, p.cmd.Process.Pid) - server
		databaseCPU += databaseCPUOf(b, conn) - database
		ownCPU += cpuOf(b, os.Getpid()) - own
		peak, after = max(peak, memory(b, p.cmd.Process.Pid, "VmHWM")), max(after, memory(b, p.cmd.Process.Pid, "VmRSS"))
		p.end()
	}
	n := float64(b.N)
	b.ReportMetric(rate/n, "deliveries/s")
	b.ReportMetric(rate/n/signed, "of-signatures")
	// What the ratio would be if nothing else ran on this machine and it never waited.
	b.ReportMetric(signatureCPU/((serverCPU+databaseCPU+ownCPU)/n/float64(total)), "signature-share-of-cpu")
	if w.delay > 0 {
		b.ReportMetric(rate/n/(float64(w.hosts)/w.delay.Seconds()), "of-lanes")
	}
	b.ReportMetric(signed, "signatures/s")
	b.ReportMetric(committed, "commits/s")
	b.ReportMetric(serverCPU/n/float64(total)*1e6, "server-µs/delivery")
	b.ReportMetric(databaseCPU/n/float64(total)*1e6, "database-µs/delivery")
	b.ReportMetric(ownCPU/n/float64(total)*1e6, "hosts-µs/delivery")
	b.ReportMetric(peak, "peak-MiB")
	b.ReportMetric(after, "after-MiB")
	b.ReportMetric(page, "page-p95-ms")
	b.ReportMetric(0, "ns/op")
}

// visit opens the first page and a list again and again until the returned function is called, which says below how many
// milliseconds 95 of 100 took.
func (p *program) visit() (end func() float64) {
	stop := make(chan struct{})
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	wg.Go(func() {
		for paths := []string{"/", "/diskussionen"}; ; {
			for _, path := range paths {
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
				d, err := p.quick(path)
				if err != nil {
					p.t.Errorf("page: %v", err)
					return
				}
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			}
		}
	})
	return func() float64 {
		close(stop)
		wg.Wait()
		if len(took) == 0 {
			return 0
		}
		slices.Sort(took)
		return took[len(took)*95/100].Seconds() * 1000
	}
}

// signatures is how many RSA-2048 signatures all cores make a second, and how many seconds of one core each takes.
func signatures(b *testing.B) (perSec, cpu float64) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte(text))
	var made atomic.Int64
	before := cpuOf(b, os.Getpid())
	perSec = perSecond(runtime.NumCPU(), func(int) {
		if _, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:]); err != nil {
			b.Error(err)
		}
		made.Add(1)
	})
	return perSec, (cpuOf(b, os.Getpid()) - before) / float64(made.Load())
}
