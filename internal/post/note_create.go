package post

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
)

// Draft is what someone writes: a thread (no InReplyToID, Title wanted unless Untitled) or an answer.
type Draft struct {
	InReplyToID int64
	Title       string // threads: 3..200 characters
	Untitled    bool   // the thread has no title, as notes of other programs
	Source      string // 1..20,000 characters
	SourceType  SourceType
	Summary     string // a warning that stands before the text, at most 500 characters
	Sensitive   bool
	Visibility  Visibility
	Language    string
	Kind        Kind   // Note, unless it asks something
	Role        string // of an answer to a practice; what Create takes is for editors only
	AppID       *int64 // the program it is written with
	Parts       []Part
	Wordless    bool   // its parts say enough: it needs no text
	Key         string // who sends the same again under the same key gets the first post
}

// Composed is a checked and rendered note that is not stored yet. It exists because rendering looks accounts up, which
// must not happen within a transaction that holds a connection already.
type Composed struct {
	post     Post
	mentions []int64
	tags     []string
	parts    []Part
}

// Create publishes a note. Mentions (@user, @user@host) are looked up among known accounts and linked; the
// parent's author is always mentioned. Threads stand on our forum's board; answers inherit board, thread, context and at most
// the visibility of their parent. Guests may only answer. Enqueues Distribute and Notify; what the group of a local
// board passes on follows from Distribute.
func (s *Service) Create(ctx context.Context, actor account.Account, d Draft) (Post, error) {
	p, _, err := s.create(ctx, actor, d)
	return p, err
}

// CreateView is Create with what stands beside the new post for its author, if that is known without reading it again (whole):
// nobody can have reacted yet to what answers and names nobody.
func (s *Service) CreateView(ctx context.Context, actor account.Account, d Draft) (v View, whole bool, err error) {
	p, c, err := s.create(ctx, actor, d)
	if err != nil {
		return View{}, false, err
	}
	if c == nil || p.InReplyToID != nil || len(c.mentions) > 0 {
		return View{Post: p, Author: actor}, false, nil
	}
	return View{Post: p, Author: actor, Tags: slices.Sorted(slices.Values(c.tags))}, true, nil
}

// create returns what was composed, too, or nil where the post is one from before, sent a second time.
func (s *Service) create(ctx context.Context, actor account.Account, d Draft) (p Post, c *Composed, err error) {
	if err := s.May(actor, d); err != nil {
		return p, nil, err
	}
	if id, err := s.Repeated(ctx, actor.ID, d.Key); err != nil || id != 0 {
		p, err = s.first(ctx, id, err)
		return p, nil, err
	}
	composed, err := s.Compose(ctx, actor, d)
	if err != nil {
		return p, nil, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		return s.Once(ctx, tx, actor.ID, d.Key, func() (int64, error) {
			p, err = s.PublishIn(ctx, tx, composed)
			return p.ID, err
		})
	})
	var repeated RepeatedError
	if errors.As(err, &repeated) {
		p, err = s.first(ctx, repeated.ID, nil)
		return p, nil, err
	}
	return p, &composed, err
}

// May reports whether the actor may write a draft at all: guests only answer, what bears a role is for editors.
func (s *Service) May(actor account.Account, d Draft) error {
	need := account.RoleGuest
	if d.InReplyToID == 0 {
		need = account.RoleMember
	}
	if d.Role != "" {
		need = account.RoleEditor
	}
	if !actor.Local() || !actor.Able(need) {
		return errForbidden()
	}
	return nil
}

// Compose checks and renders a note by author, who may be one of our groups: its caller has checked who acts.
func (s *Service) Compose(ctx context.Context, author account.Account, d Draft) (Composed, error) {
	p, err := checkDraft(author, d)
	if err != nil {
		return Composed{}, err
	}
	c := Composed{post: p, parts: d.Parts}
	if c.post.HTML, c.mentions, c.tags, err = s.RenderAs(ctx, author, p.SourceType, p.Source); err != nil {
		return Composed{}, fmt.Errorf("post.Compose: %w", err)
	}
	if d.InReplyToID == 0 {
		forum, err := s.accounts.ForumID(ctx)
		if err != nil {
			return Composed{}, fmt.Errorf("post.Compose: %w", err)
		}
		c.post.BoardID = &forum
		return c, nil
	}
	parent, err := s.forViewer(ctx, Viewer{AccountID: author.ID}, d.InReplyToID)
	if err != nil {
		return Composed{}, err
	}
	if parent.State != StatePublished {
		return Composed{}, errNotFound()
	}
	if parent.AccountID != author.ID {
		c.mentions = appendOnce(c.mentions, parent.AccountID)
	}
	c.post.InReplyToID = &parent.ID
	return c, nil
}

