package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
)

// invitationForm makes an invitation; the list of all stands below it.
type invitationForm struct {
	Role        string          `schema:"role"`
	Note        string          `schema:"note"`
	Roles       []option        `schema:"-"`
	Link        string          `schema:"-"` // the new invitation, shown once
	Days        int             `schema:"-"`
	Invitations []invitationRow `schema:"-"`
	Errors      formErrors      `schema:"-"`
}

// invitationRow is one invitation of the list.
type invitationRow struct {
	auth.Invitation
	State  string // open, used, revoked, expired
	UsedBy *account.Account
}

// Badge is the kind of badge that shows the state.
func (r invitationRow) Badge() string {
	return map[string]string{"open": "info", "used": "success"}[r.State]
}

// invitationDays is how long an invitation from the administration can be used.
const invitationDays = 14

func (s *Site) showInvitations(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	return s.renderInvitations(w, r, http.StatusOK, admin, invitationForm{Role: string(account.RoleMember)})
}

// createInvitation shows the new link in the answer itself: it stands in no address, no log and no second view.
func (s *Site) createInvitation(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	var form invitationForm
	var secret string
	err = decode(r, &form)
	if err == nil {
		secret, err = s.Auth.Invite(r.Context(), admin, account.Role(form.Role), form.Note, invitationDays*24*time.Hour)
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "admin.invitations."); !ok {
			return fmt.Errorf("create invitation: %w", err)
		}
		return s.renderInvitations(w, r, form.Errors.Status, admin, form)
	}
	return s.renderInvitations(w, r, http.StatusOK, admin, invitationForm{
		Role: string(account.RoleMember), Link: s.Config.BaseURL + "/einladung/" + secret, Days: invitationDays,
	})
}

func (s *Site) renderInvitations(w http.ResponseWriter, r *http.Request, status int, admin account.Account, form invitationForm) error {
	form.Roles = s.roleOptions(r, admin, account.Role(form.Role))
	list, err := s.Auth.Invitations(r.Context(), admin)
	if err != nil {
		return fmt.Errorf("invitations: %w", err)
	}
	var used []int64
	for _, i := range list {
		if i.UsedByID != nil {
			used = append(used, *i.UsedByID)
		}
	}
	people, err := s.Accounts.ByIDs(r.Context(), used)
	if err != nil {
		return fmt.Errorf("invitations: %w", err)
	}
	for _, i := range list {
		row := invitationRow{Invitation: i, State: invitationState(i, time.Now())}
		if i.UsedByID != nil {
			if a, ok := people[*i.UsedByID]; ok {
				row.UsedBy = &a
			}
		}
		form.Invitations = append(form.Invitations, row)
	}
	return s.render(w, r, status, "admin_invitations", page{Title: s.t(r, "admin.invitations"), Nav: "administration", Data: form, NoIndex: true, Scripts: []string{"copy.js"}})
}

func invitationState(i auth.Invitation, now time.Time) string {
	switch {
	case i.UsedAt != nil:
		return "used"
	case i.RevokedAt != nil:
		return "revoked"
	case !now.Before(i.ExpiresAt):
		return "expired"
	}
	return "open"
}

func (s *Site) revokeInvitation(w http.ResponseWriter, r *http.Request) error {
	admin, id, err := s.requireAt(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	if err := s.Auth.RevokeInvitation(r.Context(), admin, id); err != nil {
		errs, ok := s.formErrors(r, err, "admin.invitations.")
		if !ok {
			return fmt.Errorf("revoke invitation %d: %w", id, err)
		}
		return s.renderInvitations(w, r, errs.Status, admin, invitationForm{Role: string(account.RoleMember), Errors: errs})
	}
	s.flash(w, "success", "flash.invitation.revoked")
	http.Redirect(w, r, "/verwaltung/einladungen", http.StatusSeeOther)
	return nil
}
