package practice

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
)

// schemes are the taxonomies, with what an empty one is filled with: the goals (Kernziele) of the Green-IT-Strategie des
// IT-Planungsrates as far as published papers name them, and the usual fields (Handlungsfelder). From then on they are
// the editors' data.
var schemes = map[string][]Term{
	SchemeGoal: {
		{Notation: "1", Name: "Managementsysteme"},
		{Notation: "2", Name: "Rollen und Prozesse"},
		{Notation: "3", Name: "Netzwerke zum Austausch von Best-Practices"},
		{Notation: "4", Name: "Mess- und Berichtswesen"},
		{Notation: "5", Name: "Kommunikation und Information"},
		{Notation: "7", Name: "Kennzahlen"},
		{Notation: "9", Name: "Beschaffung"},
		{Name: "Nachhaltige IT-Architekturen"},
		{Name: "Kreislaufführung"},
		{Name: "Klimaneutraler Betrieb"},
	},
	SchemeField: {
		{Name: "Zentrale IT-Infrastruktur"},
		{Name: "IT-Arbeitsplatzausstattung"},
		{Name: "Übergreifende Maßnahmen"},
		{Name: "Beschaffung"},
		{Name: "Rechenzentrum"},
		{Name: "Software"},
		{Name: "Kreislaufwirtschaft"},
		{Name: "Organisation"},
		{Name: "Digitalisierung/EfA"},
	},
}

// Terms lists what may be chosen of a taxonomy in order, and what is no longer offered but was chosen already.
func (s *Service) Terms(ctx context.Context, scheme string, chosen ...int64) ([]Term, error) {
	list, err := termsByScheme(ctx, s.db, scheme, chosen)
	if err != nil {
		return nil, fmt.Errorf("practice.Terms %s: %w", scheme, err)
	}
	return list, nil
}

// CurrentTerms returns the ids of entries, those that were merged into others as what they were merged into, each once.
func (s *Service) CurrentTerms(ctx context.Context, ids []int64) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := replacedTerms(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("practice.CurrentTerms: %w", err)
	}
	list := make([]int64, 0, len(ids))
	for _, id := range ids {
		for _, r := range rows {
			if r.ID == id {
				id = r.ReplacedBy
			}
		}
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list, nil
}

// Current returns a filter with the words its goal and field have now: addresses and saved searches outlive what a term is
// called.
func (s *Service) Current(ctx context.Context, f Filter) (Filter, error) {
	if f.Goal == "" && f.Field == "" {
		return f, nil
	}
	goal, field, err := wordsNow(ctx, s.db, f.Goal, f.Field)
	if err != nil {
		return f, fmt.Errorf("practice.Current: %w", err)
	}
	if f.Goal != "" {
		f.Goal = cmp.Or(goal, f.Goal)
	}
	if f.Field != "" {
		f.Field = cmp.Or(field, f.Field)
	}
	return f, nil
}

// SeedTerms fills an empty taxonomy with the defaults of the Green-IT strategy, and says what ours are called by others.
func (s *Service) SeedTerms(ctx context.Context) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		for _, scheme := range []string{SchemeGoal, SchemeField} {
			known, err := lockScheme(ctx, tx, scheme)
			if err != nil {
				return fmt.Errorf("practice.SeedTerms %s: %w", scheme, err)
			}
			if known > 0 {
				continue
			}
			for _, t := range schemes[scheme] {
				t.ID, t.Scheme = db.NewID(time.Now()), scheme
				t.URI = s.TermURI(t.ID)
				if err := insertTerm(ctx, tx, t); err != nil {
					return fmt.Errorf("practice.SeedTerms %s %q: %w", scheme, t.Name, err)
				}
			}
		}
		if err := nameTerms(ctx, tx, s.termBase()); err != nil {
			return fmt.Errorf("practice.SeedTerms: ids: %w", err)
		}
		return nil
	})
}

// TermURI is the ActivityPub id of an entry of ours.
func (s *Service) TermURI(id int64) string { return s.termBase() + strconv.FormatInt(id, 10) }

func (s *Service) termBase() string { return s.baseURL + "/terms/" }
