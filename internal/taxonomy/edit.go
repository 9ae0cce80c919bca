package taxonomy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/practice"
)

// Save adds an entry (ID 0) or changes one, for editors. Our practices follow a new name at once, and so do those who have
// them; others' are found by it.
// Errors: fault.Invalid with fields named like the form; fault.Conflict for what another instance maintains.
func (s *Service) Save(ctx context.Context, actor account.Account, t practice.Term) error {
	t, err := s.Check(actor, t)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		o := outcome{scheme: t.Scheme}
		if t.ID == 0 {
			if err := s.room(ctx, tx, t.Scheme); err != nil {
				return err
			}
			t.ID = db.NewID(s.now())
			t.URI = s.practices.TermURI(t.ID)
			if err := insertEntry(ctx, tx, t); err != nil {
				return fmt.Errorf("taxonomy.Save: %w", err)
			}
			o.uris = []uri{{t.URI, t.ID}}
		} else {
			old, err := s.own(ctx, tx, t.ID)
			switch {
			case err != nil:
				return err
			case old.Scheme != t.Scheme:
				return errNotFound()
			case old.Name == t.Name && old.Notation == t.Notation && old.Description == t.Description:
				return nil
			}
			t.URI = old.URI
			if err := updateEntry(ctx, tx, t); err != nil {
				return fmt.Errorf("taxonomy.Save %d: %w", t.ID, err)
			}
			o.changed = []int64{t.ID}
			if old.Name != t.Name {
				o.renamed = [][2]string{{old.Name, t.Name}}
			}
		}
		o.words = []word{{Name: t.Name, TermID: t.ID}}
		if err := s.settle(ctx, tx, o); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, "practice.term", t.Scheme, renaming(o.renamed, t.Name))
	})
	if db.IsUniqueViolation(err, "terms_scheme_name_key") {
		return fault.Fields(fault.Field{Name: "name", Message: "error.practice.term_exists"})
	}
	return err
}

func renaming(renamed [][2]string, name string) string {
	if len(renamed) == 0 {
		return name
	}
	return renamed[0][0] + " → " + renamed[0][1]
}

// Check returns what Save would store, and the mistakes in it.
func (s *Service) Check(actor account.Account, t practice.Term) (practice.Term, error) {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return t, errForbidden()
	}
	t.Notation, t.Name, t.Description = markup.Line(t.Notation), markup.Line(t.Name), markup.Line(t.Description)
	var wrong []fault.Field
	add := func(name, message string, args map[string]any) {
		wrong = append(wrong, fault.Field{Name: name, Message: message, Args: args})
	}
	if !known(t.Scheme) {
		add("scheme", "error.field.choice", nil)
	}
	switch n := utf8.RuneCountInString(t.Name); {
	case n == 0:
		add("name", "error.field.required", nil)
	case n < 2:
		add("name", "error.field.too_short", map[string]any{"Min": 2})
	}
	for _, field := range []struct {
		name, text string
		most       int
	}{{"name", t.Name, maxName}, {"notation", t.Notation, maxNotation}, {"description", t.Description, maxDescription}} {
		if utf8.RuneCountInString(field.text) > field.most {
			add(field.name, "error.field.too_long", map[string]any{"Max": field.most})
		}
	}
	return t, fault.Fields(wrong...)
}

// room refuses one entry more than a taxonomy may have.
func (s *Service) room(ctx context.Context, tx *sqlx.Tx, scheme string) error {
	n, err := countOffered(ctx, tx, scheme)
	if err != nil {
		return fmt.Errorf("taxonomy: %w", err)
	}
	if n >= MaxTerms {
		return fault.Fields(fault.Field{Name: "name", Message: "error.taxonomy.full", Args: map[string]any{"Max": MaxTerms}})
	}
	return nil
}

// own returns an entry that is to be changed here.
func (s *Service) own(ctx context.Context, tx *sqlx.Tx, id int64) (Entry, error) {
	e, err := entry(ctx, tx, id)
	switch {
	case db.IsNotFound(err):
		return e, errNotFound()
	case err != nil:
		return e, fmt.Errorf("taxonomy: %d: %w", id, err)
	case e.Adopted:
		return e, fault.New(fault.Conflict, "error.taxonomy.adopted")
	case e.ReplacedBy != nil:
		return e, fault.New(fault.Conflict, "error.taxonomy.replaced")
	}
	return e, nil
}

