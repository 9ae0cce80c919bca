package post

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
)

// Peers' clocks may be ahead of ours by this much before we correct them.
const clockSkew = 5 * time.Minute

// oldest is the earliest time of publication we believe.
var oldest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Receive stores or updates a remote post: sanitises, links parent and thread (adopting orphans that waited for it),
// counts the reply, notifies mentioned and answered local accounts once. Unknown parents are noted by URI and a
// FetchPost job is enqueued. An update counts only when newer. Extra runs in the same transaction (practice details)
// when the post is new or changed. created tells whether the row is new.
//
// Errors: Gone for what was withdrawn before (nothing happens), Forbidden when the post is ours, another author's, or of
// another kind than we know it as (but a note can become a question, and back), Invalid for an address that is none.
func (s *Service) Receive(ctx context.Context, r Received, extra func(tx *sqlx.Tx, p Post) error) (p Post, created bool, err error) {
	now := time.Now().UTC()
	if s.ours(r.URI) {
		return p, false, errForbidden()
	}
	p, tags, err := s.received(r, now)
	if err != nil {
		return p, false, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockURIs(ctx, tx, p.URI, p.InReplyToURI); err != nil {
			return fmt.Errorf("post.Receive %q: lock: %w", r.URI, err)
		}
		at, err := lookFor(ctx, tx, p.URI, p.AccountID)
		if err != nil {
			return fmt.Errorf("post.Receive %q: %w", r.URI, err)
		}
		switch {
		case at.Known:
			known, err := lockPostByURI(ctx, tx, p.URI)
			if err != nil {
				return fmt.Errorf("post.Receive %q: %w", r.URI, err)
			}
			if r.First && known.AccountID == p.AccountID && known.State == StatePublished {
				p = known
				return nil
			}
			p, err = s.receiveUpdate(ctx, tx, known, p, r, tags, extra)
			return err
		case at.Dead:
			return errGone()
		}
		created = true
		p, err = s.receiveNew(ctx, tx, p, r, tags, at, extra)
		return err
	})
	if err != nil {
		return Post{}, false, err
	}
	return p, created, nil
}

func (s *Service) receiveNew(ctx context.Context, tx *sqlx.Tx, p Post, r Received, tags []string, at circumstances, extra func(tx *sqlx.Tx, p Post) error) (Post, error) {
	fetch, err := s.hang(ctx, tx, &p)
	if err != nil {
		return p, err
	}
	if !p.Visibility.Listed() {
		p.BoardID = nil
	}
	for inserted := false; !inserted; {
		// Others' times are whole seconds; the id's random part alone would clash when a server publishes much at once.
		p.ID = db.NewID(*p.PublishedAt)
		if p.InReplyToID == nil {
			p.ThreadID = p.ID
		}
		if inserted, err = insertPost(ctx, tx, p); err != nil {
			return p, fmt.Errorf("post.Receive %q: %w", p.URI, err)
		}
	}
	mentions := mentionsWithin(r.MentionIDs)
	if err := insertDetails(ctx, tx, p.ID, mentions, tags); err != nil {
		return p, fmt.Errorf("post.Receive %q: %w", p.URI, err)
	}
	if p.InReplyToID != nil {
		if err := recountReplies(ctx, tx, *p.InReplyToID); err != nil {
			return p, fmt.Errorf("post.Receive %q: count: %w", p.URI, err)
		}
	}
	if at.Awaited {
		if err := s.adoptOrphans(ctx, tx, p); err != nil {
			return p, fmt.Errorf("post.Receive %q: orphans: %w", p.URI, err)
		}
		if p, err = postByID(ctx, tx, p.ID); err != nil {
			return p, fmt.Errorf("post.Receive %q: %w", r.URI, err)
		}
	}
	if extra != nil {
		if err := extra(tx, p); err != nil {
			return p, err
		}
	}
	if err := s.tell(ctx, tx, p); err != nil {
		return p, err
	}
	if fetch {
		if err := s.jobs.Enqueue(ctx, tx, job.FetchPost{URI: p.InReplyToURI}); err != nil {
			return p, err
		}
	}
	// Most of what arrives is news for nobody in particular: it needs no job to find that out.
	if p.InReplyToID == nil && len(mentions) == 0 && !at.Close {
		return p, nil
	}
	return p, s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyPost, ID: p.ID})
}

