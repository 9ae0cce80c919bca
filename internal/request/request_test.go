package request_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vorbild/vorbild/internal/request"
)

// TestClientIP: only what trusted proxies wrote counts.
func TestClientIP(t *testing.T) {
	t.Parallel()
	proxies, err := request.ParseProxies([]string{"10.0.0.0/8", "2001:db8:ffff::1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.7:1234", "", "203.0.113.7"},
		{"203.0.113.7:1234", "198.51.100.1", "203.0.113.7"},
		{"10.0.0.1:1234", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1234", "192.0.2.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"10.0.0.1:1234", "rubbish", "10.0.0.1"},
		{"[2001:db8:ffff::1]:1234", "198.51.100.1", "198.51.100.1"},
		{"[2001:db8:1:2:3::4]:99", "", "2001:db8:1:2::"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := proxies.ClientIP(r); got != c.want {
			t.Errorf("%s for %q: %q, want %q", c.remote, c.forwarded, got, c.want)
		}
	}
	for _, wrong := range []string{"", "10.0.0.0/99", "proxy.example"} {
		if _, err := request.ParseProxies([]string{wrong}); err == nil {
			t.Errorf("trusted proxy %q is taken", wrong)
		}
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "", "Bearer abc": "abc", "bearer  abc ": "abc", "Basic abc": "", "Bearer": "", "abc": "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if got := request.Bearer(r); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestTakesGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0": false, "identity": false, "xgzip": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := request.TakesGzip(r); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}
