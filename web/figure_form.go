package web

import (
	"fmt"
	"net/http"

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
		known := f.Unit == ""
		for _, u := range formUnits {
			known = known || u == f.Unit
			row.Units = append(row.Units, option{Value: u, Label: s.t(r, "practices.unit."+units[u]+".form")})
		}
		if !known {
			row.Units = append(row.Units, option{Value: f.Unit, Label: f.Unit})
		}
		views = append(views, row)
	}
	return views
}
