package imports

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/vorbild/vorbild/internal/fault"
)

// Target is what a column means: a field of a draft as the form calls it, or part of a figure.
type Target string

// Targets that are no field of a draft by that name. The others are called like the fields.
const (
	Ignored    Target = ""
	Key        Target = "key" // by which the sheet's people know the row
	CostOnce   Target = "cost_once"
	CostYearly Target = "cost_yearly"
	Quantity   Target = "quantity" // of any figure, for Words
	From       Target = "period_from"
	To         Target = "period_to"
	Method     Target = "method"
)

// MaxFigures is how many figures a row can have.
const MaxFigures = 3

// Parts are what columns can say of each figure. What was saved is a change that is told without its minus.
var Parts = []string{"before", "after", "change", "saving", "quantity", "name", "unit"}

// FigureTarget is part of the n-th figure, from 1.
func FigureTarget(n int, part string) Target { return Target(fmt.Sprintf("figures.%d.%s", n, part)) }

// Group is a few targets that belong together.
type Group struct {
	Name    string // figures.1 to figures.3 for those of a figure
	Targets []Target
}

// Groups lists all targets in the order of the form.
var Groups = func() []Group {
	groups := []Group{
		{"text", []Target{"title", "summary", "source", "situation", "measures", "outcome", "prerequisites", "pitfalls"}},
		{"place", []Target{Key, "level", "region", "ars", "implementation", "fields", "goals"}},
		{"effort", []Target{"person_days", CostOnce, CostYearly, "legal_basis", "services", "links"}},
		{"contact", []Target{"contact_name", "contact_unit", "contact_email", "contact_url"}},
		{"rights", []Target{"licence", "language", "visibility"}},
	}
	for n := range MaxFigures {
		g := Group{Name: fmt.Sprintf("figures.%d", n+1)}
		for _, part := range Parts {
			g.Targets = append(g.Targets, FigureTarget(n+1, part))
		}
		groups = append(groups, g)
	}
	return append(groups, Group{"figures", []Target{From, To, Method}})
}()

// joined are the targets that several columns may have together.
var joined = []Target{"source", "situation", "measures", "outcome", "prerequisites", "pitfalls", "fields", "goals", "legal_basis", "services", "links"}

// FigureKind is what a figure is of where no column says it.
type FigureKind struct {
	Quantity string `json:"quantity"`
	Unit     string `json:"unit"`
}

// Mapping says what the columns of a sheet mean.
type Mapping struct {
	Columns []Target               `json:"columns"`
	Figures [MaxFigures]FigureKind `json:"figures"`
}

// Uses reports whether a column has the target.
func (m Mapping) Uses(t Target) bool { return slices.Contains(m.Columns, t) }

// UsesFigure reports whether a column says something of the n-th figure, from 1.
func (m Mapping) UsesFigure(n int) bool {
	prefix := fmt.Sprintf("figures.%d.", n)
	return slices.ContainsFunc(m.Columns, func(t Target) bool { return strings.HasPrefix(string(t), prefix) })
}

// check refuses what no draft can come of. Mistakes are named like the inputs: columns.0.
func (m Mapping) check() error {
	var wrong []fault.Field
	add := func(name, message string, args map[string]any) {
		wrong = append(wrong, fault.Field{Name: name, Message: message, Args: args})
	}
	first := map[Target]int{}
	for i, t := range m.Columns {
		name := fmt.Sprintf("columns.%d", i)
		if t == Ignored {
			continue
		}
		if !slices.ContainsFunc(Groups, func(g Group) bool { return slices.Contains(g.Targets, t) }) {
			add(name, "error.field.choice", nil)
			continue
		}
		if _, twice := first[t]; twice && !slices.Contains(joined, t) {
			add(name, "error.import.target_twice", nil)
			continue
		}
		first[t] = i
	}
	for n := 1; n <= MaxFigures; n++ {
		if m.UsesFigure(n) && m.Figures[n-1].Quantity == "" && !m.Uses(FigureTarget(n, "quantity")) {
			add(fmt.Sprintf("figures.%d.quantity", n-1), "error.import.quantity", nil)
		}
	}
	if _, ok := first["title"]; !ok {
		add("columns", "error.import.title", nil)
	}
	return fault.Fields(wrong...)
}

// encode writes a mapping for the database.
func (m Mapping) encode() (string, error) {
	b, err := json.Marshal(m)
	return string(b), err
}

// fits reports whether a mapping is one of so many columns.
func (m Mapping) fits(columns int) bool { return len(m.Columns) == columns }

// plain is what counts of a word: letters and digits, in small letters, with single blanks.
func plain(text string) string {
	text = strings.NewReplacer("₂", "2", "ß", "ss", "³", "3").Replace(norm.NFC.String(strings.ToLower(text)))
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}
