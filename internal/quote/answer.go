package quote

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Ask answers somebody of another server who wants to quote a post of ours: the answer is sent by a job. Whoever asks again gets
// the same answer, also when it was taken back. Errors: NotFound for what is no post of ours.
func (s *Service) Ask(ctx context.Context, asker account.Account, requestURI, quotedURI, interactingURI string) error {
	quoted, err := s.posts.Find(ctx, quotedURI)
	if err != nil {
		return err
	}
	if !quoted.Local || quoted.URI != quotedURI || quoted.State != post.StatePublished {
		return errNotFound()
	}
	state := Accepted
	// Whom the author blocks does not see the post.
	if _, err := s.posts.ByID(ctx, post.Viewer{AccountID: asker.ID}, quoted.ID); fault.Is(err, fault.NotFound) {
		state = Rejected
	} else if err != nil {
		return err
	}
	if !quotable(quoted) {
		state = Rejected
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		r, err := lockRequest(ctx, tx, quoted.ID, interactingURI)
		switch {
		case db.IsNotFound(err):
			r = Request{URI: requestURI, AccountID: asker.ID, QuotedID: quoted.ID, InteractingURI: interactingURI, State: state}
			err = s.insert(ctx, tx, &r)
		case err == nil && r.AccountID != asker.ID:
			return fault.New(fault.Forbidden, "error.quote.forbidden")
		case err == nil:
			if r.State != Revoked {
				r.State = state
			}
			r.URI = requestURI
			err = updateRequest(ctx, tx, r)
		}
		if err != nil {
			return fmt.Errorf("quote.Ask %s: %w", requestURI, err)
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.AnswerQuote, ID: r.ID})
	})
}

// RequestByID returns a request with the post it is about. fault.NotFound.
func (s *Service) RequestByID(ctx context.Context, id int64) (Request, post.Post, error) {
	r, err := requestByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return r, post.Post{}, errNotFound()
	}
	if err != nil {
		return r, post.Post{}, fmt.Errorf("quote.RequestByID %d: %w", id, err)
	}
	quoted, err := s.posts.Get(ctx, r.QuotedID)
	return r, quoted, err
}

// Stamped reports whether a stamp of ours allows a post to quote one of ours.
func (s *Service) Stamped(ctx context.Context, stampURI, interactingURI string, quotedID int64) (bool, error) {
	id, ok := s.stampID(stampURI)
	if !ok {
		return false, nil
	}
	r, err := requestByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("quote.Stamped %s: %w", stampURI, err)
	}
	return r.State == Accepted && r.InteractingURI == interactingURI && r.QuotedID == quotedID, nil
}

// Revoke takes back the leave to quote a post of actor, for the post that quotes it. Errors: Forbidden when it quotes somebody
// else's, NotFound when it quotes nothing or had no leave.
func (s *Service) Revoke(ctx context.Context, actor account.Account, quotingID int64) error {
	quoting, err := s.posts.Get(ctx, quotingID)
	if err != nil {
		return err
	}
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		q, err := lockQuote(ctx, tx, quotingID)
		if err != nil {
			return err
		}
		if by, err := authorOf(ctx, tx, q.QuotedID); err != nil || by != actor.ID || !actor.Local() {
			return cmp.Or(err, errNotYours())
		}
		r, err := lockRequest(ctx, tx, *q.QuotedID, quoting.URI)
		if err != nil {
			return err
		}
		if r.State != Accepted {
			return nil
		}
		r.State = Revoked
		if err := updateRequest(ctx, tx, r); err != nil {
			return fmt.Errorf("quote.Revoke %d: %w", quotingID, err)
		}
		return s.end(ctx, tx, q, Revoked, job.Distribute{Verb: job.RevokeQuote, ID: r.ID})
	})
}

// Stamps lists those of other servers whom a post of ours gave leave to quote it.
func (s *Service) Stamps(ctx context.Context, quotedID int64) ([]int64, error) {
	ids, err := stampedAccounts(ctx, s.db, quotedID)
	if err != nil {
		return nil, fmt.Errorf("quote.Stamps %d: %w", quotedID, err)
	}
	return ids, nil
}
