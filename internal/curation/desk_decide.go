package curation

import (
	"context"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// maxLater is how long a practice can be put aside.
const maxLater = 366 * 24 * time.Hour

// propose notes a decision that a second editor is to agree to, where two decide. It returns nil, nil when the decision is to be
// taken now: one editor is enough, or another one proposed the same about the same revision. A proposal takes the place of
// another one, and of whom is no editor any more counts no more.
func (v *verdict) propose(ctx context.Context, decision, reason string) (*Decision, error) {
	e := &v.entry
	if !v.twoEditors {
		return nil, nil
	}
	same := e.Proposal == decision && e.ProposalRevision == v.revision && e.ProposedByID != nil
	if same {
		editor, err := isEditor(ctx, v.tx, *e.ProposedByID)
		if err != nil {
			return nil, fmt.Errorf("curation of %d: who proposed: %w", e.PostID, err)
		}
		same = editor
	}
	switch {
	case same && *e.ProposedByID != v.actor.ID:
		return nil, nil
	case same && e.ProposalReason == reason:
		return nil, fault.New(fault.Conflict, "error.desk.second_editor")
	}
	now := time.Now()
	e.Proposal, e.ProposalReason, e.ProposalRevision, e.ProposedByID, e.ProposedAt = decision, reason, v.revision, &v.actor.ID, &now
	e.LaterUntil = nil
	if decision == Accept {
		return &Decision{Decision: ProposeAccept}, nil
	}
	return &Decision{Decision: ProposeDecline, Reason: reason}, nil
}

// pending reports whether there is something to decide.
func (v *verdict) pending() bool {
	return v.entry.State == Waiting || v.entry.State == Accepted && v.revision > v.entry.RevisionAccepted
}

// Later puts a practice aside until a day, which begins at midnight in Europe/Berlin: from then on it waits again. The reason may be
// empty. Errors: fault.Invalid unless the day lies ahead, within a year; fault.Conflict when there is nothing to decide.
func (s *Service) Later(ctx context.Context, actor account.Account, postID int64, day, reason string) error {
	until, err := time.ParseInLocation(time.DateOnly, day, berlin)
	if now := time.Now(); err != nil || !until.After(now) || until.After(now.Add(maxLater)) {
		return fault.Fields(fault.Field{Name: "until", Message: "error.desk.until"})
	}
	if reason, err = checkReason(reason, 0); err != nil {
		return err
	}
	return s.decide(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		switch {
		case !v.pending():
			return nil, errDecided()
		case v.entry.LaterUntil != nil && v.entry.LaterUntil.Equal(until):
			return nil, nil
		}
		v.entry.LaterUntil = &until
		return &Decision{Decision: Later, Reason: reason, Until: &until}, nil
	})
}

// Ask publishes a question to the authors as a comment in the name of the catalogue (post.RoleQuestion). The practice then does not
// wait until they answer or publish a new version, or an editor decides.
func (s *Service) Ask(ctx context.Context, actor account.Account, postID int64, source string) error {
	return s.say(ctx, actor, postID, source, post.RoleQuestion, func(v *verdict, note post.Post) *Decision {
		v.entry.QuestionID, v.entry.LaterUntil = &note.ID, nil
		return &Decision{Decision: Question, NoteID: &note.ID}
	})
}

// Annotate publishes an editor's note as a comment in the name of the catalogue (post.RoleCurationNote).
func (s *Service) Annotate(ctx context.Context, actor account.Account, postID int64, source string) error {
	return s.say(ctx, actor, postID, source, post.RoleCurationNote, func(_ *verdict, note post.Post) *Decision {
		return &Decision{Decision: Annotate, NoteID: &note.ID}
	})
}

func (s *Service) say(ctx context.Context, actor account.Account, postID int64, source, role string, then func(v *verdict, note post.Post) *Decision) error {
	if err := s.mayDecide(ctx, actor); err != nil {
		return err
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return fmt.Errorf("curation of %d: %w", postID, err)
	}
	// Rendering looks accounts up and so comes before the transaction.
	note, err := s.posts.Compose(ctx, catalog, post.Draft{InReplyToID: postID, Source: source, Visibility: post.Public, Role: role})
	if err != nil {
		return err
	}
	return s.decide(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		p, err := s.posts.PublishIn(ctx, v.tx, note)
		if err != nil {
			return nil, err
		}
		return then(v, p), nil
	})
}

// Assign gives a practice to an editor to look after, or to nobody (0). Errors: fault.Invalid for who is no editor here.
func (s *Service) Assign(ctx context.Context, actor account.Account, postID, editorID int64) error {
	var editor *int64
	if editorID != 0 {
		a, err := s.accounts.ByID(ctx, editorID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err != nil || !a.Local() || a.Kind != account.Person || !a.Able(account.RoleEditor) {
			return fault.Fields(fault.Field{Name: "editor", Message: "error.field.choice"})
		}
		editor = &editorID
	}
	return s.decide(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		if was := v.entry.EditorID; was == nil && editor == nil || was != nil && editor != nil && *was == *editor {
			return nil, nil
		}
		v.entry.EditorID = editor
		return &Decision{Decision: Assign, EditorID: editor}, nil
	})
}

// Editors lists whom practices can be given to. Editors and above.
func (s *Service) Editors(ctx context.Context, actor account.Account) ([]account.Account, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return nil, err
	}
	people, err := s.accounts.Local(ctx)
	if err != nil {
		return nil, err
	}
	var list []account.Account
	for _, a := range people {
		if a.Able(account.RoleEditor) {
			list = append(list, a)
		}
	}
	return list, nil
}

// Notice notes that the desk knows of a practice that is gone: its authors withdrew it, or no more show it to everyone. Errors:
// fault.Conflict while it is there.
func (s *Service) Notice(ctx context.Context, actor account.Account, postID int64) error {
	return s.decideOn(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		switch {
		case v.shown():
			return nil, fault.New(fault.Conflict, "error.desk.still_there")
		case v.entry.Noticed:
			return nil, nil
		}
		v.entry.Noticed = true
		return &Decision{Decision: Notice}, nil
	})
}

func errDecided() error { return fault.New(fault.Conflict, "error.desk.decided") }
