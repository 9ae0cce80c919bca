package mastodon

import (
	"net/http"
	"strings"

	"github.com/rs/cors"
)

// CORS lets programs in browsers, wherever they come from, call what clients call: also on errors and where nothing is. They
// show a token they were given; cookies are neither sent nor looked at. Pages are for nobody's scripts but our own.
func CORS(next http.Handler) http.Handler {
	shared := cors.New(cors.Options{
		AllowedOrigins: []string{"*"},
		AllowedMethods: []string{
			http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
		},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{
			"Link", "ETag", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "X-Request-Id",
		},
		MaxAge: 86_400,
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if forClients(r.URL.Path) {
			shared.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// forClients are the addresses that clients fetch; /oauth/authorize is a page.
func forClients(path string) bool {
	switch path {
	case "/oauth/token", "/oauth/revoke":
		return true
	}
	for _, prefix := range []string{"/api/", "/.well-known/", "/nodeinfo/", "/media/", "/avatars/", "/headers/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
