// Package postgres runs a private PostgreSQL cluster for instances that are given no database: it finds the
// installed programs, makes the cluster, starts and stops it. It downloads nothing and is no way to run a large
// instance; who has a database server sets VORBILD_DATABASE_URL.
//
// The cluster is reached by one Unix socket, inside its directory that nobody else may enter. Several processes
// may use it at once: the first starts it, the last one to stop takes it down, and a process that finds it running
// because its predecessor was killed takes it over.
//
// PostgreSQL refuses to run as root. Started by root, it runs as the user postgres (else nobody), who owns the
// cluster's directory and nothing around it; see process.go for how it gets there through directories that it may
// not enter.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// What can be wrong with the machine. The messages that wrap these say what to do about it.
var (
	ErrNotInstalled = errors.New("PostgreSQL is not installed")
	ErrNotWritable  = errors.New("the data directory cannot be used")
	ErrVersion      = errors.New("the installed PostgreSQL does not fit the database")
	ErrSocketPath   = errors.New("the path of the database socket is too long")
	ErrNotStarted   = errors.New("PostgreSQL does not start")
)

// Options say which cluster to run.
type Options struct {
	// DataDir holds the cluster ("postgres"), its log and two lock files. It is made if it does not exist.
	DataDir string
	Log     *slog.Logger
	// Progress, if set, is told what takes time, in a few words for people.
	Progress func(string)
	// Throwaway trades the safety of the data for speed. For tests only.
	Throwaway bool
}

// Cluster is a running cluster that this process uses.
type Cluster struct {
	Options
	dir     string // the cluster itself, absolute
	host    string // the directory of the socket as clients name it
	adopted bool   // it ran already
	users   *flock // shared by all processes that use the cluster
	pid     int
	exited  <-chan struct{}

	stopping atomic.Bool // the end of the server is no surprise
	mu       sync.Mutex  // guards stopped
	stopped  bool
}

const (
	role       = "vorbild" // who owns the cluster
	port       = "5432"    // only a part of the socket's name
	socketName = "/.s.PGSQL." + port
	stopWait   = 60 * time.Second
)

// Start makes the cluster in DataDir if there is none, starts it if it does not run, and returns when it answers.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c := &Cluster{Options: o}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	if err := c.start(ctx); err != nil {
		return nil, fmt.Errorf("postgres.Start: %w", err)
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) (err error) {
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return err
	}
	c.dir = filepath.Join(c.DataDir, "postgres")
	if err := makeDataDir(c.DataDir); err != nil {
		return err
	}
	// One process at a time starts or stops the cluster.
	turn, err := lock(ctx, c.lockFile("postgres.lock"))
	if err != nil {
		return err
	}
	defer turn.release()
	if c.users, err = lockShared(c.lockFile("postgres.users")); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.users.release()
		}
	}()
	if c.host, err = socketHost(c.dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.removeLink()
		}
	}()

	switch running, err := c.findRunning(ctx); {
	case err != nil:
		return err
	case running:
		c.adopted = true
		c.Log.InfoContext(ctx, "using the database that already runs", "dir", c.dir, "pid", c.pid)
		return nil
	}
	owner, err := clusterOwner(c.dir)
	if err != nil {
		return err
	}
	programs, err := findPrograms(ctx, c.dir)
	if err != nil {
		return err
	}
	if !exists(filepath.Join(c.dir, "PG_VERSION")) {
		c.Progress("creating the database, once")
		if err := c.create(ctx, programs, owner); err != nil {
			return err
		}
	}
	if err := owner.take(c.dir); err != nil {
		return err
	}
	c.Progress("starting the database")
	began := time.Now()
	if err := c.launch(ctx, programs, owner); err != nil {
		return err
	}
	c.Log.InfoContext(ctx, "database started", "dir", c.dir, "version", programs.version, "pid", c.pid, "duration", time.Since(began).Round(time.Millisecond))
	return nil
}

// DSN returns how lib/pq reaches a database of the cluster.
func (c *Cluster) DSN(database string) string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable", quote(c.host), port, role, quote(database))
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// Adopted reports whether the cluster ran already when this process started to use it.
func (c *Cluster) Adopted() bool { return c.adopted }

// EnsureDatabase makes a database unless it exists.
func (c *Cluster) EnsureDatabase(ctx context.Context, name string) error {
	db, err := sql.Open("postgres", c.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("postgres.EnsureDatabase %s: %w", name, err)
	}
	defer db.Close()
	var exists bool
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("postgres.EnsureDatabase %s: %w", name, err)
	}
	if exists {
		return nil
	}
	var e *pq.Error
	_, err = db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name))
	if errors.As(err, &e) && (e.Code == "42P04" || e.Code == "23505") { // another process was faster
		err = nil
	}
	if err != nil {
		return fmt.Errorf("postgres.EnsureDatabase %s: %w", name, err)
	}
	return nil
}

// Stop ends the use of the cluster. It shuts the cluster down, and waits for that, unless other processes use it.
func (c *Cluster) Stop() error {
	_, err := c.Leave()
	return err
}

// Leave is Stop, and reports whether this was the last user, so that the cluster is down.
func (c *Cluster) Leave() (last bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return false, nil
	}
	c.stopped = true
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	turn, err := lock(ctx, c.lockFile("postgres.lock"))
	if err != nil {
		return false, fmt.Errorf("postgres.Stop: %w", err)
	}
	defer turn.release()
	defer c.users.release()
	defer c.removeLink()
	if last, err := c.users.exclusive(); err != nil || !last {
		return false, err
	}
	if err := c.shutdown(); err != nil {
		return false, fmt.Errorf("postgres.Stop: %w", err)
	}
	c.Log.Info("database stopped", "dir", c.dir)
	return true, nil
}

func (c *Cluster) lockFile(name string) string { return filepath.Join(c.DataDir, name) }

// maxSocketPath is what fits everywhere; Linux allows 107 bytes, others 103.
const maxSocketPath = 103

// socketHost returns the name of the cluster's directory that clients use. A socket's path must be short: a long one
// is reached by a symbolic link in the directory for temporary files.
func socketHost(dir string) (string, error) {
	if len(dir)+len(socketName) <= maxSocketPath {
		return dir, nil
	}
	temp := os.TempDir()
	if len(temp) > 64 {
		return "", fmt.Errorf("%w: %s; choose a shorter VORBILD_DATA_DIR or TMPDIR", ErrSocketPath, dir)
	}
	link, err := os.MkdirTemp(temp, "vorbild-")
	if err != nil {
		return "", fmt.Errorf("%w: %s, and no link can be made to it; choose a shorter VORBILD_DATA_DIR: %w", ErrSocketPath, dir, err)
	}
	host := filepath.Join(link, "pg")
	if err := os.Symlink(dir, host); err != nil {
		return "", fmt.Errorf("link to the database socket: %w", err)
	}
	return host, nil
}

func (c *Cluster) removeLink() {
	if c.host != c.dir {
		_ = os.RemoveAll(filepath.Dir(c.host))
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
