package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
)

// loginView is the login page.
type loginView struct {
	Next         string // where to go on, always on this site
	Needed       bool   // someone wanted a page that needs a login
	ContactName  string
	ContactEmail string
}

func (s *Site) showLogin(w http.ResponseWriter, r *http.Request) error {
	wanted := r.URL.Query().Get("weiter")
	view := loginView{Next: afterLogin(wanted)}
	view.Needed = needsLogin(view.Next) && wanted != ""
	keepOpener(w, view.Next)
	if currentAccount(r) != nil {
		http.Redirect(w, r, view.Next, http.StatusSeeOther)
		return nil
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("login page: %w", err)
	}
	view.ContactName, view.ContactEmail = o.ContactName, o.ContactEmail
	return s.render(w, r, http.StatusOK, "login", page{Title: s.t(r, "auth.login.title"), Data: view, NoIndex: true, Scripts: []string{"passkey.js"}})
}

// afterLogin is where a login leads: the wanted page if it is one of ours and not another way in, else the own area.
func afterLogin(wanted string) string {
	next := localPath(wanted, "/bereich")
	for _, prefix := range []string{"/anmelden", "/abmelden", "/anmeldelink/", "/einladung/", "/webauthn/"} {
		if strings.HasPrefix(next, prefix) {
			return "/bereich"
		}
	}
	return next
}

// needsLogin reports whether an address is of no use without an account.
func needsLogin(path string) bool {
	for _, prefix := range []string{"/bereich", "/einstellungen", "/verwaltung", "/redaktion", "/praxisbeispiele/neu", "/diskussionen/neu", "/beitraege", authorizePath} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// logout ends the session on the server and in the browser.
func (s *Site) logout(w http.ResponseWriter, r *http.Request) error {
	if secret := visitorOf(r).secret; secret != "" {
		if err := s.Auth.Logout(r.Context(), secret); err != nil {
			return fmt.Errorf("log out: %w", err)
		}
	}
	s.clearSession(w)
	s.flash(w, "info", "flash.logged_out")
	next := localPath(r.FormValue("weiter"), "/")
	keepOpener(w, next)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// linkView is the page of a one-time login link.
type linkView struct {
	Secret  string
	Account account.Account
}

// showLoginLink only looks: the link is used up by the button, so that a mail scanner cannot do it.
func (s *Site) showLoginLink(w http.ResponseWriter, r *http.Request) error {
	secret := pathText(r, "secret")
	a, err := s.Auth.CheckLoginLink(r.Context(), secret)
	if err != nil {
		return s.showGone(w, r, err, "auth.gone.link")
	}
	return s.render(w, r, http.StatusOK, "login_link", page{
		Title: s.t(r, "auth.link.title"), Data: linkView{Secret: secret, Account: a}, NoIndex: true,
	})
}

func (s *Site) useLoginLink(w http.ResponseWriter, r *http.Request) error {
	a, session, err := s.Auth.UseLoginLink(r.Context(), pathText(r, "secret"), r.UserAgent())
	if err != nil {
		return s.showGone(w, r, err, "auth.gone.link")
	}
	s.setSession(w, session)
	keys, err := s.Auth.Passkeys(r.Context(), a)
	if err != nil {
		return fmt.Errorf("login link: %w", err)
	}
	// Someone without a passkey would need a new link next time.
	if len(keys) == 0 {
		s.flash(w, "info", "flash.login_link")
	}
	http.Redirect(w, r, "/einstellungen/zugangsschluessel", http.StatusSeeOther)
	return nil
}
