package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

const (
	maxCrawled = 600              // pages of one reader in one language
	restTime   = 20 * time.Second // how long it is watched at rest
)

// BenchmarkResident says what one instance, the real program as a process of its own, holds in memory: after its start, and
// after a visitor and an editor have opened every page that a link leads to, in both languages. Then it says what the instance
// does while nobody wants anything. "own" is what it shares with no other process; the rest are pages of the program's file.
//
//	go test ./internal/app -run '^$' -bench Resident -benchtime 1x
func BenchmarkResident(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "vorbild")
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", binary, "../../cmd/vorbild").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	for range b.N {
		b.StopTimer()
		p, editor := startProgram(b, "resident", func(i *instance) {
			token := i.member("green-it", account.RoleMember)
			for n := range 40 {
				i.publish(token, fmt.Sprintf("Rechenzentrum %d: Abwärme heizt zwei Schulen", n), "Die Abwärme ersetzt Erdgas.", "## Vorgehen\n\nErst messen, dann anschließen.")
				i.post("/beitraege", token, url.Values{"title": {fmt.Sprintf("Frage %d", n)}, "source": {text}, "visibility": {"public"}})
			}
		})
		p.kill()
		p.binary = binary
		p.start()
		pid := p.cmd.Process.Pid
		if _, err := p.quick("/"); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(memory(b, pid, "VmRSS"), "start-MiB")
		b.ReportMetric(memory(b, pid, "RssAnon"), "start-own-MiB")

		cpu, pages := cpuOf(b, pid), 0
		b.StartTimer()
		for _, token := range []string{"", editor} {
			for _, language := range []string{"de", "en"} {
				pages += p.crawl(token, language)
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(pages), "pages")
		b.ReportMetric((cpuOf(b, pid)-cpu)*1000/float64(pages), "cpu-ms/page")
		b.ReportMetric(memory(b, pid, "VmRSS"), "crawled-MiB")
		b.ReportMetric(memory(b, pid, "RssAnon"), "crawled-own-MiB")

		sessions, own := sessionsOf(b, openDB(b, p.dsn))
		b.ReportMetric(sessions, "sessions")
		b.ReportMetric(own, "sessions-own-MiB")
		cpu = cpuOf(b, pid)
		switched := switches(b, pid)
		time.Sleep(restTime)
		b.ReportMetric((switches(b, pid)-switched)/restTime.Minutes(), "rest-switches/min")
		b.ReportMetric((cpuOf(b, pid)-cpu)*1000/restTime.Minutes(), "rest-cpu-ms/min")
		p.end()
	}
	b.ReportMetric(0, "ns/op")
}

// crawl opens what links lead to from the first page, and returns how many pages that were.
func (p *program) crawl(token, language string) (pages int) {
	p.t.Helper()
	seen := map[string]bool{"/": true}
	for queue := []string{"/"}; len(queue) > 0 && pages < maxCrawled; queue = queue[1:] {
		r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url(queue[0]), nil)
		if err != nil {
			p.t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", language)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := loopback.Do(r)
		if err != nil {
			p.t.Fatal(err)
		}
		page, err := goquery.NewDocumentFromReader(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode >= http.StatusInternalServerError {
			p.t.Fatalf("%s: %s: %v", queue[0], resp.Status, err)
		}
		pages++
		page.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			path, _, _ := strings.Cut(strings.TrimPrefix(a.AttrOr("href", ""), p.Config.BaseURL), "#")
			if strings.HasPrefix(path, "/") && !strings.HasSuffix(path, ".pdf") && !seen[path] { // a browser prints those
				seen[path] = true
				queue = append(queue, path)
			}
		})
	}
	return pages
}

// sessionsOf is how many sessions PostgreSQL has for a database beside that of conn, and what they hold of their own, in MiB.
func sessionsOf(tb testing.TB, conn *sqlx.DB) (n, own float64) {
	tb.Helper()
	var pids []int
	if err := conn.Select(&pids, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		tb.Fatal(err)
	}
	for _, pid := range pids {
		own += memory(tb, pid, "RssAnon")
	}
	return float64(len(pids)), own
}

// switches is how often the threads of a process have gone to sleep so far.
func switches(tb testing.TB, pid int) (n float64) {
	tb.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range threads {
		status, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		_, line, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		count, err := strconv.ParseFloat(strings.Fields(line)[0], 64)
		if err != nil {
			tb.Fatal(err)
		}
		n += count
	}
	return n
}
