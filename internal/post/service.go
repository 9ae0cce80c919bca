package post

import (
	"context"
	"net/url"
	"regexp"
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

// Limits, in characters where text is meant.
const (
	minTitle    = 3
	maxTitle    = 200
	maxSummary  = 1_000 // of others; ours are checked by whoever offers one
	maxWarning  = 500   // before a note of ours
	maxMentions = 30
	maxTags     = markup.MaxTags
	maxReplies  = 1_000
	maxThread   = 5_000
)

// MaxNote is how many characters a note may have.
const MaxNote = 20_000

// Service writes and reads posts.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	jobs     *job.Queue
	markup   *markup.Renderer
	baseURL  string
	erasers  []Eraser
	hearers  []Hearer
}

// Eraser takes the words that another package keeps of a post whose text is being emptied.
type Eraser func(ctx context.Context, tx *sqlx.Tx, postID int64) error

// Hearer hears of a note that was published or a post that was received, in the same transaction, once whom it mentions is
// stored. It does not hear of edits.
type Hearer func(ctx context.Context, tx *sqlx.Tx, p Post) error

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, jobs *job.Queue, renderer *markup.Renderer, baseURL string) *Service {
	return &Service{db: db, accounts: accounts, jobs: jobs, markup: renderer, baseURL: baseURL}
}

// OnErase registers an Eraser. It is for constructors: not safe once the service is in use.
func (s *Service) OnErase(e Eraser) { s.erasers = append(s.erasers, e) }

// OnStored registers a Hearer. It is for constructors: not safe once the service is in use.
func (s *Service) OnStored(h Hearer) { s.hearers = append(s.hearers, h) }

func (s *Service) tell(ctx context.Context, tx *sqlx.Tx, p Post) error {
	for _, hear := range s.hearers {
		if err := hear(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

func errNotFound() error { return fault.New(fault.NotFound, "error.post.not_found") }

func errGone() error { return fault.New(fault.Gone, "error.post.gone") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.post.forbidden") }

// TagURL is where a hashtag of ours leads. Clients know the links of hashtags by this path.
func (s *Service) TagURL(name string) string {
	return s.baseURL + "/tags/" + url.PathEscape(name)
}

// threadURL is the page of a thread, or of a practice or publication with its comments.
func (s *Service) threadURL(root Post) string {
	if root.Publication() {
		return s.baseURL + "/handreichungen/" + decimal(root.ID)
	}
	if root.Kind == Article {
		return s.baseURL + "/praxisbeispiele/" + decimal(root.ID)
	}
	return s.baseURL + "/diskussionen/" + decimal(root.ID)
}

// Render is RenderAs for Markdown.
func (s *Service) Render(ctx context.Context, author account.Account, source string) (html string, mentionIDs []int64, tags []string, err error) {
	return s.RenderAs(ctx, author, Markdown, source)
}

// RenderAs turns a source into HTML for a post by author: mentions of known accounts and tags become links. It returns who
// was mentioned, without the author, and the tags.
func (s *Service) RenderAs(ctx context.Context, author account.Account, kind SourceType, source string) (html string, mentionIDs []int64, tags []string, err error) {
	render := s.markup.RenderWithLinks
	if kind == PlainText {
		render = s.markup.RenderPlain
	}
	html, _, tags = render(source, func(handle string) string {
		if len(mentionIDs) >= maxMentions || err != nil {
			return ""
		}
		a, e := s.accounts.ByHandle(ctx, handle)
		if e != nil {
			if !fault.Is(e, fault.NotFound) {
				err = e
			}
			return ""
		}
		if a.ID != author.ID {
			mentionIDs = appendOnce(mentionIDs, a.ID)
		}
		if a.URL != "" {
			return a.URL
		}
		return a.URI
	}, s.TagURL)
	return html, mentionIDs, tags, err
}

// Preview is the HTML of a source without what names others: nobody is looked up.
func (s *Service) Preview(kind SourceType, source string) string {
	if kind != PlainText {
		return s.markup.Render(source)
	}
	nowhere := func(string) string { return "" }
	html, _, _ := s.markup.RenderPlain(source, nowhere, nowhere)
	return html
}

// nextEdit is when an edit counts as made: whole seconds, and later than what peers know, who compare whole seconds and
// take an equal one for a replay.
func nextEdit(now time.Time, known ...*time.Time) time.Time {
	t := now.UTC().Truncate(time.Second)
	for _, k := range known {
		if k != nil && !t.After(k.Truncate(time.Second)) {
			t = k.UTC().Truncate(time.Second).Add(time.Second)
		}
	}
	return t
}

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func cleanLanguage(tag, fallback string) string {
	if len(tag) <= 35 && languageTag.MatchString(tag) {
		return tag
	}
	if languageTag.MatchString(fallback) {
		return fallback
	}
	return "de"
}

// shorten cuts to at most limit characters.
func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}

// erase empties a post and has the other packages do the same.
func (s *Service) erase(ctx context.Context, tx *sqlx.Tx, id int64) error {
	if err := emptyPost(ctx, tx, id); err != nil {
		return err
	}
	for _, e := range s.erasers {
		if err := e(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// inTx is db.InTx with the given rows missing turned into fault.NotFound.
func (s *Service) inTx(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	return db.InTxOr(ctx, s.db, errNotFound(), f)
}
