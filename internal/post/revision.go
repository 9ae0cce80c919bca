package post

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
)

// Limits of what is kept of the versions of an article of another server: who edits without end does not fill the disk.
const (
	maxReceivedVersions = 50
	maxReceivedBytes    = 2 << 20 // of all versions of one article together
)

// Version returns one version of a post that the viewer may see. fault.NotFound, also where that version was never kept,
// fault.Gone.
func (s *Service) Version(ctx context.Context, viewer Viewer, id int64, revision int) (Revision, error) {
	if _, err := s.forViewer(ctx, viewer, id); err != nil {
		return Revision{}, err
	}
	r, err := revisionOf(ctx, s.db, id, revision)
	if db.IsNotFound(err) {
		return r, errNotFound()
	}
	if err != nil {
		return r, fmt.Errorf("post.Version %d/%d: %w", id, revision, err)
	}
	return r, nil
}

// ReceiveVersion keeps an article of another server as it is now under the number that its origin gives the version, with what
// stands beside the words; what came under this number before is replaced. Of many versions the newest are kept, and keep.
func (s *Service) ReceiveVersion(ctx context.Context, tx *sqlx.Tx, p Post, revision int, detail []byte, keep int) error {
	r := Revision{PostID: p.ID, Revision: revision, AccountID: &p.AccountID, Title: p.Title, Summary: p.Summary, HTML: p.HTML, Detail: detail}
	switch {
	case p.EditedAt != nil:
		r.CreatedAt = *p.EditedAt
	case p.PublishedAt != nil:
		r.CreatedAt = *p.PublishedAt
	default:
		r.CreatedAt = p.CreatedAt
	}
	if err := upsertRevision(ctx, tx, r); err != nil {
		return fmt.Errorf("post.ReceiveVersion %d/%d: %w", p.ID, revision, err)
	}
	if err := trimRevisions(ctx, tx, p.ID, revision, keep, maxReceivedVersions, maxReceivedBytes); err != nil {
		return fmt.Errorf("post.ReceiveVersion %d/%d: %w", p.ID, revision, err)
	}
	return nil
}
