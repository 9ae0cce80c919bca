package wellknown

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	domain = "sh.localhost:8402"
	base   = "http://" + domain
)

// newInstance returns the routes of an instance with two people, one of them suspended.
func newInstance(t *testing.T) (*mux.Router, *account.Service, *sqlx.DB) {
	t.Helper()
	db := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	accounts := accounttest.New(t, db, organization.New(db), job.New(db, log), base, domain)
	if err := accounts.Bootstrap(t.Context(), "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"green-it", "weg"} {
		if _, err := accounts.CreateLocal(t.Context(), name, "Green IT", account.RoleEditor); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, `UPDATE accounts SET state = 'suspended' WHERE username = 'weg'`)
	router := mux.NewRouter()
	Register(router, accounts, config.Config{BaseURL: base}, "1.2.3", log)
	return router, accounts, db
}

func exec(t *testing.T, db *sqlx.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func get(router *mux.Router, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, base+target, nil))
	return w
}

func finger(resource string, rels ...string) string {
	return "/.well-known/webfinger?" + url.Values{"resource": {resource}, "rel": rels}.Encode()
}

// golden compares an answer with testdata/name.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if strings.HasSuffix(name, ".json") {
		var out bytes.Buffer
		if err := json.Indent(&out, body, "", "  "); err != nil {
			t.Fatalf("%s: %v: %s", name, err, body)
		}
		body = out.Bytes()
	}
	body = append(bytes.TrimSpace(body), '\n')
	if *update {
		if err := os.WriteFile(file, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(body)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	router, _, _ := newInstance(t)
	for name, tt := range map[string]struct {
		target, contentType string
	}{
		"webfinger_person.json":   {finger("acct:green-it@" + domain), "application/jrd+json"},
		"webfinger_group.json":    {finger("acct:praxis@" + domain), "application/jrd+json"},
		"webfinger_instance.json": {finger("acct:" + domain + "@" + domain), "application/jrd+json"},
		"webfinger_base.json":     {finger(base + "/"), "application/jrd+json"},
		"webfinger_rel.json":      {finger("acct:praxis@"+domain, "self"), "application/jrd+json"},
		"host-meta.xml":           {"/.well-known/host-meta", "application/xrd+xml; charset=utf-8"},
		"nodeinfo.json":           {"/.well-known/nodeinfo", "application/json"},
		"nodeinfo_2.0.json":       {"/nodeinfo/2.0", `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.0#"`},
		"nodeinfo_2.1.json":       {"/nodeinfo/2.1", `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"`},
	} {
		w := get(router, tt.target)
		if w.Code != 200 || w.Header().Get("Content-Type") != tt.contentType || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d, %v", name, w.Code, w.Header())
		}
		golden(t, name, w.Body.Bytes())
	}
}

// However an actor is asked for, the answer names it by one canonical handle and one id.
func TestWebFingerResources(t *testing.T) {
	t.Parallel()
	router, _, _ := newInstance(t)
	for resource, want := range map[string]struct{ subject, self string }{
		"acct:green-it@" + domain:                {"acct:green-it@" + domain, base + "/u/green-it"},
		"acct:Green-IT@SH.localhost:8402":        {"acct:green-it@" + domain, base + "/u/green-it"},
		"acct:@green-it@" + domain:               {"acct:green-it@" + domain, base + "/u/green-it"},
		base + "/u/green-it":                     {"acct:green-it@" + domain, base + "/u/green-it"},
		base + "/@green-it":                      {"acct:green-it@" + domain, base + "/u/green-it"},
		base + "/g/forum":                        {"acct:forum@" + domain, base + "/g/forum"},
		base + "/@forum/":                        {"acct:forum@" + domain, base + "/g/forum"},
		base + "/actor":                          {"acct:" + domain + "@" + domain, base + "/actor"},
		base + "/instanz":                        {"acct:" + domain + "@" + domain, base + "/actor"},
		"acct:" + domain + "@" + domain:          {"acct:" + domain + "@" + domain, base + "/actor"},
		"acct:praxis@" + strings.ToUpper(domain): {"acct:praxis@" + domain, base + "/g/praxis"},
	} {
		w := get(router, finger(resource))
		var doc document
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != 200 {
			t.Errorf("%s: %d %s", resource, w.Code, w.Body)
			continue
		}
		self := ""
		for _, l := range doc.Links {
			if l.Rel == "self" {
				self = l.Href
			}
		}
		if doc.Subject != want.subject || self != want.self {
			t.Errorf("%s: %s at %s", resource, doc.Subject, self)
		}
	}
	for _, resource := range []string{base, base + "/"} {
		w := get(router, finger(resource))
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"https://www.w3.org/ns/activitystreams#Service"`) {
			t.Errorf("%s: %d %s", resource, w.Code, w.Body)
		}
	}
}

func TestWebFingerRefuses(t *testing.T) {
	t.Parallel()
	router, accounts, db := newInstance(t)
	// An account of elsewhere that we know is not ours to answer for.
	host := "peer.example"
	if _, err := accounts.Receive(t.Context(), account.Account{Username: "bert", Domain: &host, URI: "https://peer.example/u/bert", Kind: account.Person, InboxURI: "https://peer.example/u/bert/inbox"}); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `UPDATE accounts SET state = 'gone' WHERE username = 'forum'`)
	for target, want := range map[string]int{
		"/.well-known/webfinger":                               400,
		"/.well-known/webfinger?resource=":                     400,
		"/.well-known/webfinger?resource=a&resource=b":         400,
		finger("green-it"):                                     400,
		finger("acct:green-it"):                                400,
		finger("acct:" + strings.Repeat("a", 3000)):            400,
		finger("%zz"):                                          400,
		finger("acct:nobody@" + domain):                        404,
		finger("acct:@" + domain):                              404,
		finger("acct:weg@" + domain):                           404,
		finger("acct:bert@peer.example"):                       404,
		finger("acct:green-it@peer.example"):                   404,
		finger("acct:green-it@sh.localhost"):                   404,
		finger("acct:a@green-it@" + domain):                    404,
		finger("https://peer.example/u/bert"):                  404,
		finger(base + "/u/nobody"):                             404,
		finger(base + "/u/green-it/inbox"):                     404,
		finger(base + ".evil.example/u/green-it"):              400,
		finger("mailto:green-it@" + domain):                    404,
		finger("acct:forum@" + domain):                         410,
		"/nodeinfo/1.0":                                        404,
		"/.well-known/nodeinfo/x":                              404,
		finger("acct:green-it\x00@" + domain):                  400,
		finger("acct:\xff@" + domain):                          400,
		finger("https://sh.localhost.evil.example/u/green-it"): 404,
		finger(base + "/@green-it/../praxis"):                  404,
		finger("acct:" + "' OR 1=1 --" + "@" + domain):         404,
		finger("acct:green%2Dit@" + domain + "?x=1#frag"):      404,
	} {
		w := get(router, target)
		if w.Code != want {
			t.Errorf("%s: %d %s, want %d", target, w.Code, w.Body, want)
		}
		if strings.HasPrefix(target, "/.well-known/webfinger") {
			var body map[string]string
			if json.Unmarshal(w.Body.Bytes(), &body) != nil || body["error"] == "" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: answer %q, %v", target, w.Body, w.Header())
			}
		}
	}
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequest(http.MethodPost, base+"/.well-known/webfinger", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
