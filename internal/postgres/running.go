package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// orphanWait is how long the processes of a killed server may take to notice that it is gone.
const orphanWait = 30 * time.Second

// findRunning looks for a server that already runs on the cluster, waits until it answers, and prepares the ground
// for a new one if there is none.
func (c *Cluster) findRunning(ctx context.Context) (bool, error) {
	pid := c.readPid()
	if pid > 0 && serves(pid, c.dir) {
		c.pid = pid
		c.exited = watchProcess(pid, c.dir)
		err := c.waitReady(ctx)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, errExited) {
			return false, err
		}
		// It was about to stop. Now there is none.
	}
	// A server that was killed leaves processes that end when they notice; a new one must not start before.
	deadline := time.Now().Add(orphanWait)
	for left := processesIn(c.dir); len(left) > 0; left = processesIn(c.dir) {
		if time.Now().After(deadline) {
			return false, fmt.Errorf("%w: processes of an earlier server still use %s: %v; end them first", ErrNotStarted, c.dir, left)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	// The file of a server that is gone does no harm, unless its number now belongs to another process of the same
	// user, which happens in containers: PostgreSQL would take that for a server.
	if pid = c.readPid(); pid > 0 && exists("/proc/self") && syscall.Kill(pid, 0) == nil {
		root, err := os.OpenRoot(c.dir)
		if err != nil {
			return false, fmt.Errorf("%w: %w", ErrNotWritable, err)
		}
		defer root.Close()
		if err := root.Remove("postmaster.pid"); err != nil && !os.IsNotExist(err) {
			return false, fmt.Errorf("%w: %w", ErrNotWritable, err)
		}
	}
	return false, nil
}

// readPid returns the process id of the server that last used the cluster, as it noted it; 0 if it ended in order.
func (c *Cluster) readPid() int {
	content, err := os.ReadFile(filepath.Join(c.dir, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

// serves reports whether pid lives and works in dir, as a server does in its cluster. Process ids are used again;
// where the system does not tell the directory, a living process is taken for the server.
func serves(pid int, dir string) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	if !exists("/proc/self") {
		return true
	}
	return worksIn(pid, dir)
}

func worksIn(pid int, dir string) bool {
	at, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false
	}
	want, err := os.Stat(dir)
	return err == nil && os.SameFile(at, want)
}

// processesIn lists the processes that work in dir.
func processesIn(dir string) []int {
	if !exists(dir) {
		return nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && worksIn(pid, dir) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// watchProcess returns a channel that is closed when pid, which is not our child, has ended.
func watchProcess(pid int, dir string) <-chan struct{} {
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		for serves(pid, dir) {
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return exited
}

// shutdown ends the server: politely to its clients' transactions, which are rolled back, and if that takes too long
// at once, which costs a recovery at the next start but no data.
func (c *Cluster) shutdown() error {
	c.stopping.Store(true)
	// Our server may have died, and another user of the cluster may have started the one that runs now.
	if pid := c.readPid(); pid != c.pid && pid > 0 && serves(pid, c.dir) {
		c.pid, c.exited = pid, watchProcess(pid, c.dir)
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, stopWait}, {syscall.SIGQUIT, 10 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		select {
		case <-c.exited:
			return nil
		default:
		}
		if err := syscall.Kill(c.pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal the server %d: %w", c.pid, err)
		}
		select {
		case <-c.exited:
			return nil
		case <-time.After(step.wait):
			c.Log.Warn("the database takes long to stop", "pid", c.pid, "signal", step.signal.String())
		}
	}
	return fmt.Errorf("the server %d does not end", c.pid)
}
