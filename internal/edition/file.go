package edition

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/publication"
)

// Formats of the files beside the page.
const (
	PDF  = "pdf"
	ODT  = "odt"
	EPUB = "epub"
)

// Progress is how far a file is.
type Progress string

// States of a file.
const (
	Waiting Progress = "waiting"
	Done    Progress = "done"
	Failed  Progress = "failed"  // the program that makes it did not manage to
	Missing Progress = "missing" // no program is installed that makes it
)

// File is an edition in the format of another program.
type File struct {
	Format   string     `db:"format"`
	State    Progress   `db:"state"`
	Size     int64      `db:"size"`     // bytes
	Checksum string     `db:"checksum"` // SHA-256 in hexadecimal digits
	MadeAt   *time.Time `db:"made_at"`

	content []byte
}

// MediaType is that of the file.
func (f File) MediaType() string {
	return map[string]string{PDF: "application/pdf", ODT: export.ODTType, EPUB: export.EPUBType}[f.Format]
}

// Name is what programs and people call the format.
func (f File) Name() string {
	return map[string]string{PDF: "PDF", ODT: "OpenDocument (ODT)", EPUB: "EPUB"}[f.Format]
}

func made(format string, content []byte) File {
	now := time.Now()
	return File{Format: format, State: Done, Size: int64(len(content)), Checksum: digest(content), MadeAt: &now, content: content}
}

// written are the files of an edition: those that we write ourselves, and the PDF that waits for a browser.
func written(frozen Frozen) ([]File, error) {
	odt, err := export.ODT(frozen.Document)
	if err != nil {
		return nil, err
	}
	epub, err := export.EPUB(frozen.Document, frozen.EPUB)
	if err != nil {
		return nil, err
	}
	return []File{{Format: PDF, State: Waiting}, made(ODT, odt), made(EPUB, epub)}, nil
}

// Page returns the frozen page of a published edition; fault.NotFound.
func (s *Service) Page(ctx context.Context, number string) ([]byte, error) {
	page, err := pageByNumber(ctx, s.db, number)
	if err != nil {
		return nil, asNotFound(fmt.Errorf("edition.Page %q: %w", number, err))
	}
	return page, nil
}

// Content returns a file of a published edition; fault.NotFound while it is not made.
func (s *Service) Content(ctx context.Context, number, format string) ([]byte, error) {
	content, err := contentByNumber(ctx, s.db, number, format)
	if err != nil {
		return nil, asNotFound(fmt.Errorf("edition.Content %q %s: %w", number, format, err))
	}
	return content, nil
}

// Print makes the PDF of a published edition from its frozen page, and then tells the followers of the edition. last says that nobody
// will try again.
func (s *Service) Print(ctx context.Context, id int64, last bool) error {
	e, err := editionByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return nil
	}
	if err == nil {
		err = s.fill(ctx, &e)
	}
	if err != nil {
		return fmt.Errorf("edition.Print %d: %w", id, err)
	}
	if !e.waits(PDF) {
		return nil
	}
	file := File{Format: PDF, State: Missing}
	if s.printer == nil {
		return s.settle(ctx, e, file)
	}
	page, err := s.Page(ctx, e.Number)
	if err != nil {
		return err
	}
	pdf, err := s.printer.PrintPage(ctx, page)
	switch {
	case fault.Is(err, fault.Limited):
		return river.JobSnooze(busyPause)
	case err != nil && !last:
		return fmt.Errorf("edition.Print %d: %w", id, err)
	case err != nil:
		file.State = Failed
	default:
		file = made(PDF, pdf)
	}
	if err := s.settle(ctx, e, file); err != nil {
		return err
	}
	return s.printer.Forget(page) // it is kept with the edition, and goes when that is withdrawn
}

// busyPause is how long a PDF waits when the browser has enough to do.
const busyPause = 5 * time.Second

func (e Edition) waits(format string) bool {
	for _, f := range e.Files {
		if f.Format == format {
			return f.State == Waiting
		}
	}
	return false
}

// settle stores what became of a file that was waited for, and tells the followers.
func (s *Service) settle(ctx context.Context, e Edition, f File) error {
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return fmt.Errorf("edition %d: %w", e.ID, err)
	}
	err = db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if _, _, err := lockEdition(ctx, tx, e.ID); err != nil {
			return err
		}
		waited, err := settleFile(ctx, tx, e.ID, f)
		if err != nil || !waited {
			return err
		}
		return s.announce(ctx, tx, catalog, e.ID)
	})
	if err != nil {
		return fmt.Errorf("edition %d: %s: %w", e.ID, f.Format, err)
	}
	return nil
}

// announce publishes an article in the name of the catalogue that leads to the edition and its files; again when there are more files
// than it said.
func (s *Service) announce(ctx context.Context, tx *sqlx.Tx, catalog account.Account, id int64) error {
	e, err := announced(ctx, tx, id)
	if err != nil {
		return err
	}
	if e.Files, err = filesOf(ctx, tx, id); err != nil {
		return err
	}
	if e.Chapters, err = chaptersOf(ctx, tx, id); err != nil {
		return err
	}
	d := publication.Draft{
		Kind: publication.Edition, Version: e.Number, Title: e.Title, Summary: e.Summary, Source: e.Announcement, Language: e.Language, Page: e.Path(), Checksum: e.Checksum,
	}
	if e.PublishedByID != nil {
		d.EditorID = *e.PublishedByID
	}
	for _, c := range e.Chapters {
		for _, entry := range c.Entries {
			d.Entries = append(d.Entries, publication.Entry{URI: entry.URI, Revision: entry.Revision, Chapter: c.Title})
		}
	}
	d.Files = append(d.Files, publication.File{URL: s.baseURL + e.Path() + ".html", MediaType: "text/html", Name: "HTML", Bytes: e.PageSize})
	for _, f := range e.Files {
		if f.State == Done {
			d.Files = append(d.Files, publication.File{URL: s.baseURL + e.Path() + "." + f.Format, MediaType: f.MediaType(), Name: f.Name(), Bytes: f.Size})
		}
	}
	var p post.Post
	if e.PostID == nil {
		if p, err = s.publications.PublishIn(ctx, tx, catalog, d); err == nil {
			err = setPost(ctx, tx, id, p.ID)
		}
		return err
	}
	_, err = s.publications.ReviseIn(ctx, tx, catalog, *e.PostID, d)
	return err
}

// Retry has the PDF of a published edition made that is not there: one that waits is waited for only once. Editors. fault.NotFound.
func (s *Service) Retry(ctx context.Context, actor account.Account, number string) error {
	if err := s.mayCompose(ctx, actor); err != nil {
		return err
	}
	e, err := s.ByNumber(ctx, number)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		again, err := awaitFile(ctx, tx, e.ID, PDF)
		if err != nil {
			return fmt.Errorf("edition.Retry %s: %w", number, err)
		}
		if !again {
			return nil
		}
		return s.jobs.Enqueue(ctx, tx, job.PrintEdition{ID: e.ID})
	})
}
