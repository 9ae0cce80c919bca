package gofed

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/go-fed/activity/pub"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
)

// maxBody is the largest activity we read; our own documents stay below a quarter of it.
const maxBody = 1 << 20

// Inbox serves POST to an inbox.
type Inbox struct {
	actor pub.FederatingActor
	fail  func(w http.ResponseWriter, r *http.Request, err error)
	log   *slog.Logger
}

// NewInbox returns the handler; fail writes an error in the peer's format.
func NewInbox(verify Verifier, gate Gate, fail func(http.ResponseWriter, *http.Request, error), log *slog.Logger) *Inbox {
	return &Inbox{
		actor: pub.NewCustomActor(&delegate{verify: verify, gate: gate}, false, true, clock{}),
		fail:  fail, log: log,
	}
}

// Serve takes one activity for the inbox of the given scope and answers 202 once it is safe.
func (in *Inbox) Serve(w http.ResponseWriter, r *http.Request, scope string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	ctx := context.WithValue(r.Context(), arrivalKey{}, &arrival{scope: scope})
	handled, err := in.actor.PostInbox(ctx, &acceptedWriter{ResponseWriter: w}, r.WithContext(ctx))
	switch {
	case err != nil:
		in.fail(w, r, asFault(err))
	case !handled:
		w.Header().Set("Accept", vocab.MediaType)
		http.Error(w, "send "+vocab.MediaType, http.StatusUnsupportedMediaType)
	}
}

// asFault gives errors a status where go-fed has none: it would leave all of them to us.
func asFault(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fault.Wrap(fault.TooLarge, "error.federation.too_large", err)
	case errors.Is(err, vocab.ErrMalformed) && fault.KindOf(err) == fault.Internal:
		return fault.Wrap(fault.Invalid, "error.federation.malformed", err)
	}
	return err
}

// acceptedWriter says 202 where go-fed says 200: the activity is stored, not yet applied.
type acceptedWriter struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *acceptedWriter) WriteHeader(status int) {
	if status == http.StatusOK {
		status = http.StatusAccepted
	}
	w.ResponseWriter.WriteHeader(status)
}
