package mastodon

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
)

var pathVariable = regexp.MustCompile(`\{([a-z_]+)(?::[^}]*)?\}`)

// somewhere fills the variables of a route's path with things that do not exist.
func somewhere(path string) string {
	return pathVariable.ReplaceAllStringFunc(path, func(v string) string {
		if strings.HasPrefix(v, "{id") {
			return "1"
		}
		return "nichts"
	})
}

// lacking returns a scope that does not include need.
func lacking(t *testing.T, need string) string {
	t.Helper()
	for _, scope := range []string{"write:reports", "read:search"} {
		if !auth.Allows([]string{scope}, need) {
			return scope
		}
	}
	t.Fatalf("every scope allows %q", need)
	return ""
}

const outsideScopes = "This action is outside the authorized scopes"

// TestScopes asks every route without a token, with one that lacks its scope, and with one that has just its scope.
func TestScopes(t *testing.T) {
	h := newHouse(t)
	tokens := map[string]client{}
	holding := func(scope string) client {
		if _, ok := tokens[scope]; !ok {
			tokens[scope] = h.holding(h.token("member", scope))
		}
		return tokens[scope]
	}
	for _, x := range h.server.routes() {
		path := somewhere(x.path)
		name := x.method + " " + x.path
		if x.access.kind == anybody {
			continue
		}
		visitor := h.as("").do(x.method, path, "", nil)
		switch {
		case x.access.kind == visitorKind && visitor.StatusCode == http.StatusUnauthorized:
			t.Errorf("%s: a visitor got 401", name)
		case x.access.kind != visitorKind && visitor.StatusCode != http.StatusUnauthorized:
			t.Errorf("%s: a visitor got %d, want 401: %s", name, visitor.StatusCode, visitor.body)
		case x.access.kind != visitorKind && visitor.text("error") == "":
			t.Errorf("%s: the refusal says nothing: %s", name, visitor.body)
		}
		if r := h.holding("vbt_falsch").do(x.method, path, "", nil); r.StatusCode != http.StatusUnauthorized || r.text("error") != "The access token is invalid" {
			t.Errorf("%s: a wrong token got %d %s", name, r.StatusCode, r.body)
		}
		if x.access.scope == "" {
			continue
		}
		if r := holding(lacking(t, x.access.scope)).do(x.method, path, "", nil); r.StatusCode != http.StatusForbidden || r.text("error") != outsideScopes {
			t.Errorf("%s: a token without %s got %d %s", name, x.access.scope, r.StatusCode, r.body)
		}
		coarse, _, _ := strings.Cut(x.access.scope, ":")
		for _, scope := range []string{x.access.scope, coarse} {
			if r := holding(scope).do(x.method, path, "", nil); r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden && r.text("error") == outsideScopes || r.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s: a token with %s got %d %s", name, scope, r.StatusCode, r.body)
			}
		}
	}
}

// visitorKind is the access of public routes.
var visitorKind = public("").kind

// TestProgramsWithoutAPerson asks every route of people with a token that stands for a program only.
func TestProgramsWithoutAPerson(t *testing.T) {
	h := newHouse(t)
	app := h.as("").post("/api/v1/apps", "client_name", "Prüfung", "redirect_uris", "urn:ietf:wg:oauth:2.0:oob", "scopes", "read write follow push").wants(http.StatusOK)
	granted := h.as("").post("/oauth/token", "grant_type", "client_credentials", "client_id", app.text("client_id"), "client_secret", app.text("client_secret"),
		"redirect_uri", "urn:ietf:wg:oauth:2.0:oob", "scope", "read write follow push").wants(http.StatusOK)
	program := h.holding(granted.text("access_token"))
	program.get("/api/v1/apps/verify_credentials").wants(http.StatusOK)
	program.get("/api/v1/timelines/public").wants(http.StatusOK)
	for _, x := range h.server.routes() {
		if x.access.kind != person {
			continue
		}
		if r := program.do(x.method, somewhere(x.path), "", nil); r.StatusCode != http.StatusUnauthorized || r.text("error") != "This method requires an authenticated user" {
			t.Errorf("%s %s: a program without a person got %d %s", x.method, x.path, r.StatusCode, r.body)
		}
	}
}

// TestSuspended asks every route as someone who was suspended while their client stayed logged in.
func TestSuspended(t *testing.T) {
	h := newHouse(t)
	h.person("gesperrt", account.RoleMember)
	c := h.as("gesperrt")
	c.get("/api/v1/accounts/verify_credentials").wants(http.StatusOK)
	h.must(h.Accounts.SetState(t.Context(), h.people["admin"], h.id("gesperrt"), account.Suspended))
	for _, x := range h.server.routes() {
		if x.access.kind == anybody {
			continue
		}
		if r := c.do(x.method, somewhere(x.path), "", nil); r.StatusCode != http.StatusUnauthorized && r.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: a suspended person got %d %s", x.method, x.path, r.StatusCode, r.body)
		}
	}
}

// guestsMayNot are the calls for which a guest lacks the role: they answer, but start nothing, follow nobody and pass nothing on.
var guestsMayNot = []string{
	"POST /api/v1/statuses", "POST /api/v1/accounts/{id:[0-9]+}/follow", "POST /api/v1/statuses/{id:[0-9]+}/reblog", "POST /api/v1/statuses/{id:[0-9]+}/unreblog",
}

// TestGuests asks every route that changes something, about things that exist.
func TestGuests(t *testing.T) {
	f := newFurnished(t)
	for _, x := range f.server.routes() {
		if x.method == http.MethodGet || x.access.kind != person {
			continue
		}
		thing := f.ids["note"]
		switch {
		case strings.Contains(x.path, "/accounts/{id") || strings.Contains(x.path, "/suggestions/"):
			thing = f.ids["@other"]
		case strings.Contains(x.path, "/polls/"):
			thing = f.ids["poll"]
		}
		path := strings.ReplaceAll(x.path, "{id:[0-9]+}", thing)
		r := f.as("guest").json(x.method, somewhere(path), map[string]any{
			"status": "Text", "title": "Titel", "context": []string{"home"}, "keyword": "Wort", "phrase": "Wort", "name": "Wort", "domain": "x.example",
			"comment": "Wort", "account_id": f.ids["@other"], "choices": []int{0},
		})
		name := x.method + " " + x.path
		if refused := r.StatusCode == http.StatusForbidden; refused != slices.Contains(guestsMayNot, name) || r.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: a guest got %d %s", name, r.StatusCode, r.body)
		}
	}
	later := map[string]any{"status": "Text", "scheduled_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
	f.as("guest").json(http.MethodPost, "/api/v1/statuses", later).wants(http.StatusForbidden)
	f.as("guest").json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Antwort", "in_reply_to_id": f.ids["note"]}).wants(http.StatusOK)
}
