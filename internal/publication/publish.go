package publication

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits in characters, and of lists in entries.
const (
	minTitle, maxTitle     = 3, 200
	minSummary, maxSummary = 10, 500
	maxSource              = 50_000
	maxVersion             = 40
	MaxEntries             = 500
	maxListed              = 20 // files
)

// Draft is what is to be published. Its texts are checked by whoever offers a form, and once more here.
type Draft struct {
	Kind, Type, Version string
	Title               string // 3..200 characters
	Summary             string // one to three sentences, 10..500 characters
	Source              string // Markdown, 1..50,000 characters
	Language            string
	Page                string // path of the page for people; "" for that of its kind, or the one it has already
	EditorID            int64  // who publishes it; 0 for the author
	Entries             []Entry
	Checksum            string
	Files               []File
}

var checksum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// PublishIn publishes in the name of author, the catalogue of this instance, in a transaction of the caller, who has checked
// who acts: rows, the first revision and the jobs that tell the followers. Errors: fault.Invalid with fields named like Draft's.
func (s *Service) PublishIn(ctx context.Context, tx *sqlx.Tx, author account.Account, d Draft) (post.Post, error) {
	d, err := d.checked()
	if err != nil {
		return post.Post{}, err
	}
	content, err := s.content(d)
	if err != nil {
		return post.Post{}, err
	}
	p, err := s.posts.PublishArticle(ctx, tx, author.ID, d.editor(author), content)
	if err != nil {
		return p, err
	}
	return p, s.store(ctx, tx, p, d, 1)
}

// ReviseIn publishes a further version of what PublishIn published. fault.Gone for what was withdrawn, fault.Invalid.
func (s *Service) ReviseIn(ctx context.Context, tx *sqlx.Tx, author account.Account, postID int64, d Draft) (post.Post, error) {
	d, err := d.checked()
	if err != nil {
		return post.Post{}, err
	}
	content, err := s.content(d)
	if err != nil {
		return post.Post{}, err
	}
	p, err := s.posts.Lock(ctx, tx, postID)
	switch {
	case err != nil:
		return p, asPublication(err)
	case !p.Local || p.AccountID != author.ID || p.Role != d.Kind || !p.Publication():
		return p, errForbidden()
	case p.State != post.StatePublished:
		return p, errGone()
	}
	revision, err := revisionOf(ctx, tx, postID)
	if err != nil {
		return p, fmt.Errorf("publication.ReviseIn %d: %w", postID, err)
	}
	if p, err = s.posts.ReviseArticle(ctx, tx, p, revision+1, d.editor(author), content); err != nil {
		return p, err
	}
	return p, s.store(ctx, tx, p, d, revision+1)
}

// WithdrawIn takes a publication of ours back everywhere; of an edition nothing that followers were told is kept. The caller has checked
// who acts. A second call changes nothing.
func (s *Service) WithdrawIn(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	p, err := s.posts.Lock(ctx, tx, postID)
	if err != nil {
		return asPublication(err)
	}
	if !p.Local || !p.Publication() {
		return errForbidden()
	}
	if p.Role == Edition {
		return s.posts.EraseArticle(ctx, tx, postID)
	}
	return s.posts.WithdrawArticle(ctx, tx, postID)
}

func (s *Service) store(ctx context.Context, tx *sqlx.Tx, p post.Post, d Draft, revision int) error {
	if err := upsertPublication(ctx, tx, Publication{
		PostID: p.ID, Kind: d.Kind, Type: d.Type, Version: d.Version, Revision: revision, Entries: d.Entries, Checksum: d.Checksum, Files: d.Files,
	}); err != nil {
		return fmt.Errorf("publication %d: %w", p.ID, err)
	}
	return nil
}

func (d Draft) editor(author account.Account) int64 {
	if d.EditorID != 0 {
		return d.EditorID
	}
	return author.ID
}

// content is what the post says. Nobody is mentioned by a publication, so no account has to be looked up.
func (s *Service) content(d Draft) (post.Content, error) {
	kept, err := json.Marshal(Publication{Type: d.Type, Version: d.Version, Files: d.Files, Entries: d.Entries, Checksum: d.Checksum}.detail())
	if err != nil {
		return post.Content{}, fmt.Errorf("publication: detail: %w", err)
	}
	return post.Content{
		Role: d.Kind, Title: d.Title, Summary: d.Summary, Source: d.Source, HTML: s.posts.Preview(post.Markdown, d.Source), Language: d.Language,
		Page: d.Page, Tags: []string{"GreenIT"}, Detail: kept,
	}, nil
}

// detail is what a revision keeps beside the words.
type detail struct {
	Type     string  `json:"type,omitempty"`
	Version  string  `json:"version,omitempty"`
	Files    []File  `json:"files,omitempty"`
	Entries  []Entry `json:"entries,omitempty"`
	Checksum string  `json:"checksum,omitempty"`
}

func (p Publication) detail() detail {
	return detail{Type: p.Type, Version: p.Version, Files: p.Files, Entries: p.Entries, Checksum: p.Checksum}
}

// Detail returns what stood beside the words of a version.
func Detail(r post.Revision) (Publication, error) {
	var d detail
	if len(r.Detail) > 0 {
		if err := json.Unmarshal(r.Detail, &d); err != nil {
			return Publication{}, fmt.Errorf("publication.Detail %d/%d: %w", r.PostID, r.Revision, err)
		}
	}
	return Publication{PostID: r.PostID, Revision: r.Revision, Type: d.Type, Version: d.Version, Files: d.Files, Entries: d.Entries, Checksum: d.Checksum}, nil
}

// tidied returns the draft in plain characters.
func (d Draft) tidied() Draft {
	for _, line := range []*string{&d.Type, &d.Version, &d.Title, &d.Summary, &d.Language} {
		*line = markup.Line(*line)
	}
	d.Source = strings.TrimSpace(markup.Block(d.Source))
	if d.Language == "" {
		d.Language = "de"
	}
	return d
}

// checked returns the draft as it is published.
func (d Draft) checked() (Draft, error) {
	d = d.tidied()
	var wrong []fault.Field
	add := func(name, message string, limit int) {
		f := fault.Field{Name: name, Message: message}
		if limit > 0 {
			f.Args = map[string]any{"Min": limit, "Max": limit}
		}
		wrong = append(wrong, f)
	}
	for _, t := range []struct {
		name, text  string
		least, most int
	}{
		{"title", d.Title, minTitle, maxTitle}, {"summary", d.Summary, minSummary, maxSummary},
		{"version", d.Version, 1, maxVersion}, {"source", d.Source, 1, maxSource},
	} {
		switch n := utf8.RuneCountInString(t.text); {
		case n == 0:
			add(t.name, "error.field.required", 0)
		case n < t.least:
			add(t.name, "error.field.too_short", t.least)
		case n > t.most:
			add(t.name, "error.field.too_long", t.most)
		}
	}
	if d.Kind != Document && d.Kind != Edition {
		add("kind", "error.field.choice", 0)
	}
	if (d.Kind == Document) != slices.Contains(Types, d.Type) {
		add("type", "error.field.choice", 0)
	}
	if len(d.Entries) > MaxEntries {
		add("entries", "error.field.too_many", MaxEntries)
	}
	if len(d.Files) > maxListed {
		add("files", "error.field.too_many", maxListed)
	}
	if d.Checksum != "" && !checksum.MatchString(d.Checksum) {
		add("checksum", "error.field.choice", 0)
	}
	return d, fault.Fields(wrong...)
}
