package quote

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// maxDepth is how many quotes of quotes are looked up: a server could make them without end.
const maxDepth = 2

// Receive stores what a received post quotes; an empty URI means that it quotes nothing, or nothing any more. Whether it may is
// looked up by a job. depth is how many quotes led to this post.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, r Received, depth int) error {
	known, err := lockQuote(ctx, tx, p.ID)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("quote.Receive %d: %w", p.ID, err)
	}
	stored := err == nil
	if r.URI == "" || r.URI == p.URI {
		if !stored {
			return nil
		}
		return deleteQuote(ctx, tx, p.ID)
	}
	if stored && known.QuotedURI == r.URI && known.AuthorizationURI == r.AuthorizationURI {
		return nil
	}
	q := Quote{PostID: p.ID, QuotedURI: r.URI, State: Pending, AuthorizationURI: r.AuthorizationURI, UpdatedAt: s.now()}
	if err := putQuote(ctx, tx, q); err != nil {
		return fmt.Errorf("quote.Receive %d: %w", p.ID, err)
	}
	if depth >= maxDepth {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.VerifyQuote{PostID: p.ID, Depth: depth})
}

// Verified notes what the look-up of q brought, unless the quote changed meanwhile.
func (s *Service) Verified(ctx context.Context, q Quote, quotedID *int64, state State) error {
	if err := verifyQuote(ctx, s.db, q, quotedID, state, s.now()); err != nil {
		return fmt.Errorf("quote.Verified %d: %w", q.PostID, err)
	}
	return nil
}

// Answered notes what the quoted author, whose account is byID, answered to a post of ours. The stamp has been looked up.
// Errors: NotFound when that post does not quote this author's.
func (s *Service) Answered(ctx context.Context, byID int64, postURI, stampURI string, state State) error {
	p, err := s.posts.Find(ctx, postURI)
	if err != nil {
		return err
	}
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		q, err := lockQuote(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if by, err := authorOf(ctx, tx, q.QuotedID); err != nil || by != byID || !p.Local {
			return cmp.Or(err, errNotFound())
		}
		if q.State == state && q.AuthorizationURI == stampURI {
			return nil
		}
		if state != Accepted {
			return s.end(ctx, tx, q, state)
		}
		q.State, q.AuthorizationURI, q.UpdatedAt = Accepted, stampURI, s.now()
		if err := putQuote(ctx, tx, q); err != nil {
			return fmt.Errorf("quote.Answered %s: %w", postURI, err)
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdateQuote, ID: p.ID})
	})
}

// RevokedStamp ends the quotes that stood on a stamp which its author, whose account is byID, deleted. It reports how many.
func (s *Service) RevokedStamp(ctx context.Context, byID int64, stampURI string) (int, error) {
	ended := 0
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		list, err := lockByStamp(ctx, tx, stampURI)
		if err != nil {
			return fmt.Errorf("quote.RevokedStamp %s: %w", stampURI, err)
		}
		for _, q := range list {
			// RULE: only the quoted author takes back what the quoted author gave.
			by, err := authorOf(ctx, tx, q.QuotedID)
			if err != nil {
				return fmt.Errorf("quote.RevokedStamp %s: %w", stampURI, err)
			}
			if by != byID {
				continue
			}
			if err := s.end(ctx, tx, q, Revoked); err != nil {
				return err
			}
			ended++
		}
		return nil
	})
	return ended, err
}

// end stores that a quote is none any more, and tells the world if the post is ours.
func (s *Service) end(ctx context.Context, tx *sqlx.Tx, q Quote, state State, also ...river.JobArgs) error {
	q.State, q.AuthorizationURI, q.UpdatedAt = state, "", s.now()
	if err := putQuote(ctx, tx, q); err != nil {
		return fmt.Errorf("quote %d: end: %w", q.PostID, err)
	}
	// Of a post of another server nothing is sent: the job finds that it is not ours.
	return s.jobs.Enqueue(ctx, tx, append(also, job.Distribute{Verb: job.UpdateQuote, ID: q.PostID})...)
}
