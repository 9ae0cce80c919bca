package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
)

// settingsForm is the own profile.
type settingsForm struct {
	DisplayName       string     `schema:"display_name"`
	Note              string     `schema:"note"`
	Language          string     `schema:"language"`
	ApprovesFollowers bool       `schema:"approves_followers"`
	Handle            string     `schema:"-"`
	Languages         []option   `schema:"-"`
	Errors            formErrors `schema:"-"`
}

func (s *Site) showSettings(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	return s.renderSettings(w, r, http.StatusOK, settingsForm{
		DisplayName: reader.DisplayName, Note: reader.NoteSource, Language: reader.Language, ApprovesFollowers: reader.ApprovesFollowers,
	})
}

func (s *Site) saveSettings(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	var form settingsForm
	err = decode(r, &form)
	if err == nil {
		err = s.Accounts.UpdateProfile(r.Context(), reader, reader.ID, form.DisplayName, form.Note, form.ApprovesFollowers, form.Language)
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "settings."); !ok {
			return fmt.Errorf("save settings: %w", err)
		}
		return s.renderSettings(w, r, form.Errors.Status, form)
	}
	s.flash(w, "success", "flash.settings.saved")
	http.Redirect(w, r, "/einstellungen", http.StatusSeeOther)
	return nil
}

func (s *Site) renderSettings(w http.ResponseWriter, r *http.Request, status int, form settingsForm) error {
	form.Handle = s.fullHandle(*currentAccount(r))
	for _, language := range account.Languages {
		form.Languages = append(form.Languages, option{Value: language, Label: s.t(r, "settings.language."+language)})
	}
	return s.render(w, r, status, "settings_profile", page{Title: s.t(r, "settings.title"), Nav: "home", Data: form, NoIndex: true, Scripts: []string{"copy.js"}})
}

// fullHandle is @user@host, as people elsewhere write it.
func (s *Site) fullHandle(a account.Account) string {
	if a.Local() {
		return "@" + a.Username + "@" + s.Config.Domain()
	}
	return "@" + a.Handle()
}
