package web

import (
	"math"
	"strings"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/practice"
)

// figureView is a key figure in words and shapes: a table row, or the strongest figure on a card.
type figureView struct {
	Name          string
	Before, After string // with unit, "" when unknown
	Change        string // with sign and unit, "" when unknown
	Spoken        string // the change as a screen reader should say it
	Trend         string // better, worse, changed, "" : a shape and a word, never only a colour
	Period        string
	Method, Scope string
	// Lengths of the two bars in percent of the longer one; both 0 when there is nothing to compare.
	BarBefore, BarAfter int
}

// units says which UCUM units have a name of their own; others are shown as they are.
var units = map[string]string{
	"MW.h/a": "mwh_a", "kW.h/a": "kwh_a", "GW.h/a": "gwh_a", "MW.h": "mwh", "kW.h": "kwh", "t/a": "t_a", "kg/a": "kg_a", "t": "t", "kg": "kg",
	"h/a": "h_a", "h": "h", "d": "d", "Cel": "cel", "EUR": "eur", "EUR/a": "eur_a", "%": "percent", "1": "one", "m3/a": "m3_a", "W": "w", "kW": "kw",
	"kW.h/mo": "kwh_mo", "L/a": "l_a", "m3": "m3", "K": "k", "EUR/mo": "eur_mo", "h/mo": "h_mo", "1/a": "one_a",
}

func unitKey(quantity, unit string) string {
	if quantity == "emissions" && (unit == "t/a" || unit == "kg/a" || unit == "t" || unit == "kg") {
		return units[unit] + "_co2"
	}
	return units[unit]
}

// unitName is the unit behind a number: "MWh/a".
func unitName(l *i18n.Localizer, quantity, unit string) string {
	if unit == "1" {
		return ""
	}
	if key := unitKey(quantity, unit); key != "" {
		return l.T("practices.unit." + key)
	}
	amount, per, rate := strings.Cut(unit, "/")
	amount = strings.NewReplacer("W.h", "Wh", ".", "·", "m3", "m³").Replace(amount)
	switch {
	case !rate:
		return amount
	case per == "mo" || per == "wk" || per == "d":
		return amount + l.T("figures.per."+per)
	}
	return amount + "/" + per
}

// unitSpoken is the unit as it is said: "Megawattstunden pro Jahr".
func unitSpoken(l *i18n.Localizer, quantity, unit string) string {
	if unit == "1" {
		return ""
	}
	if key := unitKey(quantity, unit); key != "" {
		return l.T("practices.unit." + key + ".spoken")
	}
	return unit
}

func quantityName(l *i18n.Localizer, quantity string) string {
	return nameOf(l, "practices.quantity.", quantity)
}

func joinUnit(number, unit string) string { return strings.TrimSpace(number + "\u00a0" + unit) }

func newFigure(l *i18n.Localizer, f practice.Figure) figureView {
	unit := unitName(l, f.Quantity, f.Unit)
	v := figureView{Name: f.Name, Method: f.Method, Scope: f.Scope, Period: period(f.From, f.To)}
	if v.Name == "" {
		v.Name = quantityName(l, f.Quantity)
	}
	if f.Before != nil {
		v.Before = joinUnit(l.Number(*f.Before, digitsFor(*f.Before)), unit)
	}
	if f.After != nil {
		v.After = joinUnit(l.Number(*f.After, digitsFor(*f.After)), unit)
	}
	d, ok := f.Difference()
	if !ok {
		return v
	}
	// 1.52 - 1.38 is not 0.14 in binary; nobody measures so finely.
	d = math.Round(d*1e6) / 1e6
	// Of percentages the difference is points.
	changeUnit, spokenUnit := unit, unitSpoken(l, f.Quantity, f.Unit)
	if f.Unit == "%" {
		changeUnit, spokenUnit = l.T("practices.unit.points"), l.T("practices.unit.points.spoken")
	}
	v.Change = joinUnit(signed(l, d), changeUnit)
	amount := strings.TrimSpace(l.Number(math.Abs(d), digitsFor(d)) + " " + spokenUnit)
	switch {
	case d < 0:
		v.Spoken = l.T("practices.figure.less", "Amount", amount)
	case d > 0:
		v.Spoken = l.T("practices.figure.more", "Amount", amount)
	default:
		v.Spoken = l.T("practices.figure.same")
	}
	switch {
	case d == 0:
	case practice.Better(f.Quantity) == 0:
		v.Trend = "changed"
	case d < 0 == (practice.Better(f.Quantity) < 0):
		v.Trend = "better"
	default:
		v.Trend = "worse"
	}
	if f.Before != nil && f.After != nil && *f.Before >= 0 && *f.After >= 0 {
		if longest := math.Max(*f.Before, *f.After); longest > 0 {
			v.BarBefore = int(math.Round(*f.Before / longest * 100))
			v.BarAfter = int(math.Round(*f.After / longest * 100))
		}
	}
	return v
}

func newFigures(l *i18n.Localizer, figures []practice.Figure) []figureView {
	views := make([]figureView, 0, len(figures))
	for _, f := range figures {
		views = append(views, newFigure(l, f))
	}
	return views
}

// strongest is the figure a card shows, nil when none has a difference.
func strongest(l *i18n.Localizer, p practice.Practice) *figureView {
	f := p.Strongest()
	if f == nil {
		return nil
	}
	v := newFigure(l, *f)
	return &v
}

func period(from, to string) string {
	switch {
	case from == "" || from == to:
		return to
	case to == "":
		return from
	}
	return from + " – " + to
}

// impactView is one sum of the aggregate view, with what it rests on.
type impactView struct {
	Quantity  string // for its shape
	Name      string
	Number    string
	Unit      string
	Spoken    string
	Saved     bool
	Practices int
	Repeated  int // not counted: they grew out of one that is
}

// Signed is the sum with its sign and unit.
func (v impactView) Signed() string {
	if v.Saved {
		return joinUnit("−"+v.Number, v.Unit)
	}
	return joinUnit("+"+v.Number, v.Unit)
}

func newImpact(l *i18n.Localizer, i practice.Impact) impactView {
	v := impactView{Quantity: i.Quantity, Name: quantityName(l, i.Quantity), Unit: unitName(l, i.Quantity, i.Unit), Saved: i.Sum < 0, Practices: i.Practices, Repeated: i.Repeated}
	// A sum of figures from many hands is no more exact than its parts.
	sum := math.Round(i.Sum*10) / 10
	if math.Abs(sum) >= 100 {
		sum = math.Round(sum)
	}
	v.Number = l.Number(math.Abs(sum), digitsFor(sum))
	amount := v.Number + " " + unitSpoken(l, i.Quantity, i.Unit)
	if v.Saved {
		v.Spoken = l.T("practices.figure.less", "Amount", amount)
	} else {
		v.Spoken = l.T("practices.figure.more", "Amount", amount)
	}
	return v
}

func newImpacts(l *i18n.Localizer, impacts []practice.Impact) []impactView {
	views := make([]impactView, 0, len(impacts))
	for _, i := range impacts {
		if i.Practices > 0 {
			views = append(views, newImpact(l, i))
		}
	}
	return views
}
