package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

// Bounds of what is printed.
const (
	printPeriod  = 30 * time.Second
	slowPeriod   = 10 * time.Minute // until a page that took longer is tried again
	waitPeriod   = 20 * time.Second // for one's turn; both together stay below what the server gives an answer
	maxPDF       = 32 << 20         // bytes of a file
	maxWaiting   = 8                // for their turn
	maxKept      = 200              // files
	maxKeptBytes = 256 << 20
)

// MaxPage is how many bytes a page may have that is printed.
const MaxPage = 4 << 20

// browsers are the programs that print, in the order in which they are looked for.
var browsers = []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome-headless-shell"}

// Printer makes tagged PDF files of pages with a browser that is installed beside us. It prints one page at a time and keeps
// what it made, each page once for as long as its bytes are the same.
type Printer struct {
	browser string
	dir     string
	period  time.Duration // a browser has to print
	turn    chan struct{} // held while a browser runs
	waiting chan struct{}

	mu   sync.Mutex
	slow map[[sha256.Size]byte]time.Time // pages that took too long, and until when they are not tried again
}

// FindPrinter looks for a browser among the programs of this machine; nil when there is none. dir keeps the files, it is made
// when it is needed.
func FindPrinter(dir string) *Printer {
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return NewPrinter(path, dir)
		}
	}
	return nil
}

// NewPrinter prints with a browser that takes the options of Chromium.
func NewPrinter(browser, dir string) *Printer {
	return &Printer{browser: browser, dir: dir, period: printPeriod, turn: make(chan struct{}, 1), waiting: make(chan struct{}, maxWaiting), slow: map[[sha256.Size]byte]time.Time{}}
}

// Kept returns the file of a document that was printed before as it is now.
func (p *Printer) Kept(d Document) ([]byte, bool) {
	page, _ := HTML(d)
	return p.kept(page)
}

func (p *Printer) kept(page []byte) ([]byte, bool) {
	path := p.path(page)
	pdf, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // those looked at longest ago go first
	return pdf, true
}

// Print returns a document as a PDF, with the errors of PrintPage.
func (p *Printer) Print(ctx context.Context, d Document) ([]byte, error) {
	page, _ := HTML(d)
	return p.PrintPage(ctx, page)
}

// PrintPage returns a page that HTML wrote as a PDF. fault.Limited when too many wait, fault.Unavailable when the browser fails or
// takes longer than 30 seconds, fault.TooLarge.
func (p *Printer) PrintPage(ctx context.Context, page []byte) ([]byte, error) {
	if len(page) > MaxPage {
		return nil, fault.New(fault.TooLarge, "error.too_large")
	}
	if pdf, ok := p.kept(page); ok {
		return pdf, nil
	}
	if p.tooSlow(page) {
		return nil, fault.New(fault.Unavailable, "error.export.failed")
	}
	select {
	case p.waiting <- struct{}{}:
		defer func() { <-p.waiting }()
	default:
		return nil, fault.New(fault.Limited, "error.export.busy")
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-time.After(waitPeriod):
		return nil, fault.New(fault.Limited, "error.export.busy")
	case <-ctx.Done():
		return nil, fmt.Errorf("export.Print: %w", ctx.Err())
	}
	if pdf, ok := p.kept(page); ok { // made while we waited
		return pdf, nil
	}
	within, cancel := context.WithTimeout(ctx, p.period)
	defer cancel()
	pdf, err := p.run(within, page)
	if err != nil {
		if ctx.Err() == nil && within.Err() != nil {
			p.remember(page)
		}
		return nil, fault.Wrap(fault.Unavailable, "error.export.failed", fmt.Errorf("export.Print: %w", err))
	}
	if err := p.keep(page, pdf); err != nil {
		return pdf, nil //nolint:nilerr // a disk that is full costs time, not the file
	}
	return pdf, nil
}

// remember keeps a page that took too long from being tried again at once: whoever asks for it again and again would let nobody
// else print.
func (p *Printer) remember(page []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(p.slow, func(_ [sha256.Size]byte, until time.Time) bool { return now.After(until) })
	p.slow[sha256.Sum256(page)] = now.Add(slowPeriod)
}

