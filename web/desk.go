package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/practice"
)

// registerDesk adds the desk of an instance that curates, and the log of what it decided.
func (s *Site) registerDesk(r *mux.Router) {
	get, post := s.table(r)
	get("/redaktion", s.showDesk)
	get("/redaktion/{id:[0-9]+}", s.showDeskItem)
	post("/redaktion/{id:[0-9]+}/{verb:annehmen|ablehnen|nachfragen|spaeter|wiedervorlegen|hervorheben|nicht-hervorheben|anmerken|zuweisen|gruppieren|herausnehmen|fuehren|zur-kenntnis}", s.decide)
	get("/redaktion/entscheidungen", s.listDecisions)
	get("/redaktion/entscheidungen/{id:[0-9]+}", s.showDecision)
	post("/redaktion/entscheidungen/{id:[0-9]+}/zuruecknehmen", s.undoDecision)
}

const deskPerPage = 10

// Values of the filter for who looks after a practice, beside the id of an editor.
const (
	deskMine    = "ich"
	deskNobodys = "niemand"
)

// deskView is the desk: one tab of practices to decide about.
type deskView struct {
	State   string
	Tabs    []facetChoice
	Filters deskFilters
	Items   []deskItem
	Total   int
	Pages   pagination
	Last    *lastDecision // what the reader just did
	Back    string        // the address of this page, filters included

	Alone       bool   // our catalogue follows nobody, so that nothing can come
	Administers bool   // the reader may change that
	Elsewhere   string // where something else waits while nothing is new, "" for nowhere
}

// Errors: of what can be chosen nothing can be wrong.
func (deskView) Errors() formErrors { return formErrors{} }

// deskFilters narrow a tab.
type deskFilters struct {
	Origin, Level, Region, Field, Editor      string
	Origins, Levels, Regions, Fields, Editors []option
	Reset                                     string // address without them
}

// Any reports whether the tab is narrowed.
func (f deskFilters) Any() bool { return f.Origin+f.Level+f.Region+f.Field+f.Editor != "" }

// lastDecision can still be taken back.
type lastDecision struct {
	curation.Decision
	Title string
}

