package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/oauth"
)

// authorizePath is where programs send people to be allowed something.
const authorizePath = "/oauth/authorize"

// authorizeView is the page on which a person allows a program something, or does not.
type authorizeView struct {
	App    oauth.App
	Rights []rightsView
	Handle string
	Target string // who gets the answer: a host, or the scheme of a program on the device
	Web    bool   // Target is a host
	Copy   bool   // the person carries the answer over
	Here   string // address of this page with all parameters
}

// authorizeErrorView is shown when a request makes no sense.
type authorizeErrorView struct {
	Message string
	App     oauth.App
	Back    template.URL // leads back to the program with the reason, "" where it must not
}

// requested reads what a program asks for. It stands in the address, also when the form is sent, so that nothing is changed
// on the way through a form.
func requested(r *http.Request) oauth.Request {
	q := r.URL.Query()
	return oauth.Request{
		ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"), ResponseType: q.Get("response_type"), Scope: q.Get("scope"),
		State: q.Get("state"), Challenge: q.Get("code_challenge"), ChallengeMethod: q.Get("code_challenge_method"),
	}
}

// showAuthorize asks the person. The request is read first: nobody logs in for one that makes no sense. Who is logged in is
// named and can change, so force_login needs nothing more.
func (s *Site) showAuthorize(w http.ResponseWriter, r *http.Request) error {
	keepOpener(w, authorizePath)
	s.speak(w, r)
	asked, err := s.OAuth.Check(r.Context(), requested(r))
	if err != nil {
		return s.refuseRequest(w, r, asked, err)
	}
	reader, err := s.requireSession(r)
	if err != nil {
		return err
	}
	view := authorizeView{
		App: asked.App, Rights: rightsOf(asked.Scopes), Handle: "@" + reader.Username + "@" + s.Config.Domain(), Copy: asked.OutOfBand(),
		Here: authorizePath + "?" + r.URL.RawQuery,
	}
	if u, err := url.Parse(asked.RedirectURI); err == nil && !view.Copy {
		if view.Target = u.Host; u.Scheme != "http" && u.Scheme != "https" {
			view.Target = u.Scheme
		} else {
			view.Web = true
		}
		w.Header().Set("Content-Security-Policy", strings.Replace(contentSecurityPolicy, "form-action 'self'", "form-action 'self' "+formTargets(u), 1))
	}
	return s.render(w, r, http.StatusOK, "oauth_authorize", page{Title: s.t(r, "oauth.authorize.title", "App", asked.App.Name), Data: view, NoIndex: true})
}

// answerAuthorize is the person's yes or no.
func (s *Site) answerAuthorize(w http.ResponseWriter, r *http.Request) error {
	keepOpener(w, authorizePath)
	reader, err := s.requireSession(r)
	if err != nil {
		return err
	}
	var form struct {
		Answer string `schema:"antwort"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	if form.Answer != "erlauben" {
		asked, err := s.OAuth.Check(r.Context(), requested(r))
		if err != nil {
			return s.refuseRequest(w, r, asked, err)
		}
		if asked.OutOfBand() {
			return s.render(w, r, http.StatusOK, "oauth_refused", page{Title: s.t(r, "oauth.refused.title"), Data: asked.App, NoIndex: true})
		}
		s.leave(w, r, asked.Refused(oauth.AccessDenied))
		return nil
	}
	asked, code, err := s.OAuth.Allow(r.Context(), reader, requested(r))
	if err != nil {
		return s.refuseRequest(w, r, asked, err)
	}
	if asked.OutOfBand() {
		return s.render(w, r, http.StatusOK, "oauth_code", page{
			Title: s.t(r, "oauth.code.title"), Data: map[string]any{"App": asked.App, "Code": code}, NoIndex: true, Scripts: []string{"copy.js"},
		})
	}
	s.leave(w, r, asked.Granted(code))
	return nil
}

// requireSession returns who is logged in with a browser: no program allows another something.
func (s *Site) requireSession(r *http.Request) (account.Account, error) {
	reader, err := s.require(r, account.RoleGuest)
	if err == nil && usesToken(r) {
		err = fault.New(fault.Forbidden, "web.error.forbidden.text")
	}
	return reader, err
}

// leave sends the browser to the program.
func (s *Site) leave(w http.ResponseWriter, r *http.Request, address string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// refuseRequest says in words why a request goes nowhere. The browser is led back only by the person's own click, and only to
// an address the program registered: anyone can register a program, and a link to us must not become a link to
// anywhere (RFC 9700, 4.11.2).
func (s *Site) refuseRequest(w http.ResponseWriter, r *http.Request, asked oauth.Asked, err error) error {
	var code oauth.Code
	if !errors.As(err, &code) {
		return fmt.Errorf("authorize: %w", err)
	}
	view := authorizeErrorView{Message: s.message(r, err), App: asked.App}
	if asked.RedirectURI != "" && !asked.OutOfBand() {
		view.Back = template.URL(asked.Refused(err)) //nolint:gosec // registered, so it is no address that runs something here
	}
	return s.render(w, r, http.StatusBadRequest, "oauth_error", page{Title: s.t(r, "oauth.error.title"), Data: view, NoIndex: true})
}

// plainHost is a host as it may stand in a policy.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// formTargets is where the answer may go, as sources of a Content-Security-Policy: browsers hold form-action against every
// redirect that follows a form. Programs on the web may lead on from there to any page over https, as Elk does.
func formTargets(u *url.URL) string {
	switch {
	case u.Scheme == "https":
		return "https:"
	case u.Scheme == "http" && plainHost.MatchString(u.Host):
		return "http://" + u.Host + " https:"
	case u.Scheme == "http":
		return "http: https:"
	}
	return u.Scheme + ":"
}

// keepOpener leaves a page in touch with the window that opened it when it leads to the authorization: web clients open that in
// a window of its own and wait there for the answer.
func keepOpener(w http.ResponseWriter, next string) {
	u, err := url.Parse(next)
	if err == nil && u.Path == "/anmelden" {
		u, err = url.Parse(u.Query().Get("weiter"))
	}
	if err == nil && strings.TrimSuffix(u.Path, "/") == authorizePath {
		w.Header().Del("Cross-Origin-Opener-Policy")
	}
}

// speak takes the language a program asks for (lang) until the visitor chooses one. Who has an account has chosen.
func (s *Site) speak(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get("lang")
	if !slices.Contains(languages, lang) || currentAccount(r) != nil || chosenLanguage(r) != "" {
		return
	}
	visitorOf(r).localizer = s.I18n.For(lang)
	s.setLanguage(w, lang)
}
