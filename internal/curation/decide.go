package curation

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits of a reason, in characters.
const (
	minReason = 5
	maxReason = 1_000
)

// verdict is one practice while it is being decided: its row is locked, and what it becomes is written at the end.
type verdict struct {
	*Service
	tx       *sqlx.Tx
	actor    account.Account
	catalog  account.Account
	post     post.Post
	entry    entry
	revision int // the practice's newest
}

// decide runs f for one practice that is published and stands on the desk. Editors and above.
func (s *Service) decide(ctx context.Context, actor account.Account, postID int64, f func(v *verdict) error) error {
	if err := s.mayDecide(ctx, actor); err != nil {
		return err
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return fmt.Errorf("curation of %d: %w", postID, err)
	}
	details, err := s.practices.Get(ctx, postID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		e, err := lockEntry(ctx, tx, postID)
		if db.IsNotFound(err) {
			return errNotFound()
		}
		if err != nil {
			return fmt.Errorf("curation of %d: %w", postID, err)
		}
		p, err := s.posts.Lock(ctx, tx, postID)
		if err != nil {
			return err
		}
		if p.State != post.StatePublished {
			return fault.New(fault.Gone, "error.curation.withdrawn")
		}
		v := &verdict{Service: s, tx: tx, actor: actor, catalog: catalog, post: p, entry: e, revision: details.Revision}
		if err := f(v); err != nil {
			return err
		}
		if err := updateEntry(ctx, tx, v.entry); err != nil {
			return fmt.Errorf("curation of %d: %w", postID, err)
		}
		return nil
	})
}

// log writes a decision and tells the world about it by the verbs given.
func (v *verdict) log(ctx context.Context, decision, reason string, verbs ...job.Verb) error {
	now := time.Now()
	d := Decision{ID: db.NewID(now), PostID: v.entry.PostID, AccountID: &v.actor.ID, Decision: decision, Revision: v.revision, Reason: reason, CreatedAt: now}
	if err := insertDecision(ctx, v.tx, d); err != nil {
		return fmt.Errorf("curation: log %s of %d: %w", decision, v.entry.PostID, err)
	}
	if err := v.accounts.Audit(ctx, v.tx, v.actor, "curation."+decision, v.post.URI, reason); err != nil {
		return err
	}
	for _, verb := range verbs {
		if err := v.jobs.Enqueue(ctx, v.tx, job.Distribute{Verb: verb, ID: d.ID}); err != nil {
			return err
		}
	}
	return nil
}

// become sets the state with who decided it.
func (v *verdict) become(state, reason string) {
	now := time.Now()
	v.entry.State, v.entry.Reason, v.entry.DecidedByID, v.entry.DecidedAt = state, reason, &v.actor.ID, &now
}

// leave takes an accepted practice out of the aggregate view, under the decision that is logged with it.
func (v *verdict) leave(ctx context.Context, decision, reason string) error {
	var verbs []job.Verb
	if v.entry.State == Accepted {
		if err := v.posts.UnboostAs(ctx, v.tx, v.catalog, v.entry.PostID); err != nil {
			return err
		}
		if err := v.tellHolders(ctx, v.tx, v.entry.PostID, false, 0, reason); err != nil {
			return err
		}
		if v.entry.Featured {
			verbs = append(verbs, job.RemoveFeatured)
		}
		verbs = append(verbs, job.RemoveCurated)
	}
	v.entry.Featured, v.entry.RevisionAccepted = false, 0
	return v.log(ctx, decision, reason, verbs...)
}

// Accept takes the current revision into the aggregate view: our catalogue boosts it (job Announce) and Adds it to
// "kuratiert" (job AddCurated). Accepting again after a change moves the accepted revision.
func (s *Service) Accept(ctx context.Context, actor account.Account, postID int64) error {
	return s.decide(ctx, actor, postID, func(v *verdict) error {
		if v.entry.State == Accepted && v.entry.RevisionAccepted >= v.revision {
			return nil
		}
		if err := s.posts.BoostAs(ctx, v.tx, v.catalog, postID); err != nil {
			return err
		}
		if v.entry.State != Accepted {
			if err := v.tellHolders(ctx, v.tx, postID, true, v.revision, ""); err != nil {
				return err
			}
		}
		v.become(Accepted, "")
		v.entry.RevisionAccepted = v.revision
		return v.log(ctx, Accept, "", job.AddCurated)
	})
}

// Decline says no with a reason (5..1000 characters); an accepted one leaves the view (UndoAnnounce, RemoveCurated, and
// RemoveFeatured where featured).
func (s *Service) Decline(ctx context.Context, actor account.Account, postID int64, reason string) error {
	reason = strings.TrimSpace(markup.Block(reason))
	switch n := utf8.RuneCountInString(reason); {
	case n < minReason:
		return fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_short", Args: map[string]any{"Min": minReason}})
	case n > maxReason:
		return fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_long", Args: map[string]any{"Max": maxReason}})
	}
	return s.decide(ctx, actor, postID, func(v *verdict) error {
		if v.entry.State == Declined && v.entry.Reason == reason {
			return nil
		}
		if err := v.leave(ctx, Decline, reason); err != nil {
			return err
		}
		v.become(Declined, reason)
		return nil
	})
}

// Reopen puts a decided one back on the desk; an accepted one leaves the view.
func (s *Service) Reopen(ctx context.Context, actor account.Account, postID int64) error {
	return s.decide(ctx, actor, postID, func(v *verdict) error {
		if v.entry.State == Waiting {
			return nil
		}
		if err := v.leave(ctx, Reopen, ""); err != nil {
			return err
		}
		v.become(Waiting, "")
		return nil
	})
}

// Feature puts an accepted practice in front, or takes it back. Errors: fault.Conflict unless accepted.
func (s *Service) Feature(ctx context.Context, actor account.Account, postID int64, featured bool) error {
	return s.decide(ctx, actor, postID, func(v *verdict) error {
		switch {
		case v.entry.State != Accepted:
			return fault.New(fault.Conflict, "error.curation.not_accepted")
		case v.entry.Featured == featured:
			return nil
		}
		v.entry.Featured = featured
		if featured {
			return v.log(ctx, Feature, "", job.AddFeatured)
		}
		return v.log(ctx, Unfeature, "", job.RemoveFeatured)
	})
}

// Annotate publishes an editor's note as a comment in the name of the catalogue (post.RoleCurationNote).
func (s *Service) Annotate(ctx context.Context, actor account.Account, postID int64, source string) error {
	if err := s.mayDecide(ctx, actor); err != nil {
		return err
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return fmt.Errorf("curation.Annotate %d: %w", postID, err)
	}
	// Rendering looks accounts up and so comes before the transaction.
	note, err := s.posts.Compose(ctx, catalog, post.Draft{InReplyToID: postID, Source: source, Visibility: post.Public, Role: post.RoleCurationNote})
	if err != nil {
		return err
	}
	return s.decide(ctx, actor, postID, func(v *verdict) error {
		if _, err := s.posts.PublishIn(ctx, v.tx, note); err != nil {
			return err
		}
		return v.log(ctx, Annotate, "")
	})
}
