package practice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// SaveDraft is Save for who does not go on writing.
func (s *Service) SaveDraft(ctx context.Context, actor account.Account, id int64, d Draft) (int64, error) {
	id, _, err := s.Save(ctx, actor, id, d)
	return id, err
}

// Save stores a new draft (id 0) or a changed one and returns its id and version; a draft of a published practice is kept
// beside it and does not change what others see. Only lengths are checked, gaps are allowed. Members their own, editors any.
// Errors: fault.Conflict when d.Version is no longer the newest and says something else.
func (s *Service) Save(ctx context.Context, actor account.Account, id int64, d Draft) (int64, int, error) {
	if _, err := s.authorOf(ctx, actor, id); err != nil {
		return 0, 0, err
	}
	text, err := s.sketch(ctx, d)
	if err != nil {
		return 0, 0, err
	}
	var version int
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, v, err := s.save(ctx, tx, actor, id, text)
		id, version = p.ID, v
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return id, version, nil
}

// authorOf returns whose practice it is, or will be, once it is known that the actor may write it.
func (s *Service) authorOf(ctx context.Context, actor account.Account, id int64) (account.Account, error) {
	if !actor.Local() || !actor.Able(account.RoleMember) {
		return actor, errForbidden()
	}
	if id == 0 {
		return actor, nil
	}
	p, err := s.mine(ctx, actor, id)
	if err != nil || p.AccountID == actor.ID {
		return actor, err
	}
	author, err := s.accounts.ByID(ctx, p.AccountID)
	if err != nil {
		return author, fmt.Errorf("practice: author of %d: %w", id, err)
	}
	return author, nil
}

// sketch is a draft ready to be stored.
type sketch struct {
	version int // of the text it is written over, 0 for any
	files   []FileRef
	pending []byte // what was typed
	content post.Content
	details Practice
}

// sketch prepares a draft. Mistakes in the choice of terms wait for Publish.
func (s *Service) sketch(ctx context.Context, d Draft) (sketch, error) {
	d = d.tidied()
	text := sketch{version: d.Version, files: d.Files}
	if err := d.checkLengths(); err != nil {
		return text, err
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return text, fmt.Errorf("practice.Save: %w", err)
	}
	if text.details, err = s.Details(ctx, d); err != nil {
		return text, err
	}
	if text.pending, err = json.Marshal(d); err != nil {
		return text, fmt.Errorf("practice.Save: %w", err)
	}
	text.content = post.Content{Title: d.Title, Summary: d.Summary, Source: d.Source, HTML: s.Preview(d.Source), Language: d.Language, BoardID: catalog.ID, Visibility: d.Visibility}
	return text, nil
}

// save stores a draft, unless another was stored since the actor read it.
func (s *Service) save(ctx context.Context, tx *sqlx.Tx, actor account.Account, id int64, text sketch) (post.Post, int, error) {
	var p post.Post
	var was workRow
	var err error
	if id != 0 {
		if p, err = s.posts.Lock(ctx, tx, id); err != nil {
			return p, 0, asPractice(err)
		}
		if was, err = workOf(ctx, tx, id); err != nil {
			return p, 0, fmt.Errorf("practice.Save %d: %w", id, err)
		}
		same, err := sameJSON(was.Pending, text.pending)
		switch {
		case err != nil:
			return p, 0, fmt.Errorf("practice.Save %d: %w", id, err)
		case p.State == post.StateWithdrawn:
			return p, 0, errGone()
		case same:
			return p, was.Version, nil // as after a second click, or an answer that was lost on its way
		case text.version != 0 && text.version != was.Version:
			return p, 0, errStale()
		}
	}
	if p.State != post.StatePublished { // else what others see stays
		if p, err = s.posts.DraftArticle(ctx, tx, actor.ID, id, text.content); err != nil {
			return p, 0, fmt.Errorf("practice.Save: %w", err)
		}
		if err := s.write(ctx, tx, p, text.details); err != nil {
			return p, 0, err
		}
	}
	if err := claimFiles(ctx, tx, actor, p.ID, nil, text.files); err != nil {
		return p, 0, err
	}
	version, err := keepWork(ctx, tx, p.ID, actor.ID, text.pending)
	if err != nil {
		return p, 0, fmt.Errorf("practice.Save %d: %w", p.ID, err)
	}
	if len(was.Pending) == 0 {
		err = s.record(ctx, tx, actor, Entry{PostID: p.ID, Event: Saved})
	}
	return p, version, err
}

