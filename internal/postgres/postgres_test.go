package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The tests run as whoever runs them and, if that is root, once more as an unprivileged user.

const (
	unprivileged = "VORBILD_TEST_UNPRIVILEGED" // set in the second run
	startAndHang = "VORBILD_TEST_START"        // a data directory: the process starts its cluster and waits to be killed
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(startAndHang); dir != "" {
		c, err := Start(context.Background(), Options{DataDir: dir, Throwaway: true})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("pid", c.pid)
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

func TestUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 {
		return // then all the other tests run so already
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	// A place that nobody can reach, with a program that nobody can run.
	dir, err := os.MkdirTemp("/tmp", "vorbild-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = errors.Join(os.WriteFile(dir+"/test", program, 0o755), os.Chmod(dir+"/test", 0o755), os.Chmod(dir, 0o755),
			os.Mkdir(dir+"/tmp", 0o700), os.Chown(dir+"/tmp", uid, gid))
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), dir+"/test", "-test.v", "-test.timeout=5m")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "HOME=/nonexistent", "TMPDIR="+dir+"/tmp", unprivileged+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

func start(t *testing.T, dir string) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), Options{DataDir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
}

func query(t *testing.T, c *Cluster, database, text string) string {
	t.Helper()
	db, err := sql.Open("postgres", c.DSN(database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var result sql.NullString
	if err := db.QueryRowContext(t.Context(), text).Scan(&result); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatalf("%s: %v", text, err)
	}
	return result.String
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestLifecycle(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), `it's a "data" dir`)
	var progress []string
	c, err := Start(t.Context(), Options{DataDir: dir, Progress: func(s string) { progress = append(progress, s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	if len(progress) != 2 {
		t.Errorf("progress %q", progress)
	}
	for range 2 {
		if err := c.EnsureDatabase(t.Context(), `odd "name'`); err != nil {
			t.Fatal(err)
		}
	}
	query(t, c, `odd "name'`, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on", "listen_addresses": "",
		"server_encoding": "UTF8", "TimeZone": "UTC", "max_connections": "120", "shared_buffers": "32MB",
	} {
		if got := query(t, c, "postgres", "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := query(t, c, "postgres", "SELECT upper('größe')"); got != "GRÖSSE" && got != "GRÖßE" {
		t.Errorf("the locale does not know umlauts: %s", got)
	}
	if info, err := os.Stat(c.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v of the cluster, error %v", info.Mode(), err)
	}
	// Ctrl-C in a terminal goes to the foreground process group; a closed terminal ends its session.
	if pgid, err := syscall.Getpgid(c.pid); err != nil || pgid != c.pid {
		t.Errorf("process group %d of process %d, error %v", pgid, c.pid, err)
	}

	second := start(t, dir)
	if !second.Adopted() || second.pid != c.pid || c.Adopted() {
		t.Error("a second user did not get the running cluster")
	}
	stop(t, c)
	if got := query(t, second, "postgres", "SELECT 1"); got != "1" {
		t.Error("the first user's stop took the cluster from the second")
	}
	stop(t, second)
	stop(t, second) // no harm
	if alive(c.pid) || len(processesIn(c.dir)) > 0 || exists(filepath.Join(c.dir, "postmaster.pid")) {
		t.Error("the cluster survived its last user")
	}
	third := start(t, dir)
	if third.Adopted() || query(t, third, `odd "name'`, "SELECT n FROM kept") != "7" {
		t.Error("data lost by a restart")
	}
}

func TestConcurrentStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	pids := map[int]int{}
	for range 4 {
		wg.Go(func() {
			c, err := Start(t.Context(), Options{DataDir: dir, Throwaway: true})
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { stop(t, c) })
			mu.Lock()
			defer mu.Unlock()
			pids[c.pid]++
		})
	}
	wg.Wait()
	if len(pids) != 1 {
		t.Errorf("servers %v, want one", pids)
	}
}

// A process that is killed leaves its cluster running; the next one takes it over and stops it.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), startAndHang+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(out, "pid %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	c := start(t, dir)
	if !c.Adopted() || c.pid != pid {
		t.Errorf("adopted %v: server %d, want %d", c.Adopted(), c.pid, pid)
	}
	stop(t, c)
	if serves(pid, c.dir) {
		t.Error("an adopted cluster survived its last user")
	}
}

func TestCrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := Start(t.Context(), Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	query(t, c, "postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	if err := syscall.Kill(c.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-c.exited
	again := start(t, dir)
	if again.Adopted() || query(t, again, "postgres", "SELECT n FROM kept") != "7" {
		t.Error("no recovery from a killed server")
	}
	stop(t, again)
	if !serves(again.pid, c.dir) {
		t.Error("stopped while another process uses the cluster")
	}
	stop(t, c) // the last one, though not the one who started this server
	if serves(again.pid, c.dir) {
		t.Error("the cluster survived its last user")
	}
}

// In a container that starts anew, the id of the dead server may be the id of some other process.
func TestReusedPid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, dir)
	pidFile := filepath.Join(c.dir, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, c)
	owner, err := clusterOwner(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), "sleep", "600")
	if owner.switched {
		other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.uid, Gid: owner.gid}}
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}()
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(pidFile, fmt.Appendf(nil, "%d\n%s", other.Process.Pid, rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(pidFile, int(owner.uid), int(owner.gid)); err != nil {
			t.Fatal(err)
		}
	}
	if again := start(t, dir); again.Adopted() {
		t.Error("took a foreign process for the server")
	}
	if !alive(other.Process.Pid) {
		t.Error("the foreign process was harmed")
	}
}

