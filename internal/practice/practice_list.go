package practice

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

const (
	defaultLimit = 20
	maxLimit     = 100
	maxQuery     = 200
	// facetSize is how many values a facet offers at most.
	facetSize = 60
	// fewHits is how many hits a search has that may have been mistyped.
	fewHits = 3
)

// Orders of a list.
const (
	SortNewest    = "newest"    // by publication
	SortRelevance = "relevance" // how well the text fits, where there is one
	SortEffect    = "effect"    // what saves most emissions in a year, then electricity
	SortReused    = "reused"    // by how many say that they reuse it
)

// List finds published practices, ours and others'. Unlisted ones are only found by their address, archived ones only by who
// asks for that state.
func (s *Service) List(ctx context.Context, viewer post.Viewer, f Filter) (List, error) {
	list := List{Facets: map[string][]Facet{}}
	f, err := s.Current(ctx, f.cleaned())
	if err != nil {
		return list, err
	}
	l := s.lexicon(ctx, s.db)
	q := l.Parse(f.Text)
	if f.Text != "" && q.TSQuery == "" {
		return list, nil // nothing but words that stand in every text
	}
	wanted, err := s.wanted(ctx, f)
	if err != nil {
		return list, fmt.Errorf("practice.List: %w", err)
	}
	search := newSearch(viewer.AccountID, q.TSQuery, f)
	rows, err := search.counted(ctx, s.db)
	if err != nil {
		return list, fmt.Errorf("practice.List: count: %w", err)
	}
	t := newTally(wanted, f.State == StateArchived)
	t.count(rows)
	found := t.total
	if found == 0 && f.Loose && q.Loose != "" {
		search = newSearch(viewer.AccountID, q.Loose, f)
		if rows, err = search.counted(ctx, s.db); err != nil {
			return list, fmt.Errorf("practice.List: count: %w", err)
		}
		t = newTally(wanted, f.State == StateArchived)
		t.count(rows)
		list.Loose = t.total > 0
	}
	if list.Total = t.total; list.Total > 0 {
		ids, err := search.page(ctx, s.db, f, wanted.required())
		if err != nil {
			return list, fmt.Errorf("practice.List: %w", err)
		}
		if list.Items, err = s.Views(ctx, viewer, ids); err != nil {
			return list, fmt.Errorf("practice.List: %w", err)
		}
	}
	if list.Facets, err = s.named(ctx, t); err != nil {
		return list, fmt.Errorf("practice.List: facets: %w", err)
	}
	if list.Impact, err = s.impact(ctx, t); err != nil {
		return list, fmt.Errorf("practice.List: sums: %w", err)
	}
	if found < fewHits && f.Text != "" {
		if list.Suggestion, err = s.suggest(ctx, viewer, f, l, wanted); err != nil {
			return list, fmt.Errorf("practice.List: suggestion: %w", err)
		}
	}
	return list, nil
}

// suggest writes a search with words that occur, where it then finds something this reader may see.
func (s *Service) suggest(ctx context.Context, viewer post.Viewer, f Filter, l *german.Lexicon, wanted wantedValues) (string, error) {
	meant := l.Correct(f.Text)
	if meant == "" {
		return "", nil
	}
	q := l.Parse(meant)
	if q.TSQuery == "" || slices.Contains(wanted.required(), 0) {
		return "", nil
	}
	some, err := newSearch(viewer.AccountID, q.TSQuery, f).anything(ctx, s.db, f, wanted.required())
	if err != nil || !some {
		return "", err
	}
	return meant, nil
}

func (f Filter) cleaned() Filter {
	for _, s := range []*string{&f.Text, &f.Level, &f.Region, &f.Goal, &f.Field, &f.Origin, &f.Quantity, &f.State, &f.Year, &f.Sort} {
		if *s = markup.Line(*s); utf8.RuneCountInString(*s) > maxQuery {
			*s = string([]rune(*s)[:maxQuery])
		}
	}
	if f.Limit <= 0 {
		f.Limit = defaultLimit
	}
	f.Limit, f.Offset = min(f.Limit, maxLimit), min(max(f.Offset, 0), 1_000_000)
	return f
}

// values lists what a filter asks for by facet. The archive is no value: it stands apart.
func (f Filter) values() []facetValue {
	var list []facetValue
	for facet, value := range map[string]string{
		"level": f.Level, "region": f.Region, "field": f.Field, "goal": f.Goal, "origin": f.Origin, "quantity": f.Quantity, "state": f.State, "year": f.Year,
	} {
		if value != "" && (facet != "state" || value != StateArchived) {
			list = append(list, facetValue{Facet: facet, Value: strings.ToLower(value)})
		}
	}
	return sortedValues(list)
}

