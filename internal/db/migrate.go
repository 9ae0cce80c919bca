package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/vorbild/vorbild/migrations"
)

// migrateLock is the advisory lock of a database that is being migrated: "vorbild:" read as a number.
const migrateLock = 0x766f7262696c643a

// Migrate brings the schema up to date: our own files first, then River's tables. Processes that start at the same
// time wait for each other, so each may simply call it. It needs two connections.
func Migrate(ctx context.Context, db *sqlx.DB, log *slog.Logger) error {
	unlock, err := lockForMigration(ctx, db)
	if err != nil {
		return fmt.Errorf("db.Migrate: %w", err)
	}
	defer unlock()

	provider, err := goose.NewProvider(goose.DialectPostgres, db.DB, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("db.Migrate: read migrations: %w", err)
	}
	applied, err := provider.Up(ctx)
	for _, m := range applied {
		log.InfoContext(ctx, "schema migrated", "file", m.Source.Path, "duration", m.Duration)
	}
	if err != nil {
		return fmt.Errorf("db.Migrate: %w", err)
	}

	quiet := slog.New(levelHandler{log.Handler(), slog.LevelWarn}) // River tells each of its steps
	river, err := rivermigrate.New(riverdatabasesql.New(db.DB), &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return fmt.Errorf("db.Migrate: river: %w", err)
	}
	result, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return fmt.Errorf("db.Migrate: river: %w", err)
	}
	if n := len(result.Versions); n > 0 {
		log.InfoContext(ctx, "job queue migrated", "version", result.Versions[n-1].Version)
	}
	// They serve searches in arguments, which only River's own interface makes, and cost most of inserting a job.
	if _, err := db.ExecContext(ctx, `DROP INDEX IF EXISTS river_job_args_index, river_job_metadata_index`); err != nil {
		return fmt.Errorf("db.Migrate: indexes of the queue: %w", err)
	}
	return nil
}

// lockForMigration takes the advisory lock on a connection of its own. It asks again and again instead of waiting
// inside the server, where an open statement would block a concurrent index build of the process that migrates.
func lockForMigration(ctx context.Context, db *sqlx.DB) (unlock func(), err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for {
		var got bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrateLock)).Scan(&got); err != nil {
			return nil, errors.Join(fmt.Errorf("lock: %w", err), conn.Close())
		}
		if got {
			break
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("lock: %w", ctx.Err()), conn.Close())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return func() {
		var released sql.NullBool
		// Not ctx: the lock is given back also when the migration was interrupted. Should that fail, the server
		// releases it when the connection ends.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := conn.QueryRowContext(ctx, "SELECT pg_advisory_unlock($1)", int64(migrateLock)).Scan(&released); err != nil || !released.Bool {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		conn.Close()
	}, nil
}

// levelHandler lets pass what is at least as important as level.
type levelHandler struct {
	slog.Handler
	level slog.Level
}

func (h levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

func (h levelHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(a), h.level}
}

func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.level}
}
