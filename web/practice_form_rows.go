package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

// maxRows is how many costs, services or links a form takes.
const maxRows = 30

// costForm, serviceForm and linkForm are rows as they were typed.
type costForm struct {
	Amount   string `schema:"amount"`
	Currency string `schema:"currency"`
	Kind     string `schema:"kind"`
	Name     string `schema:"name"`
}

type serviceForm struct {
	Scheme string `schema:"scheme"`
	Key    string `schema:"key"`
	Name   string `schema:"name"`
}

type linkForm struct {
	Rel  string `schema:"rel"`
	Href string `schema:"href"`
	Name string `schema:"name"`
}

// blank reports whether a row says nothing; what stands in it by itself does not count.
func (c costForm) blank() bool {
	amount, ok := parseNumber(c.Amount)
	return c.Name == "" && (c.Amount == "" || ok && amount == 0)
}

func (k serviceForm) blank() bool { return k.Key+k.Name == "" }

func (l linkForm) blank() bool { return l.Href+l.Name == "" }

// linesOf reads a list that stands one entry a line, with or without the signs of a list.
func linesOf(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "-*•")); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// fillRows writes the lists of a draft into the form.
func (f *practiceForm) fillRows(d practice.Draft) {
	f.PersonDays = numberText(d.PersonDays)
	for _, c := range d.Costs {
		row := costForm{Currency: c.Currency, Kind: c.Kind, Name: c.Name}
		if c.Amount != 0 { // in a draft the amount may still be missing
			row.Amount = numberText(&c.Amount)
		}
		f.Costs = append(f.Costs, row)
	}
	for _, k := range d.Services {
		f.Services = append(f.Services, serviceForm(k))
	}
	for _, l := range d.Links {
		f.Links = append(f.Links, linkForm(l))
	}
	for _, ref := range d.Files {
		f.Files = append(f.Files, fileForm(ref))
	}
}

// readRows reads the lists of the form into a draft; what is no number is named.
func (f practiceForm) readRows(d *practice.Draft) (mistakes []fault.Field) {
	number := func(name, text string) *float64 {
		if text == "" {
			return nil
		}
		value, ok := parseNumber(text)
		if !ok {
			mistakes = append(mistakes, fault.Field{Name: name, Message: "structure.form.no_number"})
			return nil
		}
		return &value
	}
	for name, n := range map[string]int{"costs": len(f.Costs), "services": len(f.Services), "links": len(f.Links)} {
		if n > maxRows {
			mistakes = append(mistakes, fault.Field{Name: name, Message: "structure.form.too_many", Args: map[string]any{"Max": maxRows}})
		}
	}
	if len(mistakes) > 0 {
		return mistakes
	}
	d.PersonDays = number("person_days", f.PersonDays)
	for i, row := range f.Costs {
		c := practice.Cost{Currency: row.Currency, Kind: row.Kind, Name: row.Name}
		if amount := number(fmt.Sprintf("costs.%d.amount", i), row.Amount); amount != nil {
			c.Amount = *amount
		}
		d.Costs = append(d.Costs, c)
	}
	for _, row := range f.Services {
		d.Services = append(d.Services, practice.ServiceKey(row))
	}
	for _, row := range f.Links {
		d.Links = append(d.Links, practice.Link(row))
	}
	for _, row := range f.Files {
		d.Files = append(d.Files, practice.FileRef(row))
	}
	return mistakes
}

// compact drops empty rows, so that the rows have the numbers the service will name in its errors.
func (f *practiceForm) compact() {
	f.Figures = slices.DeleteFunc(f.Figures, figureForm.blank)
	f.Costs = slices.DeleteFunc(f.Costs, costForm.blank)
	f.Services = slices.DeleteFunc(f.Services, serviceForm.blank)
	f.Links = slices.DeleteFunc(f.Links, linkForm.blank)
	f.Files = slices.DeleteFunc(f.Files, func(row fileForm) bool { return row.ID == 0 })
}

// addRow adds an empty row where an action asks for one, and reports whether it did.
func (f *practiceForm) addRow(action string) bool {
	switch action {
	case "add-figure":
		f.Figures = append(f.Figures, figureForm{})
	case "add-cost":
		f.Costs = append(f.Costs, costForm{})
	case "add-service":
		f.Services = append(f.Services, serviceForm{})
	case "add-link":
		f.Links = append(f.Links, linkForm{})
	default:
		return false
	}
	return true
}

// listRow is a row of costs, services or links with its number and choices.
type listRow[T any] struct {
	Row     T
	List    string
	Index   int
	Options []option
	Errors  formErrors
}

// Field is the name of an input of the row, Number what people count it as.
func (row listRow[T]) Field(name string) string {
	return fmt.Sprintf("%s.%d.%s", row.List, row.Index, name)
}

// Number is the place of the row as people count.
func (row listRow[T]) Number() int { return row.Index + 1 }

// listRows are the rows of a form with one more to write in.
func listRows[T any](list string, rows []T, empty T, blank func(T) bool, options []option, errs formErrors) []listRow[T] {
	if n := len(rows); n == 0 || n < maxRows && !blank(rows[n-1]) {
		rows = append(slices.Clone(rows), empty)
	}
	views := make([]listRow[T], len(rows))
	for i, row := range rows {
		views[i] = listRow[T]{Row: row, List: list, Index: i, Options: options, Errors: errs}
	}
	return views
}

// fillLists adds the rows of costs, services and links to the page of the form.
func (s *Site) fillLists(r *http.Request, v *practiceFormView) {
	options := func(values []string, key string) (list []option) {
		for _, value := range values {
			list = append(list, option{Value: value, Label: s.t(r, key+value)})
		}
		return list
	}
	v.CostRows = listRows("costs", v.Costs, costForm{Currency: "EUR"}, costForm.blank, options(practice.CostKinds, "structure.form.cost.kind."), v.Errors)
	v.ServiceRows = listRows("services", v.Services, serviceForm{}, serviceForm.blank, options(practice.ServiceSchemes, "structure.service."), v.Errors)
	v.LinkRows = listRows("links", v.Links, linkForm{}, linkForm.blank, options(practice.LinkRels, "structure.link."), v.Errors)
	for i := range v.CostRows {
		if v.CostRows[i].Row.Currency == "" {
			v.CostRows[i].Row.Currency = "EUR"
		}
	}
}
