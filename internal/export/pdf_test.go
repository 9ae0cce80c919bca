package export

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

// pdftool runs a program of poppler on a file.
func pdftool(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, path)
	if name == "pdftotext" {
		args = append(args, "-")
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v (Debian: poppler-utils)", name, err)
	}
	return string(out)
}

func findPrinter(t *testing.T) *Printer {
	t.Helper()
	p := FindPrinter(t.TempDir())
	if p == nil {
		t.Fatal("no browser is installed (Debian: chromium)")
	}
	return p
}

// TestPDF: what is printed has title, language, outline and tags, as PDF/UA asks for.
func TestPDF(t *testing.T) {
	t.Parallel()
	p := findPrinter(t)
	pdf, err := p.Print(t.Context(), sampleDocument())
	if err != nil {
		t.Fatal(err)
	}
	info := pdftool(t, pdf, "pdfinfo")
	for _, want := range []string{"Serverräume Grad für Grad wärmer betreiben", "Tagged:          yes", "JavaScript:      no", "(A4)"} {
		if !strings.Contains(info, want) {
			t.Errorf("pdfinfo does not say %q:\n%s", want, info)
		}
	}
	for _, want := range []string{"/Lang (de)", "/DisplayDocTitle true", "/Outlines ", "/MarkInfo"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("the file does not say %s", want)
		}
	}
	tags := strings.Join(strings.Fields(pdftool(t, pdf, "pdfinfo", "-struct-text")), " ")
	for _, want := range []string{
		`H1 (block) NonStruct "Serverräume Grad für Grad wärmer betreiben"`, `H2 (block) NonStruct "Kennzahlen"`, `H3 (block) NonStruct "Vorgehen"`, `H4 (block) NonStruct "Tiefer"`,
		"/Scope /Column", "/Scope /Row", "L (block)", "/ListNumbering /Decimal", "LI (block)", "Caption", "BlockQuote", "Link (inline)",
	} {
		if !strings.Contains(tags, want) {
			t.Errorf("no tag %s in\n%s", want, tags)
		}
	}
	if text := pdftool(t, pdf, "pdftotext", "-layout"); !strings.Contains(text, "Seite 1 von 1") {
		t.Errorf("pages have no numbers:\n%s", text)
	}
}

// TestPrintReachesNothing: neither what people wrote nor even a page that is not ours makes the browser fetch a picture, read a
// file of the server or run a script.
func TestPrintReachesNothing(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	var mu sync.Mutex
	calls := 0
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			calls++
			mu.Unlock()
			_ = c.Close()
		}
	}()
	secret := filepath.Join(t.TempDir(), "secret.html")
	if err := os.WriteFile(secret, []byte("<p>GEHEIM</p>"), 0o600); err != nil {
		t.Fatal(err)
	}
	attack := fmt.Sprintf(`<img src="http://%[1]s/a.png"><link rel="stylesheet" href="http://%[1]s/a.css"><iframe src="file://%[2]s"></iframe><object data="file://%[2]s"></object>`+
		`<embed src="file://%[2]s"><script>document.body.textContent="SKRIPT"</script><style>@import "http://%[1]s/b.css"; body { background: url(http://%[1]s/c.png) }</style><meta http-equiv="refresh" content="0; url=http://%[1]s/">`, listener.Addr(), secret)
	p := findPrinter(t)
	d := sampleDocument()
	d.Summary = attack
	d.Blocks = append(Body(attack+"<p>Text</p>", 2), Paragraph{Plain(attack)})
	pdf, err := p.Print(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if text := pdftool(t, pdf, "pdftotext"); !strings.Contains(text, "<script>") || strings.Contains(text, "GEHEIM") {
		t.Errorf("what was written is not printed as it was written:\n%s", text)
	}
	// The same as elements of the page, as if the writer had let them through.
	page, _ := HTML(sampleDocument())
	page = bytes.Replace(page, []byte("<main>"), []byte("<main>"+strings.ReplaceAll(attack, `<meta http-equiv="refresh"`, "<meta")), 1)
	if pdf, err = p.run(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if text := pdftool(t, pdf, "pdftotext"); strings.Contains(text, "GEHEIM") || strings.Contains(text, "SKRIPT") || !strings.Contains(text, "Kennzahlen") {
		t.Errorf("the browser did what the page says:\n%s", text)
	}
	mu.Lock()
	defer mu.Unlock()
	if calls > 0 {
		t.Errorf("the browser called another computer %d times", calls)
	}
}

// fakeBrowser is a program that prints what the script says; $out is the file.
func fakeBrowser(t *testing.T, script string) *Printer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "browser")
	head := "#!/bin/sh\nfor a; do case $a in --print-to-pdf=*) out=${a#*=};; esac; done\n"
	if err := os.WriteFile(path, []byte(head+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return NewPrinter(path, filepath.Join(t.TempDir(), "kept"))
}

func titled(n int) Document { return Document{Title: fmt.Sprint("Nummer ", n)} }

// TestPrintedOnce: a document that did not change is not printed again, a changed one is; one browser runs at a time.
func TestPrintedOnce(t *testing.T) {
	t.Parallel()
	lock := filepath.Join(t.TempDir(), "lock")
	count := filepath.Join(t.TempDir(), "count")
	p := fakeBrowser(t, fmt.Sprintf("mkdir %s || exit 3\nsleep 0.05\necho x >> %s\nprintf %%%%PDF-1.4 > \"$out\"\nrmdir %[1]s\n", lock, count))
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if pdf, err := p.Print(t.Context(), titled(i%3)); err != nil || string(pdf) != "%PDF-1.4" {
				t.Errorf("print %d: %q, %v", i, pdf, err)
			}
		}()
	}
	wg.Wait()
	runs, err := os.ReadFile(count)
	if err != nil || strings.Count(string(runs), "x") != 3 {
		t.Errorf("%d runs for 3 documents (%v)", strings.Count(string(runs), "x"), err)
	}
	if _, ok := p.Kept(titled(1)); !ok {
		t.Error("not kept")
	}
	if _, ok := p.Kept(titled(9)); ok {
		t.Error("kept what was never printed")
	}
}

