package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/practice"
)

// registerFigures adds the pages on which figures of many practices stand side by side.
func (s *Site) registerFigures(r *mux.Router) {
	get := func(path string, h handler) { r.Handle(path, s.handle(h)).Methods(http.MethodGet, http.MethodHead) }

	get("/kennzahlen", s.compareFigures)
	get("/kennzahlen.csv", s.limitMade(s.comparedCSV))
	get("/kennzahlen.json", s.limitMade(s.comparedJSON))
	get("/praxisbeispiele/{id:[0-9]+}/kennzahlen.csv", s.figuresCSV)
	get("/praxisbeispiele/{id:[0-9]+}/kennzahlen.json", s.figuresJSON)
}

// figuresPerPage is how many figures stand in a table and in the chart beside it.
const figuresPerPage = 20

// figuresView is the page.
type figuresView struct {
	practice.Comparison
	Path       string
	Query      string
	Quantities []option
	Level      string
	Region     string
	Fields     []option
	Bases      []facetChoice
	Sorts      []facetChoice
	Hidden     []hiddenField // what a new question keeps
	Rows       []comparedView
	Apart      []comparedView
	Facts      []comparedFact
	Chart      *chartView
	Percents   bool // a change in percent says something
	Pages      pagination
	CSV, JSON  string
	Limit      string
	Name       string // of what is compared
}

// comparedView is one row of the table.
type comparedView struct {
	practice.Compared
	figureView
	Quantity string // what is compared
	Number   int    // in the whole order
	Href     string
	Host     string // of another instance
	Percent  string
	Why      string // it is not compared
	Written  string // as it stands there
}

