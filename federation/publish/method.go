package publish

import (
	"net/http"

	"github.com/gorilla/mux"
)

// methods says what an inbox and an outbox are not for. Inboxes are read by nobody but us, and clients use another API
// than ActivityPub's own: both have to say 405 (ActivityPub, 6 and 7), where a page's "not found" would look like a fault.
func methods(r *mux.Router) {
	refuse := func(path, allow string) {
		r.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusMethodNotAllowed)
		})
	}
	for _, actor := range []string{"/actor", "/{kind:u|g}/{name}"} {
		refuse(actor+"/inbox", http.MethodPost)
		refuse(actor+"/outbox", http.MethodGet+", "+http.MethodHead)
	}
	refuse("/inbox", http.MethodPost)
}
