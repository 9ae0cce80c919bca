package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
)

// handler is a page: it writes the answer or returns an error that fail turns into one.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle makes a handler of net/http.
func (s *Site) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer forgetUploads(r)
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// forgetUploads removes what a form brought from the disk. The server does that only for the request as it came in, of which the
// middleware made another one.
func forgetUploads(r *http.Request) {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll() // what cannot be removed now is the system's to clean up
	}
}

// errorView is what the error page shows.
type errorView struct {
	Status  int
	Heading string
	Message string
	Login   string // address of the login page, when logging in would help
	Typed   *typedView
}

// fail writes the page for an error: the one place where kinds become status codes and words.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		err = fault.Wrap(fault.TooLarge, "error.too_large", err)
	}
	kind := fault.KindOf(err)
	if kind == fault.Internal && r.Context().Err() != nil {
		return // the reader has left
	}
	if kind == fault.Internal {
		s.Log.ErrorContext(r.Context(), "page failed", slog.String("method", r.Method), slog.String("path", loggedPath(r)), slog.Any("error", err))
	}
	// A page that needs a login leads there and back again; a script gets the plain answer.
	if kind == fault.Unauthorized && !usesToken(r) && !wantsJSON(r) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, loginURL(r), http.StatusSeeOther)
		return
	}
	message := s.message(r, err)
	if wantsJSON(r) {
		writeJSON(w, kind.Status(), map[string]string{"error": message})
		return
	}
	view := errorView{Status: kind.Status(), Heading: s.t(r, "web.error."+string(kind)), Message: message, Typed: s.typed(w, r, kind)}
	if kind == fault.Unauthorized {
		view.Login = loginURL(r)
	}
	if renderErr := s.render(w, r, view.Status, "error", page{Title: view.Heading, Data: view}); renderErr != nil {
		s.Log.ErrorContext(r.Context(), "error page failed", slog.Any("error", renderErr))
		s.failBare(w, r, view)
	}
}

// failBare writes the page for an error without anything that has to be looked up: the database may be what failed.
func (s *Site) failBare(w http.ResponseWriter, r *http.Request, view errorView) {
	domain := s.Config.Domain()
	p := page{Title: view.Heading, Data: view, Organization: organization.Organization{Name: domain, ShortName: domain}, Host: domain, Path: r.URL.Path}
	body := getBuffer()
	defer buffers.Put(body)
	if err := s.execute(body, r, "error", &p); err != nil {
		s.Log.ErrorContext(r.Context(), "bare error page failed", slog.Any("error", err))
		http.Error(w, view.Message, view.Status)
		return
	}
	s.send(w, r, view.Status, body.Bytes(), p)
}

// loggedPath is the path as the log may show it. The secret of a one-time link still opens a session when its page failed.
func loggedPath(r *http.Request) string {
	if secret := pathText(r, "secret"); secret != "" {
		return strings.ReplaceAll(r.URL.Path, secret, "{secret}")
	}
	return r.URL.Path
}

// message translates what an error may tell a reader.
func (s *Site) message(r *http.Request, err error) string {
	var e *fault.Error
	if errors.As(err, &e) && e.Kind != fault.Internal && e.Message != "" {
		if text := s.t(r, e.Message); text != e.Message {
			return text
		}
	}
	return s.t(r, "web.error."+string(fault.KindOf(err))+".text")
}

// showNotFound answers unknown addresses.
func (s *Site) showNotFound(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "web.error.not_found.text")
}

// require returns who is logged in, if the role suffices. The services check again; this spares a form that could not
// be sent anyway.
func (s *Site) require(r *http.Request, role account.Role) (account.Account, error) {
	a := currentAccount(r)
	if a == nil {
		return account.Account{}, fault.New(fault.Unauthorized, "web.error.unauthorized.text")
	}
	if !a.Role.AtLeast(role) {
		return account.Account{}, fault.New(fault.Forbidden, "web.error.forbidden.text")
	}
	return *a, nil
}

// pathID returns the number in the path named id.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.NotFound, "web.error.not_found.text")
	}
	return id, nil
}

// requireAt is require on a page about one thing, whose id stands in the path.
func (s *Site) requireAt(r *http.Request, role account.Role) (reader account.Account, id int64, err error) {
	if reader, err = s.require(r, role); err != nil {
		return reader, 0, err
	}
	id, err = pathID(r)
	return reader, id, err
}

// back returns to the page a small form stood on (its field weiter), else to fallback.
func (s *Site) back(w http.ResponseWriter, r *http.Request, fallback string) error {
	http.Redirect(w, r, localPath(r.FormValue("weiter"), fallback), http.StatusSeeOther)
	return nil
}

// localPath returns p if it is an address on this site, else fallback: nobody can be led elsewhere by a link to us.
func localPath(p, fallback string) string {
	u, err := url.Parse(p)
	if err != nil || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") || u.Host != "" || u.Scheme != "" {
		return fallback
	}
	return p
}

func loginURL(r *http.Request) string {
	target := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		target = r.URL.Path
	}
	return "/anmelden?weiter=" + url.QueryEscape(target)
}

func practiceURL(id int64) string { return fmt.Sprintf("/praxisbeispiele/%d", id) }
