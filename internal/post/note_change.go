package post

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
)

// Edit changes an own note; the old version is kept as a revision. The same words again change nothing.
// Errors: NotFound, Gone, Forbidden, Invalid.
func (s *Service) Edit(ctx context.Context, actor account.Account, id int64, title, source string) (Post, error) {
	p, err := s.ownNote(ctx, actor, id)
	if err != nil {
		return p, err
	}
	title, source = markup.Line(title), strings.TrimSpace(markup.Block(source))
	mistakes := checkSource(source)
	if p.InReplyToURI != "" {
		title = p.Title
	} else {
		mistakes = append(checkTitle(title), mistakes...)
	}
	if err := fault.Fields(mistakes...); err != nil {
		return p, err
	}
	html, mentions, tags, err := s.Render(ctx, actor, source)
	if err != nil {
		return p, fmt.Errorf("post.Edit %d: %w", id, err)
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if p, err = lockPost(ctx, tx, id); err != nil {
			return err
		}
		if p.State != StatePublished {
			return errGone()
		}
		if p.Title == title && p.Source == source {
			return nil
		}
		if p.InReplyToID != nil {
			parent, err := postByID(ctx, tx, *p.InReplyToID)
			if err != nil {
				return fmt.Errorf("post.Edit %d: parent: %w", id, err)
			}
			if parent.AccountID != p.AccountID {
				mentions = appendOnce(mentions, parent.AccountID)
			}
		}
		edited := nextEdit(time.Now(), p.PublishedAt, p.EditedAt)
		p.Title, p.Source, p.HTML, p.EditedAt = title, source, html, &edited
		if err := updatePost(ctx, tx, p); err != nil {
			return fmt.Errorf("post.Edit %d: %w", id, err)
		}
		if err := s.writeDetails(ctx, tx, p, mentions, tags); err != nil {
			return err
		}
		if err := insertRevision(ctx, tx, Revision{PostID: id, AccountID: &actor.ID, Title: title, HTML: html, Source: source}); err != nil {
			return fmt.Errorf("post.Edit %d: revision: %w", id, err)
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdatePost, ID: id}, job.Notify{Event: job.NotifyPost, ID: id})
	})
	return p, err
}

func (s *Service) ownNote(ctx context.Context, actor account.Account, id int64) (Post, error) {
	p, err := s.forViewer(ctx, Viewer{AccountID: actor.ID}, id)
	if err != nil {
		return p, err
	}
	if p.AccountID != actor.ID || !p.Local || p.Kind != Note || !actor.Able(account.RoleGuest) {
		return p, errForbidden()
	}
	return p, nil
}

// Delete withdraws an own post (moderators: any local one). Text is emptied, the place in the thread stays. Deleting
// again changes nothing.
func (s *Service) Delete(ctx context.Context, actor account.Account, id int64) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, err := postByID(ctx, tx, id)
		if err != nil {
			return err
		}
		own := p.AccountID == actor.ID && actor.Able(account.RoleGuest)
		switch {
		case p.State == StateDraft && !own:
			return errNotFound()
		case !p.Local || !own && !actor.Able(account.RoleModerator):
			if seen, err := postForViewer(ctx, tx, actor.ID, id); err != nil || !seen.Seen {
				return errNotFound()
			}
			return errForbidden()
		case p.State == StateDraft:
			return deleteDraft(ctx, tx, id)
		}
		if p, err = s.withdraw(ctx, tx, id, true); err != nil || p.State == StateWithdrawn {
			return err
		}
		if own || !actor.Able(account.RoleModerator) {
			return nil
		}
		return s.accounts.Audit(ctx, tx, actor, "post.delete", p.URI, "")
	})
}

// withdraw takes a post back, once. It returns the post as it was before.
func (s *Service) withdraw(ctx context.Context, tx *sqlx.Tx, id int64, empty bool) (Post, error) {
	p, err := postByID(ctx, tx, id)
	if err != nil {
		return p, err
	}
	if p.InReplyToID != nil {
		if _, err := lockParent(ctx, tx, *p.InReplyToID); err != nil {
			return p, fmt.Errorf("post.withdraw %d: parent: %w", id, err)
		}
	}
	if p, err = lockPost(ctx, tx, id); err != nil || p.State == StateWithdrawn {
		return p, err
	}
	if err := withdrawPost(ctx, tx, id, nextEdit(time.Now(), p.PublishedAt, p.EditedAt)); err != nil {
		return p, fmt.Errorf("post.withdraw %d: %w", id, err)
	}
	if empty {
		if err := s.erase(ctx, tx, id); err != nil {
			return p, fmt.Errorf("post.withdraw %d: erase: %w", id, err)
		}
	}
	if p.InReplyToID != nil {
		if err := recountReplies(ctx, tx, *p.InReplyToID); err != nil {
			return p, fmt.Errorf("post.withdraw %d: count: %w", id, err)
		}
	}
	if !p.Local {
		return p, nil
	}
	return p, s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.DeletePost, ID: id})
}

// Revisions lists published versions, newest first. Of a withdrawn post only its author and editors see them.
func (s *Service) Revisions(ctx context.Context, viewer Viewer, id int64) ([]Revision, error) {
	if _, err := s.forViewer(ctx, viewer, id); err != nil {
		if !fault.Is(err, fault.Gone) {
			return nil, err
		}
		p, e := s.Get(ctx, id)
		if e != nil {
			return nil, e
		}
		if !s.mayManage(ctx, viewer, p) {
			return nil, err
		}
	}
	list, err := revisionsOf(ctx, s.db, id)
	if err != nil {
		return nil, fmt.Errorf("post.Revisions %d: %w", id, err)
	}
	return slices.Clip(list), nil
}

// mayManage reports whether the viewer wrote p or is an editor of ours, and p is ours.
func (s *Service) mayManage(ctx context.Context, viewer Viewer, p Post) bool {
	if viewer.AccountID == 0 || !p.Local {
		return false
	}
	if p.AccountID == viewer.AccountID {
		return true
	}
	a, err := s.accounts.ByID(ctx, viewer.AccountID)
	return err == nil && a.Local() && a.Able(account.RoleEditor)
}