// Facets lists what a filter asks for as facet=value, in order: what a practice must have to pass it, but for its text.
func (f Filter) Facets() []string {
	list := []string{}
	for _, v := range f.values() {
		list = append(list, v.Facet+"="+v.Value)
	}
	return list
}

// wantedValues are the values a filter asks for; those without a number stand for none that any practice has.
type wantedValues []facetValue

func (w wantedValues) required() []int32 {
	var ids []int32
	for _, v := range w {
		ids = append(ids, v.ID)
	}
	return ids
}

func (s *Service) wanted(ctx context.Context, f Filter) (wantedValues, error) {
	values := f.values()
	if len(values) == 0 {
		return nil, nil
	}
	known, err := valuesByName(ctx, s.db, values)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		for _, k := range known {
			if k.Facet == v.Facet && k.Value == v.Value {
				values[i].ID = k.ID
			}
		}
	}
	return values, nil
}

// tally counts the values of all that a search finds. A facet's own numbers leave its filter out, as people expect of facets
// they can switch.
type tally struct {
	wanted   wantedValues
	archived bool // it is the archive that is asked for
	total    int
	byValue  map[int32]int
	aside    int // how many would be found in the archive, or beside it when that is asked for
	// What practices say that they save a year, as impactQuantities has it, by their numbers.
	saved [2]map[int64]float64
	// The values of those, where they are asked for; nil where not.
	valuesOf map[int64][]int32
}

func newTally(wanted wantedValues, archived bool) *tally {
	return &tally{wanted: wanted, archived: archived, byValue: map[int32]int{}, saved: [2]map[int64]float64{{}, {}}}
}

func (t *tally) count(rows packedRows) {
	asked, other := rows.Current, rows.Archived
	if t.archived {
		asked, other = other, asked
	}
	unpack(asked, func(row countedRow) {
		missed := ""
		for _, w := range t.wanted {
			if !slices.Contains(row.Values, w.ID) {
				if missed != "" {
					return
				}
				missed = w.Facet
			}
		}
		for _, id := range row.Values {
			if facet := facetOf(id); (missed == "" || facet == missed) && (facet != "state" || !t.archived) {
				t.byValue[id]++
			}
		}
		if missed != "" {
			return
		}
		t.total++
		for i, v := range row.Saved {
			if !math.IsNaN(v) {
				t.saved[i][row.PostID] = v
				if t.valuesOf != nil && t.valuesOf[row.PostID] == nil {
					t.valuesOf[row.PostID] = slices.Clone(row.Values)
				}
			}
		}
	})
	// The archive is one of the states: who chooses another one leaves it, and the other way round.
	unpack(other, func(row countedRow) {
		for _, w := range t.wanted {
			if w.Facet != "state" && !slices.Contains(row.Values, w.ID) {
				return
			}
		}
		t.aside++
		for _, id := range row.Values {
			if t.archived && facetOf(id) == "state" {
				t.byValue[id]++
			}
		}
	})
}

// named lists the values of each facet by how often they occur.
func (s *Service) named(ctx context.Context, t *tally) (map[string][]Facet, error) {
	byFacet := map[string][]int32{}
	for id := range t.byValue {
		byFacet[facetOf(id)] = append(byFacet[facetOf(id)], id)
	}
	var shown []int32
	for _, ids := range byFacet {
		slices.SortFunc(ids, func(a, b int32) int { return cmp.Or(t.byValue[b]-t.byValue[a], int(a)-int(b)) })
		shown = append(shown, ids[:min(len(ids), facetSize)]...)
	}
	list := map[string][]Facet{}
	if len(shown) > 0 {
		values, err := valuesByIDs(ctx, s.db, shown)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			list[v.Facet] = append(list[v.Facet], Facet{Value: v.Name, Count: t.byValue[v.ID]})
		}
	}
	archived := t.aside
	if t.archived {
		archived = t.total
	}
	if archived > 0 {
		list["state"] = append(list["state"], Facet{Value: StateArchived, Count: archived})
	}
	for facet, values := range list {
		slices.SortFunc(values, func(a, b Facet) int {
			if facet == "year" {
				return cmp.Compare(b.Value, a.Value)
			}
			return cmp.Or(b.Count-a.Count, cmp.Compare(a.Value, b.Value))
		})
	}
	return list, nil
}
