package mastodon

import (
	"net/http"
	"time"
)

// serveEvents sends server-sent events until the client leaves or the server ends it.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request, l *listener) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // nginx would collect what comes
	connection := http.NewResponseController(w)
	send := func(b []byte) error {
		// The server's deadline is for answers that end. Where there is none, there is nothing to lift.
		_ = connection.SetWriteDeadline(time.Now().Add(sendTimeout))
		if _, err := w.Write(b); err != nil {
			return err
		}
		return connection.Flush()
	}
	w.WriteHeader(http.StatusOK)
	err := send([]byte(":)\n\n"))
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-l.ended:
			return
		case m := <-l.messages:
			err = send(m.lines())
		case <-ticker.C:
			err = send([]byte(":thump\n\n"))
		}
	}
}