// TestPrintBounded: a browser cannot take the memory and the disk of the server.
func TestPrintBounded(t *testing.T) {
	t.Parallel()
	p := fakeBrowser(t, `[ "$(ulimit -d)" = 1048576 ] && [ "$(ulimit -f)" = 131072 ] && printf '%%PDF-1.4' > "$out"`)
	if _, err := p.Print(t.Context(), titled(1)); err != nil {
		t.Error(err)
	}
}

// TestPrintKnowsNoSecrets: what is in the server's environment is no business of a browser that reads what others wrote.
func TestPrintKnowsNoSecrets(t *testing.T) {
	t.Setenv("VORBILD_DATABASE_URL", "postgres://vorbild:geheim@db/vorbild")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "geheim")
	t.Setenv("LC_ALL", "C.UTF-8")
	p := fakeBrowser(t, `[ "$LC_ALL" = C.UTF-8 ] && [ -n "$PATH" ] && [ -d "$HOME" ] && ! env | grep -q geheim && printf '%%PDF-1.4' > "$out"`)
	if _, err := p.Print(t.Context(), titled(1)); err != nil {
		t.Error(err)
	}
	page, _ := HTML(titled(1))
	for range 2 {
		if err := p.Forget(page); err != nil {
			t.Error(err)
		}
	}
	if _, ok := p.Kept(titled(1)); ok {
		t.Error("kept what was to be forgotten")
	}
}

func TestPrintFails(t *testing.T) {
	t.Parallel()
	hang := fakeBrowser(t, "sleep 300 & wait\n")
	hang.period = 300 * time.Millisecond
	for name, p := range map[string]*Printer{
		"hangs": hang, "crashes": fakeBrowser(t, "echo so nicht >&2; exit 1\n"), "prints nothing": fakeBrowser(t, "exit 0\n"), "prints something else": fakeBrowser(t, "echo hallo > \"$out\"\n"),
	} {
		if pdf, err := p.Print(t.Context(), titled(1)); !fault.Is(err, fault.Unavailable) || pdf != nil {
			t.Errorf("a browser that %s: %v", name, err)
		}
		if _, ok := p.Kept(titled(1)); ok {
			t.Errorf("a browser that %s: kept", name)
		}
	}
	busy := fakeBrowser(t, "exit 1\n")
	for range maxWaiting {
		busy.waiting <- struct{}{}
	}
	if _, err := busy.Print(t.Context(), titled(1)); !fault.Is(err, fault.Limited) {
		t.Errorf("too many wait: %v", err)
	}
	left := fakeBrowser(t, "exit 1\n")
	left.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := left.Print(ctx, titled(1)); err == nil || len(left.waiting) != 0 {
		t.Errorf("a reader who left: %v, %d wait", err, len(left.waiting))
	}
	if _, err := busy.Print(t.Context(), Document{Summary: strings.Repeat("x", MaxPage)}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a page that is too large: %v", err)
	}
}

// TestSlowPageIsNotTriedAgain: a page that took too long keeps nobody else waiting; one that failed otherwise may be tried again.
func TestSlowPageIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{"sleep 300 & wait": 1, "exit 1": 2} {
		count := filepath.Join(t.TempDir(), "count")
		p := fakeBrowser(t, "echo x >> "+count+"\n"+script+"\n")
		if want == 1 {
			p.period = 3 * time.Second
		}
		for range 2 {
			if _, err := p.Print(t.Context(), titled(1)); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: %v", script, err)
			}
		}
		began, err := os.ReadFile(count)
		if err != nil || strings.Count(string(began), "x") != want {
			t.Errorf("%s: tried %q, want %d times: %v", script, began, want, err)
		}
	}
}

// TestSweep: what was looked at longest ago makes room.
func TestSweep(t *testing.T) {
	t.Parallel()
	p := fakeBrowser(t, `printf '%%PDF-1.4 0123456789' > "$out"`)
	for i := range 4 {
		if _, err := p.Print(t.Context(), titled(i)); err != nil {
			t.Fatal(err)
		}
		page, _ := HTML(titled(i))
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(p.path(page), at, at); err != nil {
			t.Fatal(err)
		}
	}
	p.Kept(titled(0)) // looked at now
	if err := p.sweep(2, 1<<20); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, false, true} {
		if _, ok := p.Kept(titled(i)); ok != want {
			t.Errorf("document %d kept: %v, want %v", i, ok, want)
		}
	}
	if err := p.sweep(10, 25); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, "*")); len(left) != 1 {
		t.Errorf("%d files of 19 bytes are left of 25 bytes", len(left))
	}
}

func TestFindPrinter(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if p := FindPrinter(dir); p != nil {
		t.Errorf("found %s where nothing is", p.browser)
	}
	if err := os.WriteFile(filepath.Join(dir, "google-chrome"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if p := FindPrinter(dir); p == nil || p.browser != filepath.Join(dir, "google-chrome") {
		t.Errorf("found %v", p)
	}
}
