package practice

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Basis is what kind of amount a unit says. Only figures of one quantity and one basis can be compared or added.
type Basis string

// Bases of units.
const (
	PerYear Basis = "year"  // an amount in a time, as per year or month
	Total   Basis = "total" // an amount of some period, or counted once
	Power   Basis = "power" // a load
	Level   Basis = "level" // a share, a ratio or a temperature
)

// Bases lists them.
var Bases = []Basis{PerYear, Total, Power, Level}

// Unit is a unit that figures of a quantity may have.
type Unit struct {
	Code   string // UCUM; of money ISO 4217, which UCUM leaves out
	Basis  Basis
	factor float64 // how much one of it is in the first unit of its basis
	zero   float64 // where its zero lies there
}

// scale is one unit of an amount, with how much it is in the first one.
type scale struct {
	code   string
	factor float64
}

var (
	energy   = []scale{{"MW.h", 1}, {"kW.h", 1e-3}, {"GW.h", 1e3}, {"W.h", 1e-6}, {"TW.h", 1e6}, {"GJ", 1 / 3.6}, {"MJ", 1 / 3.6e3}, {"TJ", 1e3 / 3.6}, {"kJ", 1 / 3.6e6}, {"J", 1 / 3.6e9}}
	load     = []scale{{"kW", 1}, {"W", 1e-3}, {"MW", 1e3}}
	mass     = []scale{{"t", 1}, {"kg", 1e-3}, {"g", 1e-6}, {"kt", 1e3}, {"Mt", 1e6}}
	volume   = []scale{{"m3", 1}, {"L", 1e-3}, {"l", 1e-3}, {"hL", 0.1}, {"dm3", 1e-3}}
	money    = []scale{{"EUR", 1}}
	duration = []scale{{"h", 1}, {"min", 1. / 60}, {"d", 24}, {"wk", 7 * 24}}
	count    = []scale{{"1", 1}}
	// times are what an amount may be told per, with how often that is in a year: of 365.25 days, as UCUM has it.
	times = []scale{{"/a", 1}, {"/mo", 12}, {"/wk", 365.25 / 7}, {"/d", 365.25}}
)

// spec is what figures of a quantity can say.
type spec struct {
	units     []Unit // the usual one first, and of each basis the one in which it is compared
	low, high float64
	better    int  // of a change: -1 where less is better, 1 where more is, 0 where it depends
	additive  bool // what several save in a year may be added
	relative  bool // a change in percent of what was says something
}

func of(basis Basis, scales ...scale) (list []Unit) {
	for _, s := range scales {
		list = append(list, Unit{Code: s.code, Basis: basis, factor: s.factor})
	}
	return list
}

func yearlyOf(scales ...scale) (list []Unit) {
	for _, t := range times {
		for _, s := range scales {
			list = append(list, Unit{Code: s.code + t.code, Basis: PerYear, factor: s.factor * t.factor})
		}
	}
	return list
}

var shares = []Unit{{Code: "%", Basis: Level, factor: 1}, {Code: "1", Basis: Level, factor: 100}}

// specs are the quantities whose figures can be compared; "other" is what is none of them, in any unit.
var specs = map[string]spec{
	"electricity":        {units: slices.Concat(yearlyOf(energy...), of(Total, energy...), of(Power, load...)), high: math.Inf(1), better: -1, additive: true, relative: true},
	"heat":               {units: slices.Concat(yearlyOf(energy...), of(Total, energy...), of(Power, load...)), high: math.Inf(1), better: -1, additive: true, relative: true},
	"emissions":          {units: slices.Concat(yearlyOf(mass...), of(Total, mass...)), high: math.Inf(1), better: -1, additive: true, relative: true},
	"water":              {units: slices.Concat(yearlyOf(volume...), of(Total, volume...)), high: math.Inf(1), better: -1, additive: true, relative: true},
	"pue":                {units: of(Level, count...), low: 1, high: 5, better: -1, relative: true},
	"cpu-utilization":    {units: shares, high: 100, better: 1},
	"renewable-share":    {units: shares, high: 100, better: 1},
	"temperature":        {units: []Unit{{Code: "Cel", Basis: Level, factor: 1}, {Code: "K", Basis: Level, factor: 1, zero: -273.15}}, low: -50, high: 150},
	"free-cooling-hours": {units: yearlyOf(duration...), high: 366 * 24, better: 1, relative: true},
	"devices":            {units: slices.Concat(of(Total, count...), yearlyOf(count...)), high: math.Inf(1), relative: true},
	"cost":               {units: slices.Concat(of(Total, money...), yearlyOf(money...)), low: math.Inf(-1), high: math.Inf(1), better: -1, additive: true, relative: true},
	"time":               {units: slices.Concat(of(Total, duration...), yearlyOf(duration...)), high: math.Inf(1), better: -1, additive: true, relative: true},
}

