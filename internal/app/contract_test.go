package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/practice"
)

// The contract tests call every method of the libraries that clients are made with against a running instance, beside a
// neighbour it federates with. clientsDir holds the two libraries of JavaScript, pinned, and the scripts that call them.
const clientsDir = "testdata/clients"

// contract is such an instance with the people a library acts for: anna and bert, who know nothing of each other yet, carl, a
// stranger, and vera, a moderator. nora lives next door.
type contract struct {
	*instance
	neighbour *instance
	nora      string            // her token
	tokens    map[string]string // of the others
	practice  int64             // vera published it
	session   *session
}

func newContract(t *testing.T, slug string) *contract {
	t.Helper()
	c := &contract{session: &session{}, tokens: map[string]string{}}
	c.instance = c.session.startInstance(t, slug)
	if err := errors.Join(c.instance.Peers.SavePolicy(t.Context(), peer.Policy{Mode: peer.Open, RulesPublic: true}),
		c.instance.Peers.Save(t.Context(), peer.Rule{Domain: "laermig.example", Severity: peer.Silence, PublicComment: "Werbung"})); err != nil {
		t.Fatal(err)
	}
	c.neighbour = startInstance(t, slug+"-nachbar", organization.Organization{Name: "Nachbarland", ShortName: "Nachbarland", Level: organization.LevelLand, Region: "DE-HB"})
	for name, role := range map[string]account.Role{"anna": account.RoleMember, "bert": account.RoleMember, "carl": account.RoleMember, "vera": account.RoleModerator} {
		c.tokens[name] = c.person(name, role)
	}
	c.nora = c.neighbour.person("nora", account.RoleMember)
	vera, err := c.Accounts.ByUsername(t.Context(), "vera")
	if err != nil {
		t.Fatal(err)
	}
	before, after := 420.0, 310.0
	c.practice, err = c.Practices.Publish(t.Context(), vera, 0, practice.Draft{
		Title: "Serverräume wärmer betreiben", Summary: "Mit 24 statt 20 °C sinkt der Kühlaufwand.", Language: "de",
		Source: "## Ausgangslage\n\nDie Räume wurden auf 20 °C gekühlt.\n\n## Vorgehen\n\n- Gänge einhausen\n- Temperatur anheben\n\nNach jedem Schritt wurde gemessen.",
		Level:  organization.LevelLand, Region: "DE-SH", Implementation: "completed", Measures: []string{"Gänge einhausen"},
		Figures:     []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Before: &before, After: &after}},
		ContactName: "Rechenzentrum", ContactUnit: "Betrieb", ContactEmail: "rz@example.org", Licence: practice.Licences[0],
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// person makes an account and returns a token of it for everything.
func (i *instance) person(username string, role account.Role) string {
	i.t.Helper()
	a, err := i.Accounts.CreateLocal(i.t.Context(), username, "", role)
	if err != nil {
		i.t.Fatal(err)
	}
	token, err := i.Auth.Token(i.t.Context(), account.Operator(), a.ID, "Vertragstest", "")
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

// remote is nora as c's people call her.
func (c *contract) remote() string { return "nora@" + c.neighbour.Config.Domain() }

// allow is anna's yes on the page that asks her; it returns the code that the page would show. That page has its own tests.
func (c *contract) allow(ctx context.Context, clientID string) (string, error) {
	anna, err := c.Accounts.ByUsername(ctx, "anna")
	if err != nil {
		return "", err
	}
	_, code, err := c.OAuth.Allow(ctx, anna, oauth.Request{ClientID: clientID, RedirectURI: oauth.OutOfBand, ResponseType: "code", Scope: "read write follow push"})
	return code, err
}

// noraWrites lets nora publish on her own instance.
func (c *contract) noraWrites(ctx context.Context, text string, picture bool) error {
	status := map[string]any{"status": text}
	if picture {
		var media struct{ ID string }
		if err := c.noraUploads(ctx, &media); err != nil {
			return err
		}
		status["media_ids"] = []string{media.ID}
	}
	body, err := json.Marshal(status)
	if err != nil {
		return err
	}
	return c.noraSends(ctx, "/api/v1/statuses", "application/json", bytes.NewReader(body), nil)
}

func (c *contract) noraUploads(ctx context.Context, media any) error {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "bild.png")
	if err != nil {
		return err
	}
	if err := errors.Join(png.Encode(part, image.NewGray(image.Rect(0, 0, 60, 40))), w.Close()); err != nil {
		return err
	}
	return c.noraSends(ctx, "/api/v2/media", w.FormDataContentType(), &body, media)
}

func (c *contract) noraSends(ctx context.Context, path, contentType string, body io.Reader, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.neighbour.url(path), body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+c.nora)
	resp, err := loopback.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("nora: %s: %s %s", path, resp.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// runScript runs a script of clientsDir, which fails the test if it says so, and shows what it and the instance said.
func (c *contract) runScript(t *testing.T, script string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(clientsDir, "node_modules", ".package-lock.json")); err != nil {
		t.Fatalf("the libraries are missing: run make clients (%v)", err)
	}
	control := http.NewServeMux()
	control.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		line, _ := io.ReadAll(r.Body)
		c.session.write("%s\n", line)
	})
	control.HandleFunc("POST /nora", func(w http.ResponseWriter, r *http.Request) {
		var wish struct {
			Text    string
			Picture bool
		}
		err := json.NewDecoder(r.Body).Decode(&wish)
		if err == nil {
			err = c.noraWrites(r.Context(), wish.Text, wish.Picture)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	control.HandleFunc("POST /code", func(w http.ResponseWriter, r *http.Request) {
		clientID, err := io.ReadAll(r.Body)
		if err == nil {
			var code string
			code, err = c.allow(r.Context(), string(clientID))
			_, _ = io.WriteString(w, code)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	server := httptest.NewServer(control)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", script)
	node.Dir = clientsDir
	node.Env = append(os.Environ(), "NO_COLOR=1", "BASE="+c.Config.BaseURL, "REPORT="+server.URL+"/report", "NEIGHBOUR="+server.URL+"/nora", "ALLOW="+server.URL+"/code", "REMOTE="+c.remote(),
		fmt.Sprintf("PRACTICE=%d", c.practice))
	for name, token := range c.tokens {
		node.Env = append(node.Env, "TOKEN_"+strings.ToUpper(name)+"="+token)
	}
	out, err := node.CombinedOutput()
	c.show(t, strings.TrimSuffix(script, ".mjs"))
	if err == nil {
		t.Log(lastLine(out))
		return
	}
	var failures []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "ok ") {
			failures = append(failures, line)
		}
	}
	t.Errorf("%s: %v\n%s", script, err, strings.Join(failures, ""))
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// show keeps the log of the session, and prints it where all is printed.
func (c *contract) show(t *testing.T, name string) {
	t.Helper()
	log := c.session.String()
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name+".log"), []byte(log), 0o600); err != nil {
		t.Error(err)
	}
	if testing.Verbose() {
		t.Logf("the session:\n%s", log)
	}
}

// session is what went over the wire, in words: it stands between a library and the instance.
type session struct {
	streams atomic.Int64 // how many were begun; what is answered stands

	mu   sync.Mutex
	log  bytes.Buffer
	last string
}

// write adds a line; what waits for something asks the same again and again, and is written once.
func (s *session) write(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line := fmt.Sprintf(format, args...); line != s.last {
		s.last = line
		s.log.WriteString(line)
	}
}

// String returns what was written so far.
func (s *session) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// startInstance starts an instance behind s: what it takes for its own address is s.
func (s *session) startInstance(t *testing.T, slug string) *instance {
	t.Helper()
	var listeners [2]net.Listener
	for n := range listeners {
		var err error
		if listeners[n], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	i := &instance{t: t, slug: slug, dsn: dbtest.DSN(t), port: listeners[0].Addr().(*net.TCPAddr).Port}
	i.run(listeners[1])
	t.Cleanup(func() { i.stop() })
	inner := listeners[1].Addr().String()
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1, // streams
		ModifyResponse: func(r *http.Response) error {
			if strings.HasPrefix(r.Request.URL.Path, "/api/v1/streaming") {
				s.streams.Add(1)
			}
			return nil
		},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", inner
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				s.write("      %s %s: %v\n", r.Method, r.URL.Path, err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	outer := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := &spoken{ResponseWriter: w, status: http.StatusOK}
		proxy.ServeHTTP(said, r)
		if strings.HasPrefix(r.URL.Path, "/users/") || r.Header.Get("Signature") != "" {
			return // the neighbour, not the library
		}
		s.write("      %-6s %s → %d %s\n", r.Method, r.URL.RequestURI(), said.status, said.short())
	})}
	go func() { _ = outer.Serve(listeners[0]) }()
	t.Cleanup(func() { _ = outer.Close() })
	o := organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"}
	if err := i.Organizations.Save(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := i.Accounts.Bootstrap(t.Context(), o.ShortName, string(o.Level), o.Region); err != nil {
		t.Fatal(err)
	}
	return i
}

// spoken keeps the beginning of an answer.
type spoken struct {
	http.ResponseWriter
	status int
	start  []byte
}

const shortEnough = 110

func (w *spoken) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *spoken) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *spoken) Write(b []byte) (int, error) {
	if room := shortEnough*4 - len(w.start); room > 0 {
		w.start = append(w.start, b[:min(room, len(b))]...)
	}
	return w.ResponseWriter.Write(b)
}

func (w *spoken) short() string {
	if w.status == http.StatusSwitchingProtocols {
		return "(WebSocket)"
	}
	start := w.start
	switch encoding := w.Header().Get("Content-Encoding"); encoding {
	case "":
	case "gzip":
		if unpacked, err := gzip.NewReader(bytes.NewReader(start)); err == nil {
			start, _ = io.ReadAll(unpacked) // what the beginning holds; the end is missing
		}
	default:
		return "(" + encoding + ")"
	}
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(start), "")), " ")
	if strings.ContainsRune(text, 0) {
		return "(binary)"
	}
	if r := []rune(text); len(r) > shortEnough {
		return string(r[:shortEnough]) + "…"
	}
	return text
}

func TestContractMastoJS(t *testing.T) {
	t.Parallel()
	newContract(t, "masto").runScript(t, "masto.mjs")
}

func TestContractMegalodon(t *testing.T) {
	t.Parallel()
	newContract(t, "megalodon").runScript(t, "megalodon.mjs")
}
