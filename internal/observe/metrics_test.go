package observe

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := NewMetrics()
	m.Delivered("delivered")
	m.Delivered("delivered")
	m.Received("accepted")
	m.Applied("ignored")
	reads := 0
	m.Gauge("vorbild_lanes", "Lanes by state.", "state", func(context.Context) ([]Reading, error) {
		reads++
		return []Reading{{"held", 3}, {"waiting", 1}}, nil
	})
	m.Gauge("vorbild_broken", "Fails.", "", func(context.Context) ([]Reading, error) { return nil, errors.New("no") })
	router := mux.NewRouter()
	router.HandleFunc("/einladung/{secret}", func(http.ResponseWriter, *http.Request) {})
	handler := Requests(slog.New(slog.DiscardHandler), m, router)
	for _, method := range []string{"GET", "GET", "MADEUP1", "MADEUP2"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/einladung/s3cret", nil))
	}
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/nowhere/s3cret", nil))

	address, err := m.Listen(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string) (int, string) {
		t.Helper()
		resp, err := http.Get("http://" + address.String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if status, _ := ask("/"); status != http.StatusNotFound {
		t.Errorf("/ answers %d", status)
	}
	_, _ = ask("/metrics")
	_, text := ask("/metrics")
	for _, want := range []string{
		`vorbild_deliveries_total{outcome="delivered"} 2`, `vorbild_inbox_received_total{outcome="accepted"} 1`,
		`vorbild_inbox_applied_total{outcome="ignored"} 1`, `vorbild_lanes{state="held"} 3`, `vorbild_lanes{state="waiting"} 1`,
		`vorbild_http_request_duration_seconds_count{method="GET",route="/einladung/{secret}",status="2xx"} 2`,
		`vorbild_http_request_duration_seconds_count{method="other",route="/einladung/{secret}",status="2xx"} 2`,
		`vorbild_http_request_duration_seconds_count{method="GET",route="none",status="4xx"} 1`, `go_goroutines `, `process_resident_memory_bytes `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "s3cret") || strings.Contains(text, "MADEUP") || strings.Contains(text, "vorbild_broken ") {
		t.Error("shows what it must not")
	}
	if reads != 1 {
		t.Errorf("read %d times for two questions", reads)
	}
	var none *Metrics
	none.Delivered("delivered")
	none.Received("x")
	none.Applied("x")
	none.Gauge("x", "x", "", nil)
}
