package practice

import (
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

// SaveDraft stores a new draft (id 0) or an own one; a draft of a published practice is kept beside it and does not
// change what others see. Only lengths are checked, gaps are allowed. Members and above.
func (s *Service) SaveDraft(ctx context.Context, actor account.Account, id int64, d Draft) (int64, error) {
	if !actor.Local() || !actor.Able(account.RoleMember) {
		return 0, errForbidden()
	}
	if id != 0 {
		if _, err := s.mine(ctx, actor, id); err != nil {
			return 0, err
		}
	}
	d = d.tidied()
	if err := d.checkLengths(); err != nil {
		return 0, err
	}
	pending, err := json.Marshal(d)
	if err != nil {
		return 0, fmt.Errorf("practice.SaveDraft: %w", err)
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return 0, fmt.Errorf("practice.SaveDraft: %w", err)
	}
	// Mistakes in the choice of terms wait for Publish.
	goals, fields, err := s.chosenTerms(ctx, d)
	if err != nil && !fault.Is(err, fault.Invalid) {
		return 0, err
	}
	content := post.Content{Title: d.Title, Summary: d.Summary, Source: d.Source, HTML: s.Preview(d.Source), Language: d.Language, BoardID: catalog.ID, Visibility: d.Visibility}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		id, err = s.saveDraft(ctx, tx, actor, id, content, d.details(goals, fields), pending)
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func (s *Service) saveDraft(ctx context.Context, tx *sqlx.Tx, actor account.Account, id int64, content post.Content, details Practice, pending []byte) (int64, error) {
	var p post.Post
	var err error
	if id != 0 {
		if p, err = s.posts.Lock(ctx, tx, id); err != nil {
			return 0, asPractice(err)
		}
	}
	switch p.State {
	case post.StateWithdrawn:
		return 0, errGone()
	case post.StatePublished: // what others see stays
	default:
		if p, err = s.posts.DraftArticle(ctx, tx, actor.ID, id, content); err != nil {
			return 0, fmt.Errorf("practice.SaveDraft: %w", err)
		}
		if err := s.write(ctx, tx, p, details); err != nil {
			return 0, err
		}
	}
	if err := updatePending(ctx, tx, p.ID, pending); err != nil {
		return 0, fmt.Errorf("practice.SaveDraft %d: %w", p.ID, err)
	}
	return p.ID, nil
}

// DraftOf returns what the form starts with: the waiting draft, else the published state.
func (s *Service) DraftOf(ctx context.Context, actor account.Account, id int64) (Draft, post.Post, error) {
	var d Draft
	p, err := s.mine(ctx, actor, id)
	if err != nil {
		return d, p, err
	}
	pending, err := pendingOf(ctx, s.db, id)
	if err != nil && !db.IsNotFound(err) {
		return d, p, fmt.Errorf("practice.DraftOf %d: %w", id, err)
	}
	if len(pending) > 0 {
		if err := json.Unmarshal(pending, &d); err != nil {
			return d, p, fmt.Errorf("practice.DraftOf %d: %w", id, err)
		}
		return d, p, nil
	}
	details, err := s.load(ctx, s.db, id)
	if err != nil {
		return d, p, err
	}
	return draftFrom(p, details), p, nil
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
		ARS: details.ARS, ReuseOf: details.ReuseOf,
		Figures: details.Figures, ContactName: details.ContactName, ContactUnit: details.ContactUnit,
		ContactEmail: details.ContactEmail, ContactURL: details.ContactURL, Licence: details.Licence,
		Visibility: p.Visibility,
	}
}

// Drafts lists the actor's own unpublished practices and waiting changes, newest first. Title and summary are those of
// the draft.
func (s *Service) Drafts(ctx context.Context, actor account.Account) ([]View, error) {
	rows, err := draftsBy(ctx, s.db, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("practice.Drafts: %w", err)
	}
	posts := make([]post.Post, 0, len(rows))
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
	}
	views, err := s.complete(ctx, post.Viewer{AccountID: actor.ID}, posts)
	return slices.Clip(views), err
}