// sameJSON reports whether two drafts say the same; the database keeps neither the order nor the blanks of what it was given.
func sameJSON(stored, sent []byte) (bool, error) {
	if len(stored) == 0 {
		return false, nil
	}
	var d Draft
	if err := json.Unmarshal(stored, &d); err != nil {
		return false, err
	}
	again, err := json.Marshal(d)
	return bytes.Equal(again, sent), err
}

// DraftOf returns what the form starts with: the waiting draft, else the published state.
func (s *Service) DraftOf(ctx context.Context, actor account.Account, id int64) (Draft, post.Post, error) {
	m, err := s.inWork(ctx, actor, id)
	return m.Draft, m.Post, err
}

// inWork is Manuscript without its structure.
func (s *Service) inWork(ctx context.Context, actor account.Account, id int64) (m Manuscript, err error) {
	if m.Post, err = s.mine(ctx, actor, id); err != nil {
		return m, err
	}
	w, err := workOf(ctx, s.db, id)
	if db.IsNotFound(err) {
		return m, errNotFound() // published under another id, or discarded, since the first look
	}
	if err != nil {
		return m, fmt.Errorf("practice.DraftOf %d: %w", id, err)
	}
	m.Pending, m.ChangedBy, m.ChangedAt, m.Review = len(w.Pending) > 0, w.ChangedBy, w.ChangedAt, w.review()
	if m.Pending {
		if err := json.Unmarshal(w.Pending, &m.Draft); err != nil {
			return m, fmt.Errorf("practice.DraftOf %d: %w", id, err)
		}
		for _, ids := range []*[]int64{&m.Draft.Goals, &m.Draft.Fields} {
			if *ids, err = s.CurrentTerms(ctx, *ids); err != nil {
				return m, err
			}
		}
	} else {
		details, err := s.load(ctx, s.db, id)
		if err != nil {
			return m, err
		}
		m.Draft = draftFrom(m.Post, details)
	}
	m.Draft.Version = w.Version
	return m, nil
}

func draftFrom(p post.Post, details Practice) Draft {
	ids := func(terms []Term) (list []int64) {
		for _, t := range terms {
			if t.ID != 0 {
				list = append(list, t.ID)
			}
		}
		return list
	}
	return Draft{
		Title: p.Title, Summary: p.Summary, Source: p.Source, Language: p.Language, Level: details.Level, Region: details.Region,
		Implementation: details.Implementation, Goals: ids(details.Goals), Fields: ids(details.Fields), Measures: details.Measures,
		Situation: details.Situation, Outcome: details.Outcome, Prerequisites: details.Prerequisites, Pitfalls: details.Pitfalls,
		LegalBasis: details.LegalBasis, PersonDays: details.PersonDays, Costs: details.Costs, Services: details.Services, Links: details.Links,
		ARS: details.ARS, ReuseOf: details.ReuseOf, Files: refsOf(details.Files),
		Figures: details.Figures, ContactName: details.ContactName, ContactUnit: details.ContactUnit,
		ContactEmail: details.ContactEmail, ContactURL: details.ContactURL, Licence: details.Licence,
		Visibility: p.Visibility,
	}
}

// CountDrafts says how many Drafts there are.
func (s *Service) CountDrafts(ctx context.Context, actor account.Account) (int, error) {
	n, err := countDrafts(ctx, s.db, actor.ID)
	if err != nil {
		return 0, fmt.Errorf("practice.CountDrafts: %w", err)
	}
	return n, nil
}

// Drafts lists the actor's own unpublished practices and waiting changes from an offset, newest first. Title and summary are
// those of the draft.
func (s *Service) Drafts(ctx context.Context, actor account.Account, offset, limit int) ([]View, error) {
	rows, err := draftsBy(ctx, s.db, actor.ID, offset, limit)
	if err != nil {
		return nil, fmt.Errorf("practice.Drafts: %w", err)
	}
	posts, reviews := make([]post.Post, 0, len(rows)), map[int64]*Review{}
	for _, r := range rows {
		p, err := s.posts.Get(ctx, r.PostID)
		if fault.Is(err, fault.NotFound) {
			continue // published or discarded meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("practice.Drafts: %w", err)
		}
		var d Draft
		if err := json.Unmarshal(r.Pending, &d); err != nil {
			return nil, fmt.Errorf("practice.Drafts: %d: %w", r.PostID, err)
		}
		p.Title, p.Summary = d.Title, d.Summary
		posts = append(posts, p)
		reviews[r.PostID] = r.review()
	}
	views, err := s.complete(ctx, post.Viewer{AccountID: actor.ID}, posts)
	for i := range views {
		views[i].Review = reviews[views[i].Post.ID]
	}
	return slices.Clip(views), err
}
