// Package fault gives errors a kind that every surface can translate: an HTML page, a JSON body or an
// ActivityPub answer. The message is a key of web/locales, never a sentence, and is safe to show; what went
// wrong inside is wrapped and only logged.
package fault

import (
	"errors"
	"fmt"
)

// Kind says how a surface should answer.
type Kind string

const (
	Internal     Kind = "internal"     // 500
	Invalid      Kind = "invalid"      // 422, with field errors
	NotFound     Kind = "not_found"    // 404, also for what the viewer may not see
	Unauthorized Kind = "unauthorized" // 401, log in first
	Forbidden    Kind = "forbidden"    // 403
	Conflict     Kind = "conflict"     // 409
	Gone         Kind = "gone"         // 410
	TooLarge     Kind = "too_large"    // 413
	Limited      Kind = "limited"      // 429
	Unavailable  Kind = "unavailable"  // 502: another server did not answer
)

// Field is one mistake in one input. Message is a locale key, Args fill its placeholders.
type Field struct {
	Name    string
	Message string
	Args    map[string]any
}

// Error is an error with a kind. Message is a locale key such as "error.practice.not_found".
type Error struct {
	Kind    Kind
	Message string
	Fields  []Field
	Err     error
}

func (e *Error) Error() string {
	s := string(e.Kind) + ": " + e.Message
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s %s]", f.Name, f.Message)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// New returns an error of a kind with a locale key.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Wrap is New around a cause that is logged but never shown.
func Wrap(kind Kind, message string, err error) *Error {
	return &Error{Kind: kind, Message: message, Err: err}
}

// Fields returns an Invalid error, or nil when there is no field error.
func Fields(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: "error.invalid", Fields: fields}
}

// KindOf returns the kind of the first *Error in err's chain, Internal for any other error, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err has the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Status returns the HTTP status code for a kind (RFC 9110).
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return 422
	case NotFound:
		return 404
	case Unauthorized:
		return 401
	case Forbidden:
		return 403
	case Conflict:
		return 409
	case Gone:
		return 410
	case TooLarge:
		return 413
	case Limited:
		return 429
	case Unavailable:
		return 502
	}
	return 500
}