func TestInterruptedCreate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "postgres.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, dir)
	if exists(c.dir + ".new") {
		t.Error("the draft was left")
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
	c := start(t, dir)
	if query(t, c, "postgres", "SELECT 1") != "1" {
		t.Error("no answer")
	}
	stop(t, c)
	if exists(c.host) {
		t.Errorf("link %s left behind", c.host)
	}
}

func TestCopiedByRoot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // an ordinary user cannot give files away
	}
	dir := t.TempDir()
	c := start(t, dir)
	stop(t, c)
	err := filepath.WalkDir(c.dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, 0, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	installed, err := findPrograms(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, dir string) string
		want    error
		says    []string
	}{
		{"other version", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "postgres", "PG_VERSION"), "11\n")
			return dir
		}, ErrVersion, []string{"made by PostgreSQL 11", "installed is " + strconv.Itoa(installed.version), "postgresql-11"}},
		{"damaged", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "postgres", "PG_VERSION"), "x\n")
			return dir
		}, ErrVersion, []string{"PG_VERSION", "damaged"}},
		{"a file", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "file"), "")
			return filepath.Join(dir, "file")
		}, ErrNotWritable, []string{"VORBILD_DATA_DIR", "cannot write to"}},
		{"refuses to start", func(t *testing.T, dir string) string {
			c := start(t, dir)
			stop(t, c)
			f, err := os.OpenFile(filepath.Join(c.dir, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("\nnonsense = 1\n")
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
			return dir
		}, ErrNotStarted, []string{`unrecognized configuration parameter "nonsense"`, "postgres.log"}},
		{"not writable", func(t *testing.T, dir string) string {
			if err := os.Chmod(dir, 0o500); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "data")
		}, ErrNotWritable, []string{"the user nobody cannot write to", "VORBILD_DATA_DIR"}},
	} {
		if test.name == "not writable" && os.Geteuid() == 0 {
			continue // root may write anywhere; TestUnprivileged runs this as nobody
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := test.prepare(t, t.TempDir())
			c, err := Start(t.Context(), Options{DataDir: dir})
			if !errors.Is(err, test.want) {
				if c != nil {
					stop(t, c)
				}
				t.Fatalf("got %v, want %v", err, test.want)
			}
			for _, says := range test.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// A cluster that root made is not for others, and they are told so.
func TestForeignCluster(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		return // nothing is foreign to root; TestUnprivileged runs this as nobody
	}
	if _, err := clusterOwner("/root"); !errors.Is(err, ErrNotWritable) || !strings.Contains(err.Error(), "belongs to the user root") {
		t.Errorf("got %v", err)
	}
}

func TestLongTemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", "/"+strings.Repeat("t", 80))
	if _, err := socketHost("/" + strings.Repeat("d", 100)); !errors.Is(err, ErrSocketPath) {
		t.Errorf("got %v, want %v", err, ErrSocketPath)
	}
}

func TestPrograms(t *testing.T) {
	fake := t.TempDir()
	program := func(dir, version string) string {
		for _, name := range []string{"postgres", "initdb"} {
			write(t, filepath.Join(fake, dir, name), "#!/bin/sh\necho 'postgres (PostgreSQL) "+version+"'\n")
			if err := os.Chmod(filepath.Join(fake, dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return filepath.Join(fake, dir)
	}
	old := places
	defer func() { places = old }()

	t.Setenv("PATH", fake)
	places = nil
	if _, err := findPrograms(t.Context(), fake); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("got %v, want %v", err, ErrNotInstalled)
	}
	t.Setenv("PATH", program("path", "13.22"))
	if _, err := findPrograms(t.Context(), fake); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "installed is 13") {
		t.Errorf("got %v, want %v", err, ErrVersion)
	}
	program("pg/9.6/bin", "9.6.24")
	program("pg/15/bin", "15.18 (Debian 15.18-0+deb12u1)")
	program("pg/18/bin", "18beta1")
	places = []string{filepath.Join(fake, "pg/*/bin")}
	var versions []int
	for _, p := range installedPrograms(t.Context()) {
		versions = append(versions, p.version)
	}
	if !slices.Equal(versions, []int{13, 18, 15, 9}) {
		t.Errorf("versions %v", versions)
	}
	if p, err := findPrograms(t.Context(), fake); err != nil || p.version != 18 || filepath.Base(filepath.Dir(filepath.Dir(p.initdb))) != "18" {
		t.Errorf("chose %+v, error %v; want 18", p, err)
	}
	// An existing cluster decides.
	write(t, filepath.Join(fake, "PG_VERSION"), "15\n")
	if p, err := findPrograms(t.Context(), fake); err != nil || p.version != 15 {
		t.Errorf("chose %+v, error %v; want 15", p, err)
	}
}
