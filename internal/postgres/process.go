package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/lib/pq"
)

// command prepares a program of PostgreSQL that works on the cluster in dir; its last argument is the cluster.
//
// Run by root, the program is another user, who may not be able to walk to dir, below /root for instance. So it gets
// the directory opened, as file descriptor 3, which its own children inherit, and knows the cluster by that name. It
// may enter because dir itself is its own. Programs start in /, as some want to return to where they started.
//
// Programs are in a session of their own: neither Ctrl-C nor a closed terminal ends the database before us.
func (o owner) command(ctx context.Context, program, dir string, args ...string) (*exec.Cmd, error) {
	attr := &syscall.SysProcAttr{Setsid: true}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = attr
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	if !o.switched {
		cmd.Args = append(cmd.Args, "-D", dir)
		return cmd, nil
	}
	attr.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	opened, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{opened}
	cmd.Args = append(cmd.Args, "-D", "/proc/self/fd/3")
	if !exists("/proc/self/fd") {
		cmd.Args[len(cmd.Args)-1] = dir
	}
	return cmd, nil
}

func closeExtra(cmd *exec.Cmd) {
	for _, f := range cmd.ExtraFiles {
		f.Close()
	}
}

// create makes the cluster beside its place and moves it there when it is whole, so that a process that is killed
// meanwhile leaves nothing that looks like a cluster.
func (c *Cluster) create(ctx context.Context, p programs, o owner) error {
	draft := c.dir + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	if err := os.Mkdir(draft, 0o700); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	defer os.RemoveAll(draft)
	if err := o.take(draft); err != nil {
		return err
	}
	args := []string{"-U", role, "-E", "UTF8", "--auth-local=peer", "--auth-host=reject", "--data-checksums", "--no-instructions"}
	if c.Throwaway {
		args = append(args, "--no-sync")
	}
	// C.UTF-8 knows letters beyond ASCII and does not change with the system's library, as others do.
	out, err := c.initdb(ctx, p, o, draft, append(args, "--locale=C.UTF-8"))
	if err != nil && strings.Contains(out, "locale") {
		out, err = c.initdb(ctx, p, o, draft, append(args, "--locale=C"))
	}
	if err != nil {
		return fmt.Errorf("%w: initdb: %w: %s", ErrNotStarted, err, lastLines(out))
	}
	if err := writeAccess(draft, o); err != nil {
		return fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	if err := os.Rename(draft, c.dir); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	return nil
}

func (c *Cluster) initdb(ctx context.Context, p programs, o owner, dir string, args []string) (string, error) {
	cmd, err := o.command(ctx, p.initdb, dir, args...)
	if err != nil {
		return "", err
	}
	defer closeExtra(cmd)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// writeAccess lets in who proves by the socket to be the system user of vorbild. Root writes here into a directory
// of another user, hence os.Root.
func writeAccess(dir string, o owner) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var ident strings.Builder
	for _, name := range o.users() {
		if name != "" {
			fmt.Fprintf(&ident, "vorbild \"%s\" %s\n", name, role)
		}
	}
	return errors.Join(
		root.WriteFile("pg_hba.conf", []byte("# Nobody else reaches the socket, and there is no other way in.\nlocal all "+role+" peer map=vorbild\n"), 0o600),
		root.WriteFile("pg_ident.conf", []byte(ident.String()), 0o600),
	)
}

// settings keep the cluster small; several instances share one in the demo. What is committed stays committed.
var settings = []string{
	"listen_addresses=", "unix_socket_directories=.", "unix_socket_permissions=0700", "port=" + port, "cluster_name=vorbild",
	"max_connections=120", "shared_buffers=32MB", "max_wal_size=256MB", "min_wal_size=32MB", "wal_compression=on",
	"autovacuum_max_workers=2", "max_worker_processes=4", "max_parallel_workers=2", "max_logical_replication_workers=0", "jit=off",
	"timezone=UTC", "log_timezone=UTC", "log_checkpoints=off", "logging_collector=off", "log_destination=stderr", "fsync=on",
}

var throwawaySettings = []string{
	"fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_connections=300", "autovacuum=off",
}

// maxLog is the size at which the log is put aside at a start.
const maxLog = 10 << 20

// launch starts the server and waits until it answers.
func (c *Cluster) launch(ctx context.Context, p programs, o owner) error {
	all := settings
	if c.Throwaway {
		all = append(all[:len(all):len(all)], throwawaySettings...)
	}
	var args []string
	for _, s := range all {
		args = append(args, "-c", s)
	}
	// Not ctx: the server lives until Stop.
	cmd, err := o.command(context.WithoutCancel(ctx), p.postgres, c.dir, args...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	defer closeExtra(cmd)
	logName := filepath.Join(c.DataDir, "postgres.log")
	if info, err := os.Stat(logName); err == nil && info.Size() > maxLog {
		_ = os.Rename(logName, logName+".1")
	}
	log, err := os.OpenFile(logName, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	defer log.Close()
	before, _ := log.Seek(0, 2)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	c.pid = cmd.Process.Pid
	exited := make(chan struct{})
	c.exited = exited
	go func() {
		err := cmd.Wait()
		if !c.stopping.Load() {
			c.Log.Error("the database has ended", "error", err, "log", logName)
		}
		close(exited)
	}()

	if err := c.waitReady(ctx); err != nil {
		c.stopping.Store(true)
		if !errors.Is(err, errExited) {
			return errors.Join(err, c.shutdown())
		}
		return fmt.Errorf("%w: %s (%s)", ErrNotStarted, lastLines(readFrom(logName, before)), logName)
	}
	return nil
}

var errExited = errors.New("the server has ended")

// waitReady waits until the server answers. After a crash it first repeats what its log holds, for as long as it takes.
func (c *Cluster) waitReady(ctx context.Context) error {
	patience := time.Now().Add(5 * time.Second)
	for {
		err := c.ping(ctx)
		if err == nil {
			return nil
		}
		var e *pq.Error
		if errors.As(err, &e) && e.Code.Class() == "28" { // not allowed in
			return fmt.Errorf("%w: %w; start it as the user who made it, or make %s anew", ErrNotStarted, err, c.dir)
		}
		if time.Now().After(patience) {
			c.Progress("the database is still starting; after a crash it repeats its last changes")
			patience = time.Now().Add(time.Minute)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w in time: %w: %w", ErrNotStarted, ctx.Err(), err)
		case <-c.exited:
			return errExited
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *Cluster) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := sql.Open("postgres", c.DSN("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

// lastLines is what a program said last, on one line.
func lastLines(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], " | ")
}

func readFrom(name string, offset int64) string {
	content, err := os.ReadFile(name)
	if err != nil || int64(len(content)) < offset {
		return "no log"
	}
	return string(content[offset:])
}
