package curation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// undoOffered is how long the desk offers to take back what an editor just did. Its place in the log offers it for good.
const undoOffered = time.Hour

// What a decision is about. Those about one matter are taken back the last one first; those about another stand in nobody's way.
var matters = map[string][]string{
	"standing":   {Accept, Decline, Reopen, Feature, Unfeature, ProposeAccept, ProposeDecline, Later, Question, Notice},
	"assignment": {Assign},
	"group":      {Group, Ungroup, Lead},
	"note":       {Annotate},
}

func matterOf(decision string) string {
	for matter, kinds := range matters {
		for _, kind := range kinds {
			if kind == decision {
				return matter
			}
		}
	}
	return ""
}

// Undo takes a decision back: the entry stands as before, the world is told, and what was published with it is withdrawn. Editors
// and above. Errors: fault.Conflict when it was taken back, or something else was decided since; fault.Forbidden for another
// editor than the one who decided, where two decide what stands in the view.
func (s *Service) Undo(ctx context.Context, actor account.Account, decisionID int64) error {
	if err := s.mayDecide(ctx, actor); err != nil {
		return err
	}
	known, err := s.DecisionByID(ctx, decisionID)
	if err != nil {
		return err
	}
	groups := []int64{known.PostID}
	if known.OtherID != nil {
		groups = append(groups, *known.OtherID)
	}
	return s.decideOn(ctx, actor, known.PostID, func(v *verdict) (*Decision, error) {
		d, before, err := decisionToUndo(ctx, v.tx, decisionID)
		if err != nil {
			return nil, fmt.Errorf("curation.Undo %d: %w", decisionID, err)
		}
		return v.undo(ctx, d, before)
	}, groups...)
}

func (v *verdict) undo(ctx context.Context, d Decision, before []byte) (*Decision, error) {
	matter := matterOf(d.Decision)
	last, err := lastOfMatter(ctx, v.tx, d.PostID, matters[matter])
	switch {
	case err != nil:
		return nil, fmt.Errorf("curation.Undo %d: %w", d.ID, err)
	case matter == "" || d.Undone || len(before) == 0 || matter != "note" && last != d.ID:
		return nil, fault.New(fault.Conflict, "error.desk.undo")
	case matter == "standing" && d.Decision != Notice && !v.shown():
		return nil, fault.New(fault.Gone, "error.curation.withdrawn")
	case v.twoEditors && (d.Decision == Accept || d.Decision == Decline) && (d.AccountID == nil || *d.AccountID != v.actor.ID):
		return nil, fault.New(fault.Forbidden, "error.desk.undo_other")
	}
	var was entry
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, fmt.Errorf("curation.Undo %d: %w", d.ID, err)
	}
	back := &Decision{Decision: Undo, UndoesID: &d.ID}
	switch matter {
	case "assignment":
		v.entry.EditorID = was.EditorID
	case "group":
		if err := v.regroup(ctx, d, was); err != nil {
			return nil, err
		}
	case "standing":
		was.PostID, was.EditorID, was.LeadID = v.entry.PostID, v.entry.EditorID, v.entry.LeadID
		// RULE: where two decide, nobody brings back into the view alone what one of them took out of it, before two were asked.
		if v.twoEditors && d.Decision == Reopen && was.State == Accepted {
			return nil, fault.New(fault.Forbidden, "error.desk.undo_alone")
		}
		if v.entry = was; was.State == Accepted {
			back.Revision = was.RevisionAccepted
		}
	}
	if d.NoteID != nil {
		if err := v.posts.WithdrawIn(ctx, v.tx, *d.NoteID); err != nil {
			return nil, err
		}
	}
	if err := markUndone(ctx, v.tx, d.ID); err != nil {
		return nil, fmt.Errorf("curation.Undo %d: %w", d.ID, err)
	}
	return back, nil
}

// LastDecision returns what an editor did within the last hour that can still be taken back, with the title of the practice; ok is
// false where there is nothing.
func (s *Service) LastDecision(ctx context.Context, actor account.Account) (d Decision, title string, ok bool, err error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return d, "", false, err
	}
	d, err = lastDecisionBy(ctx, s.db, actor.ID, time.Now().Add(-undoOffered))
	if db.IsNotFound(err) {
		return d, "", false, nil
	}
	if err != nil {
		return d, "", false, fmt.Errorf("curation.LastDecision by %d: %w", actor.ID, err)
	}
	if ok, err = s.undoable(ctx, actor, d); err != nil || !ok {
		return d, "", false, err
	}
	p, err := s.posts.Get(ctx, d.PostID)
	if err != nil {
		return d, "", false, err
	}
	return d, p.Title, true, nil
}

// Undoable reports whether Undo would take a decision back for an editor.
func (s *Service) Undoable(ctx context.Context, actor account.Account, d Decision) (bool, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return false, nil
	}
	return s.undoable(ctx, actor, d)
}

func (s *Service) undoable(ctx context.Context, actor account.Account, d Decision) (bool, error) {
	matter := matterOf(d.Decision)
	if matter == "" || d.Undone {
		return false, nil
	}
	u, err := undoState(ctx, s.db, d.ID, matters[matter])
	if err != nil {
		return false, fmt.Errorf("curation: undo %d: %w", d.ID, err)
	}
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return false, fmt.Errorf("curation: undo %d: %w", d.ID, err)
	}
	switch {
	case !u.Kept, matter != "note" && u.Last != d.ID, matter == "standing" && d.Decision != Notice && !u.Shown:
		return false, nil
	case o.TwoEditors && (d.Decision == Accept || d.Decision == Decline):
		return d.AccountID != nil && *d.AccountID == actor.ID, nil
	}
	return true, nil
}
