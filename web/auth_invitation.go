package web

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/fault"
)

// invitationView is the page on which an invited person makes an account.
type invitationView struct {
	Secret     string
	Invitation auth.Invitation
	Name       string // of the organisation
	Domain     string
	Errors     formErrors
}

func (s *Site) showInvitation(w http.ResponseWriter, r *http.Request) error {
	secret := pathText(r, "secret")
	invitation, err := s.Auth.Invitation(r.Context(), secret)
	if err != nil {
		return s.showGone(w, r, err, "auth.gone.invite")
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("invitation page: %w", err)
	}
	view := invitationView{Secret: secret, Invitation: invitation, Name: o.Name, Domain: s.Config.Domain()}
	return s.render(w, r, http.StatusOK, "invitation", page{
		Title: s.t(r, "auth.invite.title"), Data: view, NoIndex: true, Scripts: []string{"passkey.js"},
	})
}

// showGone says what to do about a link that no longer works.
func (s *Site) showGone(w http.ResponseWriter, r *http.Request, err error, key string) error {
	if kind := fault.KindOf(err); kind != fault.NotFound && kind != fault.Gone {
		return fmt.Errorf("one-time link: %w", err)
	}
	return s.render(w, r, http.StatusNotFound, "link_gone", page{Title: s.t(r, "auth.gone.title"), Data: key, NoIndex: true})
}

// pathText returns a named part of the path.
func pathText(r *http.Request, name string) string { return mux.Vars(r)[name] }