// edit runs f for an entry of ours that an editor changes, and writes it down.
func (s *Service) edit(ctx context.Context, actor account.Account, id int64, action string, f func(tx *sqlx.Tx, e Entry) (detail string, err error)) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		e, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		detail, err := f(tx, e)
		if err != nil || detail == "" {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, action, e.Scheme, detail)
	})
}

// Merge puts one entry into another: all practices of ours that had it have the other one, and who says the old word or id means
// the other one. Editors. fault.Invalid names the field "into".
func (s *Service) Merge(ctx context.Context, actor account.Account, id, into int64) error {
	return s.edit(ctx, actor, id, "practice.term_merge", func(tx *sqlx.Tx, e Entry) (string, error) {
		target, err := entry(ctx, tx, into)
		if err != nil && !db.IsNotFound(err) {
			return "", fmt.Errorf("taxonomy.Merge %d: %w", into, err)
		}
		if err != nil || target.Scheme != e.Scheme || !target.Offered() || target.ID == e.ID {
			return "", fault.Fields(fault.Field{Name: "into", Message: "error.field.choice"})
		}
		o := outcome{scheme: e.Scheme}
		if err := s.merge(ctx, tx, &o, e, target.ID, target.Name); err != nil {
			return "", err
		}
		return e.Name + " → " + target.Name, s.settle(ctx, tx, o)
	})
}

func (s *Service) merge(ctx context.Context, tx *sqlx.Tx, o *outcome, e Entry, into int64, name string) error {
	if err := replaceEntry(ctx, tx, e.ID, into, e.Name); err != nil {
		return fmt.Errorf("taxonomy: merge %d into %d: %w", e.ID, into, err)
	}
	lost, err := s.practices.MoveTerm(ctx, tx, e.ID, into)
	if err != nil {
		return err
	}
	o.lost = append(o.lost, lost...)
	o.changed = append(o.changed, into)
	o.renamed = append(o.renamed, [2]string{e.Name, name})
	return nil
}

// Retire offers an entry no longer; practices keep it. Editors.
func (s *Service) Retire(ctx context.Context, actor account.Account, id int64) error {
	return s.edit(ctx, actor, id, "practice.term_retire", func(tx *sqlx.Tx, e Entry) (string, error) {
		if e.RetiredAt != nil {
			return "", nil // a second click
		}
		now := s.now()
		return e.Name, retireEntry(ctx, tx, e.ID, &now)
	})
}

// Restore offers an entry again. Editors.
func (s *Service) Restore(ctx context.Context, actor account.Account, id int64) error {
	return s.edit(ctx, actor, id, "practice.term_restore", func(tx *sqlx.Tx, e Entry) (string, error) {
		if e.RetiredAt == nil {
			return "", nil
		}
		if err := s.room(ctx, tx, e.Scheme); err != nil {
			return "", err
		}
		return e.Name, retireEntry(ctx, tx, e.ID, nil)
	})
}

// Move puts an entry of ours before the one above it, or behind the one below. What another instance maintains stays in its
// order, before ours. Editors.
func (s *Service) Move(ctx context.Context, actor account.Account, id int64, up bool) error {
	return s.edit(ctx, actor, id, "practice.term_move", func(tx *sqlx.Tx, e Entry) (string, error) {
		list, err := entries(ctx, tx, e.Scheme)
		if err != nil {
			return "", fmt.Errorf("taxonomy.Move %d: %w", id, err)
		}
		list = slices.DeleteFunc(list, func(other Entry) bool { return !other.Offered() })
		at := slices.IndexFunc(list, func(other Entry) bool { return other.ID == id })
		to := at + 1
		if up {
			to = at - 1
		}
		if at < 0 || to < 0 || to >= len(list) || list[to].Adopted {
			return "", nil // at its end already, as after a second click
		}
		list[at], list[to] = list[to], list[at]
		for i, other := range list {
			if err := placeEntry(ctx, tx, other.ID, i+1); err != nil {
				return "", fmt.Errorf("taxonomy.Move %d: %w", other.ID, err)
			}
		}
		return e.Name + " → " + strconv.Itoa(to+1), nil
	})
}