// hang looks for the parent; fetch reports whether it is unknown and can be asked for.
func (s *Service) hang(ctx context.Context, tx *sqlx.Tx, p *Post) (fetch bool, err error) {
	if p.InReplyToURI == "" {
		return false, nil
	}
	parent, err := postByURI(ctx, tx, p.InReplyToURI)
	if db.IsNotFound(err) || err == nil && parent.State == StateDraft {
		if parent, err = s.standIn(ctx, tx, *p); db.IsNotFound(err) {
			return !s.ours(p.InReplyToURI), nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("post.Receive %q: parent: %w", p.URI, err)
	}
	if parent, err = lockParent(ctx, tx, parent.ID); err != nil {
		return false, fmt.Errorf("post.Receive %q: parent: %w", p.URI, err)
	}
	p.InReplyToID, p.ThreadID = &parent.ID, parent.ThreadID
	p.Visibility = p.Visibility.Narrower(parent.Visibility)
	if parent.BoardID != nil {
		p.BoardID = parent.BoardID
	}
	if parent.ContextURI != "" {
		p.ContextURI = parent.ContextURI
	}
	return false, nil
}

// standIn is below what an answer hangs whose parent was withdrawn before we could read it: the beginning of the thread that
// the answer names as its context. sql.ErrNoRows when the parent may still come, or we do not know the thread.
func (s *Service) standIn(ctx context.Context, tx *sqlx.Tx, p Post) (Post, error) {
	dead, err := tombstoned(ctx, tx, p.InReplyToURI)
	if err != nil {
		return p, err
	}
	if !dead {
		return p, sql.ErrNoRows
	}
	return rootOfContext(ctx, tx, p.ContextURI)
}

// ParentGone remembers that the origin has no longer got a post that we never had, and hangs the answers to it that wait
// for it below the beginning of their thread, as far as we know it.
func (s *Service) ParentGone(ctx context.Context, uri string) error {
	if s.ours(uri) {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockURIs(ctx, tx, uri); err != nil {
			return fmt.Errorf("post.ParentGone %q: lock: %w", uri, err)
		}
		if _, err := postByURI(ctx, tx, uri); !db.IsNotFound(err) {
			return err // it came meanwhile
		}
		if err := insertTombstone(ctx, tx, uri); err != nil {
			return err
		}
		roots, err := rootsOfOrphans(ctx, tx, uri)
		if err != nil {
			return fmt.Errorf("post.ParentGone %q: %w", uri, err)
		}
		for _, id := range roots {
			root, err := lockParent(ctx, tx, id)
			if err == nil {
				err = s.adoptFor(ctx, tx, root, uri)
			}
			if err != nil {
				return fmt.Errorf("post.ParentGone %q: %w", uri, err)
			}
		}
		return nil
	})
}

// adoptFor hangs below root what answers uri and names root's thread as its context.
func (s *Service) adoptFor(ctx context.Context, tx *sqlx.Tx, root Post, uri string) error {
	orphans, err := orphansOf(ctx, tx, uri)
	if err != nil {
		return err
	}
	for _, id := range orphans {
		orphan, err := postByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if id == root.ThreadID || orphan.ContextURI != root.ContextURI {
			continue
		}
		if err := adopt(ctx, tx, root, id); err != nil {
			return err
		}
	}
	return recountReplies(ctx, tx, root.ID)
}

// adoptOrphans hangs below p what waited for it. A thread that p itself stands in cannot move below it: whoever says so
// made a circle, which stays open.
func (s *Service) adoptOrphans(ctx context.Context, tx *sqlx.Tx, p Post) error {
	orphans, err := orphansOf(ctx, tx, p.URI)
	if err != nil {
		return err
	}
	for _, id := range orphans {
		if id == p.ThreadID {
			continue
		}
		if err := adopt(ctx, tx, p, id); err != nil {
			return err
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	return recountReplies(ctx, tx, p.ID)
}

// receiveUpdate applies what is newer than what we know.
func (s *Service) receiveUpdate(ctx context.Context, tx *sqlx.Tx, known, p Post, r Received, tags []string, extra func(tx *sqlx.Tx, p Post) error) (Post, error) {
	switch {
	case known.Local, known.AccountID != p.AccountID, known.Kind != p.Kind && !(asks(known.Kind) && asks(p.Kind)):
		return known, errForbidden()
	case known.State != StatePublished:
		return known, errGone()
	}
	if known.BoardID == nil && p.BoardID != nil && known.Visibility.Listed() {
		known.BoardID = p.BoardID
		if err := updateBoard(ctx, tx, known.ID, p.BoardID); err != nil {
			return known, fmt.Errorf("post.Receive %q: board: %w", r.URI, err)
		}
	}
	if !newer(p.EditedAt, known) {
		return known, nil
	}
	if known.InReplyToID != nil {
		parent, err := postByID(ctx, tx, *known.InReplyToID)
		if err != nil {
			return known, fmt.Errorf("post.Receive %q: parent: %w", r.URI, err)
		}
		p.Visibility = p.Visibility.Narrower(parent.Visibility)
	}
	known.Kind, known.URL, known.Visibility, known.Role, known.EditedAt = p.Kind, p.URL, p.Visibility, p.Role, p.EditedAt
	known.Title, known.Summary, known.HTML, known.Language, known.Sensitive = p.Title, p.Summary, p.HTML, p.Language, p.Sensitive
	if err := updatePost(ctx, tx, known); err != nil {
		return known, fmt.Errorf("post.Receive %q: %w", r.URI, err)
	}
	if err := s.writeDetails(ctx, tx, known, mentionsWithin(r.MentionIDs), tags); err != nil {
		return known, err
	}
	if extra != nil {
		if err := extra(tx, known); err != nil {
			return known, err
		}
	}
	return known, s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyPost, ID: known.ID})
}

// asks reports whether an edit can give a post of that kind a poll, or take it.
func asks(k Kind) bool { return k == Note || k == Question }

