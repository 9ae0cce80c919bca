package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

// savePractice takes the form: save, publish, withdraw, preview, or one more row of figures. Scripts that save by
// themselves get JSON. Whatever goes wrong, the form comes back with all that was typed.
func (s *Site) savePractice(w http.ResponseWriter, r *http.Request) error {
	view := practiceFormView{}
	if id, err := pathID(r); err == nil {
		view.ID = id
	}
	decodeErr := decode(r, &view.practiceForm)
	if decodeErr != nil && !fault.Is(decodeErr, fault.Invalid) {
		return decodeErr
	}
	actor, err := s.require(r, account.RoleMember)
	if fault.Is(err, fault.Unauthorized) && !wantsJSON(r) && !usesToken(r) {
		// The session ended while someone was writing: their text stays on the screen.
		view.LoggedOut = loginURL(r)
		return s.renderPracticeForm(w, r, http.StatusUnauthorized, view)
	}
	if err != nil {
		return err
	}
	if view.ID != 0 {
		_, p, err := s.Practices.DraftOf(r.Context(), actor, view.ID)
		if kind := fault.KindOf(err); (kind == fault.NotFound || kind == fault.Gone) && view.Source+view.Title != "" && !wantsJSON(r) {
			// Published by a first click, or discarded in another window: what was sent stays on the screen, as a new text.
			view.ID, view.Vanished = 0, true
			return s.renderPracticeForm(w, r, http.StatusConflict, view)
		}
		if err != nil {
			return fmt.Errorf("draft of %d: %w", view.ID, err)
		}
		view.Published = p.PublishedAt != nil
	}
	switch view.Action {
	case "preview":
		view.Preview, view.Previewed = s.Practices.Preview(view.Source), true
		return s.renderPracticeForm(w, r, http.StatusOK, view)
	case "add-figure":
		view.Figures = append(view.Figures, figureForm{})
		return s.renderPracticeForm(w, r, http.StatusOK, view)
	case "withdraw":
		return s.withdrawPractice(w, r, actor, view.ID)
	}
	view.compact()
	d, err := view.draft()
	switch {
	case decodeErr != nil:
		err = decodeErr
	case err != nil && view.Action == "publish":
		err = allMistakes(err, d.Check())
	}
	if err == nil {
		if view.Action == "publish" {
			view.ID, err = s.publishOr(r, actor, view.ID, d)
		} else {
			view.ID, err = s.saveDraftOr(r, actor, view.ID, d)
		}
	}
	if err != nil {
		errs, ok := s.formErrors(r, err, "practices.form.")
		if !ok || wantsJSON(r) {
			return err
		}
		view.Errors = errs
		return s.renderPracticeForm(w, r, errs.Status, view)
	}
	if wantsJSON(r) {
		writeJSON(w, http.StatusOK, map[string]string{"id": strconv.FormatInt(view.ID, 10), "action": practiceURL(view.ID) + "/bearbeiten"})
		return nil
	}
	if view.Action == "publish" {
		s.flash(w, "success", "flash.practice.published")
		http.Redirect(w, r, practiceURL(view.ID), http.StatusSeeOther)
		return nil
	}
	s.flash(w, "success", "flash.practice.saved")
	http.Redirect(w, r, practiceURL(view.ID)+"/bearbeiten", http.StatusSeeOther)
	return nil
}

// allMistakes adds to unreadable numbers what else is wrong, so that nobody is sent back twice. Of a figure whose number
// could not be read nothing more is said.
func allMistakes(unreadable, others error) error {
	var a, b *fault.Error
	if !errors.As(unreadable, &a) || !errors.As(others, &b) {
		return unreadable
	}
	fields := slices.Clone(b.Fields)
	fields = slices.DeleteFunc(fields, func(other fault.Field) bool {
		return slices.ContainsFunc(a.Fields, func(f fault.Field) bool {
			row := f.Name[:strings.LastIndexByte(f.Name, '.')+1]
			return row != "" && strings.HasPrefix(other.Name, row)
		})
	})
	return fault.Fields(append(fields, a.Fields...)...)
}

// publishOr and saveDraftOr keep the id when the service refuses, so that the form stays the same form.
func (s *Site) publishOr(r *http.Request, actor account.Account, id int64, d practice.Draft) (int64, error) {
	published, err := s.Practices.Publish(r.Context(), actor, id, d)
	if err != nil {
		return id, fmt.Errorf("publish practice %d: %w", id, err)
	}
	return published, nil
}

func (s *Site) saveDraftOr(r *http.Request, actor account.Account, id int64, d practice.Draft) (int64, error) {
	saved, err := s.Practices.SaveDraft(r.Context(), actor, id, d)
	if err != nil {
		return id, fmt.Errorf("save draft %d: %w", id, err)
	}
	return saved, nil
}

func (s *Site) withdrawPractice(w http.ResponseWriter, r *http.Request, actor account.Account, id int64) error {
	if id == 0 {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	if err := s.Practices.Withdraw(r.Context(), actor, id); err != nil {
		return fmt.Errorf("withdraw practice %d: %w", id, err)
	}
	s.flash(w, "success", "flash.practice.withdrawn")
	http.Redirect(w, r, "/praxisbeispiele", http.StatusSeeOther)
	return nil
}

// confirmWithdraw asks before a practice is taken back everywhere.
func (s *Site) confirmWithdraw(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	d, p, err := s.Practices.DraftOf(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("draft of %d: %w", id, err)
	}
	view := confirmView{
		Title: s.t(r, "practices.withdraw.title"), Text: s.t(r, "practices.withdraw.text", "Title", d.Title), Button: s.t(r, "practices.withdraw.button"),
		Action: practiceURL(id) + "/bearbeiten", Cancel: practiceURL(id), Fields: []hiddenField{{Name: "action", Value: "withdraw"}},
	}
	if p.PublishedAt == nil {
		view.Title, view.Text, view.Button = s.t(r, "practices.discard.title"), s.t(r, "practices.discard.text"), s.t(r, "practices.discard.button")
		view.Cancel = practiceURL(id) + "/bearbeiten"
	}
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: view.Title, Nav: "practices", Data: view, NoIndex: true})
}