// offered are the units that a form offers beside the first of each basis: what people measure in.
var offered = []string{"kW.h/a", "GW.h/a", "kW.h/mo", "kW.h", "W", "kg/a", "kg", "L/a", "%", "K", "d", "EUR/mo", "h/mo"}

// Better tells of which change of a quantity every administration is glad: -1 of less, 1 of more, 0 where it depends.
func Better(quantity string) int { return specs[quantity].better }

// Comparable reports whether figures of a quantity can be compared at all.
func Comparable(quantity string) bool { return len(specs[quantity].units) > 0 }

// Units are the units that figures of a quantity may have, the usual one first; none for "other", which may have any.
func Units(quantity string) []Unit { return slices.Clone(specs[quantity].units) }

// OfferedUnits are the units to choose from for a quantity, the usual one first; nil for "other", which may have any.
func OfferedUnits(quantity string) (codes []string) {
	known := map[Basis]bool{}
	for _, u := range specs[quantity].units {
		if !known[u.Basis] || slices.Contains(offered, u.Code) {
			codes = append(codes, u.Code)
		}
		known[u.Basis] = true
	}
	return codes
}

// CommonUnit is the unit in which figures of a quantity and basis are compared, "" where there is none.
func CommonUnit(quantity string, basis Basis) string { return commonUnits[quantity][basis].Code }

// UnitOf finds the unit of a figure, also as people write it ("MWh/Jahr", "t CO2e/a"). A unit left out is the usual one where
// the quantity has no other.
func UnitOf(quantity, unit string) (Unit, bool) {
	if unit == "" {
		unit = usualUnit[quantity]
	}
	u, ok := unitsByCode[quantity][unit]
	if !ok {
		u, ok = unitsByCode[quantity][tidyUnit(quantity, unit)]
	}
	return u, ok
}

// In says a figure in another unit. It is false where either is none of its quantity, or they are no units of the same: nothing
// turns a load into energy, or what a period took into what a year takes.
func (f Figure) In(code string) (Figure, bool) {
	from, known := UnitOf(f.Quantity, f.Unit)
	to, also := UnitOf(f.Quantity, code)
	if !known || !also || from.Basis != to.Basis {
		return f, false
	}
	return f.converted(from, to), true
}

// converted says a figure that is told in one unit in another one of the same basis.
func (f Figure) converted(from, to Unit) Figure {
	level := func(v float64) float64 { return (v*from.factor + from.zero - to.zero) / to.factor }
	change := func(v float64) float64 { return v * from.factor / to.factor } // 2 K more are 2 °C more
	f.Unit, f.Before, f.After, f.Change = to.Code, each(f.Before, level), each(f.After, level), each(f.Change, change)
	return f
}

func each(v *float64, f func(float64) float64) *float64 {
	if v == nil {
		return nil
	}
	w := f(*v)
	return &w
}

// yearlyFactors is a list of rows for SQL: each unit per year of a quantity, with how much it is in the one that is summed.
func yearlyFactors(quantity string) string {
	var rows []string
	for _, u := range specs[quantity].units {
		if u.Basis == PerYear {
			rows = append(rows, "('"+u.Code+"', "+strconv.FormatFloat(u.factor, 'g', -1, 64)+"::double precision)")
		}
	}
	return strings.Join(rows, ", ")
}

