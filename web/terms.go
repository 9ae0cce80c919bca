package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

const termsPath = "/redaktion/begriffe"

// registerTerms adds the pages on which editors maintain goals and fields.
func (s *Site) registerTerms(r *mux.Router) {
	get, post := s.table(r)

	get(termsPath, s.showTerms)
	post(termsPath, s.saveTerm)
	get(termsPath+"/{id:[0-9]+}/zusammenfuehren", s.showMerge)
	post(termsPath+"/{id:[0-9]+}/zusammenfuehren", s.mergeTerm)
	get(termsPath+"/{id:[0-9]+}/nicht-anbieten", s.confirmRetire)
	post(termsPath+"/{id:[0-9]+}/{verb:nicht-anbieten|anbieten|hoch|runter}", s.changeTerm)
	post(termsPath+"/uebernehmen", s.adoptTerms)
	get(termsPath+"/{scheme:goal|field}/freigeben", s.confirmRelease)
	post(termsPath+"/{scheme:goal|field}/freigeben", s.releaseTerms)
}

// termsView is the editor of the taxonomies.
type termsView struct {
	Lists  []termList
	Query  string
	Adopts bool // lists of other instances can be asked for
	Errors formErrors
}

// termList is one taxonomy.
type termList struct {
	Scheme string
	Title  string // key
	Source *taxonomy.Source
	Forms  []termFormView // what is offered; the last one adds a term
	Gone   []goneTerm
}

type termForm struct {
	ID          int64  `schema:"id"`
	Scheme      string `schema:"scheme"`
	Notation    string `schema:"notation"`
	Name        string `schema:"name"`
	Description string `schema:"description"`
	Action      string `schema:"action"` // confirm or edit, of what was asked before practices are changed
}

func (f termForm) term() practice.Term {
	return practice.Term{ID: f.ID, Scheme: f.Scheme, Notation: f.Notation, Name: f.Name, Description: f.Description}
}

// termFormView is the form of one term: what is stored, or what was typed and refused.
type termFormView struct {
	termForm
	Stored      taxonomy.Entry
	Host        string // of who maintains it, "" for ours
	Uses        int
	Mixed       bool // there are terms of another instance beside it
	First, Last bool // among those whose order is ours
	Errors      formErrors
}

// goneTerm is a term that is no longer offered.
type goneTerm struct {
	taxonomy.Entry
	Into string // what it was merged into
	Uses int
}

// showTerms lists goals and fields, each with its form.
func (s *Site) showTerms(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	return s.renderTerms(w, r, http.StatusOK, termsView{}, termForm{})
}

// renderTerms shows the page, with what was typed in place of what is stored where that was refused or is to be changed.
func (s *Site) renderTerms(w http.ResponseWriter, r *http.Request, status int, view termsView, typed termForm) error {
	uses, err := s.Practices.TermUses(r.Context())
	if err != nil {
		return fmt.Errorf("terms: %w", err)
	}
	sources, err := s.Taxonomies.Sources(r.Context())
	if err != nil {
		return fmt.Errorf("terms: %w", err)
	}
	for _, list := range []termList{{Scheme: practice.SchemeGoal, Title: "practices.terms.goals"}, {Scheme: practice.SchemeField, Title: "practices.terms.fields"}} {
		entries, err := s.Taxonomies.List(r.Context(), list.Scheme)
		if err != nil {
			return fmt.Errorf("terms of %s: %w", list.Scheme, err)
		}
		if source, ok := sources[list.Scheme]; ok {
			list.Source = &source
		}
		names := map[int64]string{}
		for _, e := range entries {
			names[e.ID] = e.Name
		}
		offered := slices.DeleteFunc(slices.Clone(entries), func(e taxonomy.Entry) bool { return !e.Offered() })
		for i, e := range append(offered, taxonomy.Entry{Term: practice.Term{Scheme: list.Scheme}}) {
			form := termFormView{
				Stored: e, Uses: total(uses[e.ID]), Mixed: list.Source != nil,
				termForm: termForm{ID: e.ID, Scheme: list.Scheme, Notation: e.Notation, Name: e.Name, Description: e.Description},
				First:    i == 0 || offered[i-1].Adopted, Last: i >= len(offered)-1,
			}
			if e.Adopted && list.Source != nil {
				form.Host = list.Source.Host
			}
			if typed.Name+typed.Notation+typed.Description+typed.Scheme != "" && typed.ID == e.ID && typed.Scheme == list.Scheme {
				form.termForm, form.Errors = typed, view.Errors
			}
			list.Forms = append(list.Forms, form)
		}
		for _, e := range entries {
			if !e.Offered() {
				gone := goneTerm{Entry: e, Uses: total(uses[e.ID])}
				if e.ReplacedBy != nil {
					gone.Into = names[*e.ReplacedBy]
				}
				list.Gone = append(list.Gone, gone)
			}
		}
		view.Lists = append(view.Lists, list)
	}
	view.Adopts = s.TaxonomiesOf != nil
	return s.render(w, r, status, "terms", page{Title: s.t(r, "practices.terms.title"), Nav: "desk", Data: view, NoIndex: true})
}

