package curation

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Why two practices may belong together.
const (
	ReusesIt   = "reuses"   // the other one grew out of this one
	ReusedByIt = "reused"   // this one grew out of the other one
	SameSource = "siblings" // both grew out of a third one
	SameTitle  = "title"    // they are called the same
	AlikeIt    = "alike"    // they are about the same
	maxGroup   = 50         // practices
	maxAlike   = 5          // suggestions by words
)

// Suggestion is another practice on the desk that may belong to the same group.
type Suggestion struct {
	practice.View
	Why string
}

// Members lists the practices of the group that one belongs to, the lead entry first; nil where it belongs to none. Those that are
// gone are left out.
func (s *Service) Members(ctx context.Context, viewer post.Viewer, postID int64) ([]practice.View, error) {
	ids, err := groupOf(ctx, s.db, postID)
	if err != nil {
		return nil, fmt.Errorf("curation.Members %d: %w", postID, err)
	}
	if len(ids) < 2 {
		return nil, nil
	}
	return s.practices.Views(ctx, viewer, ids)
}

// Suggestions lists other practices on the desk that may be the same as one, or reuse it, and do not stand in its group yet: what is
// said outright comes first. Editors and above.
func (s *Service) Suggestions(ctx context.Context, actor account.Account, v practice.View) ([]Suggestion, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return nil, err
	}
	related, err := relatedEntries(ctx, s.db, v.Post.ID)
	if err != nil {
		return nil, fmt.Errorf("curation.Suggestions for %d: %w", v.Post.ID, err)
	}
	viewer := post.Viewer{AccountID: actor.ID}
	alike, err := s.practices.Similar(ctx, viewer, v, maxAlike)
	if err != nil {
		return nil, err
	}
	why := map[int64]string{}
	var ids, found []int64
	for _, r := range related {
		if why[r.PostID] == "" {
			why[r.PostID], ids = r.Why, append(ids, r.PostID)
		}
	}
	for _, a := range alike {
		if why[a.Post.ID] == "" {
			found = append(found, a.Post.ID)
		}
	}
	if found, err = groupable(ctx, s.db, v.Post.ID, found); err != nil {
		return nil, fmt.Errorf("curation.Suggestions for %d: %w", v.Post.ID, err)
	}
	for _, id := range found {
		why[id] = AlikeIt
	}
	views, err := s.practices.Views(ctx, viewer, append(ids, found...))
	if err != nil {
		return nil, err
	}
	list := make([]Suggestion, len(views))
	for i, view := range views {
		list[i] = Suggestion{View: view, Why: why[view.Post.ID]}
	}
	return list, nil
}

// Join puts a practice, with all that stand in its group, into the group of another one, whose lead entry stands for all. Errors:
// fault.Conflict where the group would grow beyond reason, fault.NotFound where the other one is not on the desk.
func (s *Service) Join(ctx context.Context, actor account.Account, postID, otherID int64) error {
	return s.decideOn(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		other := v.grouped(otherID)
		switch {
		case !v.shown():
			return nil, fault.New(fault.Gone, "error.curation.withdrawn")
		case other == nil || postID == otherID:
			return nil, errNotFound()
		case other.lead() == v.entry.lead():
			return nil, nil
		case len(v.group) > maxGroup:
			return nil, fault.New(fault.Conflict, "error.desk.group_full")
		}
		return &Decision{Decision: Group, OtherID: &otherID}, v.follows(ctx, other.lead(), v.entry.lead())
	}, postID, otherID)
}

// Part takes a practice out of its group; where it led, the oldest other one leads.
func (s *Service) Part(ctx context.Context, actor account.Account, postID int64) error {
	return s.decideOn(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		next, err := v.part(ctx)
		if err != nil || next == 0 {
			return nil, err
		}
		return &Decision{Decision: Ungroup, OtherID: &next}, nil
	}, postID)
}

// TakeLead makes a practice the one that stands for its group.
func (s *Service) TakeLead(ctx context.Context, actor account.Account, postID int64) error {
	return s.decideOn(ctx, actor, postID, func(v *verdict) (*Decision, error) {
		was := v.entry.lead()
		switch {
		case !v.shown():
			return nil, fault.New(fault.Gone, "error.curation.withdrawn")
		case was == postID:
			return nil, nil
		}
		return &Decision{Decision: Lead, OtherID: &was}, v.follows(ctx, postID, was)
	}, postID)
}

// regroup takes a decision about the group back. What others decided since stays, as far as it can.
func (v *verdict) regroup(ctx context.Context, d Decision, was entry) error {
	if d.Decision == Group && was.LeadID == nil {
		_, err := v.part(ctx)
		return err
	}
	// Join the former lead again, or the one that took over the lead.
	at := d.OtherID
	if was.LeadID != nil {
		at = was.LeadID
	}
	if at == nil {
		return nil
	}
	other := v.grouped(*at)
	switch {
	case other == nil:
		return fault.New(fault.Conflict, "error.desk.undo")
	case d.Decision == Lead:
		return v.follows(ctx, *at, v.entry.PostID)
	case was.LeadID == nil:
		return v.follows(ctx, v.entry.PostID, other.lead())
	}
	lead := other.lead()
	v.entry.LeadID = &lead
	return nil
}

// follows puts all entries that follow the lead from, and from itself, below the lead to.
func (v *verdict) follows(ctx context.Context, to, from int64) error {
	for i := range v.group {
		e := &v.group[i]
		if e.lead() != from && e.PostID != to {
			continue
		}
		if e.LeadID = &to; e.PostID == to {
			e.LeadID = nil
		}
		if e.PostID == v.entry.PostID {
			v.entry.LeadID = e.LeadID
			continue
		}
		if err := setLead(ctx, v.tx, e.PostID, e.LeadID); err != nil {
			return fmt.Errorf("curation: group of %d: %w", v.entry.PostID, err)
		}
	}
	return nil
}

// part takes the entry out of its group and returns who leads that then, 0 where it was in none.
func (v *verdict) part(ctx context.Context) (int64, error) {
	if v.entry.LeadID != nil {
		lead := *v.entry.LeadID
		v.entry.LeadID = nil
		return lead, nil
	}
	var next int64
	for _, e := range v.group {
		if e.LeadID == nil || *e.LeadID != v.entry.PostID {
			continue
		}
		lead := &next
		if next == 0 {
			next, lead = e.PostID, nil
		}
		if err := setLead(ctx, v.tx, e.PostID, lead); err != nil {
			return 0, fmt.Errorf("curation: group of %d: %w", v.entry.PostID, err)
		}
	}
	return next, nil
}

func (v *verdict) grouped(postID int64) *entry {
	for i := range v.group {
		if v.group[i].PostID == postID {
			return &v.group[i]
		}
	}
	return nil
}

// lead is the post that stands for the entry's group.
func (e entry) lead() int64 {
	if e.LeadID != nil {
		return *e.LeadID
	}
	return e.PostID
}
