package practice

import (
	"context"
	"fmt"
)

// YearlySum is what practices save or spend in a year of one quantity, added up.
type YearlySum struct {
	Quantity string
	Unit     string
	Sum
	Methods int // how many of the practices in the sum say how they know
}

// YearlySums adds what practices bring in a year, as they say it in the versions given. Only figures that say an amount per year of a
// quantity that can be added count; a practice and those that grew out of it count once.
func (s *Service) YearlySums(ctx context.Context, list []Practice) ([]YearlySum, error) {
	changes, methods := map[string]map[int64]float64{}, map[string]map[int64]bool{}
	for _, p := range list {
		for _, f := range p.Figures {
			said, basis, gap := f.Common()
			if gap != "" || basis != PerYear || said.Change == nil || !specs[said.Quantity].additive {
				continue
			}
			if changes[said.Quantity] == nil {
				changes[said.Quantity], methods[said.Quantity] = map[int64]float64{}, map[int64]bool{}
			}
			changes[said.Quantity][p.PostID] += *said.Change
			methods[said.Quantity][p.PostID] = methods[said.Quantity][p.PostID] || f.Method != ""
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	grown, err := grownFrom(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("practice.YearlySums: %w", err)
	}
	var sums []YearlySum
	for _, quantity := range Quantities {
		if len(changes[quantity]) == 0 {
			continue
		}
		sum, counted := sumOnce(changes[quantity], grown)
		t := YearlySum{Quantity: quantity, Unit: CommonUnit(quantity, PerYear), Sum: sum}
		for id := range counted {
			if methods[quantity][id] {
				t.Methods++
			}
		}
		sums = append(sums, t)
	}
	return sums, nil
}
