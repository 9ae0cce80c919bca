package post

import (
	"context"
	"encoding/json"
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

// Changes are what an edit touches; nil leaves a thing as it is.
type Changes struct {
	Title, Source, Summary, Language *string
	Sensitive                        *bool
	Kind                             Kind // Note or Question, as its parts make it; "" leaves it
	Parts                            []Part
	Wordless                         bool // with its media it needs no text
	// Careful refuses a text that has lost all of its headings, lists, links or code, as programs send that rebuild it from
	// what they show, and takes the title off that they show before it.
	Careful bool
}

// Edit is Revise of a title, which only threads have, and a text.
func (s *Service) Edit(ctx context.Context, actor account.Account, id int64, title, source string) (Post, error) {
	return s.Revise(ctx, actor, id, Changes{Title: &title, Source: &source})
}

// Revise changes an own note; the old version is kept as a revision. The same again changes nothing.
// Errors: NotFound, Gone, Forbidden, Invalid.
func (s *Service) Revise(ctx context.Context, actor account.Account, id int64, c Changes) (Post, error) {
	p, err := s.ownNote(ctx, actor, id)
	if err != nil {
		return p, err
	}
	next, err := c.apply(p)
	if err != nil {
		return p, err
	}
	html, mentions, tags, err := s.RenderAs(ctx, actor, next.SourceType, next.Source)
	if err != nil {
		return p, fmt.Errorf("post.Revise %d: %w", id, err)
	}
	if c.Careful && p.SourceType == Markdown && markup.StructureOf(p.HTML).Lost(markup.StructureOf(html)) {
		return p, fault.Fields(fault.Field{Name: "status", Message: "error.post.structure_lost"})
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if p, err = lockPost(ctx, tx, id); err != nil {
			return err
		}
		if p.State != StatePublished {
			return errGone()
		}
		if next, err = c.apply(p); err != nil {
			return err
		}
		if sameWords(p, next) && len(c.Parts) == 0 {
			return nil
		}
		if p.InReplyToID != nil {
			parent, err := postByID(ctx, tx, *p.InReplyToID)
			if err != nil {
				return fmt.Errorf("post.Revise %d: parent: %w", id, err)
			}
			if parent.AccountID != p.AccountID {
				mentions = appendOnce(mentions, parent.AccountID)
			}
		}
		edited := nextEdit(time.Now(), p.PublishedAt, p.EditedAt)
		next.EditedAt = &edited
		if c.Source != nil {
			next.HTML = html
			if err := s.writeDetails(ctx, tx, next, mentions, tags); err != nil {
				return err
			}
		}
		p = next
		return s.storeEdit(ctx, tx, p, actor.ID, c.Parts)
	})
	return p, err
}

func (s *Service) storeEdit(ctx context.Context, tx *sqlx.Tx, p Post, editorID int64, parts []Part) error {
	if err := updatePost(ctx, tx, p); err != nil {
		return fmt.Errorf("post.Revise %d: %w", p.ID, err)
	}
	for _, part := range parts {
		if err := part(ctx, tx, p); err != nil {
			return err
		}
	}
	media, err := mediaOf(ctx, tx, p.ID)
	if err != nil {
		return fmt.Errorf("post %d: revision: media: %w", p.ID, err)
	}
	if err := s.keepVersion(ctx, tx, p, editorID, media); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdatePost, ID: p.ID}, job.Notify{Event: job.NotifyPost, ID: p.ID})
}

// apply returns p with the changes, checked but not rendered.
func (c Changes) apply(p Post) (Post, error) {
	var mistakes []fault.Field
	if c.Title != nil && p.InReplyToURI == "" {
		title := markup.Line(*c.Title)
		if p.Title != "" || title != "" { // what never had one needs none
			mistakes = append(mistakes, checkTitle(title)...)
		}
		p.Title = title
	}
	wordless := c.Wordless || p.Source == ""
	if c.Source != nil {
		p.Source = tidySource(*c.Source)
		if c.Careful {
			p.Source = withoutTitle(p.Source, p.Title)
		}
	}
	mistakes = append(mistakes, checkSource(p.Source, wordless)...)
	if c.Summary != nil {
		p.Summary = markup.Line(*c.Summary)
		mistakes = append(mistakes, checkWarning(p.Summary)...)
	}
	if c.Sensitive != nil {
		p.Sensitive = *c.Sensitive
	}
	p.Sensitive = p.Sensitive || p.Summary != ""
	if c.Language != nil {
		p.Language = cleanLanguage(*c.Language, p.Language)
	}
	if c.Kind != "" {
		p.Kind = c.Kind
	}
	return p, fault.Fields(mistakes...)
}

// withoutTitle takes off the title that clients are shown as the first line of a text.
func withoutTitle(source, title string) string {
	first, rest, _ := strings.Cut(source, "\n")
	if first = strings.TrimSpace(first); title == "" || first != title && first != "**"+title+"**" {
		return source
	}
	return strings.TrimSpace(rest)
}

func sameWords(a, b Post) bool {
	return a.Title == b.Title && a.Source == b.Source && a.Summary == b.Summary && a.Sensitive == b.Sensitive && a.Language == b.Language && a.Kind == b.Kind
}

// noteDetail is what a revision keeps of a note beside its words.
type noteDetail struct {
	Sensitive bool    `json:"sensitive"`
	Media     []int64 `json:"media,omitempty"`
}

// keepVersion stores the post as it is now, with these media, as its newest version.
func (s *Service) keepVersion(ctx context.Context, tx *sqlx.Tx, p Post, editorID int64, media []int64) error {
	detail, err := json.Marshal(noteDetail{Sensitive: p.Sensitive, Media: media})
	if err != nil {
		return fmt.Errorf("post %d: revision: %w", p.ID, err)
	}
	r := Revision{PostID: p.ID, AccountID: &editorID, Title: p.Title, Summary: p.Summary, HTML: p.HTML, Source: p.Source, Detail: detail}
	if p.EditedAt == nil {
		r.Revision = 1
	}
	if err := insertRevision(ctx, tx, r); err != nil {
		return fmt.Errorf("post %d: revision: %w", p.ID, err)
	}
	return nil
}

func (s *Service) ownNote(ctx context.Context, actor account.Account, id int64) (Post, error) {
	p, err := s.forViewer(ctx, Viewer{AccountID: actor.ID}, id)
	if err != nil {
		return p, err
	}
	if p.AccountID != actor.ID || !p.Local || p.Kind != Note && p.Kind != Question || !actor.Able(account.RoleGuest) {
		return p, errForbidden()
	}
	return p, nil
}

// Delete withdraws an own post (moderators: any local one). Text is emptied, the place in the thread stays. Deleting
// again changes nothing. Before the post is emptied, parts may save what hangs on it.
func (s *Service) Delete(ctx context.Context, actor account.Account, id int64, parts ...Part) error {
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
		if p.State == StatePublished {
			for _, part := range parts {
				if err := part(ctx, tx, p); err != nil {
					return err
				}
			}
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
