package practice

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// measure fills in what all figures together say.
func (s *Service) measure(ctx context.Context, c *Comparison, rows []*Compared) error {
	var change, percent, after spreading
	changes := map[int64]float64{}
	var last int64
	for _, row := range rows {
		if row.PostID != last { // those of one practice follow one another
			c.Practices++
			last = row.PostID
		}
		if row.Figure.Change != nil {
			change.add(row.PostID, *row.Figure.Change)
			changes[row.PostID] += *row.Figure.Change
		}
		if p, ok := row.Figure.Percent(); ok {
			percent.add(row.PostID, p)
		}
		if row.Figure.After != nil && c.Basis == Level {
			after.add(row.PostID, *row.Figure.After)
		}
	}
	c.Change, c.Percent, c.After = change.spread(), percent.spread(), after.spread()
	if !specs[c.Quantity].additive || c.Basis != PerYear || len(changes) == 0 {
		return nil
	}
	grown, err := grownFrom(ctx, s.db)
	if err != nil {
		return fmt.Errorf("what grew out of what: %w", err)
	}
	sum, _ := sumOnce(changes, grown)
	c.Sum = &sum
	return nil
}

// spreading collects numbers, those of one practice after one another.
type spreading struct {
	values    []float64
	practices int
	last      int64
}

func (s *spreading) add(postID int64, v float64) {
	if s.values = append(s.values, v); postID != s.last {
		s.practices++
		s.last = postID
	}
}

func (s *spreading) spread() Spread {
	n := len(s.values)
	if n == 0 {
		return Spread{}
	}
	slices.Sort(s.values)
	return Spread{Lowest: s.values[0], Median: (s.values[(n-1)/2] + s.values[n/2]) / 2, Highest: s.values[n-1], Figures: n, Practices: s.practices}
}

// maxLine is how many practices a line of reuses is followed over.
const maxLine = 10

// sumOnce adds the changes of practices.
//
// RULE: a practice and those that grew out of it count once, as the vocabulary has it: the one that others grew out of, where it
// says something. Two that say they grew out of each other are one too. counted are those that are in the sum.
func sumOnce(changes map[int64]float64, grown []grownRow) (sum Sum, counted map[int64]bool) {
	sources := map[int64][]int64{}
	for _, g := range grown {
		if g.ID != g.Source {
			sources[g.ID] = append(sources[g.ID], g.Source)
		}
	}
	// Of each that grew out of another one, all that it goes back to.
	roots := map[int64][]int64{}
	var later []int64
	counted = make(map[int64]bool, len(changes))
	count := func(id int64) {
		counted[id] = true
		sum.Amount += changes[id]
		sum.Practices++
	}
	for _, id := range slices.Sorted(maps.Keys(changes)) { // always in one order: sums of fractions depend on it
		if len(sources[id]) == 0 {
			count(id)
			continue
		}
		later, roots[id] = append(later, id), goesBackTo(id, sources)
	}
	// What others grew out of goes back to fewer than they do.
	slices.SortStableFunc(later, func(a, b int64) int { return len(roots[a]) - len(roots[b]) })
	in := func(id int64) bool { return counted[id] }
	for _, id := range later {
		if slices.ContainsFunc(roots[id], in) {
			sum.Repeated++
			continue
		}
		count(id)
	}
	return sum, counted
}

func goesBackTo(id int64, sources map[int64][]int64) (list []int64) {
	next := sources[id]
	for range maxLine {
		var further []int64
		for _, source := range next {
			if source != id && !slices.Contains(list, source) {
				list = append(list, source)
				further = append(further, sources[source]...)
			}
		}
		if next = further; len(next) == 0 {
			break
		}
	}
	return list
}
