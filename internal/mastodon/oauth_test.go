package mastodon

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/oauth"
)

const callback = "http://localhost:8080/"

// app registers a program as Phanpy does; params change what it says.
func (h *house) app(params ...string) reply {
	h.t.Helper()
	said := []string{"client_name", "Phanpy", "redirect_uris", callback, "scopes", "read write follow push", "website", "https://phanpy.example"}
	return h.as("").post("/api/v1/apps", append(said, params...)...).wants(http.StatusOK)
}

// allow is the yes of a person on the page; it returns the code.
func (h *house) allow(app reply, who, redirect, scope, challenge string) string {
	h.t.Helper()
	r := oauth.Request{ClientID: app.text("client_id"), RedirectURI: redirect, ResponseType: "code", Scope: scope, Challenge: challenge}
	if challenge != "" {
		r.ChallengeMethod = "S256"
	}
	_, code, err := h.OAuth.Allow(h.t.Context(), h.people[who], r)
	h.must(err)
	return code
}

// wantsNoStore fails where an answer that holds a secret may be kept.
func (r reply) wantsNoStore() reply {
	r.t.Helper()
	if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		r.t.Errorf("%s: Cache-Control %q", r.asked, got)
	}
	return r
}

func TestCreateApp(t *testing.T) {
	h := newHouse(t)
	several := callback + " icecubesapp://\nurn:ietf:wg:oauth:2.0:oob"
	form := h.app("redirect_uris", several).wantsNoStore()
	list := h.as("").json(http.MethodPost, "/api/v1/apps", map[string]any{
		"client_name": "Phanpy", "website": "https://phanpy.example", "scopes": "read write follow push", "redirect_uris": strings.Fields(several),
	})
	for name, r := range map[string]reply{"form": form, "JSON": list} {
		got := r.object()
		for _, secret := range []string{"client_id", "client_secret", "id", "vapid_key"} {
			if r.text(secret) == "" {
				t.Errorf("%s: no %s", name, secret)
			}
			delete(got, secret)
		}
		want := map[string]any{
			"name": "Phanpy", "website": "https://phanpy.example", "scopes": []any{"read", "write", "follow", "push"}, "client_secret_expires_at": 0.0,
			"redirect_uri": strings.Join(strings.Fields(several), "\n"), "redirect_uris": []any{callback, "icecubesapp://", "urn:ietf:wg:oauth:2.0:oob"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	plain := h.as("").json(http.MethodPost, "/api/v1/apps", map[string]any{"client_name": "x", "redirect_uris": "icecubesapp://"})
	if plain.text("redirect_uri") != "icecubesapp://" || plain.at("website") != nil || !cmp.Equal(plain.at("scopes"), []any{"read"}) {
		t.Errorf("with the least: %s", plain.body)
	}
	for name, params := range map[string][]string{
		"client_name": {"redirect_uris", callback}, "redirect_uris": {"client_name", "x", "redirect_uris", "javascript:alert(1)"}, "scopes": {"client_name", "x", "redirect_uris", callback, "scopes", "root"},
		"website": {"client_name", "x", "redirect_uris", callback, "website", "javascript:alert(1)"},
	} {
		r := h.as("").post("/api/v1/apps", params...).wants(http.StatusUnprocessableEntity)
		if !strings.HasPrefix(r.text("error"), "Validation failed: ") || r.at("details."+name) == nil {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}

func TestLogin(t *testing.T) {
	h := newHouse(t)
	const verifier = "a-verifier-of-at-least-forty-three-characters-0123"
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	app := h.app("redirect_uris", callback+" "+oauth.OutOfBand)
	id, secret := app.text("client_id"), app.text("client_secret")
	for name, login := range map[string]func() reply{
		"a form": func() reply {
			return h.as("").post("/oauth/token", "grant_type", "authorization_code", "code", h.allow(app, "member", callback, "read write", ""), "client_id", id, "client_secret", secret,
				"redirect_uri", callback, "scope", "read write")
		},
		"JSON with PKCE": func() reply {
			return h.as("").json(http.MethodPost, "/oauth/token", map[string]any{"grant_type": "authorization_code", "code": h.allow(app, "member", callback, "read write", challenge),
				"client_id": id, "client_secret": secret, "redirect_uri": callback, "code_verifier": verifier})
		},
		"HTTP Basic, out of band": func() reply {
			return h.as("").with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))).post("/oauth/token",
				"grant_type", "authorization_code", "code", h.allow(app, "member", oauth.OutOfBand, "read write", ""), "redirect_uri", oauth.OutOfBand)
		},
	} {
		r := login().wants(http.StatusOK).wantsNoStore()
		created, _ := r.at("created_at").(float64)
		if r.text("token_type") != "Bearer" || r.text("scope") != "read write" || time.Since(time.Unix(int64(created), 0)).Abs() > time.Minute || len(r.object()) != 4 {
			t.Errorf("%s: %s", name, r.body)
		}
		token := r.text("access_token")
		mine := h.holding(token).get("/api/v1/apps/verify_credentials").wants(http.StatusOK)
		if mine.text("name") != "Phanpy" || mine.text("id") != app.text("id") || mine.at("client_secret") != nil {
			t.Errorf("%s: app %s", name, mine.body)
		}
		// The scope is held at the door of each call.
		h.holding(token).get("/api/v1/push/subscription").wants(http.StatusForbidden)

		if got := h.as("").post("/oauth/revoke", "client_id", id, "client_secret", secret, "token", token).wants(http.StatusOK); string(got.body) != "{}\n" {
			t.Errorf("%s: revoked: %s", name, got.body)
		}
		h.holding(token).get("/api/v1/apps/verify_credentials").wants(http.StatusUnauthorized)
		h.as("").post("/oauth/revoke", "client_id", id, "client_secret", secret, "token", token).wants(http.StatusOK)
	}

	itself := h.as("").post("/oauth/token", "grant_type", "client_credentials", "client_id", id, "client_secret", secret, "scope", "read write", "redirect_uri", oauth.OutOfBand).wants(http.StatusOK)
	if got := h.holding(itself.text("access_token")).get("/api/v1/apps/verify_credentials").text("name"); got != "Phanpy" {
		t.Errorf("a program by itself is %q", got)
	}
	h.holding(itself.text("access_token")).get("/api/v1/timelines/home").wants(http.StatusUnauthorized)
	h.as("").get("/api/v1/apps/verify_credentials").wants(http.StatusUnauthorized)
	if got := h.as("member").get("/api/v1/apps/verify_credentials").wants(http.StatusOK); got.text("name") != "Test" || got.at("redirect_uris") == nil {
		t.Errorf("a token made by hand: %s", got.body)
	}
}

func TestLoginRefuses(t *testing.T) {
	h := newHouse(t)
	app, other := h.app(), h.app()
	id, secret := app.text("client_id"), app.text("client_secret")
	token := h.as("").post("/oauth/token", "grant_type", "authorization_code", "code", h.allow(app, "member", callback, "read", ""), "client_id", id, "client_secret", secret, "redirect_uri", callback).text("access_token")
	code := h.allow(app, "member", callback, "read", "")
	for _, c := range []struct {
		path   string
		params []string
		status int
		error  string
	}{
		{"token", []string{"client_secret", "x"}, 401, "invalid_client"},
		{"token", []string{"client_id", "x"}, 401, "invalid_client"},
		{"token", []string{"client_id", "\x00"}, 401, "invalid_client"},
		{"token", []string{"code", "x"}, 400, "invalid_grant"},
		{"token", []string{"redirect_uri", "https://evil.example/"}, 400, "invalid_grant"},
		{"token", []string{"client_id", other.text("client_id"), "client_secret", other.text("client_secret")}, 400, "invalid_grant"},
		{"token", []string{"code", ""}, 400, "invalid_request"},
		{"token", []string{"grant_type", ""}, 400, "invalid_request"},
		{"token", []string{"grant_type", "password"}, 400, "unsupported_grant_type"},
		{"token", []string{"grant_type", "client_credentials", "scope", "root"}, 400, "invalid_scope"},
		{"token", []string{"grant_type", "client_credentials", "client_secret", ""}, 401, "invalid_client"},
		{"revoke", []string{"client_secret", "x"}, 401, "invalid_client"},
		{"revoke", []string{"client_id", other.text("client_id"), "client_secret", other.text("client_secret")}, 403, "unauthorized_client"},
		{"revoke", []string{"token", ""}, 400, "invalid_request"},
	} {
		params := append([]string{"grant_type", "authorization_code", "code", code, "client_id", id, "client_secret", secret, "redirect_uri", callback, "token", token}, c.params...)
		body := map[string]string{}
		for pair := range slices.Chunk(params, 2) {
			body[pair[0]] = pair[1]
		}
		r := h.as("").json(http.MethodPost, "/oauth/"+c.path, body).wants(c.status).wantsNoStore()
		if r.text("error") != c.error || r.text("error_description") == "" || len(r.value().(map[string]any)) != 2 {
			t.Errorf("%s %q: %s", c.path, c.params, r.body)
		}
		if (r.Header.Get("WWW-Authenticate") != "") != (c.status == http.StatusUnauthorized) {
			t.Errorf("%s %q: WWW-Authenticate %q", c.path, c.params, r.Header.Get("WWW-Authenticate"))
		}
	}
	h.holding(token).get("/api/v1/apps/verify_credentials").wants(http.StatusOK) // nobody could end it
	h.must(h.Accounts.SetState(t.Context(), account.Operator(), h.id("member"), "suspended"))
	h.holding(token).get("/api/v1/apps/verify_credentials").wants(http.StatusUnauthorized)
	if r := h.as("").post("/oauth/token", "grant_type", "authorization_code", "code", code, "client_id", id, "client_secret", secret, "redirect_uri", callback).wants(400); r.text("error") != "invalid_grant" {
		t.Errorf("a code of someone suspended: %s", r.body)
	}
	h.as("").post("/oauth/nothing").wants(http.StatusNotFound)
}

func TestOAuthMetadata(t *testing.T) {
	h := newHouse(t)
	base := h.Config.BaseURL
	got := h.as("").get("/.well-known/oauth-authorization-server").object()
	for name, want := range map[string]any{
		"issuer": base + "/", "authorization_endpoint": base + "/oauth/authorize", "token_endpoint": base + "/oauth/token", "revocation_endpoint": base + "/oauth/revoke",
		"app_registration_endpoint": base + "/api/v1/apps", "response_types_supported": []any{"code"}, "grant_types_supported": []any{"authorization_code", "client_credentials"},
		"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post"}, "code_challenge_methods_supported": []any{"S256"},
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	scopes, _ := got["scopes_supported"].([]any)
	for _, want := range []any{"read", "write:statuses", "follow", "push", "profile"} {
		if !slices.Contains(scopes, want) {
			t.Errorf("scopes_supported lacks %s: %v", want, scopes)
		}
	}
}
