package observe

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// Requests logs a line for each request that router answers: its method, the template of its route, the status and
// how long it took. Templates hold no secrets and can be counted, unlike paths; what matches no route is "none". metrics
// count the same.
func Requests(log *slog.Logger, metrics *Metrics, router *mux.Router) http.Handler {
	router.Use(noteRoute)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		route := "none"
		answer := &response{ResponseWriter: w}
		finished := false
		// Deferred, so that a handler that panics is logged too; the panic goes on.
		defer func() {
			status := answer.status
			switch {
			case !finished && status == 0:
				status = http.StatusInternalServerError
			case status == 0:
				status = http.StatusOK
			}
			took := time.Since(began)
			metrics.request(r.Method, route, status, took)
			log.LogAttrs(r.Context(), levelOf(route, status), "request",
				slog.String("method", r.Method), slog.String("route", route), slog.Int("status", status),
				slog.Int64("bytes", answer.written), slog.Duration("duration", took))
		}()
		router.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), routeKey{}, &route)))
		finished = true
	})
}

// levelOf keeps the everyday quiet and the failing loud.
func levelOf(route string, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelWarn // its cause is logged where it was handled
	case strings.HasPrefix(route, "/static/"):
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

type routeKey struct{}

// noteRoute tells Requests which route was found. The router only knows inside of itself.
func noteRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route, ok := r.Context().Value(routeKey{}).(*string); ok {
			if current := mux.CurrentRoute(r); current != nil {
				if template, err := current.GetPathTemplate(); err == nil {
					*route = template
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// response notes the status and the size of an answer.
type response struct {
	http.ResponseWriter
	status  int
	written int64
}

func (w *response) WriteHeader(status int) {
	// 1xx answers come before the real one, except where the connection becomes another one.
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(content []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(content)
	w.written += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach what the server can do more.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush implements http.Flusher.
func (w *response) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
