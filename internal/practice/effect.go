package practice

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vorbild/vorbild/internal/post"
)

// impactQuantities are what lists sum up, and impactUnits what they tell it in.
var (
	impactQuantities = [2]string{"electricity", "emissions"}
	impactUnits      = map[string]string{"electricity": "MW.h/a", "emissions": "t/a"}
)

// Effects is what practices bring in a year, as they say themselves: how much of it is known, and where it comes about.
type Effects struct {
	Practices  int // all that were found, with figures or without
	Quantities []Effect
}

// Effect is what practices bring in one quantity.
type Effect struct {
	Impact
	Methods int               // how many of the practices in the sum say how they know
	Parts   map[string][]Part // of the sum by facet: level, region, field; largest savings first
}

// Part is what those practices of a sum bring that have one value of a facet.
type Part struct {
	Value     string
	Sum       float64 // negative = saved
	Practices int
}

// partFacets are what sums are parted by. A practice can have several fields, so those parts overlap.
var partFacets = []string{"level", "region", "field"}

// Effects sums up the practices a filter finds: what may be seen by viewer is what List shows. The parts rest on the same practices
// as the whole.
func (s *Service) Effects(ctx context.Context, viewer post.Viewer, f Filter) (Effects, error) {
	var e Effects
	f, err := s.Current(ctx, f.cleaned())
	if err != nil {
		return e, err
	}
	q := s.lexicon(ctx, s.db).Parse(f.Text)
	if f.Text != "" && q.TSQuery == "" {
		return e, nil
	}
	wanted, err := s.wanted(ctx, f)
	if err != nil {
		return e, fmt.Errorf("practice.Effects: %w", err)
	}
	rows, err := newSearch(viewer.AccountID, q.TSQuery, f).counted(ctx, s.db)
	if err != nil {
		return e, fmt.Errorf("practice.Effects: %w", err)
	}
	t := newTally(wanted, f.State == StateArchived)
	t.valuesOf = map[int64][]int32{}
	t.count(rows)
	e.Practices = t.total
	grown, err := s.grownIn(ctx, t)
	if err != nil {
		return e, fmt.Errorf("practice.Effects: %w", err)
	}
	for i, quantity := range impactQuantities {
		if len(t.saved[i]) == 0 {
			continue
		}
		sum, counted := sumOnce(t.saved[i], grown)
		effect := Effect{Impact: impactOf(quantity, sum)}
		if effect.Methods, err = countMethods(ctx, s.db, quantity, slices.Collect(maps.Keys(counted))); err != nil {
			return e, fmt.Errorf("practice.Effects: methods: %w", err)
		}
		if effect.Parts, err = s.parts(ctx, t, i, counted); err != nil {
			return e, fmt.Errorf("practice.Effects: parts: %w", err)
		}
		e.Quantities = append(e.Quantities, effect)
	}
	return e, nil
}

// impact sums up what a tally found.
func (s *Service) impact(ctx context.Context, t *tally) (list []Impact, err error) {
	grown, err := s.grownIn(ctx, t)
	if err != nil {
		return nil, err
	}
	for i, quantity := range impactQuantities {
		if len(t.saved[i]) > 0 {
			sum, _ := sumOnce(t.saved[i], grown)
			list = append(list, impactOf(quantity, sum))
		}
	}
	return list, nil
}

func impactOf(quantity string, sum Sum) Impact {
	return Impact{Quantity: quantity, Unit: impactUnits[quantity], Sum: sum.Amount, Practices: sum.Practices, Repeated: sum.Repeated}
}

// grownIn lists what grew out of what, where a tally has anything to count twice.
func (s *Service) grownIn(ctx context.Context, t *tally) ([]grownRow, error) {
	if len(t.saved[0]) < 2 && len(t.saved[1]) < 2 {
		return nil, nil
	}
	return grownFrom(ctx, s.db)
}

// parts adds up the savings of those that are counted by the values of partFacets.
func (s *Service) parts(ctx context.Context, t *tally, quantity int, counted map[int64]bool) (map[string][]Part, error) {
	byValue := map[int32]Part{}
	for _, id := range slices.Sorted(maps.Keys(counted)) {
		for _, value := range t.valuesOf[id] {
			if slices.Contains(partFacets, facetOf(value)) {
				p := byValue[value]
				p.Sum += t.saved[quantity][id]
				p.Practices++
				byValue[value] = p
			}
		}
	}
	list := map[string][]Part{}
	if len(byValue) == 0 {
		return list, nil
	}
	values, err := valuesByIDs(ctx, s.db, slices.Collect(maps.Keys(byValue)))
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		p := byValue[v.ID]
		p.Value = v.Name
		list[v.Facet] = append(list[v.Facet], p)
	}
	for _, parts := range list {
		slices.SortFunc(parts, func(a, b Part) int { return cmp.Or(cmp.Compare(a.Sum, b.Sum), cmp.Compare(a.Value, b.Value)) })
	}
	return list, nil
}
