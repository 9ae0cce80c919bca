package mastodon

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"github.com/vorbild/vorbild/internal/fault"
)

// limit bounds how often one account, or one address without an account, may call some of the routes. It slides: what was
// used in the window before counts as far as that window is not over.
type limit struct {
	window  time.Duration
	limiter *httprate.RateLimiter
}

func newLimit(most int, window time.Duration) *limit {
	return &limit{window, httprate.NewRateLimiter(most, window,
		httprate.WithLimitCounter(httprate.NewLocalLimitCounter(window)), // its windows follow the clock, so their end can be told
		httprate.WithResponseHeaders(httprate.ResponseHeaders{Limit: "X-Ratelimit-Limit", Remaining: "X-Ratelimit-Remaining"}))}
}

// quotas are those of Mastodon, with more room for reading: a whole authority may come from one address.
type quotas struct {
	reads, writes, registrations, tokens, uploads, deletions *limit
}

func newQuotas() *quotas {
	return &quotas{
		reads:         newLimit(1500, 5*time.Minute),
		writes:        newLimit(300, 5*time.Minute),
		registrations: newLimit(60, time.Hour),
		tokens:        newLimit(300, 5*time.Minute),
		uploads:       newLimit(30, 30*time.Minute),
		deletions:     newLimit(30, 30*time.Minute),
	}
}

func (l *quotas) of(method, path string) *limit {
	switch {
	case method == http.MethodGet || method == http.MethodHead:
		return l.reads
	case path == "/api/v1/apps":
		return l.registrations
	case strings.HasPrefix(path, "/oauth/"):
		return l.tokens
	case method == http.MethodPost && strings.HasSuffix(path, "/media"), strings.HasSuffix(path, "/update_credentials"): // both take pictures
		return l.uploads
	case strings.HasPrefix(path, "/api/v1/statuses/") && (method == http.MethodDelete || strings.HasSuffix(path, "/unreblog")):
		return l.deletions
	}
	return l.writes
}

// limited counts a call and refuses it when there were too many. Who shows no valid token is known by address.
func (s *Server) limited(w http.ResponseWriter, c *call) error {
	if s.quotas == nil {
		return nil
	}
	l := s.quotas.of(c.Method, c.URL.Path)
	now := time.Now()
	reset := now.Truncate(l.window).Add(l.window)
	w.Header()["X-Ratelimit-Reset"] = []string{stamp(reset)}
	if !l.limiter.OnLimit(w, c.Request, s.caller(c)) {
		return nil
	}
	w.Header()["Retry-After"] = []string{strconv.Itoa(int(reset.Sub(now)/time.Second) + 1)}
	return fault.New(fault.Limited, "live.error.limited")
}

// caller is whom a call is counted for.
func (s *Server) caller(c *call) string {
	switch {
	case c.grant.Account.ID != 0:
		return "account " + strconv.FormatInt(c.grant.Account.ID, 10)
	case c.grant.Token.ID != 0:
		return "token " + strconv.FormatInt(c.grant.Token.ID, 10)
	}
	return s.proxies.ClientIP(c.Request)
}
