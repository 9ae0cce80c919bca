// Package wellknown answers the questions other servers ask before they know anything about us: WebFinger,
// host-meta and NodeInfo. It only reads, and tells nothing that a page of the instance does not tell.
package wellknown

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/fault"
)

// Rels and types that more than one document uses.
const (
	relSelf        = "self"
	relProfilePage = "http://webfinger.net/rel/profile-page"
	relService     = "https://www.w3.org/ns/activitystreams#Service"
	relApplication = "https://www.w3.org/ns/activitystreams#Application"
	activityType   = "application/activity+json"
)

type handler struct {
	accounts *account.Service
	log      *slog.Logger
	base     string // without slash at the end
	domain   string
	version  string
}

// Register adds the routes. version is the one of this build.
func Register(r *mux.Router, accounts *account.Service, cfg config.Config, version string, log *slog.Logger) {
	h := &handler{
		accounts: accounts, log: log, version: version,
		base: strings.TrimRight(cfg.BaseURL, "/"), domain: cfg.Domain(),
	}
	get := func(path string, f func(http.ResponseWriter, *http.Request) error) {
		r.HandleFunc(path, h.handle(f)).Methods(http.MethodGet, http.MethodHead)
	}
	get("/.well-known/webfinger", h.webfinger)
	get("/.well-known/host-meta", h.hostMeta)
	get("/.well-known/nodeinfo", h.nodeInfoLinks)
	get("/nodeinfo/2.0", h.nodeInfo)
	get("/nodeinfo/2.1", h.nodeInfo)
}

// handle lets scripts of any origin read the answer, and writes errors as JSON.
func (h *handler) handle(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		err := f(w, r)
		if err == nil {
			return
		}
		kind := fault.KindOf(err)
		status := kind.Status()
		switch kind {
		case fault.Invalid:
			status = http.StatusBadRequest // RFC 7033 knows no 422
		case fault.Internal:
			h.log.ErrorContext(r.Context(), "wellknown", "path", r.URL.Path, "error", err)
		}
		// Machines read this; the words for people are on the pages.
		body, _ := json.Marshal(map[string]string{"error": strings.ToLower(http.StatusText(status))})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(body) //nolint:errcheck // nobody is left to tell
	}
}

func writeJSON(w http.ResponseWriter, contentType string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "max-age=180")
	w.Write(body) //nolint:errcheck // nobody is left to tell
	return nil
}
