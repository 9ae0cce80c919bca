package curation

import (
	"context"
	"encoding/json"
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
	tx         *sqlx.Tx
	actor      account.Account
	catalog    account.Account
	twoEditors bool
	post       post.Post
	entry      entry
	group      []entry // those of the groups that were locked, by post id
	revision   int     // the practice's newest
}

// decide runs f for one practice that is published and stands on the desk: f changes the entry and returns what is to be logged, or
// nil where nothing changes. Editors and above.
func (s *Service) decide(ctx context.Context, actor account.Account, postID int64, f func(v *verdict) (*Decision, error)) error {
	return s.decideOn(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		if !v.shown() {
			return nil, fault.New(fault.Gone, "error.curation.withdrawn")
		}
		return f(v)
	})
}

// decideOn is decide whatever became of the practice. The groups of the practices named last are locked, too.
func (s *Service) decideOn(ctx context.Context, actor account.Account, postID int64, f func(v *verdict) (*Decision, error), groups ...int64) error {
	o, err := s.curating(ctx, actor)
	if err != nil {
		return err
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return fmt.Errorf("curation of %d: %w", postID, err)
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		group, err := lockGroups(ctx, tx, groups)
		if err != nil {
			return fmt.Errorf("curation of %d: group: %w", postID, err)
		}
		e, err := lockEntry(ctx, tx, postID)
		if db.IsNotFound(err) {
			return errNotFound()
		}
		if err != nil {
			return fmt.Errorf("curation of %d: %w", postID, err)
		}
		v := &verdict{Service: s, tx: tx, actor: actor, catalog: catalog, twoEditors: o.TwoEditors, entry: e, group: group}
		if v.post, err = s.posts.Lock(ctx, tx, postID); err != nil {
			return err
		}
		if v.revision, err = currentRevision(ctx, tx, postID); err != nil {
			return fmt.Errorf("curation of %d: revision: %w", postID, err)
		}
		d, err := f(v)
		if err != nil || d == nil {
			return err
		}
		return v.settle(ctx, e, *d)
	})
}

// shown reports whether the practice is there for everyone: else it has left the desk.
func (v *verdict) shown() bool {
	return v.post.State == post.StatePublished && v.post.Visibility == post.Public
}

// settle makes the world see the entry as it is now and no more as it was, and writes entry and decision.
func (v *verdict) settle(ctx context.Context, was entry, d Decision) error {
	verbs, err := v.follow(ctx, was, d.Reason)
	if err != nil {
		return err
	}
	if err := updateEntry(ctx, v.tx, v.entry); err != nil {
		return fmt.Errorf("curation of %d: %w", v.entry.PostID, err)
	}
	before, err := json.Marshal(was)
	if err != nil {
		return fmt.Errorf("curation of %d: %w", v.entry.PostID, err)
	}
	d.CreatedAt = time.Now()
	d.ID, d.PostID, d.AccountID, d.Public = db.NewID(d.CreatedAt), v.entry.PostID, &v.actor.ID, len(verbs) > 0 || d.NoteID != nil
	if d.Revision == 0 {
		d.Revision = v.revision
	}
	if err := insertDecision(ctx, v.tx, d, before); err != nil {
		return fmt.Errorf("curation: log %s of %d: %w", d.Decision, d.PostID, err)
	}
	if err := v.accounts.Audit(ctx, v.tx, v.actor, "curation."+d.Decision, v.post.URI, d.Reason); err != nil {
		return err
	}
	for _, verb := range verbs {
		if err := v.jobs.Enqueue(ctx, v.tx, job.Distribute{Verb: verb, ID: d.ID}); err != nil {
			return err
		}
	}
	if d.EditorID != nil && *d.EditorID != v.actor.ID {
		return v.jobs.Enqueue(ctx, v.tx, job.Notify{Event: job.NotifyAssigned, ID: d.ID})
	}
	return nil
}

// follow makes boost and collections follow what the entry has become, and returns what is to be told with the decision.
func (v *verdict) follow(ctx context.Context, was entry, reason string) (verbs []job.Verb, err error) {
	id, in, wasIn := v.entry.PostID, v.entry.State == Accepted, was.State == Accepted
	anew := in && wasIn && v.entry.RevisionAccepted != was.RevisionAccepted
	switch {
	case in && !wasIn:
		if err = v.posts.BoostAs(ctx, v.tx, v.catalog, id); err == nil {
			err = v.tellHolders(ctx, v.tx, id, true, v.entry.RevisionAccepted, "")
		}
	case anew: // it stands where it stood, with another revision
		err = v.tellHolders(ctx, v.tx, id, true, v.entry.RevisionAccepted, "")
	case wasIn && !in && v.shown(): // what was withdrawn has lost its boosts with it
		if err = v.posts.UnboostAs(ctx, v.tx, v.catalog, id); err == nil {
			err = v.tellHolders(ctx, v.tx, id, false, 0, reason)
		}
	}
	if err != nil {
		return nil, err
	}
	featured, wasFeatured := in && v.entry.Featured, wasIn && was.Featured
	if wasFeatured && !featured {
		verbs = append(verbs, job.RemoveFeatured)
	}
	switch {
	case in && !wasIn, anew:
		verbs = append(verbs, job.AddCurated)
	case wasIn && !in:
		verbs = append(verbs, job.RemoveCurated)
	}
	if featured && (!wasFeatured || anew) {
		verbs = append(verbs, job.AddFeatured)
	}
	return verbs, nil
}

