package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/app"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/organization"
)

// instance is a whole Vorbild on loopback, the same App as in production.
type instance struct {
	*app.App
	t    testing.TB
	slug string
	dsn  string
	dir  string
	port int
	stop func()
}

func startInstance(t testing.TB, slug string, o organization.Organization) *instance {
	t.Helper()
	i := &instance{t: t, slug: slug, dsn: dbtest.DSN(t)}
	var listener net.Listener
	listener, i.port = listen(t)
	i.run(listener)
	t.Cleanup(func() { i.stop() })
	if err := i.Organizations.Save(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := i.Accounts.Bootstrap(t.Context(), o.ShortName, string(o.Level), o.Region); err != nil {
		t.Fatal(err)
	}
	return i
}

// listen takes a port that may be left and taken again: one that the system gives to no connection meanwhile.
func listen(t testing.TB) (l net.Listener, port int) {
	t.Helper()
	for range 50 {
		port = 20_000 + rand.IntN(12_000) // the system's own begin at 32768
		var err error
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return l, port
		}
	}
	t.Fatal("no free port")
	return nil, 0
}

// run serves until stop is called.
func (i *instance) run(listener net.Listener) {
	i.t.Helper()
	if i.dir == "" {
		i.dir = i.t.TempDir()
	}
	cfg := config.Config{
		BaseURL: fmt.Sprintf("http://%s.localhost:%d", i.slug, i.port), DatabaseURL: i.dsn, DatabaseConns: 16, DataDir: i.dir,
		PrivateHosts: []string{"*.localhost"}, Worker: true, MediaCacheMB: 64,
	}
	a, err := app.New(context.Background(), cfg, slog.New(slog.NewTextHandler(testWriter{i.t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		i.t.Fatal(err)
	}
	i.App = a
	a.Accounts.KeysBy(accounttest.Keys(i.t))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.ServeOn(ctx, listener) }()
	i.stop = func() {
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			i.t.Errorf("%s: %v", i.slug, err)
		}
		i.stop = func() {}
	}
}

// testWriter shows what an instance logs when a test fails.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func (i *instance) url(path string) string { return i.Config.BaseURL + path }

// member makes an account and returns its token.
func (i *instance) member(username string, role account.Role) string {
	i.t.Helper()
	a, err := i.Accounts.CreateLocal(i.t.Context(), username, "Stelle "+username, role)
	if err != nil {
		i.t.Fatal(err)
	}
	token, err := i.Auth.Token(i.t.Context(), account.Operator(), a.ID, "test", "read write follow")
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

// loopback reaches names under .localhost wherever they resolve to, and shows redirects instead of following them.
var loopback = &http.Client{
	Timeout: time.Minute,
	Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (i *instance) do(method, path, token string, form url.Values) (*http.Response, *goquery.Document) {
	i.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(i.t.Context(), method, i.url(path), body)
	if err != nil {
		i.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := loopback.Do(req)
	if err != nil {
		i.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := goquery.NewDocumentFromReader(resp.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return resp, page
}

func (i *instance) get(path, token string) (*http.Response, *goquery.Document) {
	i.t.Helper()
	return i.do(http.MethodGet, path, token, nil)
}

// post sends a form that must succeed and returns where it leads.
func (i *instance) post(path, token string, form url.Values) string {
	i.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	resp, page := i.do(http.MethodPost, path, token, form)
	if resp.StatusCode != http.StatusSeeOther {
		i.t.Fatalf("POST %s on %s: %s\n%s", path, i.slug, resp.Status, strings.Join(strings.Fields(page.Find("main").Text()), " "))
	}
	return resp.Header.Get("Location")
}

// followInstance lets i's catalogue follow the catalogue and the forum of another, and waits until that stands.
func (i *instance) followInstance(other *instance, token string) {
	i.t.Helper()
	for _, name := range []string{"praxis", "forum"} {
		handle := name + "@" + other.Config.Domain()
		i.finds(handle, token)
		i.post("/@"+handle+"/folgen", token, url.Values{"als": {"catalog"}})
		within(i.t, handle+" accepts "+i.slug, func() bool {
			target, err := i.Accounts.ByHandle(i.t.Context(), handle)
			if err != nil {
				return false
			}
			following, err := i.Follows.FollowedByUs(i.t.Context(), target.ID)
			return err == nil && following
		})
	}
}

// finds looks for an account or a post elsewhere until its server has answered, and returns the path of its page here.
func (i *instance) finds(name, token string) (path string) {
	i.t.Helper()
	within(i.t, name+" is found from "+i.slug, func() bool {
		resp, _ := i.get("/suche?q="+url.QueryEscape(name), token)
		path = resp.Header.Get("Location")
		return resp.StatusCode == http.StatusSeeOther
	})
	return path
}

// pageOf returns the path of the page on which i shows the post with that ActivityPub id, as soon as it has arrived.
func (i *instance) pageOf(uri string) string {
	i.t.Helper()
	u, err := url.Parse(i.finds(uri, ""))
	if err != nil {
		i.t.Fatal(err)
	}
	return u.RequestURI()
}

// patience is how long a test waits for what must come; what failed under load is tried again after up to a minute.
const patience = 3 * time.Minute

// within waits for what takes another instance's work.
func within(t testing.TB, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