// usualUnit is the only sensible unit of some quantities, so that nobody has to know how UCUM writes it.
var usualUnit = map[string]string{"pue": "1", "cpu-utilization": "%", "renewable-share": "%", "temperature": "Cel", "free-cooling-hours": "h/a"}

// unitsByCode and codesByWriting find units by quantity: by their code, and by what is left of it in small letters without points.
var unitsByCode, codesByWriting = func() (map[string]map[string]Unit, map[string]map[string]string) {
	units, codes := map[string]map[string]Unit{}, map[string]map[string]string{"other": {}}
	for quantity, s := range specs {
		units[quantity], codes[quantity] = map[string]Unit{}, map[string]string{}
		for _, u := range s.units {
			units[quantity][u.Code] = u
			writing := strings.ToLower(strings.ReplaceAll(u.Code, ".", ""))
			if _, taken := codes[quantity][writing]; !taken {
				codes[quantity][writing] = u.Code
			}
			codes["other"][writing] = codes[quantity][writing]
		}
	}
	return units, codes
}()

// commonUnits are the first units of each basis, in which figures are compared.
var commonUnits = func() map[string]map[Basis]Unit {
	common := map[string]map[Basis]Unit{}
	for quantity, s := range specs {
		common[quantity] = map[Basis]Unit{}
		for _, u := range slices.Backward(s.units) {
			common[quantity][u.Basis] = u
		}
	}
	return common
}()

var (
	// annotation is what UCUM lets people note within a unit: t{CO2e}/a is t/a.
	annotation = regexp.MustCompile(`\{[^{}]*\}`)
	squeezed   = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "³", "3", "₂", "2", "p.a.", "/a", ".", "", "·", "", "cbm", "m3")
	written    = strings.NewReplacer(
		"co2-äquivalente", "", "co2-äq", "", "co2äq", "", "co2-eq", "", "co2eq", "", "co2e", "", "co2", "",
		"projahr", "/a", "imjahr", "/a", "/jahr", "/a", "/year", "/a", "peryear", "/a", "/yr", "/a", "promonat", "/mo", "/monat", "/mo", "/month", "/mo",
		"prowoche", "/wk", "/woche", "/wk", "/week", "/wk", "protag", "/d", "/tag", "/d", "/day", "/d",
		"megawattstunden", "mwh", "kilowattstunden", "kwh", "gigawattstunden", "gwh", "wattstunden", "wh", "kilowatt", "kw", "megawatt", "mw", "watt", "w",
		"kilogramm", "kg", "gramm", "g", "tonnen", "t", "tonne", "t", "kubikmeter", "m3", "liter", "l", "euro", "eur", "€", "eur",
		"°c", "cel", "gradcelsius", "cel", "grad", "cel", "celsius", "cel", "kelvin", "k", "prozent", "%", "percent", "%",
		"stunden", "h", "std", "h", "minuten", "min", "wochen", "wk", "tage", "d", "stück", "1", "geräte", "1", "anzahl", "1",
	)
)

// tidyUnit returns the code of a unit as people write it, or what was written. Small letters are capital ones where that makes a
// unit: mwh is MWh, nobody measures in thousandths. What "other" is measured in is looked for among
// all units, but for single letters, which can mean anything there.
func tidyUnit(quantity, unit string) string {
	if _, ok := unitsByCode[quantity][unit]; ok || unit == "" {
		return unit
	}
	codes := codesByWriting[quantity]
	if codes == nil {
		codes = codesByWriting["other"]
	}
	writing := written.Replace(squeezed.Replace(strings.ToLower(annotation.ReplaceAllString(unit, ""))))
	if writing == "" && annotation.MatchString(unit) {
		writing = "1"
	}
	if code, ok := codes[writing]; ok && (unitsByCode[quantity] != nil || len(unit) > 1) {
		return code
	}
	return unit
}
