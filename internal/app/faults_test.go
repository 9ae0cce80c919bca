package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// mishap is what a bad network or a troubled server does to one request.
type mishap string

const (
	passes     mishap = "passes"
	dropped    mishap = "dropped"       // the connection ends before the other side has heard anything
	delayed    mishap = "delayed"       // up to a second and a half late; others overtake it
	failing    mishap = "answers 500"   // the other side says so without having heard
	limiting   mishap = "answers 429"   // the same, with Retry-After
	duplicated mishap = "duplicated"    // the other side gets it twice, one after the other
	truncated  mishap = "truncated"     // the other side gets half of the body, then the connection ends
	cut        mishap = "cut"           // the other side does it, the sender never hears
	mangled    mishap = "half answered" // the other side does it, the answer breaks off
)

// weather is how often each of them happens, in hundredths; what is missing passes.
var weather = []struct {
	mishap
	share int
}{{dropped, 5}, {delayed, 12}, {failing, 4}, {limiting, 3}, {duplicated, 8}, {truncated, 4}, {cut, 6}, {mangled, 3}}

// faultProxy stands before an instance: whatever others send it goes through here. What happens to its n-th request is
// settled by the seed.
type faultProxy struct {
	backend string // host:port where the instance really listens
	server  *http.Server
	calm    atomic.Bool // the network is well again, and nothing is counted any more

	mu     sync.Mutex
	random *rand.Rand
	counts map[mishap]int
}

// startFaultProxy takes the port that the instance's address names.
func startFaultProxy(t testing.TB, port int, backend string, random *rand.Rand) *faultProxy {
	t.Helper()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	p := &faultProxy{backend: backend, random: random, counts: map[mishap]int{}}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go p.server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { _ = p.server.Close() })
	return p
}

// next settles what happens to a request, and how late.
func (p *faultProxy) next() (mishap, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calm.Load() {
		return passes, 0
	}
	roll, late := p.random.IntN(100), time.Duration(50+p.random.IntN(1450))*time.Millisecond
	f := passes
	for _, w := range weather {
		if roll -= w.share; roll < 0 {
			f = w.mishap
			break
		}
	}
	p.counts[f]++
	return f, late
}

func (p *faultProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	f, late := p.next()
	switch f {
	case dropped:
		panic(http.ErrAbortHandler)
	case failing:
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	case limiting:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "slower", http.StatusTooManyRequests)
		return
	case delayed:
		time.Sleep(late)
	case duplicated:
		if resp, err := p.forward(r, body, len(body)); err == nil {
			_ = resp.Body.Close()
		}
	case truncated:
		if resp, err := p.forward(r, body, len(body)/2); err == nil {
			_ = resp.Body.Close()
		}
		panic(http.ErrAbortHandler)
	}
	resp, err := p.forward(r, body, len(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || f == cut {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), resp.Header)
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	w.WriteHeader(resp.StatusCode)
	if f == mangled && len(answer) > 1 {
		_, _ = w.Write(answer[:len(answer)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(answer)
}

// forward sends the first n bytes of the body; with fewer than announced the connection breaks off.
func (p *faultProxy) forward(r *http.Request, body []byte, n int) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://"+p.backend+r.URL.RequestURI(), bytes.NewReader(body[:n]))
	if err != nil {
		return nil, err
	}
	req.Host, req.Header, req.ContentLength = r.Host, r.Header.Clone(), int64(len(body))
	resp, err := direct.Do(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	return resp, err
}

// direct adds nothing to what passes through.
var direct = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// tally says what happened to how many requests.
func tally(proxies ...*faultProxy) (total, faults int, words string) {
	sum := map[mishap]int{}
	for _, p := range proxies {
		p.mu.Lock()
		for f, n := range p.counts {
			sum[f] += n
			total += n
			if f != passes {
				faults += n
			}
		}
		p.mu.Unlock()
	}
	var parts []string
	for _, f := range slices.Sorted(maps.Keys(sum)) {
		parts = append(parts, fmt.Sprintf("%d %s", sum[f], f))
	}
	return total, faults, strings.Join(parts, ", ")
}
