package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// termMergeView asks what a term goes into.
type termMergeView struct {
	taxonomy.Entry
	Options []option
	Errors  formErrors
}

// termAt returns who asks and the term in the address.
func (s *Site) termAt(r *http.Request) (account.Account, taxonomy.Entry, error) {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return actor, taxonomy.Entry{}, err
	}
	e, err := s.Taxonomies.ByID(r.Context(), id)
	if err != nil {
		return actor, e, fmt.Errorf("term %d: %w", id, err)
	}
	return actor, e, nil
}

func (s *Site) showMerge(w http.ResponseWriter, r *http.Request) error {
	_, e, err := s.termAt(r)
	if err != nil {
		return err
	}
	return s.renderMerge(w, r, http.StatusOK, termMergeView{Entry: e}, 0)
}

func (s *Site) renderMerge(w http.ResponseWriter, r *http.Request, status int, view termMergeView, into int64) error {
	if view.Adopted || view.ReplacedBy != nil {
		return fault.New(fault.Conflict, "error.taxonomy.replaced")
	}
	entries, err := s.Taxonomies.List(r.Context(), view.Scheme)
	if err != nil {
		return fmt.Errorf("terms of %s: %w", view.Scheme, err)
	}
	view.Options = append(view.Options, option{Label: s.t(r, "taxonomy.merge.choose")})
	for _, e := range entries {
		if e.Offered() && e.ID != view.ID {
			view.Options = append(view.Options, option{Value: strconv.FormatInt(e.ID, 10), Label: termLabel(e.Term), Selected: e.ID == into})
		}
	}
	return s.render(w, r, status, "term_merge", page{Title: s.t(r, "taxonomy.merge.title", "Name", view.Name), Nav: "desk", Data: view, NoIndex: true})
}

// mergeTerm puts a term into another one, once it has said how many practices that touches.
func (s *Site) mergeTerm(w http.ResponseWriter, r *http.Request) error {
	actor, e, err := s.termAt(r)
	if err != nil {
		return err
	}
	var form struct {
		Into   int64  `schema:"into"`
		Action string `schema:"action"`
	}
	var into taxonomy.Entry
	if err = decode(r, &form); err == nil {
		into, err = s.mergeTarget(r, e, form.Into)
	}
	switch {
	case err != nil:
	case form.Action == "edit":
		return s.renderMerge(w, r, http.StatusOK, termMergeView{Entry: e}, form.Into)
	case form.Action != "confirm":
		return s.confirmMerge(w, r, e, into)
	default:
		err = s.Taxonomies.Merge(r.Context(), actor, e.ID, form.Into)
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "taxonomy.merge."); ok {
			return s.renderMerge(w, r, errs.Status, termMergeView{Entry: e, Errors: errs}, form.Into)
		}
		return fmt.Errorf("merge term %d: %w", e.ID, err)
	}
	s.flash(w, "success", "flash.term.merged")
	return s.toTerms(w, r, e.Scheme)
}

func (s *Site) mergeTarget(r *http.Request, e taxonomy.Entry, id int64) (taxonomy.Entry, error) {
	into, err := s.Taxonomies.ByID(r.Context(), id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return into, err
	}
	if err != nil || into.Scheme != e.Scheme || into.ID == e.ID || !into.Offered() {
		return into, fault.Fields(fault.Field{Name: "into", Message: "error.field.choice"})
	}
	return into, nil
}

func (s *Site) confirmMerge(w http.ResponseWriter, r *http.Request, e, into taxonomy.Entry) error {
	points, err := s.touched(r, e.ID)
	if err != nil {
		return err
	}
	if len(points) == 0 {
		points = []string{s.t(r, "taxonomy.touched.none")}
	}
	points = append(points, s.t(r, "taxonomy.merge.kept", "Name", e.Name, "Into", into.Name), s.t(r, "taxonomy.merge.final"))
	return s.renderTermConfirm(w, r, confirmView{
		Title: s.t(r, "taxonomy.merge.confirm", "Name", e.Name, "Into", into.Name), Points: points, Action: r.URL.Path, Return: true,
		Button: s.t(r, "taxonomy.merge.button"), Fields: []hiddenField{{"into", strconv.FormatInt(into.ID, 10)}, {"action", "confirm"}},
	})
}

func (s *Site) confirmRetire(w http.ResponseWriter, r *http.Request) error {
	_, e, err := s.termAt(r)
	if err != nil {
		return err
	}
	uses, err := s.Practices.TermUses(r.Context())
	if err != nil {
		return fmt.Errorf("uses of term %d: %w", e.ID, err)
	}
	view := confirmView{
		Title: s.t(r, "taxonomy.retire.confirm", "Name", e.Name), Text: s.t(r, "taxonomy.retire.text"), Action: r.URL.Path,
		Button: s.t(r, "taxonomy.retire"), Cancel: termsPath + "#" + e.Scheme,
	}
	if n := total(uses[e.ID]); n > 0 {
		view.Points = []string{s.t(r, "taxonomy.retire.uses", "Count", n)}
	}
	return s.renderTermConfirm(w, r, view)
}

// changeTerm retires, restores or moves a term.
func (s *Site) changeTerm(w http.ResponseWriter, r *http.Request) error {
	actor, e, err := s.termAt(r)
	if err != nil {
		return err
	}
	anchor, said := e.Scheme, "flash.term.moved"
	switch mux.Vars(r)["verb"] {
	case "nicht-anbieten":
		err, said = s.Taxonomies.Retire(r.Context(), actor, e.ID), "flash.term.retired"
	case "anbieten":
		err, said = s.Taxonomies.Restore(r.Context(), actor, e.ID), "flash.term.restored"
	case "hoch":
		err, anchor = s.Taxonomies.Move(r.Context(), actor, e.ID, true), fmt.Sprintf("begriff-%d", e.ID)
	case "runter":
		err, anchor = s.Taxonomies.Move(r.Context(), actor, e.ID, false), fmt.Sprintf("begriff-%d", e.ID)
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err); ok {
			errs.Fields = nil // there is no form it could be about
			return s.renderTerms(w, r, errs.Status, termsView{Errors: errs}, termForm{})
		}
		return fmt.Errorf("term %d: %w", e.ID, err)
	}
	s.flash(w, "success", said)
	return s.toTerms(w, r, anchor)
}
