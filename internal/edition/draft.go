package edition

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Limits of an edition; texts in characters.
const (
	MaxTitle     = 200
	MaxSummary   = 500
	MaxText      = 20_000 // foreword, introduction, credits, imprint
	MaxNote      = 1_000
	MaxChapters  = 40
	MaxEntries   = 300
	maxDrafts    = 20
	leastSummary = 10
)

var number = regexp.MustCompile(`^[0-9]{4}-[1-9][0-9]?$`)

// Draft is what an editor typed. Its entries name by their URI practices that the edition has.
type Draft struct {
	Number, Title, Summary     string
	Foreword, Credits, Imprint string
	Sums                       bool
	Chapters                   []Chapter
}

// draftOf is what stands in an edition.
func draftOf(e Edition) Draft {
	return Draft{Number: e.Number, Title: e.Title, Summary: e.Summary, Foreword: e.Foreword, Credits: e.Credits, Imprint: e.Imprint, Sums: e.Sums, Chapters: e.Chapters}
}

// tidied returns the draft in plain characters, and each practice once.
func (d Draft) tidied() Draft {
	for _, line := range []*string{&d.Number, &d.Title, &d.Summary} {
		*line = markup.Line(*line)
	}
	for _, text := range []*string{&d.Foreword, &d.Credits, &d.Imprint} {
		*text = strings.TrimSpace(markup.Block(*text))
	}
	seen := map[string]bool{}
	chapters := make([]Chapter, len(d.Chapters))
	for i, c := range d.Chapters {
		chapters[i] = Chapter{Title: markup.Line(c.Title), Introduction: strings.TrimSpace(markup.Block(c.Introduction))}
		for _, e := range c.Entries {
			if seen[e.URI] {
				continue
			}
			seen[e.URI], e.Note = true, strings.TrimSpace(markup.Block(e.Note))
			chapters[i].Entries = append(chapters[i].Entries, e)
		}
	}
	d.Chapters = chapters
	return d
}

// Check says what cannot be kept: fault.Invalid with fields named like those of the form, chapters.0.title.
func (d Draft) Check() error {
	var wrong []fault.Field
	long := func(name, text string, most int) {
		if utf8.RuneCountInString(text) > most {
			wrong = append(wrong, fault.Field{Name: name, Message: "error.field.too_long", Args: map[string]any{"Max": most}})
		}
	}
	if !number.MatchString(d.Number) {
		wrong = append(wrong, fault.Field{Name: "number", Message: "error.edition.number"})
	}
	long("title", d.Title, MaxTitle)
	long("summary", d.Summary, MaxSummary)
	long("foreword", d.Foreword, MaxText)
	long("credits", d.Credits, MaxText)
	long("imprint", d.Imprint, MaxText)
	entries := 0
	for i, c := range d.Chapters {
		at := "chapters." + strconv.Itoa(i)
		long(at+".title", c.Title, MaxTitle)
		long(at+".introduction", c.Introduction, MaxText)
		for j, e := range c.Entries {
			long(fmt.Sprintf("%s.entries.%d.note", at, j), e.Note, MaxNote)
		}
		entries += len(c.Entries)
	}
	if len(d.Chapters) > MaxChapters {
		wrong = append(wrong, fault.Field{Name: "chapters", Message: "error.edition.chapters", Args: map[string]any{"Max": MaxChapters}})
	}
	if entries > MaxEntries {
		wrong = append(wrong, fault.Field{Name: "chapters", Message: "error.edition.entries", Args: map[string]any{"Max": MaxEntries}})
	}
	return fault.Fields(wrong...)
}

