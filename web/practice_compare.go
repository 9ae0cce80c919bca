package web

import (
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// versionText is a version as lines of text: its words, and its facts, so that a comparison shows which of them changed. Of
// other instances' practices we have no Markdown.
func versionText(l *i18n.Localizer, rev post.Revision) (string, error) {
	details, err := practice.Detail(rev)
	if err != nil {
		return "", err
	}
	body := rev.Source
	if body == "" {
		body = markup.Text(rev.HTML)
	}
	return asLines(l, rev.Title, rev.Summary, body, details), nil
}

// draftText is the same of a text in work.
func draftText(l *i18n.Localizer, d practice.Draft, details practice.Practice) string {
	return asLines(l, d.Title, d.Summary, d.Source, details)
}

func asLines(l *i18n.Localizer, title, summary, body string, details practice.Practice) string {
	f := factLines{l: l}
	f.add("practices.form.title", title)
	f.add("practices.form.summary", summary)
	return strings.Join(append(f.lines, versionFacts(l, details)...), "\n") + "\n\n" + body
}

// versionFacts are the facts of a version that are known, one a line; of a longer text each of its lines.
func versionFacts(l *i18n.Localizer, p practice.Practice) []string {
	f := factLines{l: l}
	f.add("practices.form.level", nameOf(l, "web.level.", string(p.Level)))
	f.add("practices.form.region", nameOf(l, "web.region.", p.Region))
	f.add("practices.implementation", nameOf(l, "practices.state.", p.Implementation))
	f.text("practices.situation", p.Situation)
	for _, m := range p.Measures {
		f.add("practices.measures", m)
	}
	f.text("practices.outcome", p.Outcome)
	for _, v := range newFigures(l, p.Figures) {
		f.add("practices.figures.name", v.Name, joinValues(v), v.Period, v.Scope, v.Method)
	}
	f.text("practices.prerequisites", p.Prerequisites)
	f.text("practices.pitfalls", p.Pitfalls)
	return append(f.lines, sideFacts(l, p)...)
}

// sideFacts are those of the facts that stand beside the text.
func sideFacts(l *i18n.Localizer, p practice.Practice) []string {
	f := factLines{l: l}
	f.add("practices.goals", termNames(p.Goals)...)
	f.add("practices.fields", termNames(p.Fields)...)
	if p.PersonDays != nil {
		f.add("review.fact.effort", l.T("review.fact.person_days", "Days", l.Number(*p.PersonDays, 1)))
	}
	for _, c := range p.Costs {
		f.add("review.fact.cost", c.Name, l.Number(c.Amount, 2)+" "+c.Currency, nameOf(l, "review.fact.cost.", c.Kind))
	}
	for _, basis := range p.LegalBasis {
		f.add("review.fact.legal_basis", basis)
	}
	for _, k := range p.Services {
		f.add("review.fact.service", k.Name, strings.ToUpper(k.Scheme)+" "+k.Key)
	}
	for _, link := range p.Links {
		f.add("review.fact.link", link.Name, link.Href)
	}
	for _, file := range p.Files {
		f.add("structure.files", file.Description)
	}
	f.add("review.fact.ars", p.ARS)
	f.add("review.fact.reuse_of", p.ReuseOf)
	f.add("practices.contact", p.ContactName, p.ContactUnit, p.ContactEmail, p.ContactURL)
	f.add("practices.licence", licenceName(p.Licence))
	return f.lines
}

// factLines gathers facts with what they are called.
type factLines struct {
	l     *i18n.Localizer
	lines []string
}

// add writes the words that are known in one line, and nothing where none is.
func (f *factLines) add(key string, words ...string) {
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	if len(words) == 0 {
		return
	}
	name := f.l.T(key)
	if !strings.HasSuffix(name, "?") {
		name += ":"
	}
	f.lines = append(f.lines, name+" "+strings.Join(words, ", "))
}

// text writes each line of a longer text.
func (f *factLines) text(key, words string) {
	for line := range strings.Lines(words) {
		f.add(key, strings.TrimSpace(line))
	}
}

func termNames(terms []practice.Term) (names []string) {
	for _, t := range terms {
		names = append(names, strings.TrimSpace(t.Notation+" "+t.Name))
	}
	return names
}

// joinValues writes what is known of a figure in one line.
func joinValues(f figureView) string {
	if f.Before != "" && f.After != "" {
		return f.Before + " → " + f.After
	}
	return f.Before + f.After + f.Change
}
