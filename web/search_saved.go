package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
)

const savedPath = "/bereich/suchen"

// registerSearch adds the pages of searches that are kept.
func (s *Site) registerSearch(r *mux.Router) {
	get, post := s.table(r)

	get(savedPath, s.showSaved)
	post(savedPath, s.saveSearch)
	post(savedPath+"/{id:[0-9]+}/entfernen", s.forgetSearch)
}

// savedView is the list of a reader's searches, and the form of one that is to be kept.
type savedView struct {
	Items  []savedItem
	Form   savedForm
	Asked  []string // what the search of the form asks for, in words; nil when there is none
	Errors formErrors
	Nav    homeNav
}

// savedItem is one of them.
type savedItem struct {
	search.Saved
	Href  string
	Feed  string // for programs that read feeds; whoever knows it reads it
	Asked []string
}

type savedForm struct {
	Name  string `schema:"name"`
	Query string `schema:"query"`
}

// showSaved lists the reader's searches; ?suche= brings one that is to be kept.
func (s *Site) showSaved(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	form := savedForm{Query: r.URL.Query().Get("suche")}
	f, query := s.readFilter(form.Query)
	if form.Query = query; query != "" {
		form.Name = clip(strings.Join(s.asked(s.localizer(r), f), ", "), 100)
	}
	return s.renderSaved(w, r, http.StatusOK, reader, form, formErrors{})
}

func (s *Site) renderSaved(w http.ResponseWriter, r *http.Request, status int, reader account.Account, form savedForm, errs formErrors) error {
	list, err := s.Searches.Saved(r.Context(), reader)
	if err != nil {
		return fmt.Errorf("saved searches: %w", err)
	}
	l := s.localizer(r)
	view := savedView{Form: form, Errors: errs}
	if form.Query != "" {
		f, _ := s.readFilter(form.Query)
		view.Asked = s.asked(l, f)
	}
	for _, saved := range list {
		f, query := s.readFilter(saved.Query)
		view.Items = append(view.Items, savedItem{Saved: saved, Href: "/praxisbeispiele?" + query, Feed: "/suchen/" + saved.Token + ".atom", Asked: s.asked(l, f)})
	}
	if view.Nav, err = s.homeNav(r, reader, "searches"); err != nil {
		return err
	}
	return s.render(w, r, status, "home_searches", page{Title: s.t(r, "search.saved.title"), Nav: "home", Data: view, NoIndex: true})
}

func (s *Site) saveSearch(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	var form savedForm
	if err = decode(r, &form); err == nil {
		var f practice.Filter
		f, form.Query = s.readFilter(form.Query)
		_, err = s.Searches.Save(r.Context(), reader, form.Name, form.Query, f)
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "search.saved."); ok {
			return s.renderSaved(w, r, errs.Status, reader, form, errs)
		}
		return fmt.Errorf("save search: %w", err)
	}
	s.flash(w, "success", "flash.search.saved")
	http.Redirect(w, r, savedPath, http.StatusSeeOther)
	return nil
}

func (s *Site) forgetSearch(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	if err := s.Searches.Forget(r.Context(), reader, id); err != nil {
		return fmt.Errorf("forget search %d: %w", id, err)
	}
	s.flash(w, "success", "flash.search.forgotten")
	http.Redirect(w, r, savedPath, http.StatusSeeOther)
	return nil
}

// readFilter reads what the parameters of a list of practices mean, and writes them as they are kept: only those that say what
// is found, in one order.
func (s *Site) readFilter(query string) (practice.Filter, string) {
	sent, _ := url.ParseQuery(query)
	f := filterOf(sent)
	kept := url.Values{}
	if f.Text != "" {
		kept.Set("q", f.Text)
	}
	for _, filter := range filters {
		if value := *filter.field(&f); value != "" {
			kept.Set(filter.param, value)
		}
	}
	return f, kept.Encode()
}

// asked says in words what a filter asks for.
func (s *Site) asked(l *i18n.Localizer, f practice.Filter) []string {
	var list []string
	if f.Text != "" {
		list = append(list, l.T("search.saved.text", "Text", f.Text))
	}
	for _, filter := range filters {
		if value := *filter.field(&f); value != "" {
			list = append(list, facetLabel(l, filter.param, value))
		}
	}
	return list
}
