package db_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/db/dbtest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	log := slog.New(slog.DiscardHandler)

	// Several processes of an instance start at once, each with its own pool.
	errs := make(chan error)
	for range 3 {
		go func() {
			conn, err := db.Open(t.Context(), dsn, 2)
			if err == nil {
				err = errors.Join(db.Migrate(t.Context(), conn, log), db.Migrate(t.Context(), conn, log), conn.Close())
			}
			errs <- err
		}()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}

	conn, err := db.Open(t.Context(), dsn, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var missing []string
	err = conn.Select(&missing, `
		SELECT name FROM unnest(ARRAY['accounts', 'posts', 'river_job', 'river_leader', 'goose_db_version']) AS name
		WHERE to_regclass(name) IS NULL`)
	if err != nil || len(missing) > 0 {
		t.Errorf("missing tables %v, error %v", missing, err)
	}
	var locks int
	if err := conn.Get(&locks, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); err != nil || locks != 0 {
		t.Errorf("%d advisory locks left, error %v", locks, err)
	}
}

func TestMigrateStops(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Migrate(ctx, conn, slog.New(slog.DiscardHandler)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestInTx(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	if _, err := conn.Exec("CREATE TABLE probe (n int CONSTRAINT probe_n_key UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	insert := func(n int, result error) error {
		return db.InTx(t.Context(), conn, func(tx *sqlx.Tx) error {
			if _, err := tx.Exec("INSERT INTO probe (n) VALUES ($1)", n); err != nil {
				return err
			}
			return result
		})
	}
	if err := insert(1, nil); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	if err := insert(2, boom); !errors.Is(err, boom) {
		t.Errorf("got %v, want boom", err)
	}
	err := insert(1, nil)
	if !db.IsUniqueViolation(err, "probe_n_key") || !db.IsUniqueViolation(err, "") || db.IsUniqueViolation(err, "other_key") {
		t.Errorf("not recognised as a violation of probe_n_key: %v", err)
	}
	var got []int
	if err := conn.Select(&got, "SELECT n FROM probe"); err != nil || len(got) != 1 || got[0] != 1 {
		t.Errorf("rows %v, error %v; want [1]", got, err)
	}
}
