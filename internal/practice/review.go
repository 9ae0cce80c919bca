package practice

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// ReviewState is how a text in work stands that was to be approved.
type ReviewState string

// States of a review. One that was approved is over.
const (
	ReviewAsked    ReviewState = "asked"
	ReviewReturned ReviewState = "returned"
)

// Review is a request to approve the text in work of a practice.
type Review struct {
	State   ReviewState
	AskedBy *int64 // nil when their account is gone
	AskedAt time.Time
}

// Limits of what is said in review, in characters, and how long an approval may wait before it is asked for again.
const (
	minReason, maxReason = 10, 2_000
	maxRemark            = 5_000
	patience             = 7 * 24 * time.Hour
)

// Manuscript is a practice as its people work on it.
type Manuscript struct {
	Post      post.Post // what others see of it, or the draft
	Draft     Draft     // the text in work, else what is published
	Details   Practice  // of Draft, with its goals and fields
	Pending   bool      // there is a text in work
	ChangedBy *int64    // who changed it last, nil when their account is gone or nobody did
	ChangedAt *time.Time
	Review    *Review // nil: nobody asked for its approval
}

// MayReturn reports whether an account may say that the text needs more work.
func (m Manuscript) MayReturn(a account.Account) bool {
	return m.Review != nil && m.Review.State == ReviewAsked && a.Local() && a.Able(account.RoleEditor) && m.Post.AccountID != a.ID
}

// MayApprove reports whether an account may publish the text in review: an editor who neither is its author nor changed it last.
func (m Manuscript) MayApprove(a account.Account) bool {
	return m.MayReturn(a) && (m.ChangedBy == nil || *m.ChangedBy != a.ID)
}

// Waiting is one text that is to be approved.
type Waiting struct {
	PostID    int64     `db:"post_id"`
	AuthorID  int64     `db:"author_id"`
	Title     string    `db:"title"`
	Summary   string    `db:"summary"`
	Published bool      `db:"published"` // it changes what is published
	ChangedBy *int64    `db:"changed_by"`
	AskedBy   *int64    `db:"asked_by"`
	AskedAt   time.Time `db:"asked_at"`
}

// For reports whether an editor may approve it.
func (w Waiting) For(a account.Account) bool {
	return w.AuthorID != a.ID && (w.ChangedBy == nil || *w.ChangedBy != a.ID)
}

func errStale() error { return fault.New(fault.Conflict, "error.practice.changed_meanwhile") }

func errReviewOver() error { return fault.New(fault.Conflict, "error.practice.review_over") }

func errFourEyes() error { return fault.New(fault.Forbidden, "error.practice.four_eyes") }

func errNotAlone() error { return fault.New(fault.Forbidden, "error.practice.not_alone") }

// Manuscript returns what is in work of a practice. Author, or editors and above.
func (s *Service) Manuscript(ctx context.Context, actor account.Account, id int64) (Manuscript, error) {
	m, err := s.inWork(ctx, actor, id)
	if err != nil {
		return m, err
	}
	m.Details, err = s.Details(ctx, m.Draft)
	return m, err
}

// Details returns the structure of a draft as a page shows it; goals and fields that are none are left out.
func (s *Service) Details(ctx context.Context, d Draft) (Practice, error) {
	goals, fields, err := s.chosenTerms(ctx, d)
	if err != nil && !fault.Is(err, fault.Invalid) {
		return Practice{}, err
	}
	return d.details(goals, fields), nil
}

// Reviews lists what waits for an approval, what has waited longest first. Editors.
func (s *Service) Reviews(ctx context.Context, actor account.Account) ([]Waiting, error) {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return nil, errForbidden()
	}
	list, err := waitingReviews(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("practice.Reviews: %w", err)
	}
	return list, nil
}

// ReviewsFor counts what an editor may approve, 0 for anybody else.
func (s *Service) ReviewsFor(ctx context.Context, actor account.Account) (int, error) {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return 0, nil
	}
	n, err := countReviews(ctx, s.db, actor.ID)
	if err != nil {
		return 0, fmt.Errorf("practice.ReviewsFor %d: %w", actor.ID, err)
	}
	return n, nil
}

// Ask stores a text and asks for its approval; it must be fit to be published. Author, or editors and above.
// Errors: as Save and Publish.
func (s *Service) Ask(ctx context.Context, actor account.Account, id int64, d Draft) (int64, int, error) {
	author, err := s.authorOf(ctx, actor, id)
	if err != nil {
		return 0, 0, err
	}
	content, details, err := s.compose(ctx, author, d)
	if err != nil {
		return 0, 0, err
	}
	text, err := s.sketch(ctx, d)
	if err != nil {
		return 0, 0, err
	}
	var version int
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, v, err := s.save(ctx, tx, actor, id, text)
		if err != nil {
			return err
		}
		if p.State == post.StatePublished {
			published, err := s.load(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			if content.Visibility != p.Visibility {
				return errVisibilityFinal()
			}
			if sameContent(p, published, content, details) {
				return fault.New(fault.Invalid, "error.practice.nothing_changed")
			}
		}
		id, version = p.ID, v
		return s.ask(ctx, tx, actor, p.ID)
	})
	if err != nil {
		return 0, 0, err
	}
	return id, version, nil
}

