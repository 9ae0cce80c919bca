// Package dbtest gives each test a PostgreSQL database of its own: fresh, migrated, and gone when the test ends.
//
// The schema is migrated once into a template, named after what the migrations contain, and copied per test. Test
// binaries of several packages may do this at once. The server is the one of TEST_DATABASE_URL (its role must be
// allowed to create databases), else a private cluster that all test binaries of this user share.
package dbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/migrations"
)

// maxConns is how many connections one test may open.
const maxConns = 8

// templateLock makes test binaries take turns at making templates: "dbtest" read as a number.
const templateLock = 0x646274657374

// New returns an empty, migrated database. It is dropped when the test ends.
func New(t testing.TB) *sqlx.DB {
	t.Helper()
	conn, err := db.Open(t.Context(), DSN(t), maxConns)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// DSN makes a database as New does and returns how to reach it, for tests that open it themselves.
func DSN(t testing.TB) string {
	t.Helper()
	return create(t, func(s *server) string { return s.template })
}

// Empty makes a database without any table, for tests of the migrations themselves.
func Empty(t testing.TB) string {
	t.Helper()
	return create(t, func(*server) string { return "template0 ENCODING 'UTF8'" })
}

func create(t testing.TB, template func(*server) string) (dsn string) {
	t.Helper()
	s, err := sharedServer()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	name := fmt.Sprintf("vorbild_test_%d_%08x", time.Now().Unix(), rand.Uint32()) // sweep reads the time
	if _, err := s.admin.ExecContext(t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template(s))); err != nil {
		t.Fatalf("dbtest: create database: %v", err)
	}
	t.Cleanup(func() {
		// Not t.Context, which is over by now.
		if _, err := s.admin.ExecContext(context.Background(), fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); err != nil {
			t.Errorf("dbtest: drop database: %v", err)
		}
	})
	return s.dsn(name)
}

// server is the PostgreSQL that this test binary uses.
type server struct {
	dsn      func(database string) string
	admin    *sqlx.DB
	template string
}

var sharedServer = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := &server{}
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		s.dsn = func(database string) string { return withDatabase(url, database) }
	} else {
		cluster, err := privateCluster(ctx)
		if err != nil {
			return nil, fmt.Errorf("private PostgreSQL (or set TEST_DATABASE_URL): %w", err)
		}
		s.dsn = cluster.DSN
	}
	var err error
	if s.admin, err = db.Open(ctx, s.dsn("postgres"), 2); err != nil {
		return nil, err
	}
	if err := s.makeTemplate(ctx); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return s, nil
})

// withDatabase returns dsn, an URL or key=value pairs, for another database.
func withDatabase(dsn, database string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " dbname=" + database
	}
	return urlDatabase.ReplaceAllString(dsn, "${1}/"+database+"${2}")
}

var urlDatabase = regexp.MustCompile(`^([a-z]+://[^/?]*)(?:/[^?]*)?(\?.*)?$`)

// makeTemplate migrates a database once for all tests with the same migrations.
func (s *server) makeTemplate(ctx context.Context) error {
	hash, err := schemaHash()
	if err != nil {
		return err
	}
	s.template = "vorbild_template_" + hash

	conn, err := s.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(templateLock)) //nolint:errcheck // ends with the process too
	sweep(ctx, conn)

	var exists bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", s.template).Scan(&exists); err != nil || exists {
		return err
	}
	// Built under another name, so that a template with its final name is always whole.
	draft := s.template + "_draft"
	if _, err := conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+draft+" WITH (FORCE)"); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+draft+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return err
	}
	target, err := db.Open(ctx, s.dsn(draft), 4)
	if err != nil {
		return err
	}
	err = db.Migrate(ctx, target, slog.New(slog.DiscardHandler))
	target.Close()
	if err != nil {
		return err
	}
	// Nobody, not even autovacuum, may be connected to a database while it is copied.
	if _, err := conn.ExecContext(ctx, "ALTER DATABASE "+draft+" ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", draft, s.template))
	return err
}

// sweep drops what killed test binaries left behind more than an hour ago. Failing is harmless.
func sweep(ctx context.Context, conn *sql.Conn) {
	var stale pq.StringArray
	err := conn.QueryRowContext(ctx, `
		SELECT coalesce(array_agg(datname), '{}') FROM pg_database
		WHERE datname ~ '^vorbild_test_[0-9]+_' AND split_part(datname, '_', 3)::bigint < $1`,
		time.Now().Add(-time.Hour).Unix()).Scan(&stale)
	if err != nil {
		return
	}
	for _, name := range stale {
		conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(name)+" WITH (FORCE)") //nolint:errcheck // next time
	}
}

// schemaHash names the schema that db.Migrate makes: our files and River's.
func schemaHash() (string, error) {
	h := sha256.New()
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range files {
		content, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(content), content)
	}
	river, err := rivermigrate.New(riverdatabasesql.New(nil), nil)
	if err != nil {
		return "", err
	}
	for _, v := range river.AllVersions() {
		fmt.Fprintf(h, "river %d %d\n%s", v.Version, len(v.SQLUp), v.SQLUp)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:6]), nil
}
