package practice

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Event is what happened to a practice.
type Event string

// Events of the log.
const (
	Saved     Event = "saved"     // a draft, for the first time
	Asked     Event = "asked"     // for approval
	Commented Event = "commented" // in review
	Returned  Event = "returned"  // with a reason
	Approved  Event = "approved"  // and thereby published
	Reminded  Event = "reminded"  // of an approval that waits
	Published Event = "published"
	Changed   Event = "changed" // a further version was published
	Archived  Event = "archived"
	Restored  Event = "restored" // from the archive
	Withdrawn Event = "withdrawn"
)

// Entry says who did what with a practice.
type Entry struct {
	ID        int64     `db:"id"`
	PostID    int64     `db:"post_id"`
	AccountID *int64    `db:"account_id"` // nil: the instance, or an account that is gone
	Event     Event     `db:"event"`
	Text      string    `db:"text"`     // a comment or a reason, plain text
	Revision  int       `db:"revision"` // the version that was published, 0 for none
	CreatedAt time.Time `db:"created_at"`
}

// Told is an entry with the title of the practice it is about, in work before published.
type Told struct {
	Entry
	Title string `db:"title"`
}

// Log tells members of this instance who did what with a practice of ours that they may read, newest first. What was said
// before it was published is for those who work on it: for others Text is empty. fault.NotFound, Gone, Forbidden.
func (s *Service) Log(ctx context.Context, actor account.Account, id int64) ([]Entry, error) {
	if !actor.Local() || !actor.Able(account.RoleMember) {
		return nil, errForbidden()
	}
	_, err := s.mine(ctx, actor, id)
	involved := err == nil
	if fault.Is(err, fault.Forbidden) {
		_, err = s.ByID(ctx, post.Viewer{AccountID: actor.ID}, id)
	}
	if err != nil {
		return nil, err
	}
	list, err := logOf(ctx, s.db, id)
	if err != nil {
		return nil, fmt.Errorf("practice.Log %d: %w", id, err)
	}
	for i := range list {
		if e := &list[i]; !involved && (e.Event == Commented || e.Event == Returned) {
			e.Text = ""
		}
	}
	return list, nil
}

// Told returns those of the entries that a reader who works on their practice may know, by id.
func (s *Service) Told(ctx context.Context, readerID int64, ids []int64) (map[int64]Told, error) {
	list, err := entriesFor(ctx, s.db, readerID, ids)
	if err != nil {
		return nil, fmt.Errorf("practice.Told: %w", err)
	}
	byID := make(map[int64]Told, len(list))
	for _, e := range list {
		byID[e.ID] = e
	}
	return byID, nil
}

// record writes what happened; whom it concerns is told where it belongs to a review.
func (s *Service) record(ctx context.Context, tx *sqlx.Tx, actor account.Account, e Entry) error {
	if actor.ID > 0 {
		e.AccountID = &actor.ID
	}
	id, err := insertEntry(ctx, tx, e)
	if err != nil {
		return fmt.Errorf("practice: log of %d: %w", e.PostID, err)
	}
	switch e.Event {
	case Asked, Commented, Returned, Approved, Reminded:
		return s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyReview, ID: id})
	}
	return nil
}
