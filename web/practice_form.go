package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// practiceForm is the form as it was typed: numbers are text, so that nothing is lost when one is wrong.
type practiceForm struct {
	Action         string        `schema:"action"`
	Version        int           `schema:"version"` // of the text in work that this one is written over, 0 for none
	Title          string        `schema:"title"`
	Summary        string        `schema:"summary"`
	Source         string        `schema:"source"`
	Language       string        `schema:"language"`
	Level          string        `schema:"level"`
	Region         string        `schema:"region"`
	Implementation string        `schema:"implementation"`
	Goals          []int64       `schema:"goals"`
	Fields         []int64       `schema:"fields"`
	Situation      string        `schema:"situation"`
	Measures       string        `schema:"measures"`
	Outcome        string        `schema:"outcome"`
	PersonDays     string        `schema:"person_days"`
	Costs          []costForm    `schema:"costs"`
	Prerequisites  string        `schema:"prerequisites"`
	Pitfalls       string        `schema:"pitfalls"`
	LegalBasis     string        `schema:"legal_basis"`
	Services       []serviceForm `schema:"services"`
	Links          []linkForm    `schema:"links"`
	ARS            string        `schema:"ars"`
	ReuseOf        string        `schema:"reuse_of"`
	Files          []fileForm    `schema:"files"`
	// What is said of a file that comes with the form.
	UploadDescription string       `schema:"upload_description"`
	ContactName       string       `schema:"contact_name"`
	ContactUnit       string       `schema:"contact_unit"`
	ContactEmail      string       `schema:"contact_email"`
	ContactURL        string       `schema:"contact_url"`
	Licence           string       `schema:"licence"`
	Visibility        string       `schema:"visibility"`
	Figures           []figureForm `schema:"figures"`
}

type figureForm struct {
	Quantity string `schema:"quantity"`
	Name     string `schema:"name"`
	Unit     string `schema:"unit"`
	Before   string `schema:"before"`
	After    string `schema:"after"`
	Change   string `schema:"change"`
	From     string `schema:"from"`
	To       string `schema:"to"`
	Method   string `schema:"method"`
	Scope    string `schema:"scope"`
}

// blank reports whether a row says nothing; what a select shows by itself does not count.
func (f figureForm) blank() bool {
	return f.Name+f.Before+f.After+f.Change+f.From+f.To+f.Method+f.Scope == "" && f.Quantity == "" && f.Unit == ""
}

// Unfolded reports whether the row's details should stand open.
func (f figureForm) Unfolded() bool { return f.From+f.To+f.Method+f.Scope+f.Name != "" }

const (
	spareFigures = 3
	maxFigures   = 30
)

// formOf fills the form with what is stored.
func formOf(d practice.Draft) practiceForm {
	f := practiceForm{
		Title: d.Title, Summary: d.Summary, Source: d.Source, Language: d.Language, Level: string(d.Level), Region: d.Region,
		Implementation: d.Implementation, Goals: d.Goals, Fields: d.Fields, Measures: strings.Join(d.Measures, "\n"),
		ContactName: d.ContactName, ContactUnit: d.ContactUnit, ContactEmail: d.ContactEmail, ContactURL: d.ContactURL, Licence: d.Licence,
		Visibility: string(d.Visibility), Version: d.Version, Situation: d.Situation, Outcome: d.Outcome, Prerequisites: d.Prerequisites,
		Pitfalls: d.Pitfalls, LegalBasis: strings.Join(d.LegalBasis, "\n"), ARS: d.ARS, ReuseOf: d.ReuseOf,
	}
	f.Figures = figureForms(d.Figures)
	f.fillRows(d)
	return f
}

// numberText writes a number as a German types it.
func numberText(v *float64) string {
	if v == nil {
		return ""
	}
	return strings.Replace(strconv.FormatFloat(*v, 'f', -1, 64), ".", ",", 1)
}

// draft turns the form into what the service takes; the error names numbers that are none.
func (f practiceForm) draft() (practice.Draft, error) {
	d := practice.Draft{
		Title: f.Title, Summary: f.Summary, Source: f.Source, Language: f.Language, Level: organization.Level(f.Level), Region: f.Region,
		Implementation: f.Implementation, Goals: f.Goals, Fields: f.Fields, ContactName: f.ContactName, ContactUnit: f.ContactUnit,
		ContactEmail: f.ContactEmail, ContactURL: f.ContactURL, Licence: f.Licence,
		Visibility: post.Visibility(f.Visibility), Situation: f.Situation, Measures: linesOf(f.Measures), Outcome: f.Outcome,
		Prerequisites: f.Prerequisites, Pitfalls: f.Pitfalls, LegalBasis: linesOf(f.LegalBasis), ARS: f.ARS, ReuseOf: f.ReuseOf,
	}
	if len(f.Figures) > maxFigures {
		return d, fault.Fields(fault.Field{Name: "figures", Message: "practices.form.figures.too_many", Args: map[string]any{"Max": maxFigures}})
	}
	var mistakes []fault.Field
	d.Figures, mistakes = figuresIn(f.Figures)
	return d, fault.Fields(append(mistakes, f.readRows(&d)...)...)
}

// practiceFormView is the page the form stands on.
type practiceFormView struct {
	practiceForm
	ID          int64 // 0 for a new one
	Target      string
	Published   bool
	Preview     string // sanitised HTML
	Previewed   bool
	Rows        []figureRow
	CostRows    []listRow[costForm]
	ServiceRows []listRow[serviceForm]
	LinkRows    []listRow[linkForm]
	FileRows    []fileRow
	Notice      string // key of what is to be said about the last step, "" for nothing
	GoalTerms   []option
	FieldList   []option
	Languages   []option
	Licences    []option
	Audiences   []option // who may read it
	States      []option
	Errors      formErrors
	LoggedOut   string // address of the login page when the session ended meanwhile
	Vanished    bool   // the draft that was sent is no draft any more
	FourEyes    bool   // a second person approves before anything is published
	Pending     bool   // a published practice has a text in work
	Review      *practice.Review
	Theirs      *theirsView // the text of somebody else, to be merged with
}

// figureRow is one row of figures with its number and choices.
type figureRow struct {
	figureForm
	Index      int
	Quantities []option
	Units      []option
	Errors     formErrors
	Unfold     bool
}

// Field is the name of an input of the row.
func (row figureRow) Field(name string) string { return fmt.Sprintf("figures.%d.%s", row.Index, name) }

// newPractice shows the empty form, with what the organisation already says.
func (s *Site) newPractice(w http.ResponseWriter, r *http.Request) error {
	author, err := s.require(r, account.RoleMember)
	if err != nil {
		return err
	}
	d, err := s.Practices.Blank(r.Context(), author)
	if err != nil {
		return err
	}
	return s.renderPracticeForm(w, r, http.StatusOK, practiceFormView{practiceForm: formOf(d)})
}

// editPractice shows the form with the waiting draft, else with what is published.
func (s *Site) editPractice(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	m, err := s.Practices.Manuscript(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("draft of %d: %w", id, err)
	}
	return s.renderPracticeForm(w, r, http.StatusOK, practiceFormView{practiceForm: formOf(m.Draft), ID: id}.of(m))
}

// preview renders a text for the script that shows it beside the form.
func (s *Site) preview(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleGuest); err != nil {
		return err
	}
	var form struct {
		Source     string `schema:"source"`
		SourceType string `schema:"source_type"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	return s.fragment(w, r, "preview", s.Posts.Preview(post.SourceType(form.SourceType), form.Source))
}

func (s *Site) renderPracticeForm(w http.ResponseWriter, r *http.Request, status int, view practiceFormView) error {
	goals, err := s.termOptions(r, practice.SchemeGoal, view.Goals)
	if err != nil {
		return err
	}
	fields, err := s.termOptions(r, practice.SchemeField, view.practiceForm.Fields)
	if err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	view.GoalTerms, view.FieldList, view.FourEyes = goals, fields, o.FourEyes
	view.Target = "/praxisbeispiele/neu"
	if view.ID != 0 {
		view.Target = practiceURL(view.ID) + "/bearbeiten"
	}
	for _, code := range []string{"de", "en"} {
		view.Languages = append(view.Languages, option{Value: code, Label: s.t(r, "practices.language."+code)})
	}
	for _, address := range practice.Licences {
		view.Licences = append(view.Licences, option{Value: address, Label: licenceName(address)})
	}
	for _, state := range []string{"begun", "advanced", "completed"} {
		view.States = append(view.States, option{Value: state, Label: s.t(r, "practices.state."+state)})
	}
	if view.Visibility == "" {
		view.Visibility = string(post.Public)
	}
	for _, v := range []post.Visibility{post.Public, post.Network} {
		view.Audiences = append(view.Audiences, option{Value: string(v), Label: s.t(r, "practices.form.visibility."+string(v))})
	}
	view.Rows = s.figureRows(r, view.Figures, spareFigures, view.Errors)
	s.fillLists(r, &view)
	if err := s.fillFiles(r, &view); err != nil {
		return err
	}
	title := s.t(r, "practices.form.new")
	if view.ID != 0 {
		title = s.t(r, "practices.form.edit")
	}
	return s.render(w, r, status, "practice_form", page{Title: title, Nav: "practices", Data: view, NoIndex: true, Scripts: []string{"editor.js", "rows.js", "figures.js"}})
}

// termOptions lists a taxonomy as boxes; goals are named with their number.
func (s *Site) termOptions(r *http.Request, scheme string, chosen []int64) ([]option, error) {
	chosen, err := s.Practices.CurrentTerms(r.Context(), chosen)
	if err != nil {
		return nil, fmt.Errorf("terms of %s: %w", scheme, err)
	}
	terms, err := s.Practices.Terms(r.Context(), scheme, chosen...)
	if err != nil {
		return nil, fmt.Errorf("terms of %s: %w", scheme, err)
	}
	options := make([]option, 0, len(terms))
	for _, t := range terms {
		options = append(options, option{
			Value: strconv.FormatInt(t.ID, 10), Label: strings.TrimSpace(t.Notation + " " + t.Name), Hint: t.Description, Selected: slices.Contains(chosen, t.ID),
		})
	}
	return options, nil
}
