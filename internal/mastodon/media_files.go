package mastodon

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/media"
)

// Whoever knows the address of a file may read it: it is as long as a password, and clients and other servers show images
// without a token. A file never changes under its name.
const (
	keepForever = "public, max-age=31536000, immutable"
	keepADay    = "public, max-age=86400"
)

// registerFiles adds the addresses of stored files and of what stands for missing pictures.
func (s *Server) registerFiles(r *mux.Router) {
	const prefix = "/media/"
	r.PathPrefix(prefix).Methods(http.MethodGet, http.MethodHead).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.serveFile(w, r, strings.TrimPrefix(r.URL.Path, prefix))
	})
	for path, content := range media.Missing() {
		r.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			fileHeaders(w.Header(), "image/png", keepADay)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		}).Methods(http.MethodGet, http.MethodHead)
	}
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	keep := keepForever
	var err error
	if media.IsRemote(name) {
		keep = keepADay // its origin may change it
		name, err = s.Media.RemoteFile(r.Context(), name)
	}
	var f *os.File
	var contentType string
	if err == nil {
		f, contentType, err = s.Media.Open(name)
	}
	if err != nil {
		status := fault.KindOf(err).Status()
		if status == http.StatusInternalServerError {
			s.Log.ErrorContext(r.Context(), "media file", "name", name, "error", err)
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer f.Close() //nolint:errcheck // only read
	fileHeaders(w.Header(), contentType, keep)
	w.Header().Set("ETag", `"`+name[:16]+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
}

// fileHeaders let a file be nothing but what we say it is, on whatever page it is shown.
func fileHeaders(h http.Header, contentType, keep string) {
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", keep)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}
