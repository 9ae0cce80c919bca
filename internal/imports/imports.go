// Package imports makes drafts of practices of the rows of a sheet: what its columns mean, what would become of each row, and
// that the same row never makes a second draft. It stores nothing of a draft itself: that, and what a draft must be like, is
// package practice's business.
package imports

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/sheet"
)

// Bounds of what one account has here, and for how long.
const (
	MaxOpen  = 5  // imports that were begun
	MaxKept  = 20 // sheets altogether
	KeepDays = 7  // until a sheet is forgotten

	keepMappings = 365 // days since it was last used
	keepCounts   = 90  // days that an import is remembered
)

// Progress is how far an import is.
type Progress string

// An import is open until somebody says that its drafts are to be made.
const (
	Open    Progress = "open"
	Running Progress = "running"
	Done    Progress = "done"
)

// State is what became of a row, or would.
type State string

// States of a row.
const (
	Waiting   State = "waiting"
	Created   State = "created"   // a draft was made
	Changed   State = "changed"   // the draft of an earlier import now says what the row says
	Unchanged State = "unchanged" // the draft of an earlier import says that already
	Edited    State = "edited"    // somebody has changed the draft since by hand, or wrote it by hand
	InReview  State = "review"    // it waits to be approved
	Published State = "published"
	Withdrawn State = "withdrawn"
	Broken    State = "broken"
)

// States lists those that a row can end in.
var States = []State{Created, Changed, Unchanged, Edited, InReview, Published, Withdrawn, Broken}

// Import is one sheet that somebody sent. Its sheet is nil once that was forgotten, its mapping until somebody chose one.
type Import struct {
	ID         int64
	AccountID  int64
	Name       string // of the file
	Sheet      *sheet.Sheet
	Mapping    *Mapping
	Progress   Progress
	Counts     map[State]int // of the rows so far
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// Total is how many rows it has, as far as they were looked at.
func (i Import) Total() (n int) {
	for _, count := range i.Counts {
		n += count
	}
	return n
}

// Forgotten is when the sheet goes.
func (i Import) Forgotten() time.Time { return i.CreatedAt.AddDate(0, 0, KeepDays) }

// Service takes sheets and makes drafts of them.
type Service struct {
	db        *sqlx.DB
	accounts  *account.Service
	practices *practice.Service
	jobs      *job.Queue
}

// New returns the service. From then on drafts that are published stay known as what their rows became.
func New(db *sqlx.DB, accounts *account.Service, practices *practice.Service, jobs *job.Queue) *Service {
	practices.OnMove(func(ctx context.Context, tx *sqlx.Tx, draftID, postID int64) error {
		return movePost(ctx, tx, draftID, postID)
	})
	return &Service{db: db, accounts: accounts, practices: practices, jobs: jobs}
}

func errNotFound() error { return fault.New(fault.NotFound, "error.import.not_found") }

func errOver() error { return fault.New(fault.Conflict, "error.import.over") }

func mayImport(actor account.Account) error {
	if !actor.Local() || !actor.Able(account.RoleMember) {
		return fault.New(fault.Forbidden, "error.import.forbidden")
	}
	return nil
}

// Take reads a file and keeps it until the actor says what it means, with a guess of that. Members. Errors: fault.Invalid about
// the field "file"; fault.Limited when the actor has begun too many.
func (s *Service) Take(ctx context.Context, actor account.Account, name string, data []byte) (Import, error) {
	if err := mayImport(actor); err != nil {
		return Import{}, err
	}
	table, err := sheet.Read(data)
	if err != nil {
		return Import{}, err
	}
	text, err := json.Marshal(table)
	if err != nil {
		return Import{}, fmt.Errorf("imports.Take: %w", err)
	}
	row := importRow{ID: db.NewID(time.Now()), AccountID: actor.ID, Name: fileName(name)}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		open, kept, err := countImports(ctx, tx, actor.ID)
		switch {
		case err != nil:
			return fmt.Errorf("imports.Take: %w", err)
		case open >= MaxOpen:
			return fault.New(fault.Limited, "error.import.too_many_open")
		case kept >= MaxKept:
			return fault.New(fault.Limited, "error.import.too_many")
		}
		return insertImport(ctx, tx, row, string(text))
	})
	if err != nil {
		return Import{}, err
	}
	return Import{ID: row.ID, AccountID: actor.ID, Name: row.Name, Sheet: &table, Progress: Open}, nil
}