// showDesk lists what waits, what was asked, put aside or changed, and what was decided.
func (s *Site) showDesk(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	asked := r.URL.Query()
	state := asked.Get("stand")
	if !slices.Contains(curation.States, state) {
		state = curation.Waiting
	}
	data := deskView{State: state, Back: r.URL.RequestURI(), Filters: deskFilters{
		Origin: asked.Get("herkunft"), Level: asked.Get("ebene"), Region: asked.Get("land"), Field: asked.Get("feld"), Editor: asked.Get("zustaendig"),
	}}
	query := data.Filters.query(actor)
	query.State, query.Offset, query.Limit = state, offsetOf(r, deskPerPage), deskPerPage
	list, err := s.Curation.Desk(r.Context(), actor, query)
	if err != nil {
		return fmt.Errorf("desk %s: %w", state, err)
	}
	data.Total, data.Pages = list.Total, paginate(r, query.Offset, deskPerPage, list.Total)
	if len(list.Items) == 0 && list.Total > 0 { // the last one of this page was decided
		http.Redirect(w, r, data.Pages.Previous, http.StatusSeeOther)
		return nil
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	for _, name := range curation.States {
		if name == curation.Proposed && !o.TwoEditors && name != state && list.Counts[name] == 0 {
			continue // one editor is enough here
		}
		data.Tabs = append(data.Tabs, facetChoice{Label: s.t(r, "desk.tab."+name), Count: list.Counts[name], Href: "/redaktion?stand=" + name, Chosen: name == state})
	}
	editors, err := s.Curation.Editors(r.Context(), actor)
	if err != nil {
		return fmt.Errorf("desk: editors: %w", err)
	}
	s.fillDeskFilters(r, &data.Filters, state, list.Choices, editors)
	names := editorNames(editors)
	for _, i := range list.Items {
		data.Items = append(data.Items, s.deskItem(r, actor, i, names))
	}
	if data.Last, err = s.lastDecision(r, actor); err != nil {
		return err
	}
	if state == curation.Waiting && len(data.Items) == 0 {
		if err := s.fillIdleDesk(r, &data, actor, list.Counts); err != nil {
			return err
		}
	}
	return s.render(w, r, http.StatusOK, "desk", page{Title: s.t(r, "practices.desk.title"), Nav: "desk", Data: data, NoIndex: true, Scripts: []string{"desk.js"}})
}

// fillIdleDesk says what to do where nothing is new: to follow somebody first, or to look at what changed.
func (s *Site) fillIdleDesk(r *http.Request, data *deskView, actor account.Account, counts map[string]int) error {
	catalog, err := s.Accounts.Catalog(r.Context())
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	_, following, err := s.Follows.Counts(r.Context(), catalog.ID)
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	decided := 0
	for _, n := range counts {
		decided += n
	}
	data.Alone, data.Administers = following+decided == 0, actor.Able(account.RoleAdmin)
	if counts[curation.Changed] > 0 {
		data.Elsewhere = "/redaktion?stand=" + curation.Changed
	}
	return nil
}

func (f deskFilters) query(actor account.Account) curation.DeskQuery {
	q := curation.DeskQuery{Origin: f.Origin, Level: f.Level, Region: f.Region, Field: f.Field}
	switch f.Editor {
	case "":
	case deskMine:
		q.EditorID = actor.ID
	case deskNobodys:
		q.Unassigned = true
	default:
		if id, err := strconv.ParseInt(f.Editor, 10, 64); err == nil && id > 0 {
			q.EditorID = id
		}
	}
	return q
}

// fillDeskFilters offers what the tab has, and what is chosen even if it has that no more.
func (s *Site) fillDeskFilters(r *http.Request, f *deskFilters, state string, choices map[string][]practice.Facet, editors []account.Account) {
	f.Reset = "/redaktion?" + url.Values{"stand": {state}}.Encode()
	offer := func(chosen string, facets []practice.Facet, label func(string) string) []option {
		var list []option
		for _, facet := range facets {
			list = append(list, option{Value: facet.Value, Label: fmt.Sprintf("%s (%d)", label(facet.Value), facet.Count), Selected: facet.Value == chosen})
		}
		if chosen != "" && !slices.ContainsFunc(facets, func(facet practice.Facet) bool { return facet.Value == chosen }) {
			list = append(list, option{Value: chosen, Label: label(chosen) + " (0)", Selected: true})
		}
		return list
	}
	l := s.localizer(r)
	same := func(v string) string { return v }
	f.Origins = offer(f.Origin, choices["origin"], func(v string) string {
		if v == practice.LocalOrigin {
			return s.t(r, "desk.filter.ours")
		}
		return v
	})
	f.Levels = offer(f.Level, choices["level"], func(v string) string { return nameOf(l, "web.level.", v) })
	f.Regions = offer(f.Region, choices["region"], func(v string) string { return nameOf(l, "web.region.", v) })
	slices.SortStableFunc(f.Regions, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	f.Fields = offer(f.Field, choices["field"], same)
	f.Editors = []option{
		{Value: deskMine, Label: s.t(r, "desk.filter.mine"), Selected: f.Editor == deskMine},
		{Value: deskNobodys, Label: s.t(r, "desk.filter.nobodys"), Selected: f.Editor == deskNobodys},
	}
	me := currentAccount(r)
	for _, a := range editors {
		if me == nil || a.ID != me.ID {
			value := strconv.FormatInt(a.ID, 10)
			f.Editors = append(f.Editors, option{Value: value, Label: a.Name(), Selected: value == f.Editor})
		}
	}
}

func editorNames(editors []account.Account) map[int64]string {
	names := make(map[int64]string, len(editors))
	for _, a := range editors {
		names[a.ID] = a.Name()
	}
	return names
}

// lastDecision is what the reader decided last, if it can be taken back.
func (s *Site) lastDecision(r *http.Request, actor account.Account) (*lastDecision, error) {
	d, title, ok, err := s.Curation.LastDecision(r.Context(), actor)
	if err != nil || !ok {
		return nil, err
	}
	return &lastDecision{Decision: d, Title: title}, nil
}
