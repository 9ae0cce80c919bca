package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vorbild/vorbild/internal/postgres"
)

const (
	// guardFor is set for the process that guards the cluster in this data directory.
	guardFor = "VORBILD_DBTEST_GUARD"
	// linger is how long the cluster waits for the next test binary: go test runs them one after the other.
	linger = 30 * time.Second
)

// privateCluster joins the cluster that the test binaries of this user share, or starts it. It stops by itself when
// none has used it for a while.
func privateCluster(ctx context.Context) (*postgres.Cluster, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("vorbild-dbtest-%d", os.Geteuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return nil, err
	}
	// The directory has a well-known name in a place where everybody may write.
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || info.Mode().Perm() != 0o700 || !ok || int(stat.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s is not a private directory of this user", dir)
	}
	cluster, err := postgres.Start(ctx, postgres.Options{DataDir: dir, Throwaway: true})
	if err != nil {
		return nil, err
	}
	if !cluster.Adopted() {
		if err := startGuard(dir); err != nil {
			return nil, fmt.Errorf("guard: %w", err)
		}
	}
	return cluster, nil
}

// startGuard starts this test binary once more, as the process that stops the cluster: a test binary has no place
// where it could do that itself, and others may need the cluster still.
func startGuard(dir string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	guard := exec.Command(program)
	guard.Env = append(os.Environ(), guardFor+"="+dir)
	guard.Dir = "/"
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// Without output of ours: go test waits until all who hold it have ended.
	if err := guard.Start(); err != nil {
		return err
	}
	return guard.Process.Release()
}

// A test binary that was started as a guard is one, and runs no tests.
func init() {
	if dir := os.Getenv(guardFor); dir != "" {
		if err := guard(dir); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// guard uses the cluster as a test does, and gives it up again and again; when it was the last user, the cluster ends.
func guard(dir string) error {
	for {
		cluster, err := postgres.Start(context.Background(), postgres.Options{DataDir: dir, Throwaway: true})
		if err != nil {
			return err
		}
		time.Sleep(linger)
		last, err := cluster.Leave()
		if err != nil || last {
			return err
		}
	}
}
