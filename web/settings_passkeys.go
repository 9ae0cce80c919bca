package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/fault"
)

// passkeysView is the list of own passkeys, with the form that adds one.
type passkeysView struct {
	Passkeys []auth.Passkey
	Rename   int64  // the passkey whose new name came back
	Name     string // that name
	Errors   formErrors
}

// None is for the forms of the page that did not come back.
func (passkeysView) None() formErrors { return formErrors{} }

func (s *Site) showPasskeys(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	return s.renderPasskeys(w, r, http.StatusOK, reader, passkeysView{})
}

func (s *Site) renderPasskeys(w http.ResponseWriter, r *http.Request, status int, reader account.Account, view passkeysView) error {
	var err error
	if view.Passkeys, err = s.Auth.Passkeys(r.Context(), reader); err != nil {
		return fmt.Errorf("list passkeys: %w", err)
	}
	return s.render(w, r, status, "settings_passkeys", page{
		Title: s.t(r, "settings.keys.title"), Nav: "home", Data: view, NoIndex: true, Scripts: []string{"passkey.js"},
	})
}

func (s *Site) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	var form struct {
		Name string `schema:"name"`
	}
	err = decode(r, &form)
	if err == nil {
		err = s.Auth.RenamePasskey(r.Context(), reader, id, form.Name)
	}
	if err != nil {
		errs, ok := s.formErrors(r, err)
		if !ok {
			return fmt.Errorf("rename passkey %d: %w", id, err)
		}
		// Several forms on the page have a field of this name; the summary leads to the one that was sent.
		for i := range errs.Fields {
			errs.Fields[i].ID = fmt.Sprintf("f-name-%d", id)
		}
		return s.renderPasskeys(w, r, errs.Status, reader, passkeysView{Rename: id, Name: form.Name, Errors: errs})
	}
	s.flash(w, "success", "flash.passkey.renamed")
	http.Redirect(w, r, "/einstellungen/zugangsschluessel", http.StatusSeeOther)
	return nil
}

// confirmRevokePasskey asks once more: what was removed here must be removed on the device too, and cannot come back.
func (s *Site) confirmRevokePasskey(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	keys, err := s.Auth.Passkeys(r.Context(), reader)
	if err != nil {
		return fmt.Errorf("list passkeys: %w", err)
	}
	for _, key := range keys {
		if key.ID == id {
			title := s.t(r, "settings.keys.revoke.label", "Name", key.Name)
			return s.render(w, r, http.StatusOK, "confirm_page", page{Title: title, Nav: "home", NoIndex: true, Data: confirmView{
				Title: title, Text: s.t(r, "settings.keys.revoke.ask", "Name", key.Name), Button: s.t(r, "settings.keys.revoke.confirm"),
				Action: fmt.Sprintf("/einstellungen/zugangsschluessel/%d/entfernen", id), Cancel: "/einstellungen/zugangsschluessel",
			}})
		}
	}
	return fault.New(fault.NotFound, "web.error.not_found.text")
}

func (s *Site) revokePasskey(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	if err := s.Auth.RevokePasskey(r.Context(), reader, id); err != nil {
		errs, ok := s.formErrors(r, err)
		if !ok {
			return fmt.Errorf("revoke passkey %d: %w", id, err)
		}
		return s.renderPasskeys(w, r, errs.Status, reader, passkeysView{Errors: errs})
	}
	s.flash(w, "success", "flash.passkey.revoked")
	http.Redirect(w, r, "/einstellungen/zugangsschluessel", http.StatusSeeOther)
	return nil
}
