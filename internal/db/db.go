// Package db opens PostgreSQL, migrates it and runs transactions. It knows no table of the domain.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/fault"
)

// How long a connection is kept: with what it has prepared and planned, PostgreSQL holds 10 to 30 MB for it, several times what
// a fresh one takes. At rest there is one in use now and then, and it begins anew every hour.
const (
	maxIdleTime = 5 * time.Minute
	maxLifetime = time.Hour
)

// Open connects to PostgreSQL with lib/pq and checks that it answers. Queries are not compiled (jit) unless dsn says so:
// all of ours are short, and compiling the home timeline took six times as long as running it.
func Open(ctx context.Context, dsn string, maxConns int) (*sqlx.DB, error) {
	cfg, err := pq.NewConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("db.Open: %w", err)
	}
	if cfg.Runtime == nil {
		cfg.Runtime = map[string]string{}
	}
	if _, ok := cfg.Runtime["jit"]; !ok {
		cfg.Runtime["jit"] = "off"
	}
	// One plan for each query, whatever its parameters: ours differ little in what they select, and planning the large ones anew
	// takes longer than running them.
	if _, ok := cfg.Runtime["plan_cache_mode"]; !ok {
		cfg.Runtime["plan_cache_mode"] = "force_generic_plan"
	}
	// Parameters go along with the query, in one round trip instead of two: a short query costs little more than half.
	cfg.BinaryParameters = true
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("db.Open: %w", err)
	}
	db := sqlx.NewDb(sql.OpenDB(namedConnector{connector, dsn}), "postgres")
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(max(2, maxConns/2))
	db.SetConnMaxIdleTime(maxIdleTime)
	db.SetConnMaxLifetime(maxLifetime)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("db.Open: %w", err), db.Close())
	}
	return db, nil
}

// namedConnector remembers the connection string, which a sql.DB keeps to itself, and makes connections that keep their
// statements prepared.
type namedConnector struct {
	*pq.Connector
	dsn string
}

// Connect implements driver.Connector.
func (c namedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return prepareAll(inner.(pqConn)), nil
}

type namedDriver struct {
	*pq.Driver
	dsn string
}

// Driver implements driver.Connector.
func (c namedConnector) Driver() driver.Driver { return namedDriver{&pq.Driver{}, c.dsn} }

// DSN returns the connection string db was opened with: for who needs a connection outside the pool, such as one
// that listens. It is empty if db does not come from Open. It may hold a password.
func DSN(db *sqlx.DB) string {
	d, _ := db.Driver().(namedDriver)
	return d.dsn
}

// InTx runs f in one transaction: committed when f returns nil, rolled back otherwise.
func InTx(ctx context.Context, db *sqlx.DB, f func(tx *sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("db.InTx: begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it is a no-op
	if isRepeatable(ctx) {
		if _, err := tx.ExecContext(ctx, `SET LOCAL synchronous_commit TO off`); err != nil {
			return fmt.Errorf("db.InTx: %w", err)
		}
	}
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("db.InTx: commit: %w", err)
	}
	return nil
}

// InTxOr is InTx that returns missing when f ends for want of a row and says nothing better itself.
func InTxOr(ctx context.Context, db *sqlx.DB, missing error, f func(tx *sqlx.Tx) error) error {
	err := InTx(ctx, db, f)
	var known *fault.Error
	if IsNotFound(err) && !errors.As(err, &known) {
		return missing
	}
	return err
}

// IsNotFound reports whether err is sql.ErrNoRows.
func IsNotFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUniqueViolation reports whether err broke the named unique constraint or index; "" matches any.
func IsUniqueViolation(err error, constraint string) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Code == "23505" && (constraint == "" || e.Constraint == constraint)
}
