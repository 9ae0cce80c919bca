package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// ceremonyCookie ties the browser that began a passkey dialog to the one that ends it. It lives for one dialog.
const ceremonyCookie = "vorbild_ceremony"

// ceremonySeconds is how long a person may take; authenticators give up after a few minutes.
const ceremonySeconds = 600

// ceremonyError is what the script shows when the server refuses.
type ceremonyError struct {
	Error  string            `json:"error"`
	Fields map[string]string `json:"fields,omitempty"`
}

// handleJSON makes a handler of net/http whose errors are JSON in the reader's language.
func (s *Site) handleJSON(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		kind := fault.KindOf(err)
		if kind == fault.Internal {
			if r.Context().Err() != nil {
				return // the reader has left
			}
			s.Log.ErrorContext(r.Context(), "passkey dialog failed", slog.String("path", r.URL.Path), slog.Any("error", err))
		}
		answer := ceremonyError{Error: s.message(r, err)}
		var e *fault.Error
		if errors.As(err, &e) && len(e.Fields) > 0 {
			errs, _ := s.formErrors(r, err)
			answer.Fields = make(map[string]string, len(errs.Fields))
			for _, f := range errs.Fields {
				answer.Fields[f.Name] = f.Text
			}
		}
		writeJSON(w, kind.Status(), answer)
	})
}

func (s *Site) beginLogin(w http.ResponseWriter, r *http.Request) error {
	options, ceremony, err := s.Auth.BeginLogin(r.Context())
	if err != nil {
		return fmt.Errorf("begin login: %w", err)
	}
	return s.sendOptions(w, options, ceremony)
}

func (s *Site) finishLogin(w http.ResponseWriter, r *http.Request) error {
	ceremony, err := s.takeCeremony(w, r)
	if err != nil {
		return err
	}
	_, session, err := s.Auth.FinishLogin(r.Context(), ceremony, r)
	if err != nil {
		return fmt.Errorf("finish login: %w", err)
	}
	s.setSession(w, session)
	sendLocation(w, afterLogin(r.URL.Query().Get("weiter")))
	return nil
}

// registration is what the form of an invitation sends to begin with.
type registration struct {
	Invitation  string `json:"invitation"`
	Username    string `json:"username"`
	DisplayName string `json:"display_name"`
}

func (s *Site) beginRegistration(w http.ResponseWriter, r *http.Request) error {
	var in registration
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return fault.Wrap(fault.Invalid, "member.error.json", err)
	}
	options, ceremony, err := s.Auth.BeginRegistration(r.Context(), in.Invitation, strings.TrimSpace(in.Username), strings.TrimSpace(in.DisplayName))
	if err != nil {
		return fmt.Errorf("begin registration: %w", err)
	}
	return s.sendOptions(w, options, ceremony)
}

func (s *Site) finishRegistration(w http.ResponseWriter, r *http.Request) error {
	ceremony, err := s.takeCeremony(w, r)
	if err != nil {
		return err
	}
	a, session, err := s.Auth.FinishRegistration(r.Context(), ceremony, s.keyName(r), r)
	if err != nil {
		return fmt.Errorf("finish registration: %w", err)
	}
	// The account goes on in the language in which it was made.
	if language := s.localizer(r).Lang(); language != a.Language {
		if err := s.Accounts.UpdateProfile(r.Context(), a, a.ID, a.DisplayName, a.NoteSource, a.ApprovesFollowers, language); err != nil {
			s.Log.WarnContext(r.Context(), "language of a new account", slog.Any("account", a), slog.Any("error", err))
		}
	}
	s.setSession(w, session)
	s.flash(w, "success", "flash.registered")
	sendLocation(w, "/bereich")
	return nil
}

func (s *Site) beginAddPasskey(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	options, ceremony, err := s.Auth.BeginAddPasskey(r.Context(), reader)
	if err != nil {
		return fmt.Errorf("begin another passkey: %w", err)
	}
	return s.sendOptions(w, options, ceremony)
}

func (s *Site) finishAddPasskey(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	ceremony, err := s.takeCeremony(w, r)
	if err != nil {
		return err
	}
	if err := s.Auth.FinishAddPasskey(r.Context(), reader, ceremony, s.keyName(r), r); err != nil {
		return fmt.Errorf("finish another passkey: %w", err)
	}
	s.flash(w, "success", "flash.passkey.added")
	sendLocation(w, "/einstellungen/zugangsschluessel")
	return nil
}

// keyName is what the person calls the passkey; the body belongs to the authenticator's answer.
func (s *Site) keyName(r *http.Request) string {
	if name := strings.TrimSpace(r.URL.Query().Get("name")); name != "" {
		return name
	}
	return s.t(r, "auth.key.name.default")
}

// sendOptions gives the browser what its authenticator needs, and the cookie that must come back.
func (s *Site) sendOptions(w http.ResponseWriter, options []byte, ceremony string) error {
	http.SetCookie(w, s.ceremony(ceremony, ceremonySeconds))
	writeJSON(w, http.StatusOK, json.RawMessage(options))
	return nil
}

// takeCeremony reads the cookie and forgets it: each dialog has one answer.
func (s *Site) takeCeremony(w http.ResponseWriter, r *http.Request) (string, error) {
	c, err := r.Cookie(ceremonyCookie)
	if err != nil || c.Value == "" {
		return "", fault.New(fault.Invalid, "member.error.ceremony")
	}
	http.SetCookie(w, s.ceremony("", -1))
	return c.Value, nil
}

func (s *Site) ceremony(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: ceremonyCookie, Value: value, Path: "/webauthn/", MaxAge: maxAge, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode}
}

func sendLocation(w http.ResponseWriter, path string) {
	writeJSON(w, http.StatusOK, map[string]string{"location": path})
}
