package publication

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits of what others say.
const (
	maxName    = 500
	maxAddress = 2_000
	maxBytes   = 1 << 40
)

// Receive stores what another instance says of a publication of its own, in the transaction of post.Service.Receive. Values
// that break the vocabulary are dropped one by one; an older revision changes nothing. Every version is kept.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, said Publication) error {
	if p.Local || !p.Publication() {
		return errForbidden()
	}
	known, err := revisionOf(ctx, tx, p.ID)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("publication.Receive %d: %w", p.ID, err)
	}
	said = said.believable(p)
	if known > said.Revision {
		return nil
	}
	if err := upsertPublication(ctx, tx, said); err != nil {
		return fmt.Errorf("publication.Receive %d: %w", p.ID, err)
	}
	kept, err := json.Marshal(said.detail())
	if err != nil {
		return fmt.Errorf("publication.Receive %d: detail: %w", p.ID, err)
	}
	return s.posts.ReceiveVersion(ctx, tx, p, said.Revision, kept, 0)
}

// Remove forgets what was said of an article that is no publication any more.
func (s *Service) Remove(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	if err := deletePublication(ctx, tx, postID); err != nil {
		return fmt.Errorf("publication.Remove %d: %w", postID, err)
	}
	return nil
}

// believable returns what the vocabulary allows of what is said of p.
func (said Publication) believable(p post.Post) Publication {
	b := Publication{PostID: p.ID, Kind: p.Role, Revision: min(max(said.Revision, 1), 1<<30)}
	if b.Kind == Document {
		b.Type = "other"
		if slices.Contains(Types, said.Type) {
			b.Type = said.Type
		}
	}
	if v := markup.Line(said.Version); utf8.RuneCountInString(v) <= maxVersion {
		b.Version = v
	}
	if checksum.MatchString(said.Checksum) {
		b.Checksum = said.Checksum
	}
	for _, e := range said.Entries[:min(len(said.Entries), MaxEntries)] {
		if e.Chapter = markup.Line(e.Chapter); utf8.RuneCountInString(e.Chapter) > maxName {
			e.Chapter = ""
		}
		if hostOf(e.URI) != "" {
			e.Revision = min(max(e.Revision, 0), 1<<30)
			b.Entries = append(b.Entries, e)
		}
	}
	for _, f := range said.Files[:min(len(said.Files), maxListed)] {
		// RULE: the files of a publication are of its own house; else it could name anybody's as its own.
		if hostOf(f.URL) == "" || hostOf(f.URL) != hostOf(p.URI) {
			continue
		}
		f.Bytes = min(max(f.Bytes, 0), maxBytes)
		if f.Name = markup.Line(f.Name); utf8.RuneCountInString(f.Name) > maxName {
			f.Name = ""
		}
		if kind, _, err := mime.ParseMediaType(f.MediaType); err == nil && len(kind) <= 100 {
			f.MediaType = kind
		} else {
			f.MediaType = ""
		}
		b.Files = append(b.Files, f)
	}
	return b
}

// hostOf returns the host of a web address, "" for anything else.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || u.Scheme != "https" && u.Scheme != "http" || address != markup.Line(address) {
		return ""
	}
	return strings.ToLower(u.Host)
}