// become sets what was decided, by whom. That ends what stood between: a question, a proposal, a delay.
func (v *verdict) become(state, reason string) {
	now := time.Now()
	e := &v.entry
	e.State, e.Reason, e.DecidedByID, e.DecidedAt = state, reason, &v.actor.ID, &now
	e.LaterUntil, e.QuestionID, e.Noticed = nil, nil, false
	e.Proposal, e.ProposalReason, e.ProposalRevision, e.ProposedByID, e.ProposedAt = "", "", 0, nil, nil
	if state != Accepted {
		e.Featured, e.RevisionAccepted = false, 0
	}
}

// Accept takes the current revision into the aggregate view: our catalogue boosts it (job Announce) and Adds it to
// "kuratiert" (job AddCurated). Accepting again after a change moves the accepted revision. Where two editors decide, the first
// one proposes it. Errors: fault.Conflict for whoever proposed it already.
func (s *Service) Accept(ctx context.Context, actor account.Account, postID int64) error {
	return s.AcceptRevision(ctx, actor, postID, 0)
}

// AcceptRevision is Accept of the revision that the actor has read; 0 for whatever is the newest. Errors: fault.Conflict when there
// is a newer one.
func (s *Service) AcceptRevision(ctx context.Context, actor account.Account, postID int64, revision int) error {
	return s.decide(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		switch {
		case v.entry.State == Accepted && v.entry.RevisionAccepted >= v.revision:
			return nil, nil
		case revision != 0 && revision != v.revision:
			return nil, fault.New(fault.Conflict, "error.desk.newer")
		}
		if d, err := v.propose(ctx, Accept, ""); d != nil || err != nil {
			return d, err
		}
		v.become(Accepted, "")
		v.entry.RevisionAccepted = v.revision
		return &Decision{Decision: Accept}, nil
	})
}

// Decline says no with a reason (5..1000 characters); an accepted one leaves the view (UndoAnnounce, RemoveCurated, and
// RemoveFeatured where featured). Where two editors decide, the first one proposes it.
func (s *Service) Decline(ctx context.Context, actor account.Account, postID int64, reason string) error {
	reason, err := checkReason(reason, minReason)
	if err != nil {
		return err
	}
	return s.decide(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		if v.entry.State == Declined && v.entry.Reason == reason {
			return nil, nil
		}
		if d, err := v.propose(ctx, Decline, reason); d != nil || err != nil {
			return d, err
		}
		v.become(Declined, reason)
		return &Decision{Decision: Decline, Reason: reason}, nil
	})
}

// Reopen puts a decided one back on the desk; an accepted one leaves the view. Errors: fault.Conflict where two editors decide what
// leaves the view: they decline it.
func (s *Service) Reopen(ctx context.Context, actor account.Account, postID int64) error {
	return s.decide(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		switch {
		case v.entry.State == Waiting:
			return nil, nil
		case v.twoEditors && v.entry.State == Accepted:
			return nil, fault.New(fault.Conflict, "error.desk.reopen_alone")
		}
		v.become(Waiting, "")
		return &Decision{Decision: Reopen}, nil
	})
}

// Feature puts an accepted practice in front, or takes it back. Errors: fault.Conflict unless accepted.
func (s *Service) Feature(ctx context.Context, actor account.Account, postID int64, featured bool) error {
	return s.decide(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		switch {
		case v.entry.State != Accepted:
			return nil, fault.New(fault.Conflict, "error.curation.not_accepted")
		case v.entry.Featured == featured:
			return nil, nil
		}
		v.entry.Featured = featured
		if featured {
			return &Decision{Decision: Feature}, nil
		}
		return &Decision{Decision: Unfeature}, nil
	})
}

// checkReason tidies a reason; one that nobody asked for may be empty.
func checkReason(reason string, least int) (string, error) {
	reason = strings.TrimSpace(markup.Block(reason))
	switch n := utf8.RuneCountInString(reason); {
	case n < least:
		return "", fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_short", Args: map[string]any{"Min": least}})
	case n > maxReason:
		return "", fault.Fields(fault.Field{Name: "reason", Message: "error.field.too_long", Args: map[string]any{"Max": maxReason}})
	}
	return reason, nil
}
