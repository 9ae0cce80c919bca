package observe

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what a process does, for the operator's Prometheus. No label takes what strangers choose: no hosts, no
// paths, no accounts. A nil *Metrics counts nothing, so that nobody has to ask whether there is one.
type Metrics struct {
	registry   *prometheus.Registry
	deliveries *prometheus.CounterVec
	received   *prometheus.CounterVec
	applied    *prometheus.CounterVec
	requests   *prometheus.HistogramVec
}

// NewMetrics returns metrics that also tell of the Go runtime and the process.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vorbild_deliveries_total", Help: "Attempts to deliver an activity to another instance, by what became of them.",
		}, []string{"outcome"}),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vorbild_inbox_received_total", Help: "Requests to the inboxes, by how they were answered.",
		}, []string{"outcome"}),
		applied: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vorbild_inbox_applied_total", Help: "Received activities that were worked, by what became of them.",
		}, []string{"outcome"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vorbild_http_request_duration_seconds", Help: "How long requests took, by route and class of status.",
			Buckets: []float64{.005, .02, .05, .1, .25, 1, 5},
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(m.deliveries, m.received, m.applied, m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Delivered counts one attempt to deliver. outcome is one of few words: delivered, later, down, gone, refused.
func (m *Metrics) Delivered(outcome string) {
	if m != nil {
		m.deliveries.WithLabelValues(outcome).Inc()
	}
}

// Received counts one request to an inbox. outcome is one of few words, such as accepted, known, unsigned or limited.
func (m *Metrics) Received(outcome string) {
	if m != nil {
		m.received.WithLabelValues(outcome).Inc()
	}
}

// Applied counts one received activity that was worked. outcome is one of few words: applied, ignored, rejected, failed.
func (m *Metrics) Applied(outcome string) {
	if m != nil {
		m.applied.WithLabelValues(outcome).Inc()
	}
}

// request counts one answered request.
func (m *Metrics) request(method, route string, status int, took time.Duration) {
	if m == nil {
		return
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other" // RULE: anyone can make up a method, and each would be a series for ever
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

// Reading is one value of a gauge that is read when somebody asks.
type Reading struct {
	Label string // "" for a gauge without label
	Value float64
}

// readAgain is how long what was read from the database is shown again: several may ask, and nobody asks for a moment.
const (
	readAgain   = 10 * time.Second
	readTimeout = 5 * time.Second
)

// Gauge registers a value that read gets, at most every ten seconds. label names what tells several readings apart, "" for
// one. A reading that fails is left out.
func (m *Metrics) Gauge(name, help, label string, read func(ctx context.Context) ([]Reading, error)) {
	if m == nil {
		return
	}
	var labels []string
	if label != "" {
		labels = []string{label}
	}
	m.registry.MustRegister(&gauge{desc: prometheus.NewDesc(name, help, labels, nil), labelled: label != "", read: read})
}

type gauge struct {
	desc     *prometheus.Desc
	labelled bool
	read     func(ctx context.Context) ([]Reading, error)

	mu   sync.Mutex
	at   time.Time
	last []Reading
}

// Describe implements prometheus.Collector.
func (g *gauge) Describe(to chan<- *prometheus.Desc) { to <- g.desc }

// Collect implements prometheus.Collector.
func (g *gauge) Collect(to chan<- prometheus.Metric) {
	for _, r := range g.readings() {
		var values []string
		if g.labelled {
			values = []string{r.Label}
		}
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, r.Value, values...)
	}
}

func (g *gauge) readings() []Reading {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.at) < readAgain {
		return g.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	list, err := g.read(ctx)
	if err != nil {
		return nil
	}
	g.last, g.at = list, time.Now()
	return list
}

// Handler answers with everything, in Prometheus' format.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// Listen answers GET /metrics on an address of its own until ctx ends: what happens inside is not for everyone who can
// reach the pages. It returns when the address is taken, and says where it listens.
func (m *Metrics) Listen(ctx context.Context, address string, log *slog.Logger) (net.Addr, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: m.Handler(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.ErrorContext(ctx, "metrics are no longer answered", slog.Any("error", err))
		}
	}()
	return listener.Addr(), nil
}
