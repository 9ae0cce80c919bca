package publication

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// maxWorks bounds how many documents may be in work at a time.
const maxWorks = 200

// Work is a document in work, for editors: a new one, or a change to a published one.
type Work struct {
	ID        int64     `db:"id"`
	PostID    *int64    `db:"post_id"`    // nil until it is published for the first time
	AccountID *int64    `db:"account_id"` // who wrote this version; nil when their account is gone
	Version   int       `db:"version"`    // grows with each time it is saved
	Text      Text      `db:"-"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

// Text is what an editor writes. In work it may have gaps.
type Text struct {
	Title    string    `json:"title"`
	Summary  string    `json:"summary"`
	Source   string    `json:"source"` // Markdown
	Language string    `json:"language"`
	Type     string    `json:"type"`
	Version  string    `json:"version"`
	Files    []FileRef `json:"files,omitempty"`
}

// Works lists what is in work, what was changed last first. Editors.
func (s *Service) Works(ctx context.Context, actor account.Account) ([]Work, error) {
	if err := ours(actor); err != nil {
		return nil, err
	}
	list, err := works(ctx, s.db, maxWorks)
	if err != nil {
		return nil, fmt.Errorf("publication.Works: %w", err)
	}
	return list, nil
}

// WorkByID returns a document in work. Editors. fault.NotFound.
func (s *Service) WorkByID(ctx context.Context, actor account.Account, id int64) (Work, error) {
	if err := ours(actor); err != nil {
		return Work{}, err
	}
	w, err := workByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return w, errNotFound()
	}
	if err != nil {
		return w, fmt.Errorf("publication.WorkByID %d: %w", id, err)
	}
	return w, nil
}

// Save keeps a document in work, gaps included; id 0 begins one. version is that of the text it is written over. Editors.
// Errors: fault.Invalid with fields named like the form, fault.NotFound, fault.Conflict where somebody else saved meanwhile.
func (s *Service) Save(ctx context.Context, actor account.Account, id int64, version int, t Text) (w Work, err error) {
	if err := ours(actor); err != nil {
		return w, err
	}
	t = t.tidied()
	if err := t.fits(); err != nil {
		return w, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		w, err = s.save(ctx, tx, actor, id, version, t)
		return err
	})
	return w, err
}

func (s *Service) save(ctx context.Context, tx *sqlx.Tx, actor account.Account, id int64, version int, t Text) (Work, error) {
	if id == 0 {
		n, err := countWorks(ctx, tx)
		if err != nil {
			return Work{}, fmt.Errorf("publication.Save: %w", err)
		}
		if n >= maxWorks {
			return Work{}, fault.New(fault.Conflict, "error.publication.too_many")
		}
		w := Work{AccountID: &actor.ID, Version: 1, Text: t}
		return s.begin(ctx, tx, actor, w)
	}
	w, err := lockWork(ctx, tx, id)
	if err != nil {
		return w, err // inTx says that it is not there
	}
	if w.Version != version {
		return w, errStale()
	}
	if slices.Equal(t.Files, w.Text.Files) && t.sameWords(w.Text) {
		return w, nil // as after a second click: who wrote it is still who wrote it
	}
	w.AccountID, w.Text = &actor.ID, t
	w.Version++
	if err := updateWork(ctx, tx, w); err != nil {
		return w, fmt.Errorf("publication.Save %d: %w", id, err)
	}
	return w, claimFiles(ctx, tx, actor, w)
}

func (s *Service) begin(ctx context.Context, tx *sqlx.Tx, actor account.Account, w Work) (Work, error) {
	now := time.Now().UTC()
	for inserted := false; !inserted; {
		w.ID = db.NewID(now)
		var err error
		if inserted, err = insertWork(ctx, tx, w); err != nil {
			return w, fmt.Errorf("publication: begin: %w", err)
		}
	}
	return w, claimFiles(ctx, tx, actor, w)
}

// Change returns the document in work that is to become the next version of a published one, and begins it where there is none.
// Editors. fault.NotFound, fault.Gone.
func (s *Service) Change(ctx context.Context, actor account.Account, postID int64) (w Work, err error) {
	if err := ours(actor); err != nil {
		return w, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, of, err := s.lockOurs(ctx, tx, postID)
		if err != nil {
			return err
		}
		w, err = workOfPost(ctx, tx, postID)
		if !db.IsNotFound(err) {
			return err
		}
		files, err := filesOfPost(ctx, tx, postID)
		if err != nil {
			return fmt.Errorf("publication.Change %d: %w", postID, err)
		}
		t := Text{Title: p.Title, Summary: p.Summary, Source: p.Source, Language: p.Language, Type: of.Type, Version: of.Version, Files: s.refsOf(of.Files, files)}
		w, err = s.begin(ctx, tx, actor, Work{PostID: &postID, AccountID: &actor.ID, Version: 1, Text: t})
		return err
	})
	return w, err
}

// lockOurs returns a published document of ours that nobody else changes meanwhile.
func (s *Service) lockOurs(ctx context.Context, tx *sqlx.Tx, postID int64) (post.Post, Publication, error) {
	p, err := s.posts.Lock(ctx, tx, postID)
	switch {
	case err != nil:
		return p, Publication{}, asPublication(err)
	case !p.Local || p.Role != Document:
		return p, Publication{}, errNotFound()
	case p.State == post.StateWithdrawn:
		return p, Publication{}, errGone()
	}
	of, err := publicationIn(ctx, tx, postID)
	return p, of, err
}

// Discard drops a document in work; what is published of it stays. Editors. A second call changes nothing.
func (s *Service) Discard(ctx context.Context, actor account.Account, id int64) error {
	if err := ours(actor); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := deleteWork(ctx, tx, id); err != nil {
			return fmt.Errorf("publication.Discard %d: %w", id, err)
		}
		return nil
	})
}

func errStale() error { return fault.New(fault.Conflict, "error.publication.stale") }

func errFourEyes() error { return fault.New(fault.Forbidden, "error.publication.four_eyes") }

func (t Text) tidied() Text {
	for _, line := range []*string{&t.Title, &t.Summary, &t.Language, &t.Type, &t.Version} {
		*line = markup.Line(*line)
	}
	t.Source = strings.TrimSpace(markup.Block(t.Source))
	var files []FileRef
	for _, ref := range t.Files {
		ref.Name = markup.Line(ref.Name)
		if !slices.ContainsFunc(files, func(have FileRef) bool { return have.ID == ref.ID }) {
			files = append(files, ref)
		}
	}
	t.Files = files
	return t
}

func (t Text) sameWords(o Text) bool {
	return t.Title == o.Title && t.Summary == o.Summary && t.Source == o.Source && t.Language == o.Language && t.Type == o.Type && t.Version == o.Version
}

// fits is all that a text in work must pass: gaps are allowed, what is too long is not.
func (t Text) fits() error {
	var wrong []fault.Field
	long := func(name, text string, most int) {
		if utf8.RuneCountInString(text) > most {
			wrong = append(wrong, fault.Field{Name: name, Message: "error.field.too_long", Args: map[string]any{"Max": most}})
		}
	}
	long("title", t.Title, maxTitle)
	long("summary", t.Summary, maxSummary)
	long("version", t.Version, maxVersion)
	long("source", t.Source, maxSource)
	if len(t.Files) > MaxFiles {
		wrong = append(wrong, fault.Field{Name: "files", Message: "error.field.too_many", Args: map[string]any{"Max": MaxFiles}})
	}
	for i, ref := range t.Files {
		long(fmt.Sprintf("files.%d.name", i), ref.Name, maxTitle)
	}
	if t.Type != "" && !slices.Contains(Types, t.Type) {
		wrong = append(wrong, fault.Field{Name: "type", Message: "error.field.choice"})
	}
	if len(t.Language) > 35 {
		wrong = append(wrong, fault.Field{Name: "language", Message: "error.field.choice"})
	}
	return fault.Fields(wrong...)
}
