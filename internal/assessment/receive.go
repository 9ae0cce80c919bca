package assessment

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// maxAddress is the length of the longest address that we believe.
const maxAddress = 2_000

// Receive stores what another server says of a note of its own, in the transaction of post.Service.Receive. The note need not hang
// below a practice yet. A year that cannot be becomes that of the note.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, a Assessment) error {
	if p.Local || p.Kind != post.Note || p.Role != post.RoleAssessment || !a.Status.Valid() || !slices.Contains(practice.Implementations, a.Progress) {
		return errForbidden()
	}
	a.PostID = p.ID
	if a.Horizon < earliest || a.Horizon > latest {
		a.Horizon = p.PublishedAt.In(home).Year()
	}
	if err := upsertAssessment(ctx, tx, a); err != nil {
		return fmt.Errorf("assessment.Receive %d: %w", p.ID, err)
	}
	return nil
}

// Remove forgets what a note said that is no assessment any more.
func (s *Service) Remove(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	if err := deleteAssessment(ctx, tx, postID); err != nil {
		return fmt.Errorf("assessment.Remove %d: %w", postID, err)
	}
	return nil
}

// ReceiveInvitation lets those of ours whom a direct message of another server names assess a practice.
//
// RULE: only the house of the practice invites to it, and instances that we follow do: an assessment by one of ours counts here, so
// that not just anyone may ask for one.
func (s *Service) ReceiveInvitation(ctx context.Context, tx *sqlx.Tx, p post.Post, author account.Account, practiceURI string) error {
	if p.Local || p.Role != post.RoleInvitation || p.Visibility != post.Direct || hostOf(practiceURI) == "" {
		return nil
	}
	if hostOf(practiceURI) != hostOf(p.URI) {
		follows, err := followed(ctx, tx, author.Host())
		if err != nil || !follows {
			return err
		}
	}
	named, err := mentionedHere(ctx, tx, p.ID)
	if err != nil {
		return fmt.Errorf("assessment.ReceiveInvitation %d: %w", p.ID, err)
	}
	for _, id := range named {
		n, there, err := countInvitations(ctx, tx, practiceURI, id)
		if err != nil {
			return fmt.Errorf("assessment.ReceiveInvitation %d: %w", p.ID, err)
		}
		if there || n >= maxInvitations {
			continue
		}
		i := Invitation{PracticeURI: practiceURI, AccountID: id, InvitedByID: p.AccountID, NoteID: &p.ID, CreatedAt: s.now()}
		if err := s.insert(ctx, tx, &i); err != nil {
			return err
		}
	}
	return nil
}

// hostOf returns the host of a web address, "" for anything else.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return strings.ToLower(u.Host)
}