// fileName is what a file is called, without the folders that some browsers send along.
func fileName(name string) string {
	name = markup.Line(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "." || name == "/" {
		name = ""
	}
	return shorten(name)
}

// List returns the actor's imports, newest first, without their sheets.
func (s *Service) List(ctx context.Context, actor account.Account) ([]Import, error) {
	if err := mayImport(actor); err != nil {
		return nil, err
	}
	rows, err := importsOf(ctx, s.db, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("imports.List: %w", err)
	}
	list := make([]Import, 0, len(rows))
	for _, row := range rows {
		i, err := row.decode()
		if err != nil {
			return nil, fmt.Errorf("imports.List: %d: %w", row.ID, err)
		}
		list = append(list, i)
	}
	return list, nil
}

// ByID returns one of the actor's imports; fault.NotFound for those of others.
func (s *Service) ByID(ctx context.Context, actor account.Account, id int64) (Import, error) {
	if err := mayImport(actor); err != nil {
		return Import{}, err
	}
	row, err := importByID(ctx, s.db, id)
	if db.IsNotFound(err) || err == nil && row.AccountID != actor.ID {
		return Import{}, errNotFound()
	}
	if err != nil {
		return Import{}, fmt.Errorf("imports.ByID %d: %w", id, err)
	}
	i, err := row.decode()
	if err == nil && i.Progress == Running {
		i.Counts, err = countRows(ctx, s.db, id)
	}
	if err != nil {
		return Import{}, fmt.Errorf("imports.ByID %d: %w", id, err)
	}
	return i, nil
}

// Suggest returns what the columns of an import mean: as was said of it, or of the last one with the same headers, else a guess.
// known is false for a guess.
func (s *Service) Suggest(ctx context.Context, actor account.Account, i Import) (m Mapping, known bool, err error) {
	switch {
	case i.Mapping != nil:
		return *i.Mapping, true, nil
	case i.Sheet == nil:
		return Mapping{}, false, errNotFound()
	}
	text, err := rememberedMapping(ctx, s.db, actor.ID, headersDigest(i.Sheet.Headers))
	if err == nil && json.Unmarshal(text, &m) == nil && m.fits(len(i.Sheet.Headers)) && m.check() == nil {
		return m, true, nil
	}
	if err != nil && !db.IsNotFound(err) {
		return m, false, fmt.Errorf("imports.Suggest %d: %w", i.ID, err)
	}
	return guess(i.Sheet.Headers), false, nil
}

// Map says what the columns of an open import mean, and remembers it for the next sheet with the same headers. Errors:
// fault.Invalid with fields named columns.0 and figures.0.quantity.
func (s *Service) Map(ctx context.Context, actor account.Account, id int64, m Mapping) error {
	i, err := s.ByID(ctx, actor, id)
	switch {
	case err != nil:
		return err
	case i.Progress != Open || i.Sheet == nil:
		return errOver()
	case !m.fits(len(i.Sheet.Headers)):
		return fault.New(fault.Invalid, "error.invalid")
	}
	if err := m.check(); err != nil {
		return err
	}
	for n := range m.Figures {
		if !slices.Contains(practice.Quantities, m.Figures[n].Quantity) {
			m.Figures[n] = FigureKind{}
		}
	}
	text, err := m.encode()
	if err != nil {
		return fmt.Errorf("imports.Map %d: %w", id, err)
	}
	return db.InTxOr(ctx, s.db, errOver(), func(tx *sqlx.Tx) error {
		if err := updateMapping(ctx, tx, id, text); err != nil {
			return fmt.Errorf("imports.Map %d: %w", id, err)
		}
		if err := rememberMapping(ctx, tx, actor.ID, headersDigest(i.Sheet.Headers), text); err != nil {
			return fmt.Errorf("imports.Map %d: %w", id, err)
		}
		return nil
	})
}

// Remove forgets an import that does not run, with its sheet. Drafts that it made stay.
func (s *Service) Remove(ctx context.Context, actor account.Account, id int64) error {
	if err := mayImport(actor); err != nil {
		return err
	}
	n, err := deleteImport(ctx, s.db, actor.ID, id)
	if err != nil {
		return fmt.Errorf("imports.Remove %d: %w", id, err)
	}
	if n > 0 {
		return nil
	}
	if _, err := s.ByID(ctx, actor, id); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "error.import.running")
}

// Sweep forgets sheets that are a week old, and imports and mappings that nobody needs any more.
func (s *Service) Sweep(ctx context.Context) error {
	if err := sweep(ctx, s.db, time.Now()); err != nil {
		return fmt.Errorf("imports.Sweep: %w", err)
	}
	return nil
}
