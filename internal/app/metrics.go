package app

import (
	"context"
	"fmt"
	"log/slog"
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
