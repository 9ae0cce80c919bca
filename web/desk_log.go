package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

const (
	decisionsPath    = "/redaktion/entscheidungen"
	decisionsPerPage = 30
)

// deskKinds are the kinds of decisions by which the log can be narrowed.
var deskKinds = []string{
	curation.Accept, curation.Decline, curation.Question, curation.Later, curation.Feature, curation.Unfeature, curation.Annotate, curation.Reopen,
	curation.ProposeAccept, curation.ProposeDecline, curation.Assign, curation.Group, curation.Notice, curation.Undo,
}

// decisionView is one line of the log.
type decisionView struct {
	curation.Decision
	Author   *account.Account // who decided
	Editor   string           // to whom it was given
	Title    string           // of the practice, "" when it is gone
	Other    *practice.View   // the one it was grouped with
	Undoable bool
}

// Href is the permanent address.
func (d decisionView) Href() string { return decisionsPath + "/" + strconv.FormatInt(d.ID, 10) }

// Cite is the number under which the decision is cited.
func (d decisionView) Cite() string { return fmt.Sprintf("%d/%d", d.Number, d.Year) }

// decisionsView is the log of the desk.
type decisionsView struct {
	Kind  string
	Kinds []option
	Lines []decisionView
	Pages pagination
}

// Errors: of what can be chosen nothing can be wrong.
func (decisionsView) Errors() formErrors { return formErrors{} }

// decisionPage is one decision as it is cited.
type decisionPage struct {
	decisionView
	Practice *practice.View // nil when it is gone
	Version  string         // address of the version it was about, "" when that is unknown
	Undoes   *decisionView
	Owner    string // who curates
	URL      string
	Inside   bool // for who works at the desk: with names and the way back
}

func (s *Site) listDecisions(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	data := decisionsView{Kind: r.URL.Query().Get("art")}
	if !slices.Contains(deskKinds, data.Kind) {
		data.Kind = ""
	}
	for _, kind := range deskKinds {
		data.Kinds = append(data.Kinds, option{Value: kind, Label: s.t(r, "desk.decision."+kind), Selected: kind == data.Kind})
	}
	log, err := s.Curation.Log(r.Context(), actor, data.Kind, maxID(r), decisionsPerPage+1)
	if err != nil {
		return fmt.Errorf("decisions: %w", err)
	}
	if len(log) > decisionsPerPage {
		log = log[:decisionsPerPage]
		data.Pages = olderThan(r, log[decisionsPerPage-1].ID)
	}
	if data.Lines, err = s.decisionViews(r, log); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "desk_log", page{Title: s.t(r, "desk.log.title"), Nav: "desk", Data: data, NoIndex: true})
}

// decisionViews adds names and titles to decisions.
func (s *Site) decisionViews(r *http.Request, log []curation.Decision) ([]decisionView, error) {
	var people, posts []int64
	for _, d := range log {
		posts = append(posts, d.PostID)
		for _, id := range []*int64{d.AccountID, d.EditorID} {
			if id != nil {
				people = append(people, *id)
			}
		}
		if d.OtherID != nil {
			posts = append(posts, *d.OtherID)
		}
	}
	slices.Sort(posts)
	accounts, err := s.Accounts.ByIDs(r.Context(), people)
	if err != nil {
		return nil, fmt.Errorf("people of decisions: %w", err)
	}
	practices, err := s.Practices.Views(r.Context(), viewer(r), slices.Compact(posts))
	if err != nil {
		return nil, fmt.Errorf("practices of decisions: %w", err)
	}
	byID := make(map[int64]practice.View, len(practices))
	for _, v := range practices {
		byID[v.Post.ID] = v
	}
	lines := make([]decisionView, len(log))
	for i, d := range log {
		line := decisionView{Decision: d, Title: byID[d.PostID].Post.Title}
		if d.AccountID != nil {
			if a, ok := accounts[*d.AccountID]; ok {
				line.Author = &a
			}
		}
		if d.EditorID != nil {
			a := accounts[*d.EditorID]
			line.Editor = a.Name()
		}
		if d.OtherID != nil {
			if v, ok := byID[*d.OtherID]; ok {
				line.Other = &v
			}
		}
		lines[i] = line
	}
	return lines, nil
}

// showDecision is the permanent address of a decision. What the world was told of anyone may read, without the names of the
// people; the rest is for editors.
func (s *Site) showDecision(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	d, err := s.Curation.DecisionByID(r.Context(), id)
	if err != nil {
		return fmt.Errorf("decision %d: %w", id, err)
	}
	_, refused := s.require(r, account.RoleEditor)
	if refused != nil && !d.Public {
		return fault.New(fault.NotFound, "error.desk.no_decision")
	}
	lines, err := s.decisionViews(r, []curation.Decision{d})
	if err != nil {
		return err
	}
	data := decisionPage{decisionView: lines[0], Inside: refused == nil}
	v, err := s.Practices.ByID(r.Context(), viewer(r), d.PostID)
	switch kind := fault.KindOf(err); {
	case err == nil:
		data.Practice = &v
		if _, err := s.Practices.AtRevision(r.Context(), viewer(r), d.PostID, d.Revision); err == nil && d.Revision != v.Practice.Revision {
			data.Version = fmt.Sprintf("%s/verlauf?von=%d&bis=%d#vergleich", practiceURL(d.PostID), d.Revision, v.Practice.Revision)
		}
	case kind != fault.NotFound && kind != fault.Gone:
		return fmt.Errorf("decision %d: %w", id, err)
	}
	if d.UndoesID != nil {
		if undone, err := s.Curation.DecisionByID(r.Context(), *d.UndoesID); err == nil {
			data.Undoes = &decisionView{Decision: undone}
		}
	}
	if data.Inside {
		if data.Undoable, err = s.Curation.Undoable(r.Context(), *currentAccount(r), d); err != nil {
			return fmt.Errorf("decision %d: %w", id, err)
		}
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("decision %d: %w", id, err)
	}
	data.Owner, data.URL = o.Name, s.Config.BaseURL+data.Href()
	return s.render(w, r, http.StatusOK, "desk_decision", page{Title: s.t(r, "desk.decision.title", "Number", data.Cite()), Nav: "desk", Data: data, NoIndex: true})
}

// undoDecision takes a decision back.
func (s *Site) undoDecision(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if err := s.Curation.Undo(r.Context(), actor, id); err != nil {
		return fmt.Errorf("undo decision %d: %w", id, err)
	}
	s.flash(w, "success", "flash.desk.zurueckgenommen")
	return s.back(w, r, "/redaktion")
}
