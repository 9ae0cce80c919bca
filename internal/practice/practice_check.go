package practice

import (
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits in characters, and of lists in entries.
const (
	minTitle, maxTitle     = 3, 200
	minSummary, maxSummary = 10, 500
	maxSource              = 50_000
	maxMeasure             = 1_000
	maxShort               = 200
	maxUnit                = 40
	maxMethod              = 1_000
	maxAddress             = 2_000
	maxFigures             = 30
	maxList                = 100
	maxNumber              = 1e15
)

// Implementations are the states of a practice's Umsetzung.
var Implementations = []string{"begun", "advanced", "completed"}

// mistakes collects field errors.
type mistakes []fault.Field

func (m *mistakes) add(name, message string, args ...any) {
	f := fault.Field{Name: name, Message: message}
	if len(args) == 2 {
		f.Args = map[string]any{args[0].(string): args[1]}
	}
	*m = append(*m, f)
}

func (m *mistakes) length(name, s string, most int) {
	if utf8.RuneCountInString(s) > most {
		m.add(name, "error.field.too_long", "Max", most)
	}
}

// tidied returns the draft in plain characters, with empty entries of lists left out.
func (d Draft) tidied() Draft {
	for _, line := range []*string{&d.Title, &d.Summary, &d.Language, &d.Region, &d.Implementation, &d.ContactName, &d.ContactUnit, &d.ContactEmail, &d.ContactURL, &d.Licence, &d.ARS, &d.ReuseOf} {
		*line = markup.Line(*line)
	}
	d.Level = organization.Level(markup.Line(string(d.Level)))
	d.Source = strings.TrimSpace(markup.Block(d.Source))
	for _, text := range []*string{&d.Situation, &d.Outcome, &d.Prerequisites, &d.Pitfalls} {
		*text = strings.TrimSpace(markup.Block(*text))
	}
	d.Measures, d.LegalBasis = tidyLines(d.Measures), tidyLines(d.LegalBasis)
	d.Files = tidyFiles(d.Files)
	d = d.tidiedStructure()
	var figures []Figure
	for _, f := range d.Figures {
		for _, line := range []*string{&f.Quantity, &f.Name, &f.Unit, &f.From, &f.To, &f.Scope} {
			*line = markup.Line(*line)
		}
		f.Method = strings.TrimSpace(markup.Block(f.Method))
		f.Unit = tidyUnit(f.Quantity, f.Unit)
		if f != (Figure{}) {
			figures = append(figures, f)
		}
	}
	d.Figures = figures
	d.Goals, d.Fields = sortedOnce(d.Goals), sortedOnce(d.Fields)
	return d
}

func sortedOnce(ids []int64) []int64 {
	ids = slices.Sorted(slices.Values(ids))
	return slices.Compact(ids)
}

// checkLengths is all that a draft must pass: gaps and mistakes are allowed, what PostgreSQL or JSON refuse is not.
func (d Draft) checkLengths() error {
	var m mistakes
	m.lengths(d)
	return m.err()
}

// err lists the mistakes in the order of the form, nil when there is none.
func (m mistakes) err() error {
	slices.SortStableFunc(m, func(a, b fault.Field) int { return formOrder(a.Name) - formOrder(b.Name) })
	return fault.Fields(m...)
}

func (m *mistakes) lengths(d Draft) {
	m.length("title", d.Title, maxTitle)
	m.length("summary", d.Summary, maxSummary)
	m.length("source", d.Source, maxSource)
	m.length("level", string(d.Level), maxShort)
	m.length("region", d.Region, maxShort)
	m.length("implementation", d.Implementation, maxShort)
	m.length("language", d.Language, maxShort)
	m.length("contact_name", d.ContactName, maxShort)
	m.length("contact_unit", d.ContactUnit, maxShort)
	m.length("contact_email", d.ContactEmail, 254)
	m.length("contact_url", d.ContactURL, maxAddress)
	m.length("licence", d.Licence, maxAddress)
	m.length("visibility", string(d.Visibility), maxShort)
	m.structureLengths(d)
	m.fileLengths(d)
	for name, n := range map[string]int{"goals": len(d.Goals), "fields": len(d.Fields), "measures": len(d.Measures), "legal_basis": len(d.LegalBasis)} {
		if n > maxList {
			m.add(name, "error.field.too_many", "Max", maxList)
		}
	}
	for _, measure := range d.Measures {
		if utf8.RuneCountInString(measure) > maxMeasure {
			m.add("measures", "error.practice.measure_too_long", "Max", maxMeasure)
			break
		}
	}
	if len(d.Figures) > maxFigures {
		m.add("figures", "error.field.too_many", "Max", maxFigures)
		return
	}
	for i, f := range d.Figures {
		at := func(name string) string { return fmt.Sprintf("figures.%d.%s", i, name) }
		m.length(at("quantity"), f.Quantity, maxShort)
		m.length(at("name"), f.Name, maxShort)
		m.length(at("unit"), f.Unit, maxUnit)
		m.length(at("from"), f.From, maxShort)
		m.length(at("to"), f.To, maxShort)
		m.length(at("method"), f.Method, maxMethod)
		m.length(at("scope"), f.Scope, maxShort)
		for name, v := range map[string]*float64{"before": f.Before, "after": f.After, "change": f.Change} {
			if v != nil && !finite(*v) {
				m.add(at(name), "error.field.number")
			}
		}
	}
}

// Check returns what Publish would refuse, for forms that want to name all mistakes at once with their own.
func (d Draft) Check() error {
	_, err := d.tidied().check()
	return err
}

// check is what a published practice must pass. Figures come back completed.
func (d Draft) check() (Draft, error) {
	var m mistakes
	m.lengths(d)
	m.text("title", d.Title, minTitle)
	m.text("summary", d.Summary, minSummary)
	m.text("source", d.Source, 1)
	if !d.Level.Valid() {
		m.add("level", "error.field.choice")
	}
	if d.Region != "" && !organization.ValidRegion(d.Region) {
		m.add("region", "error.field.choice")
	}
	if d.Implementation != "" && !slices.Contains(Implementations, d.Implementation) {
		m.add("implementation", "error.field.choice")
	}
	if d.ContactEmail != "" && !plausibleEmail(d.ContactEmail) {
		m.add("contact_email", "error.field.email")
	}
	if d.ContactURL != "" && !webAddress(d.ContactURL) {
		m.add("contact_url", "error.field.url")
	}
	if d.ContactName == "" && (d.ContactUnit != "" || d.ContactEmail != "" || d.ContactURL != "") {
		m.add("contact_name", "error.practice.contact_name")
	}
	if !slices.Contains(Licences, d.Licence) {
		m.add("licence", "error.field.choice")
	}
	if !slices.Contains([]post.Visibility{"", post.Public, post.Network}, d.Visibility) {
		m.add("visibility", "error.field.choice")
	}
	m.structure(d)
	m.files(d)
	d.Figures = slices.Clone(d.Figures)
	for i := range d.Figures {
		m.figure(i, &d.Figures[i])
	}
	return d, m.err()
}

// text reports what is missing or too short; too long is found by lengths.
func (m *mistakes) text(name, s string, least int) {
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		m.add(name, "error.field.required")
	case n < least:
		m.add(name, "error.field.too_short", "Min", least)
	}
}

