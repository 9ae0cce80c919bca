package post

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
)

// Content is what another package publishes as a post of kind article, checked and rendered. The transaction and the
// roles are that package's business.
type Content struct {
	Title, Summary, Source, HTML, Language string
	Visibility                             Visibility // Public, also when empty, or Network
	Role                                   string     // RoleDocument, RoleEdition, "" for all else
	Page                                   string     // path of its page for people; "": that of its kind, or what it has already

	Tags     []string
	Mentions []int64
	BoardID  int64  // 0: it stands on no board
	Detail   []byte // JSON that a revision keeps beside the words
}

// DraftArticle stores an article that only its author and editors see; id 0 makes a new one.
func (s *Service) DraftArticle(ctx context.Context, tx *sqlx.Tx, authorID, id int64, a Content) (Post, error) {
	if id != 0 {
		p, err := lockPost(ctx, tx, id)
		if err != nil {
			return p, err
		}
		a.fill(&p)
		return p, updatePost(ctx, tx, p)
	}
	p := Post{AccountID: authorID, State: StateDraft}
	a.fill(&p)
	return p, s.insertArticle(ctx, tx, &p, a.Page, time.Now())
}

// PublishArticle stores a new public article with its first revision and tells the world.
func (s *Service) PublishArticle(ctx context.Context, tx *sqlx.Tx, authorID, editorID int64, a Content) (Post, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	p := Post{AccountID: authorID, State: StatePublished, PublishedAt: &now}
	a.fill(&p)
	if err := s.insertArticle(ctx, tx, &p, a.Page, now); err != nil {
		return p, err
	}
	if err := s.versionArticle(ctx, tx, p, 1, editorID, a); err != nil {
		return p, err
	}
	return p, s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.CreatePost, ID: p.ID}, job.Notify{Event: job.NotifyPost, ID: p.ID})
}

// ReviseArticle stores a further version of a published article, which the caller has locked.
func (s *Service) ReviseArticle(ctx context.Context, tx *sqlx.Tx, p Post, revision int, editorID int64, a Content) (Post, error) {
	edited := nextEdit(time.Now(), p.PublishedAt, p.EditedAt)
	p.EditedAt = &edited
	a.fill(&p)
	if err := updatePost(ctx, tx, p); err != nil {
		return p, fmt.Errorf("post.ReviseArticle %d: %w", p.ID, err)
	}
	if err := s.versionArticle(ctx, tx, p, revision, editorID, a); err != nil {
		return p, err
	}
	return p, s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdatePost, ID: p.ID}, job.Notify{Event: job.NotifyPost, ID: p.ID})
}

// TouchArticle tells the world that something beside the words of a published article changed, which the caller has locked.
func (s *Service) TouchArticle(ctx context.Context, tx *sqlx.Tx, p Post) error {
	edited := nextEdit(time.Now(), p.PublishedAt, p.EditedAt)
	p.EditedAt = &edited
	if err := updatePost(ctx, tx, p); err != nil {
		return fmt.Errorf("post.TouchArticle %d: %w", p.ID, err)
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdatePost, ID: p.ID})
}

// RetagArticle is TouchArticle with other hashtags beside the words.
func (s *Service) RetagArticle(ctx context.Context, tx *sqlx.Tx, p Post, tags []string) error {
	if err := replaceTags(ctx, tx, p.ID, tags); err != nil {
		return fmt.Errorf("post.RetagArticle %d: tags: %w", p.ID, err)
	}
	return s.TouchArticle(ctx, tx, p)
}

// WithdrawArticle takes a published article back everywhere. Unlike Delete it leaves the words here, for those who
// wrote them.
func (s *Service) WithdrawArticle(ctx context.Context, tx *sqlx.Tx, id int64) error {
	_, err := s.withdraw(ctx, tx, id, false)
	return err
}

// EraseArticle is WithdrawArticle for what nobody shall read again: neither its words nor its earlier versions are kept.
func (s *Service) EraseArticle(ctx context.Context, tx *sqlx.Tx, id int64) error {
	_, err := s.withdraw(ctx, tx, id, true)
	return err
}

// DiscardDraft removes a draft without a trace.
func (s *Service) DiscardDraft(ctx context.Context, tx *sqlx.Tx, id int64) error {
	return deleteDraft(ctx, tx, id)
}

// Lock returns a post that nobody else changes until the transaction ends.
func (s *Service) Lock(ctx context.Context, tx *sqlx.Tx, id int64) (Post, error) {
	p, err := lockPost(ctx, tx, id)
	if db.IsNotFound(err) {
		return p, errNotFound()
	}
	return p, err
}

func (a Content) fill(p *Post) {
	p.Local, p.Kind, p.Role, p.Visibility, p.BoardID = true, Article, a.Role, Public, &a.BoardID
	if a.BoardID == 0 {
		p.BoardID = nil
	}
	if a.Visibility == Network {
		p.Visibility, p.BoardID = Network, nil // a group passes on only what everyone may see
	}
	p.Title, p.Summary, p.Source, p.HTML, p.Language = a.Title, a.Summary, a.Source, a.HTML, cleanLanguage(a.Language, "")
}

func (s *Service) insertArticle(ctx context.Context, tx *sqlx.Tx, p *Post, page string, at time.Time) error {
	for inserted := false; !inserted; {
		p.ID = db.NewID(at)
		p.ThreadID = p.ID
		list := "/practices/"
		if p.Publication() {
			list = "/publications/"
		}
		p.URI, p.URL = s.baseURL+list+decimal(p.ID), s.threadURL(*p)
		if page != "" {
			p.URL = s.baseURL + page
		}
		p.ContextURI = s.baseURL + "/threads/" + decimal(p.ID)
		var err error
		if inserted, err = insertPost(ctx, tx, *p); err != nil {
			return fmt.Errorf("post: insert article: %w", err)
		}
	}
	return nil
}

func (s *Service) versionArticle(ctx context.Context, tx *sqlx.Tx, p Post, revision int, editorID int64, a Content) error {
	if err := s.writeDetails(ctx, tx, p, a.Mentions, a.Tags); err != nil {
		return err
	}
	r := Revision{PostID: p.ID, Revision: revision, AccountID: &editorID, Title: p.Title, Summary: p.Summary, HTML: p.HTML, Source: p.Source, Detail: a.Detail}
	if err := insertRevision(ctx, tx, r); err != nil {
		return fmt.Errorf("post: revision %d of %d: %w", revision, p.ID, err)
	}
	return nil
}
