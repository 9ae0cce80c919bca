package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/sheet"
)

// mappingView is the page on which columns find their fields.
type mappingView struct {
	Import  imports.Import
	Known   bool // somebody has said it before
	Rows    int
	Columns []columnView
	Groups  []optionGroup
	Figures []figureKindView
	Errors  formErrors
}

// columnView is one column with a few of its values.
type columnView struct {
	fieldView
	Samples []string
}

type optionGroup struct {
	Label   string
	Options []option
}

// figureKindView asks what a figure is of.
type figureKindView struct {
	Number     int
	Used       bool
	Quantity   string
	Unit       string
	Quantities []option
	Units      []option
	Errors     formErrors
}

// Field is the name of an input of the figure.
func (v figureKindView) Field(name string) string {
	return fmt.Sprintf("figures.%d.%s", v.Number-1, name)
}

// mappingForm is the page as it is sent.
type mappingForm struct {
	Columns []string `schema:"columns"`
	Figures []struct {
		Quantity string `schema:"quantity"`
		Unit     string `schema:"unit"`
	} `schema:"figures"`
}

const (
	samplesShown = 3
	sampleLength = 60
)

func (s *Site) showMapping(w http.ResponseWriter, r *http.Request) error {
	actor, i, place, err := s.openImport(r)
	if err != nil {
		return err
	}
	if place != "" {
		http.Redirect(w, r, place, http.StatusSeeOther)
		return nil
	}
	m, known, err := s.Imports.Suggest(r.Context(), actor, i)
	if err != nil {
		return err
	}
	return s.renderMapping(w, r, http.StatusOK, i, m, known, formErrors{})
}

func (s *Site) saveMapping(w http.ResponseWriter, r *http.Request) error {
	actor, i, place, err := s.openImport(r)
	if err != nil {
		return err
	}
	if place != "" {
		http.Redirect(w, r, place, http.StatusSeeOther)
		return nil
	}
	var form mappingForm
	if err := decode(r, &form); err != nil {
		return err
	}
	m := form.mapping(len(i.Sheet.Headers))
	if err := s.Imports.Map(r.Context(), actor, i.ID, m); err != nil {
		errs, ok := s.formErrors(r, err, "import.form.")
		if !ok || fault.Is(err, fault.Conflict) {
			return fmt.Errorf("map import %d: %w", i.ID, err)
		}
		for n, f := range errs.Fields {
			errs.Fields[n].Label = s.mappingLabel(r, i, f.Name)
		}
		return s.renderMapping(w, r, errs.Status, i, m, true, errs)
	}
	http.Redirect(w, r, importURL(i.ID)+"/vorschau", http.StatusSeeOther)
	return nil
}

// mapping is what the form says of so many columns.
func (f mappingForm) mapping(columns int) imports.Mapping {
	m := imports.Mapping{Columns: make([]imports.Target, columns)}
	for n, t := range f.Columns[:min(len(f.Columns), columns)] {
		m.Columns[n] = imports.Target(t)
	}
	for n, k := range f.Figures[:min(len(f.Figures), imports.MaxFigures)] {
		m.Figures[n] = imports.FigureKind{Quantity: k.Quantity, Unit: k.Unit}
	}
	return m
}

// mappingLabel names an input of the page in the summary of its mistakes.
func (s *Site) mappingLabel(r *http.Request, i imports.Import, name string) string {
	var n int
	if _, err := fmt.Sscanf(name, "columns.%d", &n); err == nil && n < len(i.Sheet.Headers) {
		return s.headerOf(r, i, n)
	}
	if _, err := fmt.Sscanf(name, "figures.%d.", &n); err == nil {
		return s.t(r, "practices.form.figure.number", "Number", n+1)
	}
	return ""
}

// headerOf is what a column is called, else its letter.
func (s *Site) headerOf(r *http.Request, i imports.Import, column int) string {
	if h := i.Sheet.Headers[column]; h != "" {
		return h
	}
	return s.t(r, "import.column", "Letter", sheet.Column(column))
}

func (s *Site) renderMapping(w http.ResponseWriter, r *http.Request, status int, i imports.Import, m imports.Mapping, known bool, errs formErrors) error {
	view := mappingView{Import: i, Known: known, Rows: len(i.Sheet.Rows), Errors: errs, Groups: s.targetGroups(r)}
	for n := range i.Sheet.Headers {
		name := fmt.Sprintf("columns.%d", n)
		view.Columns = append(view.Columns, columnView{
			fieldView: fieldView{Name: name, ID: fieldID(name), Label: s.headerOf(r, i, n), Value: string(m.Columns[n]), Error: errs.For(name)},
			Samples:   samplesOf(i.Sheet.Rows, n),
		})
	}
	for n := range imports.MaxFigures {
		view.Figures = append(view.Figures, s.figureKind(r, n+1, m, errs))
	}
	return s.render(w, r, status, "import_map", page{Title: s.t(r, "import.map.title"), Nav: "practices", Data: view, NoIndex: true})
}

// samplesOf are the first different values of a column, shortened.
func samplesOf(rows []sheet.Row, column int) (list []string) {
	seen := map[string]bool{}
	for _, row := range rows {
		text := strings.Join(strings.Fields(row.Cells[column]), " ")
		if runes := []rune(text); len(runes) > sampleLength {
			text = string(runes[:sampleLength-1]) + "…"
		}
		if text == "" || seen[text] {
			continue
		}
		seen[text] = true
		if list = append(list, text); len(list) == samplesShown {
			break
		}
	}
	return list
}

// targetGroups are the fields that a column can be mapped to.
func (s *Site) targetGroups(r *http.Request) (groups []optionGroup) {
	for _, g := range imports.Groups {
		group := optionGroup{Label: s.groupName(r, g.Name)}
		for _, t := range g.Targets {
			group.Options = append(group.Options, option{Value: string(t), Label: s.targetName(r, t)})
		}
		groups = append(groups, group)
	}
	return groups
}

func (s *Site) groupName(r *http.Request, name string) string {
	if number, ok := strings.CutPrefix(name, "figures."); ok {
		return s.t(r, "practices.form.figure.number", "Number", number)
	}
	return s.t(r, "import.group."+name)
}

// targetName is what a target is called.
func (s *Site) targetName(r *http.Request, t imports.Target) string {
	if rest, ok := strings.CutPrefix(string(t), "figures."); ok {
		number, part, _ := strings.Cut(rest, ".")
		return s.t(r, "import.target.figure."+part, "Number", number)
	}
	return s.t(r, "import.target."+string(t))
}

func (s *Site) figureKind(r *http.Request, number int, m imports.Mapping, errs formErrors) figureKindView {
	kind := m.Figures[number-1]
	v := figureKindView{Number: number, Used: m.UsesFigure(number), Quantity: kind.Quantity, Unit: kind.Unit, Errors: errs}
	for _, q := range practice.Quantities {
		v.Quantities = append(v.Quantities, option{Value: q, Label: s.t(r, "practices.quantity."+q)})
	}
	known := kind.Unit == ""
	for _, code := range formUnits {
		known = known || code == kind.Unit
		v.Units = append(v.Units, option{Value: code, Label: s.t(r, "practices.unit."+units[code]+".form")})
	}
	if !known {
		v.Units = append(v.Units, option{Value: kind.Unit, Label: kind.Unit})
	}
	return v
}
