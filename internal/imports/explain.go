package imports

import (
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
)

// gaps are mistakes that a draft may have: they wait until it is to be published.
var gaps = []string{"error.field.required", "error.practice.figure_value", "error.practice.contact_name"}

// explain turns the mistakes of a draft into those of the row that it was made of.
func (r *reading) explain(fields []fault.Field) {
	for _, f := range fields {
		t := r.targetOf(f.Name)
		if slices.ContainsFunc(r.mistakes, func(m Mistake) bool { return m.Target == t && !m.Gap }) {
			continue // what could not be read is not empty
		}
		r.wrong(t, "", f.Message, f.Args)
		// Without its title nobody finds the draft again.
		r.mistakes[len(r.mistakes)-1].Gap = t != "title" && (slices.Contains(gaps, f.Message) || t == "summary" && f.Message == "error.field.too_short")
	}
}

// targetOf finds the columns that a field of the draft was made of: figures.0.unit is figures.2.unit where the first figure is
// the second one of the sheet.
func (r *reading) targetOf(field string) Target {
	name, rest, nested := strings.Cut(field, ".")
	if !nested {
		return Target(field)
	}
	index, part, _ := strings.Cut(rest, ".")
	origin, known := r.origin[name+"."+index]
	switch {
	case !known:
		return Target(name)
	case name != "figures":
		return origin
	}
	switch part {
	case "from":
		return From
	case "to":
		return To
	case "method":
		return Method
	}
	t := origin + "." + Target(part)
	if part == "change" && !r.mapping.Uses(t) && r.mapping.Uses(origin+".saving") {
		return origin + ".saving"
	}
	return t
}
