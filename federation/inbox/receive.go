package inbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

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

// Receive applies one stored activity. It may run twice: every handler is idempotent. What cannot be applied now, because
// an origin does not answer, is tried again later.
func (in *Inbox) Receive(ctx context.Context, id int64, attempt int) error {
	r, err := receivedByID(ctx, in.DB, id)
	if db.IsNotFound(err) || err == nil && r.ProcessedAt != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inbox.Receive %d: %w", id, err)
	}
	// RULE: one host's activities are applied one at a time, so that a Follow and its Undo cannot pass each other unseen,
	// and a host whose documents come slowly never holds more than one worker. Their order may still differ from the order
	// of sending; the handlers look for what took them back.
	done, err := takeTurn(ctx, in.DB, receiveTurn, vocab.HostOf(r.ActorURI))
	if err != nil {
		return fmt.Errorf("inbox.Receive %d: %w", id, err)
	}
	defer done()

	m := &message{row: r}
	outcome, reason, err := in.applyOrPanic(ctx, m)
	if err != nil && attempt < maxAttempts {
		return fmt.Errorf("inbox.Receive %s %s: %w", r.Type, r.URI, err)
	}
	if err != nil {
		outcome, reason = "ignored", "given up: "+err.Error()
		in.Log.WarnContext(ctx, "activity given up", "type", r.Type, "uri", r.URI, "error", err)
	}
	if reason != "" {
		m.notes = append([]string{reason}, m.notes...)
	}
	return markProcessed(ctx, in.DB, id, outcome, clip(strings.Join(m.notes, "; ")), m.about, in.now())
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
