package app

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/vorbild/vorbild/internal/config"
)

const (
	healthPath = "/health"
	healthTime = 3 * time.Second
)

// health answers 200 while the database answers, for whoever watches the process. It says no more than that.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTime)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := a.DB.PingContext(ctx); err != nil {
		a.log.ErrorContext(ctx, "unhealthy", slog.Any("error", err))
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// checkHealth asks the server of the same configuration, as a container's health check does.
func checkHealth(ctx context.Context, cfg config.Config) error {
	address := cfg.ListenAddress()
	if host, port, err := net.SplitHostPort(address); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	conn, err := (&net.Dialer{Timeout: healthTime}).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * healthTime)); err != nil {
		return fmt.Errorf("health: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cfg.Domain()+healthPath, nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if err := req.Write(conn); err != nil {
		return fmt.Errorf("health: %w", err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s answers %s", address, resp.Status)
	}
	return nil
}
