package practice

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

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
	compared := c.sort(rows, q.Basis)
	if err := s.measure(ctx, &c, compared); err != nil {
		return c, fmt.Errorf("practice.Compare: %w", err)
	}
	order(compared, f.Quantity, f.Sort)
	c.Total, c.Left = len(compared), len(c.Apart)
	from := min(f.Offset, len(compared))
	c.Rows = compared[from:min(from+limit, len(compared))]
	c.Apart = c.Apart[:min(limit, len(c.Apart))]
	return c, s.tell(ctx, viewer, &c)
}

// sort parts figures into those that are compared, which it returns, and those apart.
func (c *Comparison) sort(rows []comparedRow, basis Basis) (compared []Compared) {
	all := make([]Compared, len(rows))
	bases := make([]Basis, len(rows))
	for i, r := range rows {
		said := Figure{Quantity: c.Quantity, Unit: r.Unit, Before: r.Before, After: r.After, Change: r.Change}
		all[i] = Compared{Origin: Origin{PostID: r.PostID}, Position: r.Position, Said: said}
		all[i].Figure, bases[i], all[i].Gap = said.Common()
		if all[i].Gap == "" {
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
	for i, row := range all {
		switch {
		case row.Gap == "" && bases[i] == c.Basis:
			compared = append(compared, row)
			continue
		case row.Gap == "":
			row.Gap = GapBasis
		}
		c.Apart = append(c.Apart, row)
	}
	return compared
}

// measure fills in what all figures together say.
func (s *Service) measure(ctx context.Context, c *Comparison, compared []Compared) error {
	var changes, percents, afters []Compared
	practices := map[int64]bool{}
	for _, row := range compared {
		practices[row.PostID] = true
		if row.Figure.Change != nil {
			changes = append(changes, row)
		}
		if _, ok := row.Figure.Percent(); ok {
			percents = append(percents, row)
		}
		if row.Figure.After != nil && c.Basis == Level {
			afters = append(afters, row)
		}
	}
	c.Practices = len(practices)
	c.Change = spread(changes, func(f Figure) float64 { return *f.Change })
	c.Percent = spread(percents, func(f Figure) float64 { p, _ := f.Percent(); return p })
	c.After = spread(afters, func(f Figure) float64 { return *f.After })
	if !specs[c.Quantity].additive || c.Basis != PerYear || len(changes) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(practices))
	for id := range practices {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	grown, err := grownFrom(ctx, s.db, ids)
	if err != nil {
		return fmt.Errorf("where practices grew out of: %w", err)
	}
	sum := sumOnce(changes, grown)
	c.Sum = &sum
	return nil
}

func spread(rows []Compared, of func(Figure) float64) Spread {
	if len(rows) == 0 {
		return Spread{}
	}
	values, practices := make([]float64, len(rows)), map[int64]bool{}
	for i, row := range rows {
		values[i], practices[row.PostID] = of(row.Figure), true
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Lowest: values[0], Median: (values[(n-1)/2] + values[n/2]) / 2, Highest: values[n-1], Figures: n, Practices: len(practices)}
}

// sumOnce adds changes.
//
// RULE: a practice and those that grew out of it count once, as the vocabulary has it: the one that others grew out of, where it
// says something. Two that say they grew out of each other are one too.
func sumOnce(rows []Compared, grown []grownRow) Sum {
	changes, sources, offspring := map[int64]float64{}, map[int64][]int64{}, map[int64][]int64{}
	for _, row := range rows {
		changes[row.PostID] += *row.Figure.Change
	}
	for _, g := range grown {
		sources[g.ID] = append(sources[g.ID], g.Source)
		offspring[g.Source] = append(offspring[g.Source], g.ID)
	}
	ids := make([]int64, 0, len(changes))
	for id := range changes {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Or(len(sources[a])-len(sources[b]), cmp.Compare(a, b)) })
	var sum Sum
	counted := map[int64]bool{}
	for _, id := range ids {
		in := func(other int64) bool { return counted[other] }
		if slices.ContainsFunc(sources[id], in) || slices.ContainsFunc(offspring[id], in) {
			sum.Repeated++
			continue
		}
		counted[id] = true
		sum.Amount += changes[id]
		sum.Practices++
	}
	return sum
}

// order puts the best first: those that say no change at the end, where all are as new as they were found.
func order(rows []Compared, quantity, by string) {
	sign := 1.0
	if Better(quantity) >= 0 {
		sign = -1
	}
	value := func(f Figure) float64 {
		if f.Change == nil {
			return math.Inf(1)
		}
		if by != SortPercent {
			return sign * *f.Change
		}
		if p, ok := f.Percent(); ok {
			return sign * p
		}
		return math.MaxFloat64
	}
	slices.SortStableFunc(rows, func(a, b Compared) int { return cmp.Compare(value(a.Figure), value(b.Figure)) })
}

// tell names the figures that are shown and where they come from. What the viewer may not see any more is left out.
func (s *Service) tell(ctx context.Context, viewer post.Viewer, c *Comparison) error {
	ids := map[int64]bool{}
	for _, rows := range [][]Compared{c.Rows, c.Apart} {
		for _, row := range rows {
			ids[row.PostID] = true
		}
	}
	list := make([]int64, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	origins, err := originsOf(ctx, s.db, viewer.AccountID, list)
	if err != nil {
		return fmt.Errorf("practice.Compare: origins: %w", err)
	}
	figures, err := figuresOf(ctx, s.db, list)
	if err != nil {
		return fmt.Errorf("practice.Compare: figures: %w", err)
	}
	known := make(map[int64]Origin, len(origins))
	for _, o := range origins {
		known[o.PostID] = o
	}
	type key struct {
		id       int64
		position int
	}
	said, at := make(map[key]Figure, len(figures)), map[int64]int{}
	for _, f := range figures {
		said[key{f.PostID, at[f.PostID]}] = f.Figure
		at[f.PostID]++
	}
	for _, rows := range []*[]Compared{&c.Rows, &c.Apart} {
		shown := (*rows)[:0]
		for _, row := range *rows {
			o, ok := known[row.PostID]
			if !ok {
				continue
			}
			f := said[key{row.PostID, row.Position}]
			row.Origin = o
			for _, to := range []*Figure{&row.Said, &row.Figure} {
				to.Name, to.From, to.To, to.Method, to.Scope = f.Name, f.From, f.To, f.Method, f.Scope
			}
			shown = append(shown, row)
		}
		*rows = shown
	}
	return nil
}
