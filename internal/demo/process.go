package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// server is one running "vorbild serve".
type server struct {
	instance Instance
	cmd      *exec.Cmd
	logPath  string
	exited   chan struct{} // closed when the process is gone; err is set before
	err      error
}

// environment is what a process of the instance is configured by; nothing is inherited but what programs need.
func environment(i Instance, dsn, dataDir string) []string {
	env := []string{
		"VORBILD_BASE_URL=" + i.BaseURL(),
		fmt.Sprintf("VORBILD_LISTEN=127.0.0.1:%d", i.Port),
		"VORBILD_DATABASE_URL=" + dsn,
		"VORBILD_DATABASE_CONNS=10",
		"VORBILD_DATA_DIR=" + dataDir,
		"VORBILD_MEDIA_DIR=" + filepath.Join(dataDir, "media", i.Slug),
		"VORBILD_PRIVATE_HOSTS=*.localhost",
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// startServer starts the process in a group of its own, so that Ctrl-C reaches it in order through stop. Should the
// demo itself be killed, the kernel ends it.
func startServer(binary string, i Instance, dsn, dataDir string) (*server, error) {
	s := &server{instance: i, logPath: filepath.Join(dataDir, i.Slug+".log"), exited: make(chan struct{})}
	log, err := os.OpenFile(s.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("demo: log of %s: %w", i.Slug, err)
	}
	s.cmd = exec.Command(binary, "serve")
	s.cmd.Env = environment(i, dsn, dataDir)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		defer log.Close()
		// Pdeathsig follows the thread that started the child, so that thread must live as long as the child.
		runtime.LockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.err = s.cmd.Wait()
			close(s.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("demo: start %s: %w", i.Slug, err)
	}
	return s, nil
}

// waitReady returns when the instance answers, or says why it does not.
func (s *server) waitReady(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("%s stopped at start: %w\n%s", s.instance.ShortName, s.err, lastLines(s.logPath, 5))
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer at %s: %w\n%s", s.instance.ShortName, s.instance.BaseURL(), err, lastLines(s.logPath, 5))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop asks the process to end and waits; after 20 seconds it is killed.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}

// admin runs "vorbild admin ..." for the instance and returns what it printed.
func admin(ctx context.Context, binary string, i Instance, dsn, dataDir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, append([]string{"admin"}, args...)...)
	cmd.Env = append(environment(i, dsn, dataDir), "VORBILD_LOG_LEVEL=error")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("demo: vorbild admin %s for %s: %w: %s", args[0], i.Slug, err, strings.TrimSpace(errOut.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

func lastLines(path string, n int) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 8192 {
		_, _ = f.Seek(-8192, io.SeekEnd)
	}
	raw, err := io.ReadAll(f)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