func newer(edited *time.Time, known Post) bool {
	if edited == nil {
		return false
	}
	if known.EditedAt != nil {
		return edited.After(*known.EditedAt)
	}
	return known.PublishedAt == nil || edited.After(*known.PublishedAt)
}

// ReceiveDelete withdraws a remote post, or remembers the URI so that a late Create is dropped.
func (s *Service) ReceiveDelete(ctx context.Context, uri string) error {
	if s.ours(uri) {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockURIs(ctx, tx, uri); err != nil {
			return fmt.Errorf("post.ReceiveDelete %q: lock: %w", uri, err)
		}
		p, err := postByURI(ctx, tx, uri)
		if db.IsNotFound(err) {
			return insertTombstone(ctx, tx, uri)
		}
		if err != nil {
			return fmt.Errorf("post.ReceiveDelete %q: %w", uri, err)
		}
		_, err = s.withdraw(ctx, tx, p.ID, true)
		return err
	})
}

// keepTombstones is how long the id of something deleted before we knew it is remembered. What asks for it later is told by
// its origin.
const keepTombstones = 90 * 24 * time.Hour

// Tidy forgets what was deleted elsewhere long ago: any server can name ids of its own without end.
func (s *Service) Tidy(ctx context.Context) error {
	if err := deleteTombstones(ctx, s.db, time.Now().Add(-keepTombstones)); err != nil {
		return fmt.Errorf("post.Tidy: %w", err)
	}
	return nil
}

var (
	roleName = regexp.MustCompile(`^[A-Za-z]{0,40}$`)
	hasTags  = regexp.MustCompile(`</?[A-Za-z]|&[A-Za-z#]`)
)

// maxTagName is the longest hashtag we take, in characters.
const maxTagName = 100

// isTagName reports whether a hashtag is one word. As a regular expression with its bound it took 3 MB.
func isTagName(name string) bool {
	if n := utf8.RuneCountInString(name); n == 0 || n > maxTagName {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.N)
	})
}

// received makes a post of what a peer says, believing as little as possible.
func (s *Service) received(r Received, now time.Time) (Post, []string, error) {
	p := Post{
		URI: r.URI, URL: r.URL, AccountID: r.AuthorID, Kind: r.Kind, State: StatePublished, Visibility: r.Visibility,
		Role: r.Role, BoardID: r.BoardID, InReplyToURI: r.InReplyToURI, ContextURI: r.ContextURI,
		Title: shorten(markup.Line(r.Title), maxTitle), HTML: s.html(r),
		Language: cleanLanguage(r.Language, ""), Sensitive: r.Sensitive,
	}
	host := hostOf(r.URI)
	if host == "" {
		return p, nil, fault.Fields(fault.Field{Name: "id", Message: "error.field.url"})
	}
	if hostOf(p.URL) != host {
		p.URL = p.URI // a page elsewhere could pretend to be anybody's
	}
	if p.InReplyToURI == p.URI || hostOf(p.InReplyToURI) == "" {
		p.InReplyToURI = ""
	}
	if hostOf(p.ContextURI) == "" {
		p.ContextURI = ""
	}
	if !p.Visibility.Valid() {
		p.Visibility = Direct
	}
	if !roleName.MatchString(p.Role) {
		p.Role = ""
	}
	p.Summary = r.Summary
	if hasTags.MatchString(p.Summary) {
		p.Summary = markup.Text(p.Summary)
	}
	p.Summary = shorten(markup.Line(p.Summary), maxSummary)

	published := r.PublishedAt.UTC().Truncate(time.Microsecond) // as precise as the database
	if published.Before(oldest) || published.After(now) {
		published = now
	}
	p.PublishedAt, p.CreatedAt, p.SourceType = &published, now.Truncate(time.Microsecond), Markdown
	if r.UpdatedAt != nil && r.UpdatedAt.After(published) {
		edited := r.UpdatedAt.UTC()
		if edited.After(now.Add(clockSkew)) {
			edited = now
		}
		p.EditedAt = &edited
	}
	var tags []string
	for _, t := range r.Tags {
		t = strings.TrimPrefix(strings.TrimSpace(t), "#")
		if isTagName(t) && len(tags) < maxTags && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	return p, tags, nil
}

// html is the text of a received post with what is linked below it, safe to show.
func (s *Service) html(r Received) string {
	text := r.HTML
	switch r.Format {
	case Markdown:
		text = s.markup.Render(text)
	case PlainText:
		text = s.Preview(PlainText, text)
	}
	for _, l := range r.Links {
		text += `<p><a href="` + html.EscapeString(l.URL) + `">` + html.EscapeString(cmp.Or(l.Name, l.URL)) + `</a></p>`
	}
	return s.markup.Sanitize(text)
}

// hostOf returns the host of a web address, "" for anything else.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > 2_000 || (u.Scheme != "https" && u.Scheme != "http") || address != markup.Line(address) {
		return ""
	}
	return strings.ToLower(u.Host)
}

func mentionsWithin(ids []int64) []int64 { return ids[:min(len(ids), 100)] }
