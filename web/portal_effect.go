package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/practice"
)

const (
	effectParts = 8 // bars of a chart
	effectBest  = 5 // practices beside it
)

// effectView is what practices save of one quantity in a year: the sum with what it rests on, where it comes about, and which
// practices save most.
type effectView struct {
	impactView
	Of      int // practices that were looked at, with figures or without
	Methods int // of those in the sum
	Chart   *chartView
	Parts   []effectPart // what the chart draws
	Rest    int          // parts that are not drawn
	Best    []comparedView
	Compare string // where all of them stand
}

// Silent is how many of those that were looked at do not say it.
func (v effectView) Silent() int { return v.Of - v.Practices - v.Repeated }

// effectPart is a field and what its practices save.
type effectPart struct {
	Name, Href    string
	Change        string
	Spoken, Trend string
	Practices     int
}

// effects shows what the practices of a filter bring.
func (s *Site) effects(r *http.Request, f practice.Filter, found practice.Effects) ([]effectView, error) {
	l := s.localizer(r)
	var views []effectView
	for _, e := range found.Quantities {
		v := effectView{
			impactView: newImpact(l, e.Impact), Of: found.Practices, Methods: e.Methods, Compare: "/kennzahlen?kennzahl=" + url.QueryEscape(e.Quantity),
		}
		var values []chartValue
		for i, p := range e.Parts["field"] {
			if i == effectParts {
				v.Rest = len(e.Parts["field"]) - effectParts
				break
			}
			part := newEffectPart(l, e.Impact, p)
			part.Href = with(r, "feld", p.Value) + "#ergebnisse"
			v.Parts = append(v.Parts, part)
			values = append(values, chartValue{Label: part.Name, Text: part.Change, Trend: part.Trend, Value: p.Sum})
		}
		if v.Chart = drawChart(l, l.T("portal.effect.chart", "Name", v.Name), values); v.Chart != nil {
			v.Chart.ID = e.Quantity + "-"
		}
		// A search for another figure finds other practices than these.
		if f.Quantity == "" || f.Quantity == e.Quantity {
			q := practice.Question{Filter: f, Basis: practice.PerYear}
			q.Quantity, q.Sort, q.Limit = e.Quantity, practice.SortChange, effectBest
			c, err := s.Practices.Compare(r.Context(), viewer(r), q)
			if err != nil {
				return nil, fmt.Errorf("aggregate: most %s: %w", e.Quantity, err)
			}
			for i, row := range c.Rows {
				if c.Basis == practice.PerYear && row.Figure.Change != nil {
					v.Best = append(v.Best, newCompared(l, row, i+1))
				}
			}
		}
		views = append(views, v)
	}
	return views, nil
}

func newEffectPart(l *i18n.Localizer, whole practice.Impact, p practice.Part) effectPart {
	sum := newImpact(l, practice.Impact{Quantity: whole.Quantity, Unit: whole.Unit, Sum: p.Sum, Practices: p.Practices})
	part := effectPart{Name: p.Value, Change: sum.Signed(), Spoken: sum.Spoken, Practices: p.Practices, Trend: "worse"}
	switch {
	case p.Sum == 0:
		part.Change, part.Spoken, part.Trend = joinUnit("±0", sum.Unit), l.T("practices.figure.same"), "changed"
	case sum.Saved:
		part.Trend = "better"
	}
	return part
}
