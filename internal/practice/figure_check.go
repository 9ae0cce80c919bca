package practice

import "math"

// measured reports what a figure cannot be: in a unit that is none of its quantity, outside of what there is, or at odds with
// itself. What is none of our quantities may say what it likes.
func (m *mistakes) measured(at func(string) string, f Figure) {
	if !Comparable(f.Quantity) || f.Unit == "" {
		return
	}
	c, _, ok := f.common()
	if !ok {
		m.add(at("unit"), "error.figure.unit."+f.Quantity)
		return
	}
	s := specs[f.Quantity]
	bounded := !math.IsInf(s.high, 1)
	possible := true
	for _, v := range []struct {
		name        string
		said, value *float64
	}{{"before", f.Before, c.Before}, {"after", f.After, c.After}} {
		switch {
		case v.said == nil || s.has(*v.value):
		case bounded:
			possible = false
			m.add(at(v.name), "error.figure.range."+f.Quantity)
		default:
			possible = false
			m.add(at(v.name), "error.figure.negative")
		}
	}
	switch {
	case !possible || f.Change == nil:
	case f.Before != nil && f.After != nil:
		if differs(*f.After-*f.Before, *f.Change) {
			m.add(at("change"), "error.figure.change")
		}
	case c.possible():
	case bounded:
		m.add(at("change"), "error.figure.range."+f.Quantity)
	default:
		m.add(at("change"), "error.figure.change_large")
	}
}

// has reports whether there can be such a value, in the first unit of its basis. Rounding is no mistake.
func (s spec) has(v float64) bool { return v >= s.low-1e-9 && v <= s.high+1e-9 }

// differs reports whether a change that people wrote is another one than that from before to after: they round.
func differs(difference, change float64) bool {
	return math.Abs(difference-change) > math.Max(math.Abs(difference)/100, 1e-9)
}

// common says a figure in the unit in which those of its quantity and basis are compared, and completes it: a change follows
// from before and after, and what is missing of the two from the change. It is false where the unit is none.
func (f Figure) common() (Figure, Basis, bool) {
	u, ok := UnitOf(f.Quantity, f.Unit)
	if !ok {
		return f, "", false
	}
	f = f.converted(u, commonUnits[f.Quantity][u.Basis])
	switch {
	case f.Before != nil && f.After != nil:
		c := *f.After - *f.Before
		f.Change = &c
	case f.Change != nil && f.Before != nil:
		a := *f.Before + *f.Change
		f.After = &a
	case f.Change != nil && f.After != nil:
		b := *f.After - *f.Change
		f.Before = &b
	}
	return f, u.Basis, true
}

// possible reports whether a figure in its common unit says something that there can be.
func (f Figure) possible() bool {
	s := specs[f.Quantity]
	for _, v := range []*float64{f.Before, f.After} {
		if v != nil && !s.has(*v) {
			return false
		}
	}
	return f.Change == nil || math.IsInf(s.high-s.low, 1) || math.Abs(*f.Change) <= s.high-s.low+1e-9
}

// Gap is why a figure cannot be compared with others.
type Gap string

// Gaps of figures.
const (
	GapUnit  Gap = "unit"  // its unit is missing or none of its quantity
	GapRange Gap = "range" // it says what cannot be
	GapBasis Gap = "basis" // it says an amount of another kind than what is compared
)

// Common says a figure in the unit in which those of its quantity and basis are compared, completed, unless it cannot be.
func (f Figure) Common() (Figure, Basis, Gap) {
	c, basis, ok := f.common()
	switch {
	case !ok:
		return f, "", GapUnit
	case !c.possible():
		return f, basis, GapRange
	}
	return c, basis, ""
}

// Percent is how much a figure changed of what it was before, where that says something: a tenth more degrees does not.
func (f Figure) Percent() (float64, bool) {
	if f.Before == nil || *f.Before <= 0 || !specs[f.Quantity].relative {
		return 0, false
	}
	d, ok := f.Difference()
	return d / *f.Before * 100, ok
}
