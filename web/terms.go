package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/practice"
)

// termsView is the editor of the taxonomies.
type termsView struct {
	GoalForms, FieldForms []termFormView
	Errors                formErrors
}

type termForm struct {
	ID          int64  `schema:"id"`
	Scheme      string `schema:"scheme"`
	Notation    string `schema:"notation"`
	Name        string `schema:"name"`
	Description string `schema:"description"`
}

// termFormView is the form of one term: what is stored, or what was typed and refused.
type termFormView struct {
	termForm
	Stored practice.Term
	Errors formErrors
}

// showTerms lists goals and fields, each with its form.
func (s *Site) showTerms(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	return s.renderTerms(w, r, http.StatusOK, termForm{}, formErrors{})
}

func (s *Site) renderTerms(w http.ResponseWriter, r *http.Request, status int, typed termForm, errs formErrors) error {
	data := termsView{Errors: errs}
	for scheme, forms := range map[string]*[]termFormView{practice.SchemeGoal: &data.GoalForms, practice.SchemeField: &data.FieldForms} {
		terms, err := s.Practices.Terms(r.Context(), scheme)
		if err != nil {
			return fmt.Errorf("terms of %s: %w", scheme, err)
		}
		// The last form adds a term.
		for _, t := range append(terms, practice.Term{Scheme: scheme}) {
			form := termFormView{Stored: t, termForm: termForm{ID: t.ID, Scheme: scheme, Notation: t.Notation, Name: t.Name, Description: t.Description}}
			if errs.Any() && typed.ID == t.ID && typed.Scheme == scheme {
				form.termForm, form.Errors = typed, errs
			}
			*forms = append(*forms, form)
		}
	}
	return s.render(w, r, status, "terms", page{Title: s.t(r, "practices.terms.title"), Nav: "desk", Data: data, NoIndex: true})
}

// saveTerm adds a term (id 0) or renames one.
func (s *Site) saveTerm(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form termForm
	if err = decode(r, &form); err == nil {
		err = s.Practices.SaveTerm(r.Context(), actor, practice.Term{ID: form.ID, Scheme: form.Scheme, Notation: form.Notation, Name: form.Name, Description: form.Description})
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "practices.terms."); ok {
			for i := range errs.Fields {
				errs.Fields[i].ID = termFieldID(form.Scheme, form.ID, errs.Fields[i].Name)
			}
			return s.renderTerms(w, r, errs.Status, form, errs)
		}
		return fmt.Errorf("save term: %w", err)
	}
	s.flash(w, "success", "flash.term.saved")
	http.Redirect(w, r, "/redaktion/begriffe#"+form.Scheme, http.StatusSeeOther)
	return nil
}

// termFieldID is unique among the many forms of the page.
func termFieldID(scheme string, id int64, name string) string {
	return "f-" + scheme + "-" + strconv.FormatInt(id, 10) + "-" + name
}