func (s *Service) ask(ctx context.Context, tx *sqlx.Tx, actor account.Account, id int64) error {
	w, err := workOf(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("practice.Ask %d: %w", id, err)
	}
	if r := w.review(); r != nil && r.State == ReviewAsked && w.ChangedAt != nil && !w.ChangedAt.After(r.AskedAt) {
		return nil // a second click
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	if err := askReview(ctx, tx, id, actor.ID, now); err != nil {
		return fmt.Errorf("practice.Ask %d: %w", id, err)
	}
	if err := s.record(ctx, tx, actor, Entry{PostID: id, Event: Asked}); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.RemindReview{PostID: id, Asked: now, At: now.Add(patience)})
}

// Approve publishes the text in review, exactly as the editor saw it: version names what that was. It returns the id under which
// it is published. Errors: fault.Forbidden for its author, for whoever changed it last, and for all who are no editors;
// fault.Conflict when it changed meanwhile or the review is over; fault.Invalid when it is not fit to be published.
func (s *Service) Approve(ctx context.Context, actor account.Account, id int64, version int) (int64, error) {
	m, err := s.inReview(ctx, actor, id)
	switch {
	case err != nil:
		return 0, err
	case !m.MayApprove(actor):
		return 0, errNotAlone()
	case m.Draft.Version != version:
		return 0, errStale()
	}
	author, err := s.accounts.ByID(ctx, m.Post.AccountID)
	if err != nil {
		return 0, fmt.Errorf("practice.Approve %d: %w", id, err)
	}
	content, details, err := s.compose(ctx, author, m.Draft)
	if err != nil {
		return 0, err
	}
	writer := author.ID
	if m.ChangedBy != nil {
		writer = *m.ChangedBy
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		// Publishing asks for the version again, under the lock; each change of the text makes a new one.
		id, err = s.publish(ctx, tx, actor, publication{id: id, authorID: author.ID, writerID: writer, version: version, content: content, details: details, event: Approved})
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// Return gives a text back to its author with a reason. Editors but its author. Errors as Approve.
func (s *Service) Return(ctx context.Context, actor account.Account, id int64, reason string) error {
	m, err := s.inReview(ctx, actor, id)
	if err != nil {
		return err
	}
	if !m.MayReturn(actor) {
		return errNotAlone()
	}
	reason = strings.TrimSpace(markup.Block(reason))
	var wrong mistakes
	wrong.text("reason", reason, minReason)
	wrong.length("reason", reason, maxReason)
	if err := wrong.err(); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := s.lockAsked(ctx, tx, id); err != nil {
			return err
		}
		if err := returnReview(ctx, tx, id); err != nil {
			return fmt.Errorf("practice.Return %d: %w", id, err)
		}
		return s.record(ctx, tx, actor, Entry{PostID: id, Event: Returned, Text: reason})
	})
}

// Comment says something about a text in review, to those who work on it. Author, or editors and above.
func (s *Service) Comment(ctx context.Context, actor account.Account, id int64, text string) error {
	if _, err := s.mine(ctx, actor, id); err != nil {
		return err
	}
	text = strings.TrimSpace(markup.Block(text))
	var wrong mistakes
	wrong.text("comment", text, 1)
	wrong.length("comment", text, maxRemark)
	if err := wrong.err(); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := s.posts.Lock(ctx, tx, id); err != nil {
			return asPractice(err)
		}
		w, err := workOf(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("practice.Comment %d: %w", id, err)
		}
		if w.review() == nil {
			return errReviewOver()
		}
		return s.record(ctx, tx, actor, Entry{PostID: id, Event: Commented, Text: text})
	})
}

// Remind works one job.RemindReview: what still waits is brought to mind, once.
func (s *Service) Remind(ctx context.Context, j job.RemindReview) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		w, err := s.lockAsked(ctx, tx, j.PostID)
		if err != nil || !w.AskedAt.Equal(j.Asked) {
			return err
		}
		return s.record(ctx, tx, account.Account{}, Entry{PostID: j.PostID, Event: Reminded})
	})
	switch fault.KindOf(err) {
	case fault.Conflict, fault.NotFound, fault.Gone:
		return nil // decided meanwhile
	}
	return err
}

// inReview returns what an editor is to decide about.
func (s *Service) inReview(ctx context.Context, actor account.Account, id int64) (Manuscript, error) {
	m, err := s.Manuscript(ctx, actor, id)
	switch {
	case err != nil:
		return m, err
	case !actor.Able(account.RoleEditor):
		return m, errForbidden()
	case m.Review == nil || m.Review.State != ReviewAsked:
		return m, errReviewOver()
	}
	return m, nil
}

// lockAsked returns a text that waits for its approval and that nobody else changes until the transaction ends.
func (s *Service) lockAsked(ctx context.Context, tx *sqlx.Tx, id int64) (workRow, error) {
	if _, err := s.posts.Lock(ctx, tx, id); err != nil {
		return workRow{}, asPractice(err)
	}
	w, err := workOf(ctx, tx, id)
	if err != nil {
		return w, fmt.Errorf("practice: review of %d: %w", id, err)
	}
	if r := w.review(); r == nil || r.State != ReviewAsked {
		return w, errReviewOver()
	}
	return w, nil
}