func (m *mistakes) figure(i int, f *Figure) {
	at := func(name string) string { return fmt.Sprintf("figures.%d.%s", i, name) }
	switch {
	case f.Quantity == "":
		m.add(at("quantity"), "error.field.required")
	case !slices.Contains(Quantities, f.Quantity):
		m.add(at("quantity"), "error.field.choice")
	}
	if f.Quantity == "other" && f.Name == "" {
		m.add(at("name"), "error.field.required")
	}
	if f.Unit == "" {
		f.Unit = usualUnit[f.Quantity]
	}
	if f.Unit == "" {
		m.add(at("unit"), "error.field.required")
	}
	if f.Before == nil && f.After == nil && f.Change == nil {
		m.add(at("change"), "error.practice.figure_value")
	}
	m.measured(at, *f)
	if f.Before != nil && f.After != nil {
		f.Change = nil // it follows from the two
	}
	for _, period := range []struct{ name, value string }{{"from", f.From}, {"to", f.To}} {
		if period.value != "" && !isoDate.MatchString(period.value) {
			m.add(at(period.name), "error.field.date")
			return
		}
	}
	// Of different precision only the common part can be compared: 2023-04 to 2023 is fine.
	if n := min(len(f.From), len(f.To)); n > 0 && f.From[:n] > f.To[:n] {
		m.add(at("to"), "error.practice.period")
	}
}

// formOrder is the order of the form, in which mistakes are listed.
func formOrder(field string) int {
	order := []string{"title", "summary", "source", "language", "level", "region", "ars", "implementation", "goals", "fields", "situation", "measures", "outcome", "figures", "person_days", "costs", "prerequisites", "pitfalls", "legal_basis", "services", "links", "files", "reuse_of", "contact_name", "contact_unit", "contact_email", "contact_url", "licence", "visibility"}
	name, _, _ := strings.Cut(field, ".")
	return slices.Index(order, name)
}

var isoDate = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)

func finite(v float64) bool { return !math.IsNaN(v) && math.Abs(v) <= maxNumber }

func plausibleEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return false
	}
	_, host, _ := strings.Cut(s, "@")
	return strings.Contains(host, ".") || host == "localhost"
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(s) <= maxAddress
}