// PublishIn stores a composed note in the caller's transaction.
func (s *Service) PublishIn(ctx context.Context, tx *sqlx.Tx, c Composed) (Post, error) {
	p, root := c.post, c.post
	if p.InReplyToID != nil {
		parent, err := lockParent(ctx, tx, *p.InReplyToID)
		if err != nil {
			return p, fmt.Errorf("post.PublishIn: parent %d: %w", *p.InReplyToID, err)
		}
		if parent.State != StatePublished {
			return p, errGone()
		}
		p.InReplyToURI, p.ThreadID, p.BoardID, p.ContextURI = parent.URI, parent.ThreadID, parent.BoardID, parent.ContextURI
		p.Visibility = p.Visibility.Narrower(parent.Visibility)
		if root, err = postByID(ctx, tx, p.ThreadID); err != nil {
			return p, fmt.Errorf("post.PublishIn: thread %d: %w", p.ThreadID, err)
		}
	}
	if !p.Visibility.Listed() {
		p.BoardID = nil // a group passes on only what everyone may see
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	p.PublishedAt, p.CreatedAt = &now, now
	for inserted := false; !inserted; {
		p.ID = db.NewID(now)
		p.URI = s.baseURL + "/notes/" + decimal(p.ID)
		if p.InReplyToID == nil {
			p.ThreadID, p.ContextURI = p.ID, s.baseURL+"/threads/"+decimal(p.ID)
			p.URL = s.threadURL(p)
		} else {
			p.URL = s.threadURL(root) + "#beitrag-" + decimal(p.ID)
		}
		var err error
		if inserted, err = insertPost(ctx, tx, p); err != nil {
			return p, fmt.Errorf("post.PublishIn: %w", err)
		}
	}
	if err := insertDetails(ctx, tx, p.ID, c.mentions, c.tags); err != nil {
		return p, fmt.Errorf("post.PublishIn: %w", err)
	}
	for _, part := range c.parts {
		if err := part(ctx, tx, p); err != nil {
			return p, err
		}
	}
	var media []int64
	if len(c.parts) > 0 {
		var err error
		if media, err = mediaOf(ctx, tx, p.ID); err != nil {
			return p, fmt.Errorf("post.PublishIn: media: %w", err)
		}
	}
	if err := s.keepVersion(ctx, tx, p, p.AccountID, media); err != nil {
		return p, err
	}
	if p.InReplyToID != nil {
		if err := recountReplies(ctx, tx, *p.InReplyToID); err != nil {
			return p, fmt.Errorf("post.PublishIn: count: %w", err)
		}
	}
	if err := s.tell(ctx, tx, p); err != nil {
		return p, err
	}
	return p, s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.CreatePost, ID: p.ID}, job.Notify{Event: job.NotifyPost, ID: p.ID})
}

var roles = []string{"", RoleCurationNote, RoleQuestion, RoleReuse, RoleAssessment, RoleInvitation}

// checkDraft returns the note a draft asks for, without what its parent and its rendering add.
func checkDraft(author account.Account, d Draft) (Post, error) {
	p := Post{
		AccountID: author.ID, Local: true, Kind: d.Kind, State: StatePublished, Role: d.Role, AppID: d.AppID,
		Source: tidySource(d.Source), SourceType: d.SourceType, Summary: markup.Line(d.Summary), Sensitive: d.Sensitive || markup.Line(d.Summary) != "",
		Language: cleanLanguage(d.Language, author.Language), Visibility: d.Visibility,
	}
	if p.Visibility == "" {
		p.Visibility = Public
	}
	if p.SourceType == "" {
		p.SourceType = Markdown
	}
	if p.Kind == "" {
		p.Kind = Note
	}
	mistakes := append(checkSource(p.Source, d.Wordless), checkWarning(p.Summary)...)
	if d.InReplyToID == 0 && !d.Untitled {
		p.Title = markup.Line(d.Title)
		mistakes = append(checkTitle(p.Title), mistakes...)
	}
	if !p.Visibility.Valid() {
		mistakes = append(mistakes, fault.Field{Name: "visibility", Message: "error.field.choice"})
	}
	if p.Kind != Note && p.Kind != Question || p.SourceType != Markdown && p.SourceType != PlainText {
		mistakes = append(mistakes, fault.Field{Name: "kind", Message: "error.field.choice"})
	}
	if !slices.Contains(roles, d.Role) || d.Role != "" && (d.InReplyToID == 0) != (d.Role == RoleInvitation) {
		mistakes = append(mistakes, fault.Field{Name: "role", Message: "error.field.choice"})
	}
	return p, fault.Fields(mistakes...)
}

func tidySource(source string) string { return strings.TrimSpace(markup.Block(source)) }

func checkTitle(title string) []fault.Field {
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return []fault.Field{{Name: "title", Message: "error.field.required"}}
	case n < minTitle:
		return []fault.Field{{Name: "title", Message: "error.field.too_short", Args: map[string]any{"Min": minTitle}}}
	case n > maxTitle:
		return []fault.Field{{Name: "title", Message: "error.field.too_long", Args: map[string]any{"Max": maxTitle}}}
	}
	return nil
}

func checkSource(source string, wordless bool) []fault.Field {
	switch n := utf8.RuneCountInString(source); {
	case n == 0 && !wordless:
		return []fault.Field{{Name: "source", Message: "error.field.required"}}
	case n > MaxNote:
		return []fault.Field{{Name: "source", Message: "error.field.too_long", Args: map[string]any{"Max": MaxNote}}}
	}
	return nil
}

func checkWarning(summary string) []fault.Field {
	if utf8.RuneCountInString(summary) > maxWarning {
		return []fault.Field{{Name: "summary", Message: "error.field.too_long", Args: map[string]any{"Max": maxWarning}}}
	}
	return nil
}

func (s *Service) writeDetails(ctx context.Context, tx *sqlx.Tx, p Post, mentions []int64, tags []string) error {
	if err := replaceMentions(ctx, tx, p.ID, mentions); err != nil {
		return fmt.Errorf("post %d: mentions: %w", p.ID, err)
	}
	if err := replaceTags(ctx, tx, p.ID, tags); err != nil {
		return fmt.Errorf("post %d: tags: %w", p.ID, err)
	}
	return nil
}

func appendOnce(ids []int64, id int64) []int64 {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }
