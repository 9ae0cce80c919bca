package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/practice"
)

// registerAssessment adds the pages on which experts assess a practice, and editors invite them.
func (s *Site) registerAssessment(r *mux.Router) {
	get, post := s.table(r)

	get("/praxisbeispiele/{id:[0-9]+}/bewerten", s.editAssessment)
	post("/praxisbeispiele/{id:[0-9]+}/bewerten", s.saveAssessment)
	get("/praxisbeispiele/{id:[0-9]+}/bewertung-einladen", s.showInvited)
	post("/praxisbeispiele/{id:[0-9]+}/bewertung-einladen", s.inviteToAssess)
	post("/praxisbeispiele/{id:[0-9]+}/bewertung-einladen/{invitation:[0-9]+}/zurueckziehen", s.revokeAssessor)
}

// assessmentSection is how a practice is assessed, on its page: {{template "assessment_section" .Assessment}}.
type assessmentSection struct {
	Path      string
	Years     []yearView
	Items     []assessmentItem
	May       bool
	Mine      bool // the reader assessed it before
	MayInvite bool
}

// yearView is one year with its numbers.
type yearView struct {
	assessment.Year
	Label string
}

// assessmentItem is one assessment with its reason.
type assessmentItem struct {
	assessment.View
	Excerpt string
	Anchor  string // of the note in the discussion
}

// assessments reads the section of a practice.
func (s *Site) assessments(r *http.Request, v practice.View) (assessmentSection, error) {
	section := assessmentSection{Path: practiceURL(v.Post.ID)}
	result, err := s.Assessments.Of(r.Context(), viewer(r), v.Post.ID)
	if err != nil {
		return section, fmt.Errorf("assessments: %w", err)
	}
	for _, y := range result.Years {
		section.Years = append(section.Years, yearView{Year: y, Label: s.yearLabel(r, y.Year)})
	}
	for _, item := range result.List {
		section.Items = append(section.Items, assessmentItem{
			View: item, Excerpt: excerpt(markup.Text(item.Post.HTML), excerptLength), Anchor: fmt.Sprintf("#beitrag-%d", item.Post.ID),
		})
	}
	reader := currentAccount(r)
	if reader == nil {
		return section, nil
	}
	section.MayInvite = reader.Able(account.RoleEditor)
	if section.May, err = s.Assessments.May(r.Context(), *reader, v); err != nil || !section.May {
		return section, err
	}
	_, _, err = s.Assessments.Own(r.Context(), *reader, v.Post.ID, 0)
	if section.Mine = err == nil; fault.Is(err, fault.NotFound) {
		err = nil
	}
	return section, err
}

// yearLabel says how far away a year is: "2028 (in 2 Jahren)".
func (s *Site) yearLabel(r *http.Request, year int) string {
	name := strconv.Itoa(year)
	switch ahead := year - s.Assessments.Year(); {
	case ahead == 0:
		return s.t(r, "assessment.horizon.now", "Year", name)
	case ahead == 1:
		return s.t(r, "assessment.horizon.next", "Year", name)
	case ahead > 1:
		return s.t(r, "assessment.horizon.ahead", "Year", name, "Count", ahead)
	}
	return name
}

// assessmentForm is the form as it was typed.
type assessmentForm struct {
	Status   string `schema:"status"`
	Progress string `schema:"progress"`
	Urgent   bool   `schema:"urgent"`
	Horizon  string `schema:"horizon"`
	Source   string `schema:"source"`
}

type assessmentFormView struct {
	assessmentForm
	Practice   practice.View
	Target     string
	Back       string
	Statuses   []option
	Progresses []option
	Years      []option
	Errors     formErrors
	Login      string // the session ended meanwhile
}

// editAssessment shows the form, with what the reader said of the year that ?jahr= asks for, or last.
func (s *Site) editAssessment(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	year, _ := strconv.Atoi(r.URL.Query().Get("jahr"))
	form := assessmentForm{Horizon: strconv.Itoa(s.Assessments.Year())}
	note, said, err := s.Assessments.Own(r.Context(), reader, id, max(year, 0))
	switch {
	case err == nil:
		form = assessmentForm{Status: string(said.Status), Progress: said.Progress, Urgent: said.Urgent, Horizon: strconv.Itoa(said.Horizon), Source: note.Source}
	case !fault.Is(err, fault.NotFound):
		return err
	case year > 0:
		form.Horizon = strconv.Itoa(year)
	}
	return s.renderAssessmentForm(w, r, http.StatusOK, id, assessmentFormView{assessmentForm: form})
}

// saveAssessment publishes what was said. Whatever goes wrong, the form comes back with all that was typed.
func (s *Site) saveAssessment(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var view assessmentFormView
	decodeErr := decode(r, &view.assessmentForm)
	if decodeErr != nil && !fault.Is(decodeErr, fault.Invalid) {
		return decodeErr
	}
	reader, err := s.require(r, account.RoleGuest)
	if fault.Is(err, fault.Unauthorized) && !usesToken(r) {
		view.Login = loginURL(r)
		view.Errors = formErrors{Status: http.StatusUnauthorized, Message: s.message(r, fault.New(fault.Unauthorized, "member.error.session"))}
		return s.renderAssessmentForm(w, r, http.StatusUnauthorized, id, view)
	}
	if err != nil {
		return err
	}
	if err = decodeErr; err == nil {
		year, _ := strconv.Atoi(view.Horizon) // what is no number is no year either
		s.resolveMentions(r.Context(), reader, view.Source)
		_, err = s.Assessments.Save(r.Context(), reader, id, assessment.Draft{
			Status: assessment.Status(view.Status), Progress: view.Progress, Urgent: view.Urgent, Horizon: year, Source: view.Source,
		})
	}
	if err != nil {
		var ok bool
		if view.Errors, ok = s.formErrors(r, err, "assessment.form."); !ok {
			return fmt.Errorf("assessment of %d: %w", id, err)
		}
		return s.renderAssessmentForm(w, r, view.Errors.Status, id, view)
	}
	s.flash(w, "success", "flash.assessment.saved")
	http.Redirect(w, r, practiceURL(id)+"#bewertung", http.StatusSeeOther)
	return nil
}

func (s *Site) renderAssessmentForm(w http.ResponseWriter, r *http.Request, status int, id int64, view assessmentFormView) error {
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if err != nil && (view.Login == "" || !fault.Is(err, fault.NotFound)) { // who is not logged in keeps their text, whatever it is about
		return fmt.Errorf("assessment of %d: %w", id, err)
	}
	if reader := currentAccount(r); reader != nil {
		if may, err := s.Assessments.May(r.Context(), *reader, v); err != nil {
			return err
		} else if !may {
			return fault.New(fault.Forbidden, "error.assessment.forbidden")
		}
	}
	view.Practice, view.Target, view.Back = v, practiceURL(id)+"/bewerten", practiceURL(id)+"#bewertung"
	for _, status := range assessment.Statuses {
		view.Statuses = append(view.Statuses, option{Value: string(status), Label: s.t(r, "assessment.status."+string(status))})
	}
	for _, progress := range practice.Implementations {
		view.Progresses = append(view.Progresses, option{Value: progress, Label: s.t(r, "practices.state."+progress)})
	}
	for year := s.Assessments.Year(); year <= s.Assessments.Year()+assessment.Horizons; year++ {
		view.Years = append(view.Years, option{Value: strconv.Itoa(year), Label: s.yearLabel(r, year)})
	}
	return s.render(w, r, status, "assessment_form", page{Title: s.t(r, "assessment.form.title"), Nav: "practices", Data: view, NoIndex: true})
}
