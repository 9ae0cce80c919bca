package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
)

// sessionView is one browser that is logged in.
type sessionView struct {
	auth.Session
	Device string
	This   bool
}

func (s *Site) showSessions(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	sessions, err := s.Auth.Sessions(r.Context(), reader)
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	var data []sessionView
	for _, session := range sessions {
		data = append(data, sessionView{Session: session, Device: s.device(r, session.UserAgent), This: session.ID == currentSession(r).ID})
	}
	return s.render(w, r, http.StatusOK, "settings_sessions", page{Title: s.t(r, "settings.sessions"), Nav: "home", Data: data, NoIndex: true})
}

func (s *Site) revokeSession(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	if err := s.Auth.RevokeSession(r.Context(), reader, id); err != nil {
		return fmt.Errorf("revoke session %d: %w", id, err)
	}
	if id == currentSession(r).ID {
		s.clearSession(w)
		s.flash(w, "info", "flash.logged_out")
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	s.flash(w, "success", "flash.session.revoked")
	http.Redirect(w, r, "/einstellungen/sitzungen", http.StatusSeeOther)
	return nil
}

// names of browsers and systems as they stand in User-Agent headers; the first that fits counts, since most browsers
// also name others.
var (
	browsers = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems  = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

// device says in words which browser it is.
func (s *Site) device(r *http.Request, userAgent string) string {
	find := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(userAgent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser, system := find(browsers), find(systems)
	switch {
	case browser == "" && system == "":
		return s.t(r, "settings.sessions.unknown")
	case browser == "" || system == "":
		return browser + system
	}
	return s.t(r, "settings.sessions.on", "Browser", browser, "System", system)
}
