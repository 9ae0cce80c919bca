package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// moveForm is the page about moving here from elsewhere, and from here elsewhere.
type moveForm struct {
	Alias   string     `schema:"alias"`
	Target  string     `schema:"target"`
	Handle  string     `schema:"-"`
	Aliases []alias    `schema:"-"`
	Moved   *alias     `schema:"-"` // where the reader has moved to
	Full    bool       `schema:"-"` // no room for another alias
	Errors  formErrors `schema:"-"`
}

// alias is an account elsewhere that the reader calls their own.
type alias struct {
	URI  string
	Text string // its handle; its address, where we do not know it
	Href string
}

const movePath = "/einstellungen/umzug"

func (s *Site) showMove(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleGuest); err != nil {
		return err
	}
	return s.renderMove(w, r, http.StatusOK, moveForm{})
}

func (s *Site) renderMove(w http.ResponseWriter, r *http.Request, status int, form moveForm) error {
	reader := *currentAccount(r)
	form.Handle, form.Full = s.fullHandle(reader), len(reader.AlsoKnownAs) >= account.MaxAliases
	name := func(uri string) (alias, error) {
		a, err := s.Accounts.ByURI(r.Context(), uri)
		if fault.Is(err, fault.NotFound) {
			return alias{URI: uri, Text: uri, Href: uri}, nil
		}
		return alias{URI: uri, Text: s.fullHandle(a), Href: profileURL(a)}, err
	}
	for _, uri := range reader.AlsoKnownAs {
		a, err := name(uri)
		if err != nil {
			return fmt.Errorf("aliases of %s: %w", reader, err)
		}
		form.Aliases = append(form.Aliases, a)
	}
	if reader.MovedToURI != "" {
		a, err := name(reader.MovedToURI)
		if err != nil {
			return fmt.Errorf("move of %s: %w", reader, err)
		}
		form.Moved = &a
	}
	return s.render(w, r, status, "settings_move", page{Title: s.t(r, "activities.move.title"), Nav: "home", Data: form, NoIndex: true, Scripts: []string{"copy.js"}})
}

// other finds an account by the handle that the reader typed, as its origin describes it now.
func (s *Site) other(r *http.Request, reader account.Account, field, handle string) (account.Account, error) {
	if handle == "" {
		return account.Account{}, fault.Fields(fault.Field{Name: field, Message: "activities.move.required"})
	}
	a, err := s.lookUpHandle(r.Context(), reader, handle)
	if err == nil && !a.Local() {
		a, err = s.Refresh(r.Context(), a.URI)
	}
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Gone, fault.Invalid, fault.Unavailable:
		if err != nil {
			return a, fault.Fields(fault.Field{Name: field, Message: "activities.move.not_found"})
		}
	}
	return a, err
}

// returnMove shows the page again with what is wrong.
func (s *Site) returnMove(w http.ResponseWriter, r *http.Request, form moveForm, err error) error {
	var ok bool
	if form.Errors, ok = s.formErrors(r, err, "activities.move.field."); !ok {
		return fmt.Errorf("move: %w", err)
	}
	return s.renderMove(w, r, form.Errors.Status, form)
}

func (s *Site) addAlias(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	var form moveForm
	if err = decode(r, &form); err == nil {
		var a account.Account
		if a, err = s.other(r, reader, "alias", form.Alias); err == nil {
			err = s.Accounts.AddAlias(r.Context(), reader, a)
		}
	}
	if err != nil {
		return s.returnMove(w, r, form, err)
	}
	return s.afterMove(w, r, "flash.move.alias")
}

func (s *Site) removeAlias(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	if err := s.Accounts.RemoveAlias(r.Context(), reader, r.PostFormValue("uri")); err != nil {
		return fmt.Errorf("remove alias: %w", err)
	}
	return s.afterMove(w, r, "flash.move.alias_removed")
}

// confirmMove asks once more before all followers are sent on: that cannot be taken back for those who went.
func (s *Site) confirmMove(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	var form moveForm
	if err := decode(r, &form); err != nil {
		return s.returnMove(w, r, form, err)
	}
	target, err := s.other(r, reader, "target", form.Target)
	if err == nil && !slices.Contains(target.AlsoKnownAs, reader.URI) && target.ID != reader.ID {
		err = fault.Fields(fault.Field{Name: "target", Message: "error.account.move_alias"})
	}
	if err != nil {
		return s.returnMove(w, r, form, err)
	}
	followers, _, err := s.Follows.Counts(r.Context(), reader.ID)
	if err != nil {
		return fmt.Errorf("move: %w", err)
	}
	title := s.t(r, "activities.move.confirm.title")
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: title, Nav: "home", NoIndex: true, Data: confirmView{
		Title: title, Text: s.t(r, "activities.move.confirm.text", "Handle", s.fullHandle(target), "Count", followers),
		Button: s.t(r, "activities.move.confirm.button"), Action: movePath + "/abschliessen", Cancel: movePath,
		Fields: []hiddenField{{Name: "target", Value: s.fullHandle(target)}},
	}})
}

func (s *Site) finishMove(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	var form moveForm
	if err = decode(r, &form); err == nil {
		var target account.Account
		if target, err = s.other(r, reader, "target", form.Target); err == nil {
			err = s.Accounts.MoveTo(r.Context(), reader, target)
		}
	}
	if err != nil {
		return s.returnMove(w, r, form, err)
	}
	return s.afterMove(w, r, "flash.move.moved")
}

func (s *Site) stayHere(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	if err := s.Accounts.Stay(r.Context(), reader); err != nil {
		return fmt.Errorf("stay: %w", err)
	}
	return s.afterMove(w, r, "flash.move.stays")
}

func (s *Site) afterMove(w http.ResponseWriter, r *http.Request, said string) error {
	s.flash(w, "success", said)
	http.Redirect(w, r, movePath, http.StatusSeeOther)
	return nil
}
