package reuse

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Limits of what others say.
const (
	maxName    = 500
	maxAddress = 2_000
)

// Receive stores what another server says of a note of its own, in the transaction of post.Service.Receive. The note need not hang
// below a practice yet. Values that break the vocabulary are dropped one by one.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, r Reuse) error {
	if p.Local || p.Kind != post.Note || p.Role != post.RoleReuse || !r.State.Valid() {
		return errForbidden()
	}
	r.PostID = p.ID
	if err := upsertReuse(ctx, tx, r.believable(p.URI)); err != nil {
		return fmt.Errorf("reuse.Receive %d: %w", p.ID, err)
	}
	return nil
}

// Remove forgets what a note said that is no reuse any more.
func (s *Service) Remove(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	if err := deleteReuse(ctx, tx, postID); err != nil {
		return fmt.Errorf("reuse.Remove %d: %w", postID, err)
	}
	return nil
}

func (r Reuse) believable(noteURI string) Reuse {
	if r.OrganizationName = markup.Line(r.OrganizationName); utf8.RuneCountInString(r.OrganizationName) > maxName {
		r.OrganizationName = ""
	}
	if r.OrganizationURL = markup.Line(r.OrganizationURL); hostOf(r.OrganizationURL) == "" {
		r.OrganizationURL = ""
	}
	if !r.Level.Valid() {
		r.Level = ""
	}
	if !organization.ValidRegion(r.Region) {
		r.Region = ""
	}
	// RULE: somebody's own practice is of their own house; else anyone could claim another's.
	if hostOf(r.PracticeURI) == "" || hostOf(r.PracticeURI) != hostOf(noteURI) {
		r.PracticeURI = ""
	}
	r.Figures = practice.BelievableFigures(r.Figures)
	return r
}

// hostOf returns the host of a web address, "" for anything else.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return strings.ToLower(u.Host)
}
