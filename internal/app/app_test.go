package app_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/app"
	"github.com/vorbild/vorbild/internal/config"
)

// Whoever starts an instance that cannot open its database is told why.
func TestNewSaysWhatFails(t *testing.T) {
	t.Parallel()
	a, err := app.New(t.Context(), config.Config{DatabaseURL: "postgres://niemand@127.0.0.1:1/nichts?sslmode=disable", DatabaseConns: 1, DataDir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if a != nil || err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("%v, %v", a, err)
	}
}
