package gofed

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/go-fed/activity/pub"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/observe"
)

// maxBody is the largest activity we read; our own documents stay below a quarter of it.
const maxBody = 1 << 20

// bodyTime is how long a sender may take to send a body.
const bodyTime = 10 * time.Second

// Inbox serves POST to an inbox.
type Inbox struct {
	actor   pub.FederatingActor
	verify  Verifier
	fail    func(w http.ResponseWriter, r *http.Request, err error)
	metrics *observe.Metrics
	budget  *budget
}

// NewInbox returns the handler; fail writes an error in the peer's format.
func NewInbox(verify Verifier, gate Gate, fail func(http.ResponseWriter, *http.Request, error), metrics *observe.Metrics) *Inbox {
	return &Inbox{
		actor:  pub.NewCustomActor(&delegate{verify: verify, gate: gate}, false, true, clock{}),
		verify: verify, fail: fail, metrics: metrics, budget: newBudget(),
	}
}

// Serve takes one activity for the inbox of the given scope and answers 202 once it is safe.
func (in *Inbox) Serve(w http.ResponseWriter, r *http.Request, scope string) {
	// Not every server below us can set a deadline; then that of the whole request holds.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	counted := &body{Reader: http.MaxBytesReader(w, r.Body, maxBody), budget: in.budget, sender: in.verify.ClientIP(r)}
	defer counted.release()
	r.Body = io.NopCloser(counted)
	ctx := context.WithValue(r.Context(), arrivalKey{}, &arrival{scope: scope, header: r.Header})
	handled, err := false, error(nil)
	if transport.IsActivity(r.Header.Get("Content-Type")) {
		// go-fed knows the profile of JSON-LD only right behind its name.
		r = r.WithContext(ctx)
		r.Header = r.Header.Clone()
		r.Header.Set("Content-Type", vocab.MediaType)
		handled, err = in.actor.PostInbox(ctx, &acceptedWriter{ResponseWriter: w}, r)
	}
	switch {
	case err != nil:
		err = asFault(err)
		in.metrics.Received(string(fault.KindOf(err)))
		in.fail(w, r, err)
	case !handled:
		in.metrics.Received("media_type")
		w.Header().Set("Accept", vocab.MediaType)
		http.Error(w, "send "+vocab.MediaType, http.StatusUnsupportedMediaType)
	default:
		in.metrics.Received("accepted")
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
	case fault.KindOf(err) == fault.Internal && db.IsUnavailable(err):
		return fault.Wrap(fault.Unavailable, "error.federation.unavailable", err)
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
