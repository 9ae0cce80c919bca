// Package edition is the Best-Practice-Papier: editors compose an edition from practices their desk accepted, each at a fixed
// revision, and publish it. What is published is frozen: its page is kept byte by byte under a checksum, and what becomes of a
// practice afterwards changes nothing in it. The package knows what stands in an edition and when it may be published; how it
// reads is said by whoever calls Publish.
package edition

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
)

// Edition is one edition of the paper, in work or published.
type Edition struct {
	ID          int64      `db:"id"`
	Number      string     `db:"number"` // "2026-1"; it stands in the address of the published edition
	Title       string     `db:"title"`
	Summary     string     `db:"summary"`
	Foreword    string     `db:"foreword"` // Markdown, like Credits and Imprint
	Credits     string     `db:"credits"`
	Imprint     string     `db:"imprint"`
	Sums        bool       `db:"sums"` // it says what its practices save together
	Language    string     `db:"language"`
	Version     int        `db:"version"` // of the draft, from 1
	UpdatedByID *int64     `db:"updated_by_id"`
	UpdatedAt   time.Time  `db:"updated_at"`
	PublishedAt *time.Time `db:"published_at"`     // nil while it is a draft
	Checksum    string     `db:"checksum"`         // SHA-256 of the frozen page, in hexadecimal digits
	PostID      *int64     `db:"post_id"`          // the post by which followers were told, once they were
	WithdrawnAt *time.Time `db:"withdrawn_at"`     // nil unless it was taken back after it was published
	Reason      string     `db:"withdrawn_reason"` // why it was, in words for everybody
	Chapters    []Chapter  `db:"-"`
	Files       []File     `db:"-"` // of a published one
}

// Chapter is a part of an edition.
type Chapter struct {
	Title        string
	Introduction string // Markdown
	Entries      []Entry
}

// Entry is the place of a practice in an edition. What it was called and where it came from is kept: that is what can be said of
// one that is gone.
type Entry struct {
	PostID   int64 // 0 when nothing of it is left here
	URI      string
	Revision int
	Title    string
	Origin   string // name of who published it
	Note     string // of the editors, plain text
}

// Published reports whether the edition is frozen.
func (e Edition) Published() bool { return e.PublishedAt != nil }

// Withdrawn reports whether the edition was taken back: of its text nothing is left.
func (e Edition) Withdrawn() bool { return e.WithdrawnAt != nil }

// Size is how many practices it has.
func (e Edition) Size() (n int) {
	for _, c := range e.Chapters {
		n += len(c.Entries)
	}
	return n
}

// Has reports whether a practice is in it.
func (e Edition) Has(uri string) bool {
	for _, c := range e.Chapters {
		for _, entry := range c.Entries {
			if entry.URI == uri {
				return true
			}
		}
	}
	return false
}

// Path is the address of a published edition on its instance.
func (e Edition) Path() string { return PathOf(e.Number) }

// PathOf is the permanent address of an edition by its number.
func PathOf(number string) string { return "/papier/" + number }

// Service composes, publishes and finds editions.
type Service struct {
	db            *sqlx.DB
	organizations *organization.Service
	accounts      *account.Service
	posts         *post.Service
	practices     *practice.Service
	curation      *curation.Service
	publications  *publication.Service
	jobs          *job.Queue
	baseURL       string
	printer       *export.Printer // nil where no browser is installed that prints
}

// New returns the service.
func New(db *sqlx.DB, organizations *organization.Service, accounts *account.Service, posts *post.Service, practices *practice.Service, curation *curation.Service, publications *publication.Service, jobs *job.Queue, baseURL string) *Service {
	return &Service{db: db, organizations: organizations, accounts: accounts, posts: posts, practices: practices, curation: curation, publications: publications, jobs: jobs, baseURL: baseURL}
}

// PrintBy says what makes PDF files; nil where nothing does. Call it before the first job is worked.
func (s *Service) PrintBy(p *export.Printer) { s.printer = p }

// mayCompose refuses everyone but editors of an instance that curates.
func (s *Service) mayCompose(ctx context.Context, actor account.Account) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return fault.New(fault.Forbidden, "error.edition.forbidden")
	}
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return fmt.Errorf("edition: %w", err)
	}
	if !o.Curates {
		return fault.New(fault.Forbidden, "error.edition.not_curating")
	}
	return nil
}

// List returns the editions that were published, newest first, without their chapters; those that were withdrawn too.
func (s *Service) List(ctx context.Context) ([]Edition, error) {
	list, err := editions(ctx, s.db, true)
	if err != nil {
		return nil, fmt.Errorf("edition.List: %w", err)
	}
	return list, nil
}

// Drafts returns the editions in work, last changed first, without their chapters. Editors.
func (s *Service) Drafts(ctx context.Context, actor account.Account) ([]Edition, error) {
	if err := s.mayCompose(ctx, actor); err != nil {
		return nil, err
	}
	list, err := editions(ctx, s.db, false)
	if err != nil {
		return nil, fmt.Errorf("edition.Drafts: %w", err)
	}
	return list, nil
}

// ByNumber returns a published edition with its chapters and files. fault.NotFound; fault.Gone for one that was withdrawn, together
// with what is left of it.
func (s *Service) ByNumber(ctx context.Context, number string) (Edition, error) {
	e, err := editionByNumber(ctx, s.db, number)
	if err == nil && e.Withdrawn() {
		return e, errGone()
	}
	if err == nil {
		err = s.fill(ctx, &e)
	}
	if err != nil {
		return e, asNotFound(fmt.Errorf("edition.ByNumber %q: %w", number, err))
	}
	return e, nil
}

// ByID returns an edition in work or published, with its chapters. Editors. fault.NotFound.
func (s *Service) ByID(ctx context.Context, actor account.Account, id int64) (Edition, error) {
	if err := s.mayCompose(ctx, actor); err != nil {
		return Edition{}, err
	}
	e, err := editionByID(ctx, s.db, id)
	if err == nil {
		err = s.fill(ctx, &e)
	}
	if err != nil {
		return e, asNotFound(fmt.Errorf("edition.ByID %d: %w", id, err))
	}
	return e, nil
}

// draft is ByID for what is not published yet; fault.Conflict for what is.
func (s *Service) draft(ctx context.Context, actor account.Account, id int64) (Edition, error) {
	e, err := s.ByID(ctx, actor, id)
	if err == nil && e.Published() {
		err = errPublished()
	}
	return e, err
}

func (s *Service) fill(ctx context.Context, e *Edition) (err error) {
	if e.Chapters, err = chaptersOf(ctx, s.db, e.ID); err != nil {
		return fmt.Errorf("chapters: %w", err)
	}
	if e.Files, err = filesOf(ctx, s.db, e.ID); err != nil {
		return fmt.Errorf("files: %w", err)
	}
	return nil
}

func errNotFound() error { return fault.New(fault.NotFound, "error.edition.not_found") }

func errGone() error { return fault.New(fault.Gone, "error.edition.gone") }

func errPublished() error { return fault.New(fault.Conflict, "error.edition.published") }

func errChanged() error { return fault.New(fault.Conflict, "error.edition.changed") }

// asNotFound turns a row that is not there into fault.NotFound.
func asNotFound(err error) error {
	var known *fault.Error
	if db.IsNotFound(err) && !errors.As(err, &known) {
		return errNotFound()
	}
	return err
}
