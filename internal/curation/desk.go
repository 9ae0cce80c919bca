package curation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// States are all states of practices on the desk, in the order in which editors look at them.
var States = []string{Waiting, Changed, Proposed, Asked, Postponed, Withdrawn, Accepted, Declined}

// DeskQuery asks for practices on the desk. Empty values do not narrow it.
type DeskQuery struct {
	State      string // one of States, Waiting for anything else
	Origin     string // domain of the instance it came from; practice.LocalOrigin for ours
	Level      string
	Region     string
	Field      string // name of a term
	EditorID   int64  // who looks after it
	Unassigned bool   // nobody does
	Offset     int
	Limit      int
}

// DeskPage is one page of the desk.
type DeskPage struct {
	Items   []DeskItem
	Total   int
	Counts  map[string]int              // by state, whatever the query is narrowed to
	Choices map[string][]practice.Facet // origin, level, region, field: to what it can be narrowed
}

// Standing is how a practice stands on the desk.
type Standing struct {
	State            string // Waiting, Accepted or Declined
	Reason           string
	ReceivedAt       time.Time
	EditorID         *int64     // who looks after it
	LaterUntil       *time.Time // put aside until then, nil when that has passed
	QuestionID       *int64     // what its authors were asked, until the next decision
	Answered         bool
	Proposal         string // Accept, Decline or "", by ProposedByID about ProposalRevision
	ProposalReason   string
	ProposalRevision int
	ProposedByID     *int64
	LeadID           *int64 // the practice that stands for its group; nil when it stands for itself, or leads
	Group            int    // how many it stands for, itself included; 0 below a lead
}

// DeskItem is one practice on the desk. Of what is gone only the post's id, uri and author are known.
type DeskItem struct {
	practice.View
	Standing
	WithdrawnAt *time.Time // of what is gone; nil when it is there but no more for everyone
}

// Desk lists practices by state with counts: what waits oldest first, after what was answered; what was decided newest first.
// Editors and above.
func (s *Service) Desk(ctx context.Context, actor account.Account, q DeskQuery) (DeskPage, error) {
	var page DeskPage
	if err := s.mayDecide(ctx, actor); err != nil {
		return page, err
	}
	if !slices.Contains(States, q.State) {
		q.State = Waiting
	}
	q.Offset, q.Limit = max(0, q.Offset), min(max(1, q.Limit), 100)
	var err error
	if page.Counts, err = countTabs(ctx, s.db); err != nil {
		return page, fmt.Errorf("curation.Desk: %w", err)
	}
	if page.Choices, err = deskChoices(ctx, s.db, q.State); err != nil {
		return page, fmt.Errorf("curation.Desk: choices: %w", err)
	}
	rows, total, err := deskPage(ctx, s.db, q)
	if err != nil {
		return page, fmt.Errorf("curation.Desk %s: %w", q.State, err)
	}
	page.Total = total
	if q.State == Withdrawn {
		page.Items, err = s.goneItems(ctx, rows)
		return page, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.PostID
	}
	views, err := s.practices.Views(ctx, post.Viewer{AccountID: actor.ID}, ids)
	if err != nil {
		return page, err
	}
	for _, v := range views {
		at := slices.IndexFunc(rows, func(r deskRow) bool { return r.PostID == v.Post.ID })
		page.Items = append(page.Items, DeskItem{View: v, Standing: rows[at].standing()})
	}
	return page, nil
}

// goneItems are practices of which nothing may be shown but whose they were.
func (s *Service) goneItems(ctx context.Context, rows []deskRow) ([]DeskItem, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.AuthorID
	}
	authors, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("curation.Desk: authors: %w", err)
	}
	items := make([]DeskItem, len(rows))
	for i, r := range rows {
		v := practice.View{View: post.View{Post: post.Post{ID: r.PostID, URI: r.URI, AccountID: r.AuthorID}, Author: authors[r.AuthorID]}}
		items[i] = DeskItem{View: v, Standing: r.standing(), WithdrawnAt: r.WithdrawnAt}
	}
	return items, nil
}

// Standing returns how one practice stands on the desk. Editors and above. fault.NotFound for what never came there.
func (s *Service) Standing(ctx context.Context, actor account.Account, postID int64) (Standing, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return Standing{}, err
	}
	row, err := deskRowOf(ctx, s.db, postID)
	if db.IsNotFound(err) {
		return Standing{}, errNotFound()
	}
	if err != nil {
		return Standing{}, fmt.Errorf("curation.Standing of %d: %w", postID, err)
	}
	return row.standing(), nil
}

func (r deskRow) standing() Standing {
	st := Standing{
		State: r.State, Reason: r.Reason, ReceivedAt: r.ReceivedAt, EditorID: r.EditorID, QuestionID: r.QuestionID, Answered: r.Answered,
		Proposal: r.Proposal, ProposalReason: r.ProposalReason, ProposalRevision: r.ProposalRevision, ProposedByID: r.ProposedByID,
		LeadID: r.LeadID, Group: r.Group,
	}
	if r.LaterUntil != nil && r.LaterUntil.After(time.Now()) {
		st.LaterUntil = r.LaterUntil
	}
	return st
}

// Answers lists the question that the authors of a practice were asked and what was answered, oldest first; nil where they were
// asked nothing that is open. It is read with the eyes of the catalogue, who asked. Editors and above.
func (s *Service) Answers(ctx context.Context, actor account.Account, st Standing) ([]post.View, error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return nil, err
	}
	if st.QuestionID == nil {
		return nil, nil
	}
	ids, err := answersTo(ctx, s.db, *st.QuestionID)
	if err != nil {
		return nil, fmt.Errorf("curation.Answers to %d: %w", *st.QuestionID, err)
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("curation.Answers to %d: %w", *st.QuestionID, err)
	}
	return s.posts.ViewsByIDs(ctx, post.Viewer{AccountID: catalog.ID}, append([]int64{*st.QuestionID}, ids...))
}