func total(u practice.Uses) int { return u.Ours + u.Others }

// saveTerm adds a term (id 0) or changes one. Before practices change with it, it says how many.
func (s *Site) saveTerm(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form termForm
	var touched confirmView
	if err = decode(r, &form); err == nil {
		touched, err = s.termTouches(r, actor, form)
	}
	switch {
	case err != nil:
	case form.Action == "edit":
		return s.renderTerms(w, r, http.StatusOK, termsView{}, form)
	case touched.Title != "" && form.Action != "confirm":
		return s.renderTermConfirm(w, r, touched)
	default:
		err = s.Taxonomies.Save(r.Context(), actor, form.term())
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "practices.terms."); ok {
			for i := range errs.Fields {
				errs.Fields[i].ID = termFieldID(form.Scheme, form.ID, errs.Fields[i].Name)
			}
			return s.renderTerms(w, r, errs.Status, termsView{Errors: errs}, form)
		}
		return fmt.Errorf("save term: %w", err)
	}
	s.flash(w, "success", "flash.term.saved")
	return s.toTerms(w, r, form.Scheme)
}

// termTouches is the question before practices get another word; without a title there is nothing to ask.
func (s *Site) termTouches(r *http.Request, actor account.Account, form termForm) (confirmView, error) {
	t, err := s.Taxonomies.Check(actor, form.term())
	if err != nil || t.ID == 0 {
		return confirmView{}, err
	}
	e, err := s.Taxonomies.ByID(r.Context(), t.ID)
	if err != nil || e.Name == t.Name && e.Notation == t.Notation {
		return confirmView{}, err
	}
	points, err := s.touched(r, e.ID)
	if err != nil || len(points) == 0 {
		return confirmView{}, err
	}
	return confirmView{
		Title: s.t(r, "taxonomy.rename.confirm"), Text: s.t(r, "taxonomy.rename.text", "Old", termLabel(e.Term), "Name", termLabel(t)), Points: points,
		Action: termsPath, Button: s.t(r, "taxonomy.rename.button"), Return: true,
		Fields: []hiddenField{
			{"id", strconv.FormatInt(t.ID, 10)}, {"scheme", t.Scheme}, {"notation", t.Notation}, {"name", t.Name}, {"description", t.Description}, {"action", "confirm"},
		},
	}, nil
}

func termLabel(t practice.Term) string {
	if t.Notation == "" {
		return t.Name
	}
	return t.Notation + " " + t.Name
}

// touched says how many practices get another word with a term; nothing when none does.
func (s *Site) touched(r *http.Request, id int64) (points []string, err error) {
	uses, err := s.Practices.TermUses(r.Context())
	if err != nil {
		return nil, fmt.Errorf("uses of term %d: %w", id, err)
	}
	if n := uses[id].Ours; n > 0 {
		points = append(points, s.t(r, "taxonomy.touched.ours", "Count", n))
	}
	if n := uses[id].Others; n > 0 {
		points = append(points, s.t(r, "taxonomy.touched.others", "Count", n))
	}
	return points, nil
}

func (s *Site) renderTermConfirm(w http.ResponseWriter, r *http.Request, view confirmView) error {
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: view.Title, Nav: "desk", Data: view, NoIndex: true})
}

func (s *Site) toTerms(w http.ResponseWriter, r *http.Request, anchor string) error {
	http.Redirect(w, r, termsPath+"#"+anchor, http.StatusSeeOther)
	return nil
}

// termFieldID is unique among the many forms of the page.
func termFieldID(scheme string, id int64, name string) string {
	return "f-" + scheme + "-" + strconv.FormatInt(id, 10) + "-" + name
}