// Create begins an edition with the next number of the year. Editors. fault.Limited when too many are in work.
func (s *Service) Create(ctx context.Context, actor account.Account, d Draft) (Edition, error) {
	if err := s.mayCompose(ctx, actor); err != nil {
		return Edition{}, err
	}
	now := time.Now()
	e := Edition{ID: db.NewID(now)}
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		numbers, drafts, err := lockNumbers(ctx, tx)
		if err != nil {
			return err
		}
		if drafts >= maxDrafts {
			return fault.New(fault.Limited, "error.edition.too_many")
		}
		d.Number = nextNumber(curation.Today(now).Year(), numbers)
		d = d.tidied()
		if err := d.Check(); err != nil {
			return err
		}
		e.Number = d.Number
		if err := insertEdition(ctx, tx, e.ID, actor.ID, d); err != nil {
			return err
		}
		return replaceChapters(ctx, tx, e.ID, d.Chapters)
	})
	if err != nil {
		return Edition{}, fmt.Errorf("edition.Create: %w", err)
	}
	return s.ByID(ctx, actor, e.ID)
}

// nextNumber is the first of the year that nobody has taken.
func nextNumber(year int, taken []string) string {
	for n := 1; ; n++ {
		if next := fmt.Sprintf("%d-%d", year, n); !slices.Contains(taken, next) {
			return next
		}
	}
}

// Save keeps what an editor typed over the given version, and returns the new one. A practice stays at its revision unless the draft
// names the one that is accepted now; practices that the edition does not have are left out. Editors. fault.Conflict when somebody
// else has saved meanwhile, or when the edition is published; fault.Invalid.
func (s *Service) Save(ctx context.Context, actor account.Account, id int64, version int, d Draft) (int, error) {
	e, err := s.draft(ctx, actor, id)
	if err != nil {
		return 0, err
	}
	d = d.tidied()
	if err := d.Check(); err != nil {
		return 0, err
	}
	standing, err := s.Standings(ctx, e)
	if err != nil {
		return 0, err
	}
	known := map[string]Entry{}
	for _, c := range e.Chapters {
		for _, entry := range c.Entries {
			known[entry.URI] = entry
		}
	}
	for i := range d.Chapters {
		kept := d.Chapters[i].Entries[:0]
		for _, typed := range d.Chapters[i].Entries {
			entry, ok := known[typed.URI]
			if !ok {
				continue
			}
			if now := standing[entry.URI]; typed.Revision != entry.Revision && typed.Revision == now.Accepted {
				entry.Revision, entry.Title = now.Accepted, now.Title
			}
			entry.Note = typed.Note
			kept = append(kept, entry)
		}
		d.Chapters[i].Entries = kept
	}
	return s.store(ctx, actor, id, version, d)
}

// store writes a checked draft over a version, 0 for whatever stands there.
func (s *Service) store(ctx context.Context, actor account.Account, id int64, version int, d Draft) (saved int, err error) {
	err = db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		state, at, err := lockEdition(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case state != stateDraft:
			return errPublished()
		case version != 0 && version != at:
			return errChanged()
		}
		saved = at + 1
		if err := updateDraft(ctx, tx, id, actor.ID, saved, d); err != nil {
			return err
		}
		return replaceChapters(ctx, tx, id, d.Chapters)
	})
	switch {
	case db.IsUniqueViolation(err, "editions_number_key"):
		return 0, fault.Fields(fault.Field{Name: "number", Message: "error.edition.number_taken"})
	case err != nil:
		return 0, fmt.Errorf("edition %d: store: %w", id, err)
	}
	return saved, nil
}

// Discard forgets an edition in work. Editors. fault.Conflict for a published one, fault.NotFound.
func (s *Service) Discard(ctx context.Context, actor account.Account, id int64) error {
	if _, err := s.draft(ctx, actor, id); err != nil {
		return err
	}
	n, err := deleteDraft(ctx, s.db, id)
	if err != nil {
		return fmt.Errorf("edition.Discard %d: %w", id, err)
	}
	if n == 0 {
		return errPublished()
	}
	return nil
}

