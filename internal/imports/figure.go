package imports

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/practice"
)

// number reads the number of a column, with its unit if it has one there.
func (r *reading) number(t Target) (value *float64, unit string) {
	text := r.text(t)
	if text == "" {
		return nil, ""
	}
	text, unit = split(text)
	v, ok := i18n.ParseNumber(text)
	if !ok {
		r.wrong(t, "", "error.field.number", nil)
		return nil, ""
	}
	return &v, unit
}

var withUnit = regexp.MustCompile(`^([-+−]?[\d.,'’ \x{00a0}\x{202f}]*\d)\s*([\p{L}%€°].*)$`)

// split parts "1.250 MWh/a" into number and unit.
func split(text string) (number, unit string) {
	if found := withUnit.FindStringSubmatch(text); found != nil {
		return found[1], found[2]
	}
	return text, ""
}

func (r *reading) costs() {
	r.draft.PersonDays, _ = r.number("person_days")
	for _, c := range []struct {
		target Target
		kind   string
	}{{CostOnce, "once"}, {CostYearly, "yearly"}} {
		if amount, unit := r.number(c.target); amount != nil && *amount != 0 {
			r.origin[fmt.Sprintf("costs.%d", len(r.draft.Costs))] = c.target
			r.draft.Costs = append(r.draft.Costs, practice.Cost{Amount: *amount, Currency: strings.NewReplacer("euro", "EUR", "Euro", "EUR").Replace(unit), Kind: c.kind})
		}
	}
}

// figures reads up to three figures; one without a number in any of its columns is none.
func (r *reading) figures() {
	from, to, method := day(r.text(From)), day(r.text(To)), r.text(Method)
	for n := 1; n <= MaxFigures; n++ {
		at := func(part string) Target { return FigureTarget(n, part) }
		if r.text(at("before"))+r.text(at("after"))+r.text(at("change"))+r.text(at("saving")) == "" {
			continue
		}
		kind := r.mapping.Figures[n-1]
		f := practice.Figure{Quantity: kind.Quantity, Name: r.text(at("name")), Unit: cmp.Or(r.text(at("unit")), kind.Unit), From: from, To: to, Method: method}
		if text := r.text(at("quantity")); text != "" {
			code, ok := r.words.find(Quantity, text)
			if !ok {
				code = meaning(quantityHints, plain(text))
			}
			if f.Quantity = code; code == "" { // a figure of their own
				f.Quantity = "other"
				if f.Name == "" {
					f.Name = text
				}
			}
		}
		known := len(r.mistakes)
		for _, v := range []struct {
			part string
			into **float64
		}{{"before", &f.Before}, {"after", &f.After}, {"change", &f.Change}, {"saving", &f.Change}} {
			value, unit := r.number(at(v.part))
			if value == nil {
				continue
			}
			if unit != "" && f.Unit == "" {
				f.Unit = unit
			} else if unit != "" && !sameUnit(f.Quantity, unit, f.Unit) {
				r.wrong(at(v.part), "", "import.mistake.units", nil)
			}
			if v.part == "saving" {
				if *value < 0 {
					r.wrong(at(v.part), "", "import.mistake.saving", nil)
				}
				*value = -*value
			}
			*v.into = value
		}
		if len(r.mistakes) > known {
			continue // of a figure whose numbers cannot be read nothing more is said
		}
		r.origin[fmt.Sprintf("figures.%d", len(r.draft.Figures))] = Target(fmt.Sprintf("figures.%d", n))
		r.draft.Figures = append(r.draft.Figures, f)
	}
}

func sameUnit(quantity, a, b string) bool {
	first, known := practice.UnitOf(quantity, a)
	second, also := practice.UnitOf(quantity, b)
	return a == b || known && also && first.Code == second.Code
}

var (
	germanDay   = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$`)
	germanMonth = regexp.MustCompile(`^(\d{1,2})[./](\d{4})$`)
)

// day writes 15.4.2023 and 04/2023 as ISO 8601 does.
func day(text string) string {
	if found := germanDay.FindStringSubmatch(text); found != nil {
		return fmt.Sprintf("%s-%02s-%02s", found[3], pad(found[2]), pad(found[1]))
	}
	if found := germanMonth.FindStringSubmatch(text); found != nil {
		return found[2] + "-" + pad(found[1])
	}
	return text
}

func pad(number string) string {
	if len(number) == 1 {
		return "0" + number
	}
	return number
}
