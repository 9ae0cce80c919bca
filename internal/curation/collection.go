package curation

import (
	"context"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
)

// Bounds of collections. Who reads ours has the same.
const (
	MaxCollections = 50
	MaxChapters    = 50  // of a collection
	MaxEntries     = 500 // of a collection
)

// Collection is a named, ordered choice of accepted practices: ours, or one of another catalogue that is shown here too.
type Collection struct {
	ID           int64      `db:"id"` // 0 for another catalogue's
	Slug         string     `db:"slug"`
	Name         string     `db:"name"`
	Introduction string     `db:"introduction"` // plain text
	Version      int        `db:"version"`      // of the two above
	Published    bool       `db:"published"`
	PublishedAt  *time.Time `db:"published_at"` // for the first time: from then on the slug stays
	UpdatedAt    time.Time  `db:"updated_at"`
	Size         int        `db:"size"` // entries that readers see, without those whose source withdrew
	AccountID    int64      `db:"account_id"`
	Host         string     `db:"host"`  // of the catalogue it belongs to, "" for ours
	Owner        string     `db:"owner"` // name of who curates there
	URI          string     `db:"uri"`   // its id, "" for ours
	URL          string     `db:"url"`   // its page at home, "" for ours
	Shown        bool       `db:"shown"` // another catalogue's: it is a page of ours too
	Chapters     []Chapter  `db:"-"`
	Entries      []Entry    `db:"-"` // those without a chapter first, then by the order of the chapters
}

// Chapter is a part of a collection. Its name is unique in it.
type Chapter struct {
	ID           int64  `db:"id" json:"-"` // 0 in another catalogue's collection
	Name         string `db:"name" json:"name"`
	Introduction string `db:"introduction" json:"introduction"` // plain text
}

// Entry is the place of a practice in a collection.
type Entry struct {
	PostID      int64      `db:"post_id"` // 0 while we do not know the practice
	URI         string     `db:"uri"`
	Host        string     `db:"host"`     // of the practice's origin, "" for ours
	Author      string     `db:"author"`   // name of who published it, "" while we do not know it
	Revision    int        `db:"revision"` // the one that was accepted, 0 where another catalogue does not say
	Current     int        `db:"current"`  // its newest one that we know
	ChapterID   int64      `db:"chapter_id"`
	Chapter     string     `db:"chapter"` // name of its chapter, "" for none
	Annotation  string     `db:"annotation"`
	Featured    bool       `db:"featured"`
	Accepted    bool       `db:"accepted"`  // false only in what editors see: our desk has not accepted it any more
	Withdrawn   bool       `db:"withdrawn"` // its source took it back: of it there is only the place
	WithdrawnAt *time.Time `db:"withdrawn_at"`
}

// Changed reports whether the source has moved on since the practice was accepted.
func (e Entry) Changed() bool { return !e.Withdrawn && e.Revision > 0 && e.Current > e.Revision }

// Live are the entries whose practice can be read.
func (c Collection) Live() []Entry {
	var live []Entry
	for _, e := range c.Entries {
		if !e.Withdrawn && e.Accepted && e.PostID != 0 {
			live = append(live, e)
		}
	}
	return live
}

// Collections lists our published collections by name, without their entries. There are none while the house does not
// curate.
func (s *Service) Collections(ctx context.Context) ([]Collection, error) {
	curates, err := s.Curates(ctx)
	if err != nil || !curates {
		return nil, err
	}
	list, err := collections(ctx, s.db, false)
	if err != nil {
		return nil, fmt.Errorf("curation.Collections: %w", err)
	}
	return list, nil
}

// CollectionBySlug returns one of our published collections with all that is in it; fault.NotFound.
func (s *Service) CollectionBySlug(ctx context.Context, slug string) (Collection, error) {
	return s.published(ctx, 0, slug)
}

// CollectionByID is CollectionBySlug by the id.
func (s *Service) CollectionByID(ctx context.Context, id int64) (Collection, error) {
	return s.published(ctx, id, "")
}

func (s *Service) published(ctx context.Context, id int64, slug string) (Collection, error) {
	c, err := collectionBy(ctx, s.db, id, slug)
	if db.IsNotFound(err) || err == nil && !c.Published {
		return c, errNoCollection()
	}
	if err != nil {
		return c, fmt.Errorf("curation: collection %d %s: %w", id, slug, err)
	}
	curates, err := s.Curates(ctx)
	if err != nil {
		return c, err
	}
	if !curates {
		return c, errNoCollection()
	}
	if err := s.fill(ctx, &c); err != nil {
		return c, err
	}
	kept := c.Entries[:0]
	for _, e := range c.Entries {
		if e.Accepted {
			kept = append(kept, e)
		}
	}
	c.Entries = kept
	return c, nil
}

// fill reads chapters and entries.
func (s *Service) fill(ctx context.Context, c *Collection) (err error) {
	if c.Chapters, err = chaptersOf(ctx, s.db, c.ID); err != nil {
		return fmt.Errorf("curation: chapters of %d: %w", c.ID, err)
	}
	if c.Entries, err = entriesOf(ctx, s.db, c.ID); err != nil {
		return fmt.Errorf("curation: entries of %d: %w", c.ID, err)
	}
	return nil
}

// AllCollections lists our collections by name, drafts among them, without their entries. Editors.
func (s *Service) AllCollections(ctx context.Context, actor account.Account) ([]Collection, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return nil, err
	}
	list, err := collections(ctx, s.db, true)
	if err != nil {
		return nil, fmt.Errorf("curation.AllCollections: %w", err)
	}
	return list, nil
}

// Arranged returns one of our collections, draft or not, with all that is in it, also what is not accepted any more. Editors.
// fault.NotFound.
func (s *Service) Arranged(ctx context.Context, actor account.Account, id int64) (Collection, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return Collection{}, err
	}
	c, err := collectionBy(ctx, s.db, id, "")
	if db.IsNotFound(err) {
		return c, errNoCollection()
	}
	if err != nil {
		return c, fmt.Errorf("curation.Arranged %d: %w", id, err)
	}
	return c, s.fill(ctx, &c)
}