// Take adds accepted practices at the end of a chapter, each at its accepted revision; those that are in the edition stay where
// they are, and those that are not accepted are left out. It returns how many were added. Editors. fault.Invalid for a chapter that is
// not there.
func (s *Service) Take(ctx context.Context, actor account.Account, id int64, chapter int, postIDs []int64) (int, error) {
	e, err := s.draft(ctx, actor, id)
	if err != nil {
		return 0, err
	}
	if chapter < 0 || chapter >= len(e.Chapters) {
		return 0, fault.Fields(fault.Field{Name: "chapter", Message: "error.field.choice"})
	}
	if len(postIDs) > MaxEntries {
		return 0, fault.Fields(fault.Field{Name: "chapters", Message: "error.edition.entries", Args: map[string]any{"Max": MaxEntries}})
	}
	entries, err := s.acceptedEntries(ctx, postIDs)
	if err != nil {
		return 0, err
	}
	added := 0
	for _, postID := range postIDs {
		if entry, ok := entries[postID]; ok && !e.Has(entry.URI) {
			e.Chapters[chapter].Entries = append(e.Chapters[chapter].Entries, entry)
			added++
		}
	}
	return added, s.extend(ctx, actor, e, added)
}

// TakeCollection adds the chapters of one of our published collections after those that are there, with their introductions, practices
// and annotations; those without a chapter stand in one named like the collection. What is in the edition already stays where it is. It
// returns how many practices were added. Editors. fault.NotFound.
func (s *Service) TakeCollection(ctx context.Context, actor account.Account, id int64, slug string) (int, error) {
	e, err := s.draft(ctx, actor, id)
	if err != nil {
		return 0, err
	}
	c, err := s.curation.CollectionBySlug(ctx, slug)
	if err != nil {
		return 0, err
	}
	live := c.Live()
	ids := make([]int64, len(live))
	for i, l := range live {
		ids[i] = l.PostID
	}
	entries, err := s.acceptedEntries(ctx, ids)
	if err != nil {
		return 0, err
	}
	chapters := []Chapter{{Title: c.Name, Introduction: c.Introduction}}
	at := map[int64]int{}
	for _, ch := range c.Chapters {
		at[ch.ID] = len(chapters)
		chapters = append(chapters, Chapter{Title: ch.Name, Introduction: ch.Introduction})
	}
	added := 0
	for _, l := range live {
		entry, ok := entries[l.PostID]
		if !ok || e.Has(entry.URI) {
			continue
		}
		entry.Note = l.Annotation
		to := &chapters[at[l.ChapterID]]
		to.Entries = append(to.Entries, entry)
		added++
	}
	for _, ch := range chapters {
		if len(ch.Entries) > 0 {
			e.Chapters = append(e.Chapters, ch)
		}
	}
	return added, s.extend(ctx, actor, e, added)
}

// extend stores an edition to which practices were added, over the version that was read.
func (s *Service) extend(ctx context.Context, actor account.Account, e Edition, added int) error {
	if added == 0 {
		return nil
	}
	d := draftOf(e).tidied()
	if err := d.Check(); err != nil {
		return err
	}
	_, err := s.store(ctx, actor, e.ID, e.Version, d)
	return err
}

// acceptedEntries are the entries of those practices that are public and accepted, by post id.
func (s *Service) acceptedEntries(ctx context.Context, postIDs []int64) (map[int64]Entry, error) {
	views, err := s.practices.Views(ctx, post.Viewer{}, postIDs)
	if err != nil {
		return nil, fmt.Errorf("edition: practices: %w", err)
	}
	entries := map[int64]Entry{}
	for _, v := range views {
		if accepted(v) {
			entries[v.Post.ID] = Entry{PostID: v.Post.ID, URI: v.Post.URI, Revision: v.Curation.RevisionAccepted, Title: v.Post.Title, Origin: originOf(v)}
		}
	}
	return entries, nil
}

// accepted reports whether our desk stands for a practice that everybody may read.
func accepted(v practice.View) bool {
	return v.Post.Visibility == post.Public && v.Curation != nil && v.Curation.State == curation.Accepted
}

// originOf is who a practice is from, in words.
func originOf(v practice.View) string {
	if v.Practice.OrganizationName != "" {
		return v.Practice.OrganizationName
	}
	return v.Author.Name()
}
