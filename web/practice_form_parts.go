package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
)

// The long form folds out part by part. A part stands open when something was written in it, or is wrong there.

// Course is the part about starting point, measures and effect.
func (v practiceFormView) Course() bool {
	return v.Situation+v.Measures+v.Outcome != "" || v.Errors.Under("situation", "measures", "outcome")
}

// Spending is the part about effort and cost.
func (v practiceFormView) Spending() bool {
	return v.PersonDays != "" || len(v.Costs) > 0 || v.Errors.Under("person_days", "costs")
}

// Lessons is the part about prerequisites and pitfalls.
func (v practiceFormView) Lessons() bool {
	return v.Prerequisites+v.Pitfalls != "" || v.Errors.Under("prerequisites", "pitfalls")
}

// Classified is the part about fields, goals and the state of the implementation.
func (v practiceFormView) Classified() bool {
	return len(v.Goals)+len(v.practiceForm.Fields) > 0 || v.Implementation != "" || v.Errors.Under("goals", "fields", "implementation")
}

// MoreFigures is the part about the figures beyond the first, which stands in the short form.
func (v practiceFormView) MoreFigures() bool {
	return len(v.Figures) > 1
}

// Law is the part about legal basis, services and place.
func (v practiceFormView) Law() bool {
	return v.LegalBasis+v.ARS != "" || len(v.Services) > 0 || v.Errors.Under("legal_basis", "services", "ars")
}

// Belongings is the part about what belongs to the practice.
func (v practiceFormView) Belongings() bool {
	return v.ReuseOf != "" || len(v.Links)+len(v.Files) > 0 || v.UploadDescription != "" || v.Errors.Under("links", "files", "upload", "upload_description", "reuse_of")
}

// Rights is the part about licence and language.
func (v practiceFormView) Rights() bool { return v.Errors.Under("licence", "language") }

// keepsOnly reports whether the form is to be saved and nothing else.
func (v practiceFormView) keepsOnly() bool { return v.Action == "save" || v.Action == "add-file" }

// templateParts are the sections of the template, in their order.
var templateParts = []string{"situation", "course", "outcome", "pitfalls", "copy"}

// textTemplate is what guides a writer: headings, and a question below each.
func textTemplate(l *i18n.Localizer) string {
	var b strings.Builder
	b.WriteString("*" + l.T("structure.template.intro") + "*\n")
	for _, part := range templateParts {
		b.WriteString("\n## " + l.T("structure.template."+part) + "\n\n*" + templateQuestion(l, part) + "*\n")
	}
	return b.String()
}

func templateQuestion(l *i18n.Localizer, part string) string {
	return l.T("structure.template." + part + ".question")
}

// insertTemplate puts the template into an empty text. What was written stays.
func (s *Site) insertTemplate(w http.ResponseWriter, r *http.Request, view practiceFormView) error {
	if view.Source == "" {
		view.Source = textTemplate(s.localizer(r))
	} else {
		view.Notice = "structure.form.template.full"
	}
	return s.renderPracticeForm(w, r, http.StatusOK, view)
}

// templateLeft names a question of the template that is about to be published unanswered.
func templateLeft(l *i18n.Localizer, source string) error {
	i := slices.IndexFunc(templateParts, func(part string) bool { return strings.Contains(source, templateQuestion(l, part)) })
	question := l.T("structure.template.intro")
	switch {
	case i >= 0:
		question = templateQuestion(l, templateParts[i])
	case !strings.Contains(source, question):
		return nil
	}
	return fault.Fields(fault.Field{Name: "source", Message: "structure.form.template.left", Args: map[string]any{"Question": question}})
}
