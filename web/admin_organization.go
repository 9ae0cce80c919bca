package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// organizationForm is everything an administrator says about the organisation.
type organizationForm struct {
	Name         string     `schema:"name"`
	ShortName    string     `schema:"short_name"`
	Description  string     `schema:"description"`
	Level        string     `schema:"level"`
	Region       string     `schema:"region"`
	Website      string     `schema:"website"`
	ContactName  string     `schema:"contact_name"`
	ContactEmail string     `schema:"contact_email"`
	Imprint      string     `schema:"imprint"`
	Privacy      string     `schema:"privacy"`
	Curates      bool       `schema:"curates"`
	FourEyes     bool       `schema:"four_eyes"`
	TwoEditors   bool       `schema:"two_editors"`
	Errors       formErrors `schema:"-"`
}

func (s *Site) showOrganization(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleAdmin); err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("organisation: %w", err)
	}
	return s.renderOrganization(w, r, http.StatusOK, organizationForm{
		Name: o.Name, ShortName: o.ShortName, Description: o.Description, Level: string(o.Level), Region: o.Region, Website: o.Website,
		ContactName: o.ContactName, ContactEmail: o.ContactEmail, Imprint: o.Imprint, Privacy: o.Privacy, Curates: o.Curates, FourEyes: o.FourEyes, TwoEditors: o.TwoEditors,
	})
}

func (s *Site) saveOrganization(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	var form organizationForm
	err = decode(r, &form)
	if err == nil {
		err = s.Accounts.SaveOrganization(r.Context(), admin, organization.Organization{
			Name: form.Name, ShortName: form.ShortName, Description: form.Description, Level: organization.Level(form.Level), Region: form.Region,
			Website: form.Website, ContactName: form.ContactName, ContactEmail: form.ContactEmail,
			Imprint: form.Imprint, Privacy: form.Privacy, Curates: form.Curates, FourEyes: form.FourEyes, TwoEditors: form.TwoEditors,
		})
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "admin.organization."); !ok {
			return fmt.Errorf("save organisation: %w", err)
		}
		return s.renderOrganization(w, r, form.Errors.Status, form)
	}
	s.flash(w, "success", "flash.admin.saved")
	http.Redirect(w, r, "/verwaltung", http.StatusSeeOther)
	return nil
}

func (s *Site) renderOrganization(w http.ResponseWriter, r *http.Request, status int, form organizationForm) error {
	return s.render(w, r, status, "admin_organization", page{Title: s.t(r, "admin.title"), Nav: "administration", Data: form, NoIndex: true})
}
