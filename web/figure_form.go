package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

// figuresIn reads rows of figures as they were typed; what is no number is named.
func figuresIn(rows []figureForm) (figures []practice.Figure, mistakes []fault.Field) {
	for i, row := range rows {
		fig := practice.Figure{Quantity: row.Quantity, Name: row.Name, Unit: row.Unit, From: row.From, To: row.To, Method: row.Method, Scope: row.Scope}
		for _, n := range []struct {
			name, text string
			into       **float64
		}{{"before", row.Before, &fig.Before}, {"after", row.After, &fig.After}, {"change", row.Change, &fig.Change}} {
			if n.text == "" {
				continue
			}
			value, ok := parseNumber(n.text)
			if !ok {
				mistakes = append(mistakes, fault.Field{Name: fmt.Sprintf("figures.%d.%s", i, n.name), Message: "practices.form.figure.no_number", Args: map[string]any{"Number": i + 1}})
				continue
			}
			*n.into = &value
		}
		figures = append(figures, fig)
	}
	return figures, mistakes
}

// figureForms writes figures as rows of a form.
func figureForms(figures []practice.Figure) []figureForm {
	var rows []figureForm
	for _, fig := range figures {
		rows = append(rows, figureForm{
			Quantity: fig.Quantity, Name: fig.Name, Unit: fig.Unit, Before: numberText(fig.Before), After: numberText(fig.After),
			Change: numberText(fig.Change), From: fig.From, To: fig.To, Method: fig.Method, Scope: fig.Scope,
		})
	}
	return rows
}

// formUnits are the units the form offers: those of all quantities, so that whatever is chosen without a script is there.
var formUnits = func() (codes []string) {
	for _, q := range practice.Quantities {
		for _, code := range practice.OfferedUnits(q) {
			if !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return codes
}()

// unitsFor says which units fit which quantity, for the script that leaves out the others: "pue 1;temperature Cel K".
var unitsFor = func() string {
	var list []string
	for _, q := range practice.Quantities {
		if codes := practice.OfferedUnits(q); len(codes) > 0 {
			list = append(list, q+" "+strings.Join(codes, " "))
		}
	}
	return strings.Join(list, ";")
}()

// UnitsFor is unitsFor.
func (figureRow) UnitsFor() string { return unitsFor }

// figureRows are the rows of a form with their choices, at least so many.
func (s *Site) figureRows(r *http.Request, rows []figureForm, least int, errs formErrors) []figureRow {
	for len(rows) < least && len(rows) < maxFigures {
		rows = append(rows, figureForm{})
	}
	views := make([]figureRow, 0, len(rows))
	for i, f := range rows {
		row := figureRow{figureForm: f, Index: i, Errors: errs, Unfold: f.Unfolded()}
		for _, q := range practice.Quantities {
			row.Quantities = append(row.Quantities, option{Value: q, Label: s.t(r, "practices.quantity."+q)})
		}
		for _, code := range formUnits {
			row.Units = append(row.Units, option{Value: code, Label: s.t(r, "practices.unit."+units[code]+".form")})
		}
		if f.Unit != "" && !slices.Contains(formUnits, f.Unit) {
			row.Units = append(row.Units, option{Value: f.Unit, Label: f.Unit})
		}
		views = append(views, row)
	}
	return views
}
