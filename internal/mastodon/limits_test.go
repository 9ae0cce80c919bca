package mastodon

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCORS: programs in browsers may call all that clients call, and read what went wrong; pages are for nobody.
func TestCORS(t *testing.T) {
	h := newHouse(t)
	handler := CORS(h.handler)
	ask := func(method, path string, header ...string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Origin", "https://client.example")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	for _, path := range []string{
		home, "/api/v1/streaming/health", "/api/v1/nothing", "/oauth/token", "/oauth/revoke", "/.well-known/oauth-authorization-server",
		"/.well-known/nodeinfo", "/nodeinfo/2.0", "/media/1.png", "/avatars/original/missing.png",
		"/avatars/original/missing-group.png", "/headers/original/missing.png",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			pre := ask(http.MethodOptions, path, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
			if pre.StatusCode >= 300 || pre.Header.Get("Access-Control-Allow-Origin") != "*" || pre.Header.Get("Access-Control-Allow-Methods") != method ||
				!strings.EqualFold(pre.Header.Get("Access-Control-Allow-Headers"), "authorization,content-type,idempotency-key") ||
				pre.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("preflight of %s %s: %s %v", method, path, pre.Status, pre.Header)
			}
			if r := ask(method, path); r.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s %s: %s without CORS", method, path, r.Status)
			}
		}
	}
	unauthorized := ask(http.MethodGet, home, "Authorization", "Bearer wrong")
	if unauthorized.StatusCode != http.StatusUnauthorized || unauthorized.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a wrong token: %s %v", unauthorized.Status, unauthorized.Header)
	}
	ok := ask(http.MethodGet, home, "Authorization", "Bearer "+h.tokens["member"])
	for _, name := range []string{"Link", "ETag", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		if !strings.Contains(strings.ToLower(ok.Header.Get("Access-Control-Expose-Headers")), strings.ToLower(name)) {
			t.Errorf("%s is hidden from browsers", name)
		}
	}
	for _, path := range []string{"/", "/oauth/authorize", "/einstellungen", "/apis"} {
		if r := ask(http.MethodGet, path); r.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is open to scripts of others", path)
		}
	}
}

func TestLimits(t *testing.T) {
	h := newHouse(t)
	h.Config.RateLimits = true
	h.Config.TrustedProxies = []string{"192.0.2.1"} // where test requests come from
	h.serve()
	h.server.quotas.reads = newLimit(3, time.Hour)
	h.server.quotas.writes = newLimit(1, time.Hour)

	var last reply
	for left := 2; left >= 0; left-- {
		last = h.as("member").get(home).wants(http.StatusOK)
		if last.Header.Get("X-RateLimit-Limit") != "3" || last.Header.Get("X-RateLimit-Remaining") != strconv.Itoa(left) {
			t.Errorf("%d left: %v", left, last.Header)
		}
	}
	reset, err := time.Parse("2006-01-02T15:04:05.000Z", last.Header.Get("X-RateLimit-Reset"))
	if err != nil || time.Until(reset) <= 0 || time.Until(reset) > time.Hour {
		t.Errorf("reset %q: %v", last.Header.Get("X-RateLimit-Reset"), err)
	}
	refused := h.as("member").get("/api/v1/accounts/verify_credentials").wants(http.StatusTooManyRequests)
	if refused.Header.Get("X-RateLimit-Remaining") != "0" || refused.Header.Get("X-RateLimit-Reset") == "" || refused.text("error") == "" ||
		strings.HasPrefix(refused.text("error"), "live.") {
		t.Errorf("refused with %v %s", refused.Header, refused.body)
	}
	if after, err := strconv.Atoi(refused.Header.Get("Retry-After")); err != nil || after < 1 || after > 3600 {
		t.Errorf("Retry-After %q", refused.Header.Get("Retry-After"))
	}
	// A person's programs count together, others on their own, and writing by itself.
	h.holding(h.token("member")).get(home).wants(http.StatusTooManyRequests)
	h.as("other").get(home).wants(http.StatusOK)
	h.as("member").post("/api/v1/markers", "home[last_read_id]", "5").wants(http.StatusOK)
	h.as("member").post("/api/v1/markers", "home[last_read_id]", "6").wants(http.StatusTooManyRequests)

	// Who shows no valid token is known by the address that a proxy of ours tells.
	from := func(ip string) client { return h.as("").with("X-Forwarded-For", ip) }
	for range 3 {
		from("198.51.100.7").get("/api/v2/instance").wants(http.StatusOK)
	}
	from("198.51.100.7").get("/api/v2/instance").wants(http.StatusTooManyRequests)
	from("198.51.100.8").get("/api/v2/instance").wants(http.StatusOK)
	guess := from("198.51.100.9")
	guess.token = "vbt_guess"
	for range 3 {
		guess.get(home).wants(http.StatusUnauthorized)
	}
	guess.get(home).wants(http.StatusTooManyRequests)
}

func TestLimitOfRoutes(t *testing.T) {
	t.Parallel()
	q := newQuotas()
	for _, test := range []struct {
		method, path string
		want         *limit
	}{
		{http.MethodGet, home, q.reads},
		{http.MethodGet, "/api/v1/media/5", q.reads},
		{http.MethodPost, "/api/v1/statuses", q.writes},
		{http.MethodDelete, "/api/v1/lists/5", q.writes},
		{http.MethodPost, "/api/v1/apps", q.registrations},
		{http.MethodPost, "/oauth/token", q.tokens},
		{http.MethodPost, "/api/v2/media", q.uploads},
		{http.MethodPatch, "/api/v1/accounts/update_credentials", q.uploads},
		{http.MethodDelete, "/api/v1/statuses/5", q.deletions},
		{http.MethodPost, "/api/v1/statuses/5/unreblog", q.deletions},
		{http.MethodPost, "/api/v1/statuses/5/reblog", q.writes},
	} {
		if got := q.of(test.method, test.path); got != test.want {
			t.Errorf("%s %s counts for another limit", test.method, test.path)
		}
	}
}

// TestNoLimits: without limits there are no headers either.
func TestNoLimits(t *testing.T) {
	h := newHouse(t)
	if r := h.as("member").get(home); r.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("headers %v", r.Header)
	}
}
