package inbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// maxAttempts is how often an activity is tried that fails for a reason that may pass, about an hour in all.
const maxAttempts = 12

// message is the activity that is being applied.
type message struct {
	row    row
	actor  account.Account
	kind   string   // Create, Update or Delete: of the activity itself, or of the one a group passes on
	author string   // who did it
	notes  []string // for the operator
	about  string   // the object that was written, for object_uri
}

func (m *message) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

type messageKey struct{}

func from(ctx context.Context) *message { return ctx.Value(messageKey{}).(*message) }

// verdict ends the handling of an activity without a change: ignored does not concern us, rejected broke a rule.
type verdict struct{ outcome, reason string }

func (v *verdict) Error() string { return v.outcome + ": " + v.reason }

func asVerdict(err error) *verdict {
	var v *verdict
	errors.As(err, &v)
	return v
}

func ignored(format string, args ...any) error {
	return &verdict{"ignored", fmt.Sprintf(format, args...)}
}

func rejected(format string, args ...any) error {
	return &verdict{"rejected", fmt.Sprintf(format, args...)}
}

// result is what became of one activity.
type result struct {
	id       int64
	outcome  string // "": it is tried again
	note     string
	about    string
	attempts int
	next     time.Time // when it is tried again; zero where it is closed
}

// receive applies one stored activity. It may run twice: every handler is idempotent. What cannot be applied now, because an
// origin does not answer, is tried again later. An error means that nothing can be said of it: the database did not answer, which
// is no attempt as long as patient, or ctx has ended.
func (in *Inbox) receive(ctx context.Context, r row, patient bool) (result, error) {
	// What is done here is done again after a crash, for the activity is still pending then: none of it needs to wait for the disk.
	limited, cancel := context.WithTimeout(db.Repeatable(ctx), applyTime)
	defer cancel()
	m := &message{row: r}
	done := result{id: r.ID, attempts: r.Attempts + 1}
	outcome, reason, err := in.applyOrPanic(limited, m)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return done, ctx.Err()
	case patient && fault.KindOf(err) == fault.Internal && db.IsUnavailable(err):
		return done, fmt.Errorf("inbox.Receive %s %s: %w", r.Type, r.URI, err)
	case done.attempts < maxAttempts:
		in.Log.InfoContext(ctx, "activity is tried again", "type", r.Type, "uri", r.URI, "attempt", done.attempts, "error", err)
		in.Metrics.Applied("failed")
		done.next, done.note = in.now().Add(retryAfter(done.attempts)), clip(err.Error())
		return done, nil
	default:
		outcome, reason = "ignored", "given up: "+err.Error()
		in.Log.WarnContext(ctx, "activity given up", "type", r.Type, "uri", r.URI, "error", err)
	}
	if reason != "" {
		m.notes = append([]string{reason}, m.notes...)
	}
	in.Metrics.Applied(outcome)
	done.outcome, done.note, done.about = outcome, clip(strings.Join(m.notes, "; ")), m.about
	return done, nil
}

// retryAfter is how long an activity waits after its nth attempt: 1, 2, 4 ... seconds, give or take a tenth, so that what failed
// together does not come back together.
func retryAfter(attempts int) time.Duration {
	wait := time.Second << (attempts - 1)
	return wait + time.Duration((rand.Float64()-0.5)*0.2*float64(wait))
}

// applyOrPanic makes a panic an error like others, so that an activity which we cannot digest ends with a note too.
func (in *Inbox) applyOrPanic(ctx context.Context, m *message) (outcome, reason string, err error) {
	defer func() {
		if v := recover(); v != nil {
			in.Log.ErrorContext(ctx, "activity panicked", "type", m.row.Type, "uri", m.row.URI, "panic", v, "stack", string(debug.Stack()))
			outcome, reason, err = "", "", fmt.Errorf("panic: %v", v)
		}
	}()
	return in.apply(ctx, m)
}

func (in *Inbox) apply(ctx context.Context, m *message) (outcome, reason string, err error) {
	a, err := vocab.ParseActivity(m.row.Body)
	if err != nil {
		return "rejected", err.Error(), nil
	}
	m.kind, m.author = a.Type, a.Actor
	m.actor, err = in.Fetch.FetchActor(ctx, a.Actor)
	if err == nil {
		err = in.handlers.Dispatch(context.WithValue(ctx, messageKey{}, m), a)
	}
	v := asVerdict(err)
	switch {
	case err == nil:
		return "applied", "", nil
	case v != nil:
		return v.outcome, v.reason, nil
	case errors.Is(err, vocab.ErrUnknownType):
		return "ignored", "type not handled", nil
	case errors.Is(err, vocab.ErrMalformed):
		return "rejected", err.Error(), nil
	}
	switch fault.KindOf(err) {
	case fault.Gone, fault.NotFound, fault.Conflict:
		return "ignored", err.Error(), nil
	case fault.Forbidden, fault.Invalid, fault.Unauthorized:
		return "rejected", err.Error(), nil
	}
	return "", "", err
}

// clip makes a note fit for the table: no text of another server may keep an activity from being closed.
func clip(s string) string {
	r := []rune(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", ""))
	return string(r[:min(len(r), 1000)])
}
