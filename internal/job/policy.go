package job

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// maxRetryWait is the longest pause between two attempts. 25 attempts, River's default, last about three days.
const maxRetryWait = 6 * time.Hour

// retryPolicy waits 1, 2, 4, 8 ... seconds, give or take a tenth, so that jobs that failed together do not come
// back together. Deliveries are no jobs and have their own table of waiting times (federation/outbox).
type retryPolicy struct{}

// NextRetry implements river.ClientRetryPolicy.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	wait := maxRetryWait
	if failures := len(job.Errors); failures < 15 {
		wait = min(maxRetryWait, time.Second<<failures)
	}
	return time.Now().UTC().Add(wait + time.Duration((rand.Float64()-0.5)*0.2*float64(wait)))
}

// errorHandler is the edge at which failed jobs are logged, once.
type errorHandler struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (h errorHandler) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level := slog.LevelWarn
	if job.Attempt >= job.MaxAttempts {
		level = slog.LevelError
	}
	h.log.LogAttrs(ctx, level, "job failed", append(jobAttrs(job), slog.Any("error", err))...)
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (h errorHandler) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	h.log.LogAttrs(ctx, slog.LevelError, "job panicked", append(jobAttrs(job), slog.Any("panic", value), slog.String("trace", trace))...)
	return nil
}

func jobAttrs(job *rivertype.JobRow) []slog.Attr {
	return []slog.Attr{
		slog.String("kind", job.Kind), slog.Int64("job", job.ID),
		slog.Int("attempt", job.Attempt), slog.Int("max_attempts", job.MaxAttempts),
	}
}

// riverLog is the logger River gets: its own troubles from warnings up, without failures of jobs, which errorHandler
// logs.
func riverLog(log *slog.Logger) *slog.Logger { return slog.New(riverHandler{log.Handler()}) }

type riverHandler struct{ slog.Handler }

func (h riverHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

func (h riverHandler) Handle(ctx context.Context, r slog.Record) error {
	for _, own := range []string{": Job errored", ": Job panicked", ": panic recovery"} {
		if strings.Contains(r.Message, own) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}

func (h riverHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return riverHandler{h.Handler.WithAttrs(a)}
}

func (h riverHandler) WithGroup(name string) slog.Handler {
	return riverHandler{h.Handler.WithGroup(name)}
}
