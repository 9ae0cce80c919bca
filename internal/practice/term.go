package practice

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
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

// Terms lists a taxonomy in order.
func (s *Service) Terms(ctx context.Context, scheme string) ([]Term, error) {
	list, err := termsByScheme(ctx, s.db, scheme)
	if err != nil {
		return nil, fmt.Errorf("practice.Terms %s: %w", scheme, err)
	}
	return list, nil
}

// SaveTerm adds (ID 0) or renames an entry, for editors. Our own practices follow a new name at once; other instances
// hear of it with a practice's next version.
func (s *Service) SaveTerm(ctx context.Context, actor account.Account, t Term) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return errForbidden()
	}
	t.Notation, t.Name, t.Description = markup.Line(t.Notation), markup.Line(t.Name), markup.Line(t.Description)
	var m mistakes
	if !slices.Contains([]string{SchemeGoal, SchemeField}, t.Scheme) {
		m.add("scheme", "error.field.choice")
	}
	m.text("name", t.Name, 2)
	m.length("name", t.Name, maxShort)
	m.length("notation", t.Notation, 20)
	m.length("description", t.Description, maxMeasure)
	if err := fault.Fields(m...); err != nil {
		return err
	}
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := s.saveTerm(ctx, tx, t); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, "practice.term", t.Scheme, t.Name)
	})
	if db.IsUniqueViolation(err, "terms_scheme_name_key") {
		return fault.Fields(fault.Field{Name: "name", Message: "error.practice.term_exists"})
	}
	return err
}

func (s *Service) saveTerm(ctx context.Context, tx *sqlx.Tx, t Term) error {
	if t.ID == 0 {
		t.ID = db.NewID(time.Now())
		if err := insertTerm(ctx, tx, t); err != nil {
			return fmt.Errorf("practice.SaveTerm: %w", err)
		}
		return nil
	}
	old, err := lockTerm(ctx, tx, t.ID)
	if err != nil || old.Scheme != t.Scheme {
		if err == nil || db.IsNotFound(err) {
			return fault.New(fault.NotFound, "error.practice.term_not_found")
		}
		return fmt.Errorf("practice.SaveTerm %d: %w", t.ID, err)
	}
	if err := updateTerm(ctx, tx, t); err != nil {
		return fmt.Errorf("practice.SaveTerm %d: %w", t.ID, err)
	}
	if old.Name == t.Name && old.Notation == t.Notation {
		return nil
	}
	changed, err := renameTerm(ctx, tx, old, t)
	if err != nil {
		return fmt.Errorf("practice.SaveTerm %d: rename: %w", t.ID, err)
	}
	for _, id := range changed {
		p, err := s.posts.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.index(ctx, tx, id, markup.Text(p.HTML)); err != nil {
			return fmt.Errorf("practice.SaveTerm %d: search of %d: %w", t.ID, id, err)
		}
	}
	return nil
}

// SeedTerms fills an empty taxonomy with the defaults of the Green-IT strategy.
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
				if err := insertTerm(ctx, tx, t); err != nil {
					return fmt.Errorf("practice.SeedTerms %s %q: %w", scheme, t.Name, err)
				}
			}
		}
		return nil
	})
}