func (p *Printer) tooSlow(page []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.slow[sha256.Sum256(page)])
}

// bounded starts a program that may use at most 1 GiB in each of its processes, and write files of at most 64 MiB.
const bounded = `ulimit -d 1048576; ulimit -f 131072; exec "$0" "$@"`

// environment is what a browser is told of ours: where programs, letters and libraries are, and no secret.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !slices.Contains([]string{"PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "FONTCONFIG_PATH", "FONTCONFIG_FILE"}, name) && !strings.HasPrefix(name, "LC_") && !strings.HasPrefix(name, "CHROM")
	})
}

// run prints in a directory of its own that goes when it is done.
func (p *Printer) run(ctx context.Context, page []byte) (pdf []byte, err error) {
	dir, err := os.MkdirTemp("", "vorbild-print-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in, out := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(in, page, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", bounded, p.browser}, p.arguments(dir, in, out)...)...)
	cmd.Dir = dir
	cmd.Env = append(environment(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir)
	// A browser is many processes: they go together.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	said := &tail{limit: 2_000}
	cmd.Stderr = said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", p.browser, errors.Join(err, ctx.Err()), said)
	}
	info, err := os.Stat(out)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s printed nothing: %w: %s", p.browser, err, said)
	case info.Size() > maxPDF:
		return nil, fmt.Errorf("%s printed %d bytes", p.browser, info.Size())
	}
	if pdf, err = os.ReadFile(out); err == nil && !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		err = fmt.Errorf("%s printed no PDF", p.browser)
	}
	return pdf, err
}

// arguments switch off all that a page of ours does not need: scripts, pictures of others, any way to another computer.
func (p *Printer) arguments(dir, in, out string) []string {
	args := []string{
		"--headless=new", "--disable-gpu", "--disable-extensions", "--disable-sync", "--disable-background-networking", "--disable-default-apps",
		"--disable-component-update", "--no-first-run", "--no-default-browser-check", "--disable-dev-shm-usage", "--mute-audio", "--incognito",
		"--blink-settings=imagesEnabled=false", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=http://127.0.0.1:9", "--proxy-bypass-list=<-loopback>",
		"--renderer-process-limit=1", "--js-flags=--max-old-space-size=128", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--no-pdf-header-footer", "--export-tagged-pdf", "--generate-pdf-document-outline", "--print-to-pdf=" + out,
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // it refuses to run as root otherwise
	}
	return append(args, "file://"+in)
}

// Forget removes the file of a page: whoever keeps it elsewhere can then delete it for good.
func (p *Printer) Forget(page []byte) error {
	if err := os.Remove(p.path(page)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("export.Forget: %w", err)
	}
	return nil
}

func (p *Printer) path(page []byte) string {
	sum := sha256.Sum256(page)
	return filepath.Join(p.dir, hex.EncodeToString(sum[:])+".pdf")
}

// keep stores a file whole or not at all, and makes room for it.
func (p *Printer) keep(page, pdf []byte) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(p.dir, "new-")
	if err != nil {
		return err
	}
	_, err = f.Write(pdf)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), p.path(page))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return p.sweep(maxKept, maxKeptBytes)
}

// sweep removes what was looked at longest ago until at most so many files of so many bytes are left.
func (p *Printer) sweep(most int, bytes int64) error {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var sum int64
	for i, f := range files {
		if sum += f.Size(); i >= most || sum > bytes {
			err = errors.Join(err, os.Remove(filepath.Join(p.dir, f.Name())))
		}
	}
	return err
}

// tail keeps the end of what a program says.
type tail struct {
	buf   []byte
	limit int
}

func (t *tail) Write(b []byte) (int, error) {
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = slices.Delete(t.buf, 0, over)
	}
	return len(b), nil
}

func (t *tail) String() string { return strings.TrimSpace(strings.ToValidUTF8(string(t.buf), "")) }
