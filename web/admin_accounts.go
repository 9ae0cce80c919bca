package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// adminAccountView is the page about one account.
type adminAccountView struct {
	Account account.Account
	You     bool
	Link    string    // a login link, shown once
	Until   time.Time // how long it can be used
	Roles   []option
	Errors  formErrors
}

// linkLifetime is how long a login link from the administration can be used.
const linkLifetime = 24 * time.Hour

func (s *Site) showAccounts(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleAdmin); err != nil {
		return err
	}
	accounts, err := s.Accounts.Local(r.Context())
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	return s.render(w, r, http.StatusOK, "admin_accounts", page{Title: s.t(r, "admin.accounts"), Nav: "administration", Data: accounts, NoIndex: true})
}

// managed returns the administrator and the person that the path names.
func (s *Site) managed(r *http.Request) (admin, a account.Account, err error) {
	if admin, err = s.require(r, account.RoleAdmin); err != nil {
		return admin, a, err
	}
	id, err := pathID(r)
	if err != nil {
		return admin, a, err
	}
	if a, err = s.Accounts.ByID(r.Context(), id); err != nil {
		return admin, a, fmt.Errorf("manage account %d: %w", id, err)
	}
	if !a.Local() || a.Kind != account.Person || a.State == account.Gone {
		return admin, a, fault.New(fault.NotFound, "web.error.not_found.text")
	}
	return admin, a, nil
}

func (s *Site) manageAccount(w http.ResponseWriter, r *http.Request) error {
	admin, a, err := s.managed(r)
	if err != nil {
		return err
	}
	return s.renderAccount(w, r, http.StatusOK, admin, adminAccountView{Account: a})
}

func (s *Site) renderAccount(w http.ResponseWriter, r *http.Request, status int, admin account.Account, view adminAccountView) error {
	view.You = admin.ID == view.Account.ID
	view.Roles = s.roleOptions(r, admin, view.Account.Role)
	return s.render(w, r, status, "admin_account", page{Title: view.Account.Name(), Nav: "administration", Data: view, NoIndex: true, Scripts: []string{"copy.js"}})
}

// roleOptions are the roles that an administrator can give.
func (s *Site) roleOptions(r *http.Request, admin account.Account, current account.Role) []option {
	var options []option
	for _, role := range account.Roles {
		if admin.Role.AtLeast(role) {
			label := s.t(r, "role."+string(role)) + ": " + s.t(r, "role."+string(role)+".can")
			options = append(options, option{Value: string(role), Label: label, Selected: role == current})
		}
	}
	return options
}

// returnAccount shows the page again with what is wrong.
func (s *Site) returnAccount(w http.ResponseWriter, r *http.Request, admin, a account.Account, err error) error {
	errs, ok := s.formErrors(r, err)
	if !ok {
		return fmt.Errorf("manage account %d: %w", a.ID, err)
	}
	return s.renderAccount(w, r, errs.Status, admin, adminAccountView{Account: a, Errors: errs})
}

func (s *Site) changeRole(w http.ResponseWriter, r *http.Request) error {
	admin, a, err := s.managed(r)
	if err != nil {
		return err
	}
	if err := s.Accounts.SetRole(r.Context(), admin, a.ID, account.Role(r.PostFormValue("role"))); err != nil {
		return s.returnAccount(w, r, admin, a, err)
	}
	s.flash(w, "success", "flash.account.role")
	http.Redirect(w, r, fmt.Sprintf("/verwaltung/konten/%d", a.ID), http.StatusSeeOther)
	return nil
}

// activate lets an account in again. It is suspended elsewhere, where that is asked once more: restrictProfile.
func (s *Site) activate(w http.ResponseWriter, r *http.Request) error {
	admin, a, err := s.managed(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("state") != string(account.Active) {
		return fault.New(fault.Invalid, "web.error.invalid.text")
	}
	if err := s.Accounts.SetState(r.Context(), admin, a.ID, account.Active); err != nil {
		return s.returnAccount(w, r, admin, a, err)
	}
	s.flash(w, "success", "flash.account.state")
	http.Redirect(w, r, fmt.Sprintf("/verwaltung/konten/%d", a.ID), http.StatusSeeOther)
	return nil
}

// createLoginLink shows a new link in the answer itself: it stands in no address, no log and no second view.
func (s *Site) createLoginLink(w http.ResponseWriter, r *http.Request) error {
	admin, a, err := s.managed(r)
	if err != nil {
		return err
	}
	secret, err := s.Auth.LoginLink(r.Context(), admin, a.ID, linkLifetime)
	if err != nil {
		return s.returnAccount(w, r, admin, a, err)
	}
	return s.renderAccount(w, r, http.StatusOK, admin, adminAccountView{
		Account: a, Link: s.Config.BaseURL + "/anmeldelink/" + secret, Until: time.Now().Add(linkLifetime),
	})
}
