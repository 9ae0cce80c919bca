package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/app"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/db/dbtest"
)

// Metrics are answered on their own address, never on that of the pages, and tell of lanes, jobs and requests.
func TestMetricsListen(t *testing.T) {
	t.Parallel()
	own := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	listener, port := listen(t)
	a, err := app.New(t.Context(), config.Config{
		BaseURL: fmt.Sprintf("http://zahlen.localhost:%d", port), DatabaseURL: dbtest.DSN(t), DatabaseConns: 10,
		DataDir: t.TempDir(), PrivateHosts: []string{"*.localhost"}, Worker: true, MetricsListen: own,
	}, slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.ServeOn(ctx, listener) }()
	defer func() {
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			t.Error(err)
		}
	}()
	a.DB.MustExec(`INSERT INTO lanes (host, next_at, failures, failing_since) VALUES ('fern.example', now() + interval '1 hour', 6, now())`)
	ask := func(address string) (int, string) {
		resp, err := loopback.Get(address)
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	within(t, "the pages are there", func() bool { status, _ := ask(a.Config.BaseURL + "/"); return status == http.StatusOK })
	if status, body := ask(a.Config.BaseURL + "/metrics"); status != http.StatusNotFound || strings.Contains(body, "go_goroutines") {
		t.Errorf("the pages answer /metrics with %d", status)
	}
	// A request is counted when all of its answer is sent.
	const counted = `vorbild_http_request_duration_seconds_count{method="GET",route="/",status="2xx"} 1`
	var body string
	within(t, "the request is counted", func() bool { _, body = ask("http://" + own + "/metrics"); return strings.Contains(body, counted) })
	for _, want := range []string{
		`vorbild_lanes{state="held"} 1`, `vorbild_lanes{state="running"} 0`, `vorbild_delivery_oldest_waiting_seconds 0`, `vorbild_jobs{state="discarded"} 0`,
		`go_goroutines`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(body, "fern.example") {
		t.Error("names a host")
	}
}
