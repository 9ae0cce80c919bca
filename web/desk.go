package web

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/practice"
)

const deskPerPage = 10

// deskStates are the tabs of the desk.
var deskStates = []string{"waiting", "changed", "accepted", "declined"}

// deskView is the desk: one tab of practices to decide about.
type deskView struct {
	State string
	Tabs  []facetChoice
	Items []deskItem
	Pages pagination
}

// deskItem is one practice on the desk, with what an editor typed when it comes back.
type deskItem struct {
	practice.View
	Figures   []figureView
	Back      string
	Log       []decisionView // on its own page only
	Whole     bool           // its own page: with the text
	Reason    string
	Note      string
	Errors    formErrors
	Handle    string
	Published string
}

// State is where it stands: waiting, accepted or declined.
func (i deskItem) State() string {
	if i.Curation == nil {
		return "waiting"
	}
	return i.Curation.State
}

// DeskErrors are the mistakes with the ids that the inputs have on the desk, where every item has its own forms.
func (i deskItem) DeskErrors() formErrors {
	errs := i.Errors
	errs.Fields = nil
	for _, f := range i.Errors.Fields {
		f.ID = fmt.Sprintf("f-%s-%d", f.Name, i.Post.ID)
		errs.Fields = append(errs.Fields, f)
	}
	return errs
}

// decisionView is one line of the log.
type decisionView struct {
	curation.Decision
	Author *account.Account
}

// showDesk lists what waits, what changed after it was accepted, and what was decided.
func (s *Site) showDesk(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	state := r.URL.Query().Get("stand")
	if state == "" {
		state = "waiting"
	}
	offset := offsetOf(r, deskPerPage)
	items, counts, err := s.Curation.Desk(r.Context(), actor, state, offset, deskPerPage)
	if err != nil {
		return fmt.Errorf("desk %s: %w", state, err)
	}
	data := deskView{State: state, Pages: paginate(r, offset, deskPerPage, counts[state])}
	for _, name := range deskStates {
		data.Tabs = append(data.Tabs, facetChoice{Label: s.t(r, "practices.desk.tab."+name), Count: counts[name], Href: "/redaktion?stand=" + name, Chosen: name == state})
	}
	for _, v := range items {
		data.Items = append(data.Items, s.deskItem(r, v))
	}
	return s.render(w, r, http.StatusOK, "desk", page{Title: s.t(r, "practices.desk.title"), Nav: "desk", Data: data, NoIndex: true, Scripts: []string{"desk.js"}})
}

func (s *Site) deskItem(r *http.Request, v practice.View) deskItem {
	return deskItem{View: v, Figures: newFigures(s.localizer(r), v.Practice.Figures), Back: r.URL.RequestURI(), Handle: s.fullHandle(v.Author)}
}

// showDeskItem shows one practice with all that was ever decided about it.
func (s *Site) showDeskItem(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.renderDeskItem(w, r, http.StatusOK, id, deskItem{})
}

// renderDeskItem shows the page of one practice on the desk; typed holds what a refused form contained.
func (s *Site) renderDeskItem(w http.ResponseWriter, r *http.Request, status int, id int64, typed deskItem) error {
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("desk item %d: %w", id, err)
	}
	item := s.deskItem(r, v)
	item.Whole, item.Back = true, fmt.Sprintf("/redaktion/%d", id)
	item.Reason, item.Note, item.Errors = typed.Reason, typed.Note, typed.Errors
	log, err := s.Curation.Decisions(r.Context(), id)
	if err != nil {
		return fmt.Errorf("decisions about %d: %w", id, err)
	}
	var ids []int64
	for _, d := range log {
		if d.AccountID != nil {
			ids = append(ids, *d.AccountID)
		}
	}
	authors, err := s.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return fmt.Errorf("authors of the decisions about %d: %w", id, err)
	}
	for _, d := range log {
		line := decisionView{Decision: d}
		if d.AccountID != nil {
			if a, ok := authors[*d.AccountID]; ok {
				line.Author = &a
			}
		}
		item.Log = append(item.Log, line)
	}
	return s.render(w, r, status, "desk_item", page{Title: s.t(r, "practices.desk.item", "Title", v.Post.Title), Nav: "desk", Data: item, NoIndex: true})
}

// decide takes one decision and returns to the list it was made in.
func (s *Site) decide(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		Reason string `schema:"reason"`
		Source string `schema:"source"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	ctx, verb := r.Context(), mux.Vars(r)["verb"]
	switch verb {
	case "annehmen":
		err = s.Curation.Accept(ctx, actor, id)
	case "ablehnen":
		err = s.Curation.Decline(ctx, actor, id, form.Reason)
	case "wiedervorlegen":
		err = s.Curation.Reopen(ctx, actor, id)
	case "hervorheben":
		err = s.Curation.Feature(ctx, actor, id, true)
	case "nicht-hervorheben":
		err = s.Curation.Feature(ctx, actor, id, false)
	case "anmerken":
		err = s.Curation.Annotate(ctx, actor, id, form.Source)
	}
	if err != nil {
		err = fmt.Errorf("%s practice %d: %w", verb, id, err)
		if errs, ok := s.formErrors(r, err, "practices.desk."); ok {
			return s.renderDeskItem(w, r, errs.Status, id, deskItem{Reason: form.Reason, Note: form.Source, Errors: errs})
		}
		return err
	}
	s.flash(w, "success", "flash.desk."+verb)
	return s.back(w, r, "/redaktion")
}
