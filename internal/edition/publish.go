package edition

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// Problem is what keeps an edition from being published. Message is a locale key.
type Problem struct {
	Message string
	Args    map[string]any
}

// Problems lists what keeps a paper from being published, in the order in which an editor meets it.
func (p Paper) Problems() []Problem {
	var list []Problem
	add := func(message string, args map[string]any) { list = append(list, Problem{message, args}) }
	if p.Title == "" {
		add("error.edition.no_title", nil)
	}
	if n := utf8.RuneCountInString(p.Summary); n < leastSummary {
		add("error.edition.no_summary", map[string]any{"Min": leastSummary})
	}
	if len(p.Parts) == 0 {
		add("error.edition.no_chapter", nil)
	}
	for i, part := range p.Parts {
		if part.Title == "" {
			add("error.edition.chapter_title", map[string]any{"Number": i + 1})
		}
		if len(part.Places) == 0 {
			add("error.edition.chapter_empty", map[string]any{"Number": i + 1, "Title": part.Title})
		}
		for _, place := range part.Places {
			switch place.State {
			case Unaccepted:
				add("error.edition.unaccepted", map[string]any{"Title": place.Entry.Title})
			case Lost:
				add("error.edition.lost", map[string]any{"Title": place.Entry.Title, "Revision": place.Revision})
			}
		}
	}
	if len(p.Parts) > 0 && p.Practices == 0 {
		add("error.edition.nothing", nil)
	}
	return list
}

// Frozen is how an edition reads, in its own words.
type Frozen struct {
	Document     export.Document
	EPUB         export.EPUBWords
	Announcement string // Markdown, for those who follow
}

// Publish freezes an edition as it stands in a version of its draft: compose writes it down, its page is kept under a checksum beside
// the files that need no other program, and jobs make the PDF and tell the followers. Nothing changes it afterwards. Editors.
// fault.Invalid with what keeps it back, fault.Conflict when it is published already or was changed meanwhile, fault.TooLarge.
func (s *Service) Publish(ctx context.Context, actor account.Account, id int64, version int, compose func(Paper) (Frozen, error)) (Edition, error) {
	e, err := s.draft(ctx, actor, id)
	if err != nil {
		return e, err
	}
	if e.Version != version {
		return e, errChanged()
	}
	now := time.Now().Truncate(time.Second)
	e.PublishedAt = &now
	p, err := s.paper(ctx, e)
	if err != nil {
		return e, err
	}
	if problems := p.Problems(); len(problems) > 0 {
		return e, &fault.Error{Kind: fault.Invalid, Message: "error.edition.not_ready"}
	}
	frozen, err := compose(p)
	if err != nil {
		return e, fmt.Errorf("edition.Publish %d: compose: %w", id, err)
	}
	page, _ := export.HTML(frozen.Document)
	if len(page) > export.MaxPage {
		return e, fault.New(fault.TooLarge, "error.edition.too_large")
	}
	files, err := written(frozen)
	if err != nil {
		return e, fmt.Errorf("edition.Publish %d: %w", id, err)
	}
	err = db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		state, at, err := lockEdition(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case state != stateDraft:
			return errPublished()
		case at != version:
			return errChanged()
		}
		if err := s.stillPublic(ctx, tx, p); err != nil {
			return err
		}
		if err := freeze(ctx, tx, id, actor.ID, now, page, digest(page), frozen.Announcement); err != nil {
			return err
		}
		for _, f := range files {
			if err := insertFile(ctx, tx, id, f); err != nil {
				return err
			}
		}
		if err := s.accounts.Audit(ctx, tx, actor, "edition.publish", e.Number, e.Title); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.PrintEdition{ID: id})
	})
	if err != nil {
		return e, fmt.Errorf("edition.Publish %d: %w", id, err)
	}
	return s.ByNumber(ctx, e.Number)
}

// stillPublic makes withdrawals wait for the edition, and refuses one that holds what was withdrawn while it was composed.
func (s *Service) stillPublic(ctx context.Context, tx *sqlx.Tx, p Paper) error {
	var ids []int64
	for _, part := range p.Parts {
		for _, place := range part.Places {
			if place.Reads() {
				ids = append(ids, place.PostID)
			}
		}
	}
	public, err := lockPublic(ctx, tx, ids)
	if err != nil {
		return err
	}
	if public != len(ids) {
		return errChanged()
	}
	return nil
}

// digest is the checksum of a file: SHA-256 in hexadecimal digits.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
