package web

import (
	"cmp"
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

// of adds to the form where its practice stands.
func (v practiceFormView) of(m practice.Manuscript) practiceFormView {
	v.Published = m.Post.PublishedAt != nil
	v.Pending, v.Review = v.Published && m.Pending, m.Review
	return v
}

// savePractice takes the form: save, give to approval, publish, take back, preview, or one more row of figures. Scripts that
// save by themselves get JSON. Whatever goes wrong, the form comes back with all that was typed.
func (s *Site) savePractice(w http.ResponseWriter, r *http.Request) error {
	view := practiceFormView{}
	if id, err := pathID(r); err == nil {
		view.ID = id
	}
	actor, loggedOut, decodeErr, err := s.written(w, r, &view.practiceForm, account.RoleMember)
	switch {
	case err != nil:
		return err
	case loggedOut != "":
		view.LoggedOut = loggedOut
		return s.renderPracticeForm(w, r, http.StatusUnauthorized, view)
	}
	if view.ID != 0 {
		m, err := s.Practices.Manuscript(r.Context(), actor, view.ID)
		if kind := fault.KindOf(err); (kind == fault.NotFound || kind == fault.Gone) && view.Source+view.Title != "" && !wantsJSON(r) {
			// Published by a first click, or discarded in another window: what was sent stays on the screen, as a new text.
			view.ID, view.Version, view.Vanished = 0, 0, true
			return s.renderPracticeForm(w, r, http.StatusConflict, view)
		}
		if err != nil {
			return fmt.Errorf("draft of %d: %w", view.ID, err)
		}
		view = view.of(m)
		if view.Action == "merge" {
			return s.mergePractice(w, r, m, view)
		}
	}
	switch view.Action {
	case "preview":
		view.Preview, view.Previewed = s.Practices.Preview(view.Source), true
		return s.renderPracticeForm(w, r, http.StatusOK, view)
	case "template":
		return s.insertTemplate(w, r, view)
	case "withdraw", "discard":
		return s.takeBack(w, r, actor, view)
	}
	if view.addRow(view.Action) || view.removeFile(view.Action) {
		return s.renderPracticeForm(w, r, http.StatusOK, view)
	}
	if err := s.takeFile(r, actor, &view.practiceForm); err != nil {
		return s.refusePractice(w, r, view, err)
	}
	if decodeErr != nil {
		return s.refusePractice(w, r, view, decodeErr)
	}
	return s.storePractice(w, r, actor, view)
}

// storePractice saves the form, gives it to approval or publishes it.
func (s *Site) storePractice(w http.ResponseWriter, r *http.Request, actor account.Account, view practiceFormView) error {
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	if view.Action == "publish" && o.FourEyes {
		view.Action = "ask" // the form is older than the rule
	}
	view.compact()
	d, err := view.draft()
	if !view.keepsOnly() {
		err = cmp.Or(err, templateLeft(s.localizer(r), view.Source))
	}
	if err != nil && !view.keepsOnly() {
		err = allMistakes(err, d.Check())
	}
	if err != nil {
		return s.refusePractice(w, r, view, err)
	}
	d.Version = basis(view.ID, view.Version)
	id := view.ID
	switch view.Action {
	case "publish":
		id, err = s.Practices.Publish(r.Context(), actor, view.ID, d)
	case "ask":
		id, view.Version, err = s.Practices.Ask(r.Context(), actor, view.ID, d)
	default:
		id, view.Version, err = s.Practices.Save(r.Context(), actor, view.ID, d)
	}
	switch {
	case fault.Is(err, fault.Conflict) && view.ID != 0 && !wantsJSON(r):
		return s.showConflict(w, r, actor, view.ID, d)
	case err != nil:
		return s.refusePractice(w, r, view, fmt.Errorf("%s practice %d: %w", view.Action, view.ID, err))
	case wantsJSON(r):
		writeJSON(w, http.StatusOK, map[string]string{
			"id": strconv.FormatInt(id, 10), "action": practiceURL(id) + "/bearbeiten", "version": strconv.Itoa(view.Version),
		})
		return nil
	}
	done := map[string]struct{ flash, place string }{
		"publish": {"flash.practice.published", practiceURL(id)},
		"ask":     {"flash.practice.asked", reviewURL(id)},
	}[view.Action]
	s.flash(w, "success", cmp.Or(done.flash, "flash.practice.saved"))
	place := practiceURL(id) + "/bearbeiten"
	if view.Action == "add-file" {
		place += "#anhaenge"
	}
	http.Redirect(w, r, cmp.Or(done.place, place), http.StatusSeeOther)
	return nil
}

// basis is the version that a form was written over. A form of a text that exists and names none is older than versions are: it
// is written over nothing that stands there.
func basis(id int64, version int) int {
	if id != 0 && version <= 0 {
		return -1
	}
	return version
}

// refusePractice shows the form again with what is wrong.
func (s *Site) refusePractice(w http.ResponseWriter, r *http.Request, view practiceFormView, err error) error {
	errs, ok := s.formErrors(r, err, "practices.form.", "structure.form.")
	if !ok || wantsJSON(r) {
		return err
	}
	view.Errors = errs
	return s.renderPracticeForm(w, r, errs.Status, view)
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

// takeBack withdraws what is published, or discards what is in work.
func (s *Site) takeBack(w http.ResponseWriter, r *http.Request, actor account.Account, view practiceFormView) error {
	if view.ID == 0 {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	if view.Action == "withdraw" && view.Published {
		if err := s.Practices.Withdraw(r.Context(), actor, view.ID); err != nil {
			return fmt.Errorf("withdraw practice %d: %w", view.ID, err)
		}
		s.flash(w, "success", "flash.practice.withdrawn")
		http.Redirect(w, r, "/praxisbeispiele", http.StatusSeeOther)
		return nil
	}
	err := s.Practices.Discard(r.Context(), actor, view.ID, basis(view.ID, view.Version))
	switch {
	case fault.Is(err, fault.Conflict):
		return s.confirmDiscard(w, r, http.StatusConflict)
	case err != nil:
		return fmt.Errorf("discard draft of %d: %w", view.ID, err)
	}
	s.flash(w, "success", "flash.practice.discarded")
	place := "/bereich/entwuerfe"
	if view.Published {
		place = practiceURL(view.ID)
	}
	http.Redirect(w, r, place, http.StatusSeeOther)
	return nil
}

// confirmWithdraw asks before a practice is taken back everywhere, or a draft discarded.
func (s *Site) confirmWithdraw(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	m, err := s.Practices.Manuscript(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("draft of %d: %w", id, err)
	}
	if m.Post.PublishedAt == nil {
		return s.confirmDiscard(w, r, http.StatusOK)
	}
	return s.renderConfirm(w, r, http.StatusOK, confirmView{
		Title: s.t(r, "practices.withdraw.title"), Text: s.t(r, "practices.withdraw.text", "Title", m.Draft.Title), Button: s.t(r, "practices.withdraw.button"),
		Action: practiceURL(id) + "/bearbeiten", Cancel: practiceURL(id), Fields: []hiddenField{{Name: "action", Value: "withdraw"}},
	})
}

// confirmDiscardPage asks before what is in work is dropped.
func (s *Site) confirmDiscardPage(w http.ResponseWriter, r *http.Request) error {
	return s.confirmDiscard(w, r, http.StatusOK)
}

// confirmDiscard asks whether a text in work is to be dropped, naming its version; with status 409 once more, since it changed.
func (s *Site) confirmDiscard(w http.ResponseWriter, r *http.Request, status int) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	m, err := s.Practices.Manuscript(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("draft of %d: %w", id, err)
	}
	view := confirmView{
		Title: s.t(r, "practices.discard.title"), Text: s.t(r, "practices.discard.text"), Button: s.t(r, "practices.discard.button"),
		Action: practiceURL(id) + "/bearbeiten", Cancel: practiceURL(id) + "/bearbeiten",
		Fields: []hiddenField{{Name: "action", Value: "discard"}, {Name: "version", Value: strconv.Itoa(m.Draft.Version)}},
	}
	if m.Post.PublishedAt != nil {
		view.Title, view.Text, view.Button = s.t(r, "review.discard.title"), s.t(r, "review.discard.text", "Title", m.Post.Title), s.t(r, "review.discard.button")
	}
	if status == http.StatusConflict {
		view.Text = s.t(r, "review.discard.changed") + " " + view.Text
	}
	return s.renderConfirm(w, r, status, view)
}

func (s *Site) renderConfirm(w http.ResponseWriter, r *http.Request, status int, view confirmView) error {
	return s.render(w, r, status, "confirm_page", page{Title: view.Title, Nav: "practices", Data: view, NoIndex: true})
}