// About is what the number is of: its own name, where, and when.
func (v comparedView) About() string {
	var parts []string
	for _, part := range []string{v.Said.Name, v.Scope, v.Period} {
		if part != "" && !strings.HasPrefix(v.Quantity, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// comparedFact is what all figures together say, with what it rests on.
type comparedFact struct{ Label, Value, Range, Basis string }

// sortsOfFigures maps ?sort= to the orders of a comparison.
var sortsOfFigures = []struct{ param, order, label string }{
	{"", practice.SortChange, "figures.sort.change"},
	{"prozent", practice.SortPercent, "figures.sort.percent"},
}

// basisParams are the bases of units in addresses.
var basisParams = map[practice.Basis]string{practice.PerYear: "jahr", practice.Total: "gesamt", practice.Power: "leistung", practice.Level: "wert"}

// questionOf reads what an address asks to compare: the filters of a search, and electricity where it does not say what.
func questionOf(r *http.Request) practice.Question {
	q := practice.Question{Filter: filterOf(r.URL.Query())}
	if !practice.Comparable(q.Quantity) {
		q.Quantity = practice.Quantities[0]
	}
	for basis, param := range basisParams {
		if r.URL.Query().Get("art") == param {
			q.Basis = basis
		}
	}
	q.Sort = practice.SortChange
	if r.URL.Query().Get("sort") == "prozent" {
		q.Sort = practice.SortPercent
	}
	return q
}

// compareFigures shows what practices brought in one figure, and where.
func (s *Site) compareFigures(w http.ResponseWriter, r *http.Request) error {
	q := questionOf(r)
	q.Offset, q.Limit = offsetOf(r, figuresPerPage), figuresPerPage
	c, err := s.Practices.Compare(r.Context(), viewer(r), q)
	if err != nil {
		return fmt.Errorf("compare %s: %w", q.Quantity, err)
	}
	fields, err := s.Practices.Terms(r.Context(), practice.SchemeField)
	if err != nil {
		return fmt.Errorf("compare %s: fields: %w", q.Quantity, err)
	}
	l := s.localizer(r)
	view := figuresView{
		Comparison: c, Path: r.URL.Path, Query: q.Text, Name: quantityName(l, q.Quantity), Limit: l.Number(practice.MaxCompared, 0),
		Pages: paginate(r, q.Offset, q.Limit, c.Total), CSV: figuresDownload(r, ".csv"), JSON: figuresDownload(r, ".json"),
	}
	view.choices(l, r, q, fields)
	for i, row := range c.Rows {
		view.Rows = append(view.Rows, newCompared(l, row, q.Offset+i+1))
	}
	for _, row := range c.Apart {
		view.Apart = append(view.Apart, newCompared(l, row, 0))
	}
	if view.Percents = c.Percent.Figures > 0; !view.Percents {
		view.Sorts = nil
	}
	if c.Total > 1 {
		view.Facts = comparedFacts(l, c)
	}
	view.Chart = newChart(l, view.Rows, c, q.Sort == practice.SortPercent)
	return s.render(w, r, http.StatusOK, "figures_compare", page{
		Title: s.t(r, "figures.title.of", "Name", view.Name), Description: s.t(r, "figures.lead"), Nav: "practices", Data: view, NoIndex: r.URL.RawQuery != "",
	})
}

// figuresDownload is the address of the whole comparison as a file.
func figuresDownload(r *http.Request, ending string) string {
	q := url.Values{}
	for name, values := range r.URL.Query() {
		if name != "seite" && len(values) > 0 && values[0] != "" {
			q.Set(name, values[0])
		}
	}
	return address(r.URL.Path+ending, q)
}

// choices are the questions of the form and of the links above the table.
func (v *figuresView) choices(l *i18n.Localizer, r *http.Request, q practice.Question, fields []practice.Term) {
	for _, name := range practice.Quantities {
		if practice.Comparable(name) {
			v.Quantities = append(v.Quantities, option{Value: name, Label: quantityName(l, name), Selected: name == q.Quantity})
		}
	}
	for _, f := range fields {
		v.Fields = append(v.Fields, option{Value: f.Name, Label: f.Name, Selected: strings.EqualFold(f.Name, q.Field)})
	}
	for _, basis := range practice.Bases {
		if n := v.Comparison.Bases[basis]; n > 0 {
			v.Bases = append(v.Bases, facetChoice{Label: l.T("figures.basis." + string(basis)), Count: n, Href: with(r, "art", basisParams[basis]), Chosen: basis == v.Basis})
		}
	}
	for _, o := range sortsOfFigures {
		v.Sorts = append(v.Sorts, facetChoice{Label: l.T(o.label), Href: with(r, "sort", o.param), Chosen: o.order == q.Sort})
	}
	v.Level, v.Region = strings.ToLower(q.Level), strings.ToUpper(q.Region)
	// What the form has no field for stays as it is.
	for _, filter := range filters {
		switch filter.facet {
		case "quantity", "level", "region", "field":
		default:
			if value := *filter.field(&q.Filter); value != "" {
				v.Hidden = append(v.Hidden, hiddenField{Name: filter.param, Value: value})
			}
		}
	}
}

func newCompared(l *i18n.Localizer, row practice.Compared, number int) comparedView {
	v := comparedView{Compared: row, Quantity: quantityName(l, row.Said.Quantity), figureView: newFigure(l, row.Figure), Number: number, Href: practiceURL(row.PostID)}
	if !row.Local {
		v.Host = hostOf(row.URI)
	}
	if p, ok := row.Figure.Percent(); ok {
		v.Percent = percentText(l, p)
	}
	if said := newFigure(l, row.Said); row.Gap != "" {
		v.figureView, v.Written = said, saidInWords(l, said)
		v.Why = l.T("figures.gap." + string(row.Gap))
	} else if u, _ := practice.UnitOf(row.Said.Quantity, row.Said.Unit); u.Code != row.Figure.Unit {
		v.Written = saidInWords(l, said)
	}
	return v
}

// saidInWords is a figure as its practice has it: "420.000 → 310.000 kWh/a".
func saidInWords(l *i18n.Localizer, f figureView) string {
	switch {
	case f.Before != "" && f.After != "":
		return l.T("figures.said.both", "Before", f.Before, "After", f.After)
	case f.Change != "":
		return f.Change
	}
	return f.Before + f.After
}

func percentText(l *i18n.Localizer, p float64) string {
	return joinUnit(signed(l, roundedPercent(p)), "%")
}

// roundedPercent leaves a decimal only where it is small.
func roundedPercent(p float64) float64 {
	if math.Abs(p) >= 10 {
		return math.Round(p)
	}
	return math.Round(p*10) / 10
}

// comparedFacts are median, range and sum in words.
func comparedFacts(l *i18n.Localizer, c practice.Comparison) (facts []comparedFact) {
	// Of many hands' numbers none is exact to more than four digits.
	value := func(v float64, change bool) string {
		v = significant(v)
		number, unit := l.Number(v, digitsFor(v)), unitName(l, c.Quantity, c.Unit)
		if change {
			number = signed(l, v)
			if c.Unit == "%" {
				unit = l.T("practices.unit.points")
			}
		}
		return joinUnit(number, unit)
	}
	add := func(label string, s practice.Spread, text func(float64) string) {
		if s.Figures == 0 {
			return
		}
		fact := comparedFact{Label: l.T(label), Value: text(s.Median), Basis: l.T("figures.numbers", "Count", s.Figures) + " " + l.T("figures.from", "Count", s.Practices)}
		if s.Lowest != s.Highest {
			fact.Range = l.T("figures.range", "Lowest", text(s.Lowest), "Highest", text(s.Highest))
		}
		facts = append(facts, fact)
	}
	add("figures.median.change", c.Change, func(v float64) string { return value(v, true) })
	add("figures.median.percent", c.Percent, func(v float64) string { return percentText(l, v) })
	add("figures.median.after", c.After, func(v float64) string { return value(v, false) })
	if c.Sum != nil && c.Sum.Practices > 0 {
		fact := comparedFact{Label: l.T("figures.sum"), Value: value(c.Sum.Amount, true), Basis: l.T("figures.from", "Count", c.Sum.Practices)}
		if c.Sum.Repeated > 0 {
			fact.Range = l.T("figures.sum.repeated", "Count", c.Sum.Repeated)
		}
		facts = append(facts, fact)
	}
	return facts
}

// significant rounds to four digits.
func significant(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// comparisons leads from the figures of a practice to those of others, each quantity once.
func comparisons(l *i18n.Localizer, figures []practice.Figure) (links []facetChoice) {
	known := map[string]bool{}
	for _, f := range figures {
		if practice.Comparable(f.Quantity) && !known[f.Quantity] {
			links = append(links, facetChoice{Label: quantityName(l, f.Quantity), Href: "/kennzahlen?kennzahl=" + url.QueryEscape(f.Quantity)})
		}
		known[f.Quantity] = true
	}
	return links
}
