package directory

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
)

// Limits in characters.
const (
	MaxName    = 200
	MaxSummary = 2_000
	MaxMembers = 1_000
	maxEmail   = 254
	maxPhone   = 50
	maxAddress = 500
)

// Save adds an entry (ID 0) or changes one, for editors: e.Revision is the one that they read. Who saves an entry confirms it.
// Errors: fault.Invalid with fields named like the form; fault.Conflict where somebody else has changed it meanwhile.
func (s *Service) Save(ctx context.Context, actor account.Account, e Entry) (id int64, err error) {
	if err := s.mayEdit(actor); err != nil {
		return 0, err
	}
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("directory.Save: %w", err)
	}
	e = e.plain()
	if err := e.check(o); err != nil {
		return 0, err
	}
	now := s.now()
	e.ConfirmedAt, e.UpdatedAt = now, now
	err = db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if e.ID == 0 {
			return s.add(ctx, tx, actor, &e)
		}
		old, err := lockOwn(ctx, tx, e.ID)
		switch {
		case err != nil:
			return fmt.Errorf("directory.Save %d: %w", e.ID, err)
		case old.Kind != e.Kind:
			return errNotFound()
		case old.Revision != e.Revision:
			return fault.New(fault.Conflict, "error.directory.changed")
		}
		e.Revision++
		if err := updateEntry(ctx, tx, e); err != nil {
			return fmt.Errorf("directory.Save %d: %w", e.ID, err)
		}
		return s.changed(ctx, tx, actor, "directory.save", e)
	})
	if db.IsUniqueViolation(err, "directory_entries_own_key") {
		return 0, fault.Fields(fault.Field{Name: "name", Message: "error.directory.exists"})
	}
	return e.ID, err
}

func (s *Service) add(ctx context.Context, tx *sqlx.Tx, actor account.Account, e *Entry) error {
	n, err := countOwn(ctx, tx)
	if err != nil {
		return fmt.Errorf("directory.Save: %w", err)
	}
	if n >= MaxEntries {
		return fault.Fields(fault.Field{Name: "name", Message: "error.directory.full", Args: map[string]any{"Max": MaxEntries}})
	}
	e.ID, e.Revision = db.NewID(s.now()), 1
	e.URI, e.Page = s.URI(e.ID), s.page(e.ID)
	if err := insertEntry(ctx, tx, *e); err != nil {
		return fmt.Errorf("directory.Save: %w", err)
	}
	return s.changed(ctx, tx, actor, "directory.add", *e)
}

// Confirm says that an entry of ours is right as it stands today, for editors.
func (s *Service) Confirm(ctx context.Context, actor account.Account, id int64) error {
	if err := s.mayEdit(actor); err != nil {
		return err
	}
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		e, err := confirmEntry(ctx, tx, id, s.now())
		if err != nil {
			return fmt.Errorf("directory.Confirm %d: %w", id, err)
		}
		return s.changed(ctx, tx, actor, "directory.confirm", e)
	})
}

// Remove takes an entry of ours out of the directory, here and, as soon as they hear of it, with all who read it. Editors.
func (s *Service) Remove(ctx context.Context, actor account.Account, id int64) error {
	if err := s.mayEdit(actor); err != nil {
		return err
	}
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		e, err := lockOwn(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("directory.Remove %d: %w", id, err)
		}
		if err := deleteOwn(ctx, tx, id); err != nil {
			return fmt.Errorf("directory.Remove %d: %w", id, err)
		}
		if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.RemoveListed, ID: id}); err != nil {
			return err
		}
		return s.audit(ctx, tx, actor, "directory.remove", e)
	})
}

// Sweep has editors reminded of the entries of ours that nobody has confirmed for twelve months: once of each, and again when it was
// confirmed and that is a year ago.
func (s *Service) Sweep(ctx context.Context) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now := s.now()
		due, err := remindOf(ctx, tx, StaleAt(now), now)
		if err != nil {
			return fmt.Errorf("directory.Sweep: %w", err)
		}
		for _, id := range due {
			if err := s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyListed, ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) changed(ctx context.Context, tx *sqlx.Tx, actor account.Account, action string, e Entry) error {
	if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.AddListed, ID: e.ID}); err != nil {
		return err
	}
	return s.audit(ctx, tx, actor, action, e)
}

// audit writes down who did what. The log outlives the entry: it has nothing of what the entry says.
func (s *Service) audit(ctx context.Context, tx *sqlx.Tx, actor account.Account, action string, e Entry) error {
	return s.accounts.Audit(ctx, tx, actor, action, e.Page, "")
}

func (s *Service) mayEdit(actor account.Account) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return fault.New(fault.Forbidden, "error.directory.forbidden")
	}
	return nil
}

// plain returns the entry in plain characters, without what its kind has not.
func (e Entry) plain() Entry {
	for _, line := range []*string{&e.Name, &e.Region, &e.Organization, &e.Unit, &e.Cadence, &e.Email, &e.Phone, &e.Website} {
		*line = markup.Line(*line)
	}
	e.Summary, e.Members = strings.TrimSpace(markup.Block(e.Summary)), strings.TrimSpace(markup.Block(e.Members))
	if e.Kind == Contact {
		e.Cadence, e.Members = "", ""
	}
	return e
}

// check names every mistake by the field of the form.
func (e Entry) check(o organization.Organization) error {
	var wrong []fault.Field
	add := func(name, message string, args map[string]any) {
		wrong = append(wrong, fault.Field{Name: name, Message: message, Args: args})
	}
	if !e.Kind.Valid() {
		add("kind", "error.field.choice", nil)
	}
	for _, f := range []struct {
		name, text string
		most       int
		required   bool
	}{
		{"name", e.Name, MaxName, true},
		{"organization", e.Organization, MaxName, e.Kind == Contact},
		{"unit", e.Unit, MaxName, false},
		{"summary", e.Summary, MaxSummary, e.Kind != Contact},
		{"cadence", e.Cadence, MaxName, false},
		{"members", e.Members, MaxMembers, false},
	} {
		switch n := utf8.RuneCountInString(f.text); {
		case n == 0 && f.required:
			add(f.name, "error.field.required", nil)
		case n > f.most:
			add(f.name, "error.field.too_long", map[string]any{"Max": f.most})
		}
	}
	if !e.Level.Valid() {
		add("level", "error.field.choice", nil)
	}
	if !slices.Contains(Regions(o), e.Region) {
		add("region", "error.directory.region", nil)
	}
	if e.Email != "" && !organization.ValidEmail(e.Email) {
		add("email", "error.directory.email", nil)
	}
	if e.Phone != "" && !validPhone(e.Phone) {
		add("phone", "error.directory.phone", nil)
	}
	if e.Website != "" && !organization.ValidWebsite(e.Website) {
		add("website", "error.directory.website", nil)
	}
	if e.Kind == Contact && e.Email+e.Phone+e.Website == "" {
		add("email", "error.directory.reach", nil)
	}
	return fault.Fields(wrong...)
}

// Regions are those that an organisation can keep entries of: a Land or Kommune of its own Land and of what several have
// together, others of all.
func Regions(o organization.Organization) []string {
	if o.Region != "" && (o.Level == organization.LevelLand || o.Level == organization.LevelKommune) {
		return []string{o.Region, ""}
	}
	return append([]string{""}, organization.Regions...)
}

var phone = regexp.MustCompile(`^\+?[0-9][0-9 ()/.-]{2,}$`)

func validPhone(s string) bool { return len(s) <= maxPhone && phone.MatchString(s) }
