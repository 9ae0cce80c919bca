package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/vorbild/vorbild/internal/fault"
)

// languageCookie keeps the language a visitor chose until the browser closes. Who has an account keeps it there.
const languageCookie = "vorbild_language"

// chosenLanguage is the language a visitor chose, "" for none.
func chosenLanguage(r *http.Request) string {
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(languages, c.Value) {
		return c.Value
	}
	return ""
}

// otherLanguage is what the switch in the header offers on a page in lang.
func otherLanguage(lang string) string {
	if lang == languages[0] {
		return languages[1]
	}
	return languages[0]
}

// chooseLanguage changes the language of the pages and leads back.
func (s *Site) chooseLanguage(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Language string `schema:"sprache"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	if !slices.Contains(languages, form.Language) {
		return fault.New(fault.Invalid, "error.account.language")
	}
	if a := currentAccount(r); a != nil {
		if err := s.Accounts.UpdateProfile(r.Context(), *a, a.ID, a.DisplayName, a.NoteSource, a.ApprovesFollowers, form.Language); err != nil {
			return fmt.Errorf("choose a language: %w", err)
		}
	} else {
		s.setLanguage(w, form.Language)
	}
	next := localPath(r.FormValue("weiter"), "/")
	keepOpener(w, next)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// setLanguage makes a visitor's browser keep a language.
func (s *Site) setLanguage(w http.ResponseWriter, language string) {
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: language, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}
