package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/practice"
)

// inviteView is whom editors invited, and the form to invite one more.
type inviteView struct {
	Practice practice.View
	Path     string
	Account  string
	Invited  []assessment.Invited
	Errors   formErrors
}

// showInvited lists who is invited to assess a practice.
func (s *Site) showInvited(w http.ResponseWriter, r *http.Request) error {
	return s.renderInvited(w, r, http.StatusOK, inviteView{})
}

func (s *Site) renderInvited(w http.ResponseWriter, r *http.Request, status int, view inviteView) error {
	editor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if view.Practice, err = s.Practices.ByID(r.Context(), viewer(r), id); err != nil {
		return fmt.Errorf("invite to %d: %w", id, err)
	}
	if view.Invited, err = s.Assessments.Invitations(r.Context(), editor, id); err != nil {
		return fmt.Errorf("invite to %d: %w", id, err)
	}
	view.Path = practiceURL(id) + "/bewertung-einladen"
	return s.render(w, r, status, "assessment_invite", page{Title: s.t(r, "assessment.invite.title"), Nav: "practices", Data: view, NoIndex: true})
}

// inviteToAssess lets an account, ours or another instance's, assess a practice.
func (s *Site) inviteToAssess(w http.ResponseWriter, r *http.Request) error {
	editor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		Account string `schema:"account"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("invite to %d: %w", id, err)
	}
	who, err := s.findAccount(r, editor, form.Account)
	if err == nil {
		err = s.Assessments.Invite(r.Context(), editor, id, who.ID, s.t(r, "assessment.invite.message",
			"Handle", who.Handle(), "Title", markup.Escape(v.Post.Title), "URL", pageOf(v)))
	}
	if err != nil {
		errs, ok := s.formErrors(r, err, "assessment.invite.")
		if !ok {
			return fmt.Errorf("invite to %d: %w", id, err)
		}
		return s.renderInvited(w, r, errs.Status, inviteView{Account: form.Account, Errors: errs})
	}
	s.flash(w, "success", "flash.assessment.invited")
	http.Redirect(w, r, practiceURL(id)+"/bewertung-einladen", http.StatusSeeOther)
	return nil
}

// pageOf is where a practice is read at its origin.
func pageOf(v practice.View) string {
	if v.Post.URL != "" {
		return v.Post.URL
	}
	return v.Post.URI
}

// inviteWait is how long an editor waits for another instance to say who is meant.
const inviteWait = 10 * time.Second

// findAccount finds an account by its name or handle, at its own instance where we do not know it; a mistake is one of the field account.
func (s *Site) findAccount(r *http.Request, editor account.Account, handle string) (account.Account, error) {
	handle = strings.TrimPrefix(handle, "@")
	if handle == "" {
		return account.Account{}, fault.Fields(fault.Field{Name: "account", Message: "error.field.required"})
	}
	a, err := s.Accounts.ByHandle(r.Context(), handle)
	if fault.Is(err, fault.NotFound) && strings.Contains(handle, "@") && s.Resolver != nil {
		ctx, cancel := context.WithTimeout(r.Context(), inviteWait)
		defer cancel()
		a, err = s.lookUpHandle(ctx, editor, handle)
	}
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Unavailable, fault.Invalid:
		return a, fault.Fields(fault.Field{Name: "account", Message: "assessment.invite.not_found"})
	}
	return a, err
}

// revokeAssessor takes an invitation back.
func (s *Site) revokeAssessor(w http.ResponseWriter, r *http.Request) error {
	editor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	invitation, err := strconv.ParseInt(mux.Vars(r)["invitation"], 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	if err := s.Assessments.Revoke(r.Context(), editor, id, invitation); err != nil {
		return fmt.Errorf("revoke invitation %d to %d: %w", invitation, id, err)
	}
	s.flash(w, "success", "flash.assessment.revoked")
	http.Redirect(w, r, practiceURL(id)+"/bewertung-einladen", http.StatusSeeOther)
	return nil
}
