package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/timeline"
)

// Timelines of the own area, as ?zeit= names them.
const (
	timelineMine  = "alle"
	timelineLocal = "lokal"
	timelineKnown = "bekannt"
)

// homeView is the own area's first page.
type homeView struct {
	Tab        string // timelineMine, timelineLocal, timelineKnown
	Items      []postView
	Pagination pagination
	Name       string // of the organisation
	MayWrite   bool
	Nav        homeNav
}

// homeNav is the menu of the own area with what waits there.
type homeNav struct {
	Current  string
	Requests int
	Overdue  int // entries of the directory that an editor should confirm
}

func (s *Site) showHome(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	view := homeView{Tab: r.URL.Query().Get("zeit"), MayWrite: reader.Able(account.RoleMember)}
	at := paging.Page{MaxID: maxID(r)}
	var lines timeline.Lines
	switch view.Tab {
	case timelineLocal, timelineKnown:
		lines, err = s.Timeline.Public(r.Context(), viewer(r), timeline.Options{Local: view.Tab == timelineLocal}, at)
	default:
		view.Tab = timelineMine
		lines, err = s.Timeline.Home(r.Context(), reader, at)
	}
	if err != nil {
		return fmt.Errorf("home %s: %w", view.Tab, err)
	}
	if view.Items, err = s.listView(r, lines.Items); err != nil {
		return fmt.Errorf("home %s: %w", view.Tab, err)
	}
	view.Pagination = olderThan(r, lines.Next())
	if view.Nav, err = s.homeNav(r, reader, "timeline"); err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("home: %w", err)
	}
	view.Name = o.Name
	return s.render(w, r, http.StatusOK, "home", page{Title: s.t(r, "home.title"), Nav: "home", Data: view, NoIndex: true})
}

func (s *Site) homeNav(r *http.Request, reader account.Account, current string) (homeNav, error) {
	requests, err := s.requestsFor(r, reader)
	if err != nil {
		return homeNav{}, err
	}
	nav := homeNav{Current: current, Requests: len(requests)}
	if reader.Able(account.RoleEditor) {
		if nav.Overdue, err = s.Directory.Overdue(r.Context()); err != nil {
			return homeNav{}, err
		}
	}
	return nav, nil
}

const draftsPerPage = 50

// draftsView is what the reader began and what they published.
type draftsView struct {
	Drafts     []practice.View
	MoreDrafts pagination
	Waiting    []waitingView // what others wrote and the reader may approve
	Items      []postView
	Pagination pagination
	MayWrite   bool
	Nav        homeNav
}

func (s *Site) showDrafts(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	view := draftsView{MayWrite: reader.Able(account.RoleMember)}
	if view.MayWrite {
		total, err := s.Practices.CountDrafts(r.Context(), reader)
		if err != nil {
			return err
		}
		offset := offsetOf(r, draftsPerPage)
		if view.Drafts, err = s.Practices.Drafts(r.Context(), reader, offset, draftsPerPage); err != nil {
			return fmt.Errorf("drafts: %w", err)
		}
		view.MoreDrafts = paginate(r, offset, draftsPerPage, total)
		view.MoreDrafts.Label = s.t(r, "home.drafts.pages")
	}
	if reader.Able(account.RoleEditor) {
		waiting, err := s.waitingFor(r, reader)
		if err != nil {
			return err
		}
		view.Waiting = slices.DeleteFunc(waiting, func(v waitingView) bool { return v.Mine })
	}
	items, err := s.Posts.ByAccount(r.Context(), viewer(r), reader.ID, paging.Page{MaxID: maxID(r)})
	if err != nil {
		return fmt.Errorf("own posts: %w", err)
	}
	if view.Items, err = s.listView(r, items); err != nil {
		return fmt.Errorf("own posts: %w", err)
	}
	view.Pagination = olderThan(r, nextPage(items))
	if view.Nav, err = s.homeNav(r, reader, "drafts"); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "home_drafts", page{Title: s.t(r, "home.drafts.title"), Nav: "home", Data: view, NoIndex: true})
}

// requestView is someone who wants to follow the reader or, for editors, one of our groups.
type requestView struct {
	follow.Request
	Group string // name of the group, "" for the reader
}

type requestsView struct {
	Requests []requestView
	Nav      homeNav
}

// requestsFor lists what waits for the reader's answer.
func (s *Site) requestsFor(r *http.Request, reader account.Account) ([]requestView, error) {
	targets := []struct {
		id   int64
		name string
	}{{reader.ID, ""}}
	if reader.Able(account.RoleEditor) {
		for _, find := range []func() (account.Account, error){
			func() (account.Account, error) { return s.Accounts.Catalog(r.Context()) },
			func() (account.Account, error) { return s.Accounts.Forum(r.Context()) },
		} {
			group, err := find()
			if err != nil {
				return nil, fmt.Errorf("follow requests: %w", err)
			}
			targets = append(targets, struct {
				id   int64
				name string
			}{group.ID, group.Name()})
		}
	}
	var views []requestView
	for _, target := range targets {
		requests, err := s.Follows.Requests(r.Context(), target.id)
		if err != nil {
			return nil, fmt.Errorf("follow requests of %d: %w", target.id, err)
		}
		for _, request := range requests {
			views = append(views, requestView{Request: request, Group: target.name})
		}
	}
	return views, nil
}

func (s *Site) showRequests(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	requests, err := s.requestsFor(r, reader)
	if err != nil {
		return err
	}
	view := requestsView{Requests: requests, Nav: homeNav{Current: "requests", Requests: len(requests)}}
	return s.render(w, r, http.StatusOK, "home_requests", page{Title: s.t(r, "home.requests.title"), Nav: "home", Data: view, NoIndex: true})
}

func (s *Site) answerRequest(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	accept := r.FormValue("antwort") == "annehmen"
	if err := s.Follows.Answer(r.Context(), reader, id, accept); err != nil {
		return fmt.Errorf("answer request %d: %w", id, err)
	}
	if accept {
		s.flash(w, "success", "flash.request.accepted")
	} else {
		s.flash(w, "success", "flash.request.refused")
	}
	return s.back(w, r, "/bereich/anfragen")
}
