package practice

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/post"
)

// MaxCompared is how many figures are compared at once: those of the newest practices.
const MaxCompared = 25_000

// Orders of a comparison.
const (
	SortChange  = "change"  // best first: what saves most, or gains most where more is better
	SortPercent = "percent" // the same by the change in percent
)

// Question asks what practices brought in figures of one quantity.
type Question struct {
	Filter       // Quantity is needed; Sort is one of the orders of a comparison, Offset and Limit count figures
	Basis  Basis // what to compare; "" is the basis that most figures have
}

// Comparison is how figures of one quantity and basis compare, in one unit.
type Comparison struct {
	Quantity  string
	Basis     Basis
	Unit      string        // of all numbers, "" where there is nothing to compare
	Bases     map[Basis]int // how many figures of each there are
	Rows      []Compared    // the part asked for, in order
	Total     int           // how many figures are compared
	Practices int           // of how many practices
	Apart     []Compared    // those that are not, at most as many as asked for
	Left      int           // how many these are in all
	Change    Spread
	Percent   Spread
	After     Spread // how it is now, of levels only
	Sum       *Sum   // nil where adding says nothing
	Cut       bool   // there are more than MaxCompared
}

// Compared is one figure of a practice.
type Compared struct {
	Origin
	Position int
	Said     Figure // as the practice has it
	Figure   Figure // in the unit of the comparison, completed
	Gap      Gap    // why it is not compared
}

// Spread is how numbers lie, and what they rest on.
type Spread struct {
	Lowest, Median, Highest float64
	Figures, Practices      int // 0: there are none
}

// Sum is what several save or spend in a year together.
type Sum struct {
	Amount    float64
	Practices int
	Repeated  int // practices left out because they grew out of one that is in it
}

// Compare finds figures of one quantity, and says them in one unit. What a practice may be seen by is what List shows of it.
// A quantity that cannot be compared, such as "other", has an empty answer.
func (s *Service) Compare(ctx context.Context, viewer post.Viewer, q Question) (Comparison, error) {
	c := Comparison{Quantity: q.Quantity, Bases: map[Basis]int{}}
	if !Comparable(q.Quantity) {
		return c, nil
	}
	limit := min(max(q.Limit, 1), MaxCompared)
	f := q.Filter.cleaned()
	query := s.lexicon(ctx, s.db).Parse(f.Text)
	if f.Text != "" && query.TSQuery == "" {
		return c, nil
	}
	wanted, err := s.wanted(ctx, f)
	if err != nil {
		return c, fmt.Errorf("practice.Compare: %w", err)
	}
	rows, err := newSearch(viewer.AccountID, query.TSQuery, f).figures(ctx, s.db, f.Quantity, f.State == StateArchived, wanted.required(), MaxCompared+1)
	if err != nil {
		return c, fmt.Errorf("practice.Compare: %w", err)
	}
	if c.Cut = len(rows) > MaxCompared; c.Cut {
		rows = rows[:MaxCompared]
	}
	compared, apart := c.part(rows, q.Basis)
	if err := s.measure(ctx, &c, compared); err != nil {
		return c, fmt.Errorf("practice.Compare: %w", err)
	}
	order(compared, f.Quantity, f.Sort)
	c.Total, c.Left = len(compared), len(apart)
	from := min(f.Offset, len(compared))
	compared, apart = compared[from:min(from+limit, len(compared))], apart[:min(limit, len(apart))]
	if c.Rows, c.Apart, err = s.told(ctx, viewer, compared, apart); err != nil {
		return c, fmt.Errorf("practice.Compare: %w", err)
	}
	return c, nil
}

// part parts figures into those that are compared and those that are not.
func (c *Comparison) part(rows []comparedRow, basis Basis) (compared, apart []*Compared) {
	all, bases := make([]Compared, len(rows)), make([]Basis, len(rows))
	for i, r := range rows {
		row := &all[i]
		row.PostID, row.Position = r.PostID, r.Position
		row.Said = Figure{Quantity: c.Quantity, Unit: r.Unit, Before: r.Before, After: r.After, Change: r.Change}
		if row.Figure, bases[i], row.Gap = row.Said.Common(); row.Gap == "" {
			c.Bases[bases[i]]++
		}
	}
	if c.Basis = basis; c.Bases[basis] == 0 {
		c.Basis = ""
		for _, b := range Bases {
			if c.Bases[b] > c.Bases[c.Basis] {
				c.Basis = b
			}
		}
	}
	c.Unit = CommonUnit(c.Quantity, c.Basis)
	for i := range all {
		row := &all[i]
		if row.Gap == "" && bases[i] == c.Basis {
			compared = append(compared, row)
			continue
		}
		if row.Gap == "" {
			row.Gap = GapBasis
		}
		apart = append(apart, row)
	}
	return compared, apart
}
