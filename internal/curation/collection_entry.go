package curation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// maxCandidates is how many accepted practices are offered to be taken into a collection at a time.
const maxCandidates = 200

func errNoEntry() error { return fault.New(fault.NotFound, "error.collection.no_entry") }

// Candidates lists accepted practices that do not stand in a collection yet, newest decision first. Editors.
func (s *Service) Candidates(ctx context.Context, actor account.Account, collectionID int64) ([]practice.View, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return nil, err
	}
	ids, err := candidates(ctx, s.db, collectionID, maxCandidates)
	if err != nil {
		return nil, fmt.Errorf("curation.Candidates for %d: %w", collectionID, err)
	}
	return s.practices.Views(ctx, post.Viewer{}, ids)
}

// AddEntries takes accepted practices into a collection, at the end of a chapter (0: without one). Those that stand in it
// already stay where they are. Editors. Errors: fault.Conflict for what is not accepted; fault.Invalid for a full collection.
func (s *Service) AddEntries(ctx context.Context, actor account.Account, collectionID int64, postIDs []int64, chapterID int64) error {
	if len(postIDs) == 0 {
		return fault.Fields(fault.Field{Name: "post", Message: "error.collection.choose"})
	}
	return s.arrange(ctx, actor, collectionID, "add", func(a *arrangement) (string, error) {
		if chapterID != 0 && a.chapterAt(chapterID) < 0 {
			return "", fault.Fields(fault.Field{Name: "chapter", Message: "error.field.choice"})
		}
		known := map[int64]bool{}
		for _, e := range a.Entries {
			known[e.PostID] = true
		}
		var fresh []int64
		for _, id := range postIDs {
			if !known[id] {
				known[id] = true
				fresh = append(fresh, id)
			}
		}
		if len(a.Entries)+len(fresh) > MaxEntries {
			return "", fault.Fields(fault.Field{Name: "post", Message: "error.collection.full", Args: map[string]any{"Max": MaxEntries}})
		}
		n, err := insertCollected(ctx, a.tx, collectionID, fresh, chapterID)
		if err != nil {
			return "", fmt.Errorf("curation.AddEntries to %d: %w", collectionID, err)
		}
		if n != len(fresh) {
			return "", fault.New(fault.Conflict, "error.collection.not_accepted")
		}
		if n == 0 {
			return "", nil
		}
		if a.Entries, err = entriesOf(ctx, a.tx, collectionID); err != nil {
			return "", fmt.Errorf("curation.AddEntries to %d: %w", collectionID, err)
		}
		for _, e := range a.Entries {
			if slices.Contains(fresh, e.PostID) && a.Published {
				if err := a.tell(ctx, a.tx, a.change(e, true, "")); err != nil {
					return "", err
				}
			}
		}
		return fmt.Sprintf("+%d", n), nil
	})
}

// EntryDraft is what an editor says about an entry.
type EntryDraft struct {
	ChapterID  int64
	Annotation string // plain text
	Featured   bool
}

// entry runs f for one entry of a collection.
func (s *Service) entry(ctx context.Context, actor account.Account, collectionID, postID int64, action string, f func(a *arrangement, at int) (string, error)) error {
	return s.arrange(ctx, actor, collectionID, action, func(a *arrangement) (string, error) {
		at := slices.IndexFunc(a.Entries, func(e Entry) bool { return e.PostID == postID })
		if at < 0 {
			return "", errNoEntry()
		}
		return f(a, at)
	})
}

// SaveEntry changes chapter, annotation and whether an entry is put in front; into another chapter it comes at the end.
// Editors. Errors: fault.Invalid with fields named like the form.
func (s *Service) SaveEntry(ctx context.Context, actor account.Account, collectionID, postID int64, d EntryDraft) error {
	d.Annotation = strings.TrimSpace(markup.Block(d.Annotation))
	if utf8.RuneCountInString(d.Annotation) > MaxAnnotation {
		return fault.Fields(fault.Field{Name: "annotation", Message: "error.field.too_long", Args: map[string]any{"Max": MaxAnnotation}})
	}
	return s.entry(ctx, actor, collectionID, postID, "entry", func(a *arrangement, at int) (string, error) {
		e := a.Entries[at]
		if d.ChapterID != 0 && a.chapterAt(d.ChapterID) < 0 {
			return "", fault.Fields(fault.Field{Name: "chapter", Message: "error.field.choice"})
		}
		if e.ChapterID == d.ChapterID && e.Annotation == d.Annotation && e.Featured == d.Featured {
			return "", nil
		}
		moved := e.ChapterID != d.ChapterID
		e.ChapterID, e.Annotation, e.Featured = d.ChapterID, d.Annotation, d.Featured
		if err := updateCollected(ctx, a.tx, collectionID, e); err != nil {
			return "", fmt.Errorf("curation.SaveEntry %d of %d: %w", postID, collectionID, err)
		}
		if moved {
			a.Entries = append(slices.Delete(a.Entries, at, at+1), e)
			if err := a.place(ctx); err != nil {
				return "", err
			}
		}
		return e.URI, nil
	})
}

// MoveEntry puts an entry before the one above it in its chapter, or behind the one below. Editors.
func (s *Service) MoveEntry(ctx context.Context, actor account.Account, collectionID, postID int64, up bool) error {
	return s.entry(ctx, actor, collectionID, postID, "entry", func(a *arrangement, at int) (string, error) {
		to := at + 1
		if up {
			to = at - 1
		}
		if to < 0 || to >= len(a.Entries) || a.Entries[to].ChapterID != a.Entries[at].ChapterID {
			return "", nil // at its end already, as after a second click
		}
		a.Entries[at], a.Entries[to] = a.Entries[to], a.Entries[at]
		return a.Entries[to].URI, a.place(ctx)
	})
}

// place writes the order that the entries have now.
func (a *arrangement) place(ctx context.Context) error {
	ids := make([]int64, len(a.Entries))
	for i, e := range a.Entries {
		ids[i] = e.PostID
	}
	if err := placeCollected(ctx, a.tx, a.ID, ids); err != nil {
		return fmt.Errorf("curation: order of %d: %w", a.ID, err)
	}
	return nil
}

// RemoveEntry takes a practice out of a collection; the reason, which may be missing, goes to who follows our catalogue.
// Editors. Errors: fault.Invalid with the field reason.
func (s *Service) RemoveEntry(ctx context.Context, actor account.Account, collectionID, postID int64, reason string) error {
	reason = strings.TrimSpace(markup.Block(reason))
	if utf8.RuneCountInString(reason) > maxReason {
		return fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_long", Args: map[string]any{"Max": maxReason}})
	}
	return s.entry(ctx, actor, collectionID, postID, "remove", func(a *arrangement, at int) (string, error) {
		e := a.Entries[at]
		if err := deleteCollected(ctx, a.tx, collectionID, postID); err != nil {
			return "", fmt.Errorf("curation.RemoveEntry %d of %d: %w", postID, collectionID, err)
		}
		if !a.Published {
			return e.URI, nil
		}
		return e.URI, a.tell(ctx, a.tx, a.change(e, false, reason))
	})
}
