package practice

import (
	"math"
	"strings"
)

// Words translates and formats for readers of one language; i18n.Localizer is one.
type Words interface {
	T(key string, args ...any) string
	Number(v float64, digits int) string
}

// Section is a part of a practice that stands beside its text, for readers who have no place for it of its own.
type Section struct {
	Title, Text string
	List        []string
	Links       []Link
}

// Sections are what was found, done, learned and spent, as far as it is said.
func (p Practice) Sections(w Words) []Section {
	var list []Section
	for _, s := range append([]Section{
		{Title: w.T("federation.facts.situation"), Text: p.Situation},
		{Title: w.T("federation.facts.measures"), List: p.Measures},
		{Title: w.T("federation.facts.outcome"), Text: p.Outcome},
		{Title: w.T("federation.facts.prerequisites"), Text: p.Prerequisites},
		{Title: w.T("federation.facts.pitfalls"), Text: p.Pitfalls},
	}, p.resources(w)...) {
		if s.Text != "" || len(s.List) > 0 || len(s.Links) > 0 {
			list = append(list, s)
		}
	}
	return list
}

// FiguresSentence is "Kennzahlen: Strom von 120 auf 70 MWh/a (2022 bis 2023); Emissionen um 50 t CO₂e/a gesenkt." It is
// empty where there are no figures.
func (p Practice) FiguresSentence(w Words) string {
	var parts []string
	for _, f := range p.Figures {
		if s := f.sentence(w); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return w.T("federation.facts.figures", "List", strings.Join(parts, "; "))
}

func (f Figure) sentence(w Words) string {
	name := f.Name
	if f.Scope != "" {
		name += " (" + f.Scope + ")"
	}
	value := func(v float64) string {
		s := w.Number(v, 2)
		if unit := f.unitWords(); unit != "" {
			s += " " + unit
		}
		return s
	}
	var s string
	switch {
	case f.Before != nil && f.After != nil:
		s = w.T("federation.facts.level", "Name", name, "Before", w.Number(*f.Before, 2), "After", value(*f.After))
	case f.Change != nil && *f.Change < 0:
		s = w.T("federation.facts.less", "Name", name, "Amount", value(math.Abs(*f.Change)))
	case f.Change != nil:
		s = w.T("federation.facts.more", "Name", name, "Amount", value(*f.Change))
	case f.After != nil:
		s = w.T("federation.facts.value", "Name", name, "Value", value(*f.After))
	case f.Before != nil:
		s = w.T("federation.facts.before", "Name", name, "Value", value(*f.Before))
	default:
		return ""
	}
	switch {
	case f.From != "" && f.To != "" && f.From != f.To:
		s += " (" + w.T("federation.facts.period", "From", f.From, "To", f.To) + ")"
	case f.From != "" || f.To != "":
		s += " (" + max(f.From, f.To) + ")"
	}
	return s
}

// unitWords prints a UCUM code as people write it.
func (f Figure) unitWords() string {
	switch f.Unit {
	case "1":
		return ""
	case "Cel":
		return "°C"
	case "EUR":
		return "Euro"
	}
	unit := strings.ReplaceAll(f.Unit, "W.h", "Wh")
	if f.Quantity == "emissions" {
		if mass, per, ok := strings.Cut(unit, "/"); ok {
			return mass + " CO₂e/" + per
		}
		return unit + " CO₂e"
	}
	return unit
}
