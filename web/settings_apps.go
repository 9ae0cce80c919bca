package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/oauth"
)

// appView is a program that the reader let in.
type appView struct {
	oauth.Access
	Rights []rightsView
}

// appsView is everything but browsers that can act as the reader: programs, and tokens made by hand.
type appsView struct {
	Apps   []appView
	Tokens []tokenView
}

type tokenView struct {
	auth.Token
	Rights []rightsView
}

func (s *Site) showApps(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	list, err := s.OAuth.Accesses(r.Context(), reader)
	if err != nil {
		return fmt.Errorf("list programs: %w", err)
	}
	tokens, err := s.Auth.Tokens(r.Context(), reader)
	if err != nil {
		return fmt.Errorf("list tokens: %w", err)
	}
	var data appsView
	for _, a := range list {
		data.Apps = append(data.Apps, appView{a, rightsOf(a.Scopes)})
	}
	for _, t := range slices.DeleteFunc(tokens, func(t auth.Token) bool { return t.AppID != nil }) {
		data.Tokens = append(data.Tokens, tokenView{t, rightsOf(strings.Fields(t.Scopes))})
	}
	return s.render(w, r, http.StatusOK, "settings_apps", page{Title: s.t(r, "settings.apps"), Nav: "home", Data: data, NoIndex: true})
}

func (s *Site) withdrawApp(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	if err := s.OAuth.Withdraw(r.Context(), reader, id); err != nil {
		return fmt.Errorf("withdraw app %d: %w", id, err)
	}
	return s.backToApps(w, r)
}

func (s *Site) revokeToken(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	if err := s.Auth.RevokeToken(r.Context(), reader, id); err != nil {
		return fmt.Errorf("revoke token %d: %w", id, err)
	}
	return s.backToApps(w, r)
}

func (s *Site) backToApps(w http.ResponseWriter, r *http.Request) error {
	s.flash(w, "success", "flash.token.revoked")
	http.Redirect(w, r, "/einstellungen/programme", http.StatusSeeOther)
	return nil
}
