package mastodon

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/vorbild/vorbild/internal/fault"
)

// failure is the Error entity. Clients show Error to the person, so it is a sentence.
type failure struct {
	Error       string                     `json:"error"`
	Description string                     `json:"error_description,omitempty"`
	Details     map[string][]failureDetail `json:"details,omitempty"`
}

type failureDetail struct {
	Error       string `json:"error"`
	Description string `json:"description"`
}

func errNotFound() error { return fault.New(fault.NotFound, "mastodon.error.not_found") }

// fixed are the words that clients know; everything else is said in the language of the reader.
var fixed = map[fault.Kind]string{
	fault.NotFound:     "Record not found",
	fault.Gone:         "Record not found",
	fault.Unauthorized: "The access token is invalid",
}

// errUserRequired answers a program that acts for nobody where only people may act.
func errUserRequired() error { return fault.New(fault.Unauthorized, "mastodon.error.user_required") }

var fixedMessages = map[string]string{
	"error.auth.scope_missing":     "This action is outside the authorized scopes",
	"mastodon.error.user_required": "This method requires an authenticated user",
}

// fail writes the one shape of errors. What is gone is not found: clients know no 410.
func (s *Server) fail(w http.ResponseWriter, c *call, err error) {
	kind := fault.KindOf(err)
	if c.Context().Err() != nil && kind == fault.Internal {
		return // the client has gone; nobody reads the answer
	}
	status := kind.Status()
	if kind == fault.Gone {
		status = http.StatusNotFound
	}
	if kind == fault.Internal {
		s.Log.ErrorContext(c.Context(), "client call", slog.String("method", c.Method), slog.String("path", c.URL.Path), slog.Any("error", err))
	}
	body := s.failure(c, kind, err)
	h := w.Header()
	h.Del("Link")
	h.Del("ETag")
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="Vorbild"`)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Server) failure(c *call, kind fault.Kind, err error) failure {
	language := c.grant.Account.Language
	words := s.I18n.For(language, c.Header.Get("Accept-Language"))
	var f *fault.Error
	known := errors.As(err, &f)
	switch {
	case known && fixedMessages[f.Message] != "":
		return failure{Error: fixedMessages[f.Message]}
	case fixed[kind] != "":
		return failure{Error: fixed[kind]}
	case !known || kind == fault.Internal || f.Message == "":
		return failure{Error: words.T("mastodon.error.internal")}
	case len(f.Fields) == 0:
		return failure{Error: words.T(f.Message)}
	}
	body := failure{Details: map[string][]failureDetail{}}
	for i, field := range f.Fields {
		var args []any
		for name, value := range field.Args {
			args = append(args, name, value)
		}
		text := words.T(field.Message, args...)
		if i > 0 {
			body.Error += " "
		}
		body.Error += text
		body.Details[field.Name] = append(body.Details[field.Name], failureDetail{Error: "ERR_INVALID", Description: text})
	}
	body.Error = "Validation failed: " + body.Error
	return body
}
