package publish

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
)

// Fail writes an error for another server: a status it can act on, and a sentence for whoever reads its log.
func Fail(w http.ResponseWriter, r *http.Request, err error, words func(string) vocab.Words, log *slog.Logger) {
	kind := fault.KindOf(err)
	status := kind.Status()
	switch kind {
	case fault.Invalid:
		status = http.StatusBadRequest // 422 would say that it could be read
	case fault.Unavailable:
		status = http.StatusServiceUnavailable // not a gateway: the signer's server did not answer us
		w.Header().Set("Retry-After", "60")
	case fault.Limited:
		w.Header().Set("Retry-After", "60")
	case fault.Unauthorized:
		w.Header().Set("Accept-Signature", transport.AcceptSignature(r.Method))
	}
	key := "error.federation." + string(kind)
	if kind == fault.Internal && r.Context().Err() == nil {
		log.ErrorContext(r.Context(), "federation request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	} else {
		log.DebugContext(r.Context(), "federation request refused", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	}
	problem := map[string]string{"error": words("en").T(key)}
	if kind == fault.Invalid || kind == fault.Unauthorized {
		problem["detail"] = err.Error() // what is wrong with what they sent; it names nothing of ours
	}
	body, _ := json.Marshal(problem) // a map of strings
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
