package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/vorbild/vorbild/internal/observe"
)

// serveMetrics answers Prometheus until ctx ends, where the operator wants that.
func (a *App) serveMetrics(ctx context.Context) error {
	if a.metrics == nil {
		return nil
	}
	address, err := a.metrics.Listen(ctx, a.Config.MetricsListen, a.log)
	if err != nil {
		return fmt.Errorf("cannot listen on %s (VORBILD_METRICS_LISTEN): %w", a.Config.MetricsListen, err)
	}
	a.log.InfoContext(ctx, "metrics", slog.String("listen", address.String()))
	return nil
}

// watch adds to the metrics what only the database knows.
func (a *App) watch() {
	a.metrics.Gauge("vorbild_lanes", "Lanes to other instances, by what they do.", "state", func(ctx context.Context) ([]observe.Reading, error) {
		counts, err := a.Lanes.Counts(ctx)
		var list []observe.Reading
		for state, n := range counts {
			list = append(list, observe.Reading{Label: string(state), Value: float64(n)})
		}
		return list, err
	})
	a.metrics.Gauge("vorbild_delivery_oldest_waiting_seconds", "How long the lane has waited that waits longest for a host that is not held.", "", func(ctx context.Context) ([]observe.Reading, error) {
		seconds, err := a.Lanes.Oldest(ctx)
		return []observe.Reading{{Value: seconds}}, err
	})
	a.metrics.Gauge("vorbild_jobs", "Jobs that wait, run, or were given up in the last 30 days, by state.", "state", func(ctx context.Context) ([]observe.Reading, error) {
		counts, err := a.jobs.Counts(ctx)
		var list []observe.Reading
		for state, n := range counts {
			list = append(list, observe.Reading{Label: state, Value: float64(n)})
		}
		return list, err
	})
}
