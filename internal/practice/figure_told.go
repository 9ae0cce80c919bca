package practice

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/vorbild/vorbild/internal/post"
)

// order puts the best first: those that say no change at the end, where all are as new as they were found.
func order(rows []*Compared, quantity, by string) {
	sign := 1.0
	if Better(quantity) >= 0 {
		sign = -1
	}
	value := func(f *Figure) float64 {
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
	values := make(map[*Compared]float64, len(rows))
	for _, row := range rows {
		values[row] = value(&row.Figure)
	}
	slices.SortStableFunc(rows, func(a, b *Compared) int { return cmp.Compare(values[a], values[b]) })
}

// told names the figures that are shown and where they come from. What the viewer may not see any more is left out.
func (s *Service) told(ctx context.Context, viewer post.Viewer, compared, apart []*Compared) (rows, others []Compared, err error) {
	var ids []int64
	for _, row := range slices.Concat(compared, apart) {
		ids = append(ids, row.PostID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	origins, err := originsOf(ctx, s.db, viewer.AccountID, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("origins: %w", err)
	}
	figures, err := figuresOf(ctx, s.db, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("figures: %w", err)
	}
	known, said := make(map[int64]Origin, len(origins)), make(map[int64][]Figure, len(origins))
	for _, o := range origins {
		known[o.PostID] = o
	}
	for _, f := range figures {
		said[f.PostID] = append(said[f.PostID], f.Figure)
	}
	tell := func(list []*Compared) (shown []Compared) {
		for _, row := range list {
			o, ok := known[row.PostID]
			if !ok || row.Position >= len(said[row.PostID]) {
				continue // changed meanwhile
			}
			f := said[row.PostID][row.Position]
			row.Origin = o
			for _, to := range []*Figure{&row.Said, &row.Figure} {
				to.Name, to.From, to.To, to.Method, to.Scope = f.Name, f.From, f.To, f.Method, f.Scope
			}
			shown = append(shown, *row)
		}
		return shown
	}
	return tell(compared), tell(apart), nil
}
