package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/fault"
)

// renderGoneEdition says of an edition that was withdrawn what it was and why it is gone, with status 410.
func (s *Site) renderGoneEdition(w http.ResponseWriter, r *http.Request, e edition.Edition) error {
	return s.render(w, r, http.StatusGone, "edition_gone", page{Title: s.t(r, "editions.withdrawn.title", "Number", e.Number), Nav: "editions", Data: e, NoIndex: true})
}

// confirmWithdrawEdition asks for the reason before an edition is taken back for good.
func (s *Site) confirmWithdrawEdition(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	return s.askWithdrawEdition(w, r, http.StatusOK, "", formErrors{})
}

func (s *Site) askWithdrawEdition(w http.ResponseWriter, r *http.Request, status int, reason string, errs formErrors) error {
	e, err := s.Editions.ByNumber(r.Context(), pathText(r, "number"))
	if fault.Is(err, fault.Gone) {
		return s.renderGoneEdition(w, r, e)
	}
	if err != nil {
		return err
	}
	view := confirmView{
		Title: s.t(r, "editions.withdraw.title", "Number", e.Number), Text: s.t(r, "editions.withdraw.text", "Title", e.Title), Button: s.t(r, "editions.withdraw"),
		Action: e.Path() + "/zurueckziehen", Cancel: e.Path(), AsksReason: true, NeedsReason: true, Reason: reason, ReasonHint: "editions.withdraw.reason.hint", Errors: errs,
	}
	for _, point := range []string{"files", "told", "kept", "undo"} {
		view.Points = append(view.Points, s.t(r, "editions.withdraw."+point, "Address", e.Path()))
	}
	return s.render(w, r, status, "confirm_page", page{Title: view.Title, Nav: "desk", Data: view, NoIndex: true})
}

// withdrawEdition takes an edition back.
func (s *Site) withdrawEdition(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		Reason string `schema:"reason"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	number := pathText(r, "number")
	if err := s.Editions.Withdraw(r.Context(), actor, number, form.Reason); err != nil {
		if errs, ok := s.formErrors(r, err, "policy."); ok {
			return s.askWithdrawEdition(w, r, errs.Status, form.Reason, errs)
		}
		return fmt.Errorf("withdraw edition %s: %w", number, err)
	}
	s.flash(w, "success", "flash.edition.withdrawn")
	http.Redirect(w, r, papersPath, http.StatusSeeOther)
	return nil
}
