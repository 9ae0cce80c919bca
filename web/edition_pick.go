package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

const picksPerPage = 50

// pickView offers accepted practices for a chapter.
type pickView struct {
	edition.Edition
	Chapter int
	Name    string // of the chapter
	Query   string
	Items   []pickItem
	Total   int
	Free    bool // there is at least one that the edition does not have
	Pages   pagination
	Errors  formErrors
}

type pickItem struct {
	practice.View
	Taken bool // it is in the edition already
}

func (s *Site) pickPractices(w http.ResponseWriter, r *http.Request) error {
	return s.renderPick(w, r, http.StatusOK, r.URL.Query().Get("kapitel"), formErrors{})
}

func (s *Site) renderPick(w http.ResponseWriter, r *http.Request, status int, chapter string, errs formErrors) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	e, err := s.Editions.ByID(r.Context(), actor, id)
	if err != nil {
		return err
	}
	view := pickView{Edition: e, Query: r.URL.Query().Get("q"), Errors: errs}
	view.Chapter, _ = strconv.Atoi(chapter)
	if view.Chapter < 0 || view.Chapter >= len(e.Chapters) {
		view.Chapter = 0
	}
	if e.Published() || len(e.Chapters) == 0 {
		http.Redirect(w, r, composeURL(id), http.StatusSeeOther)
		return nil
	}
	view.Name = e.Chapters[view.Chapter].Title
	offset := offsetOf(r, picksPerPage)
	list, err := s.Practices.List(r.Context(), post.Viewer{}, practice.Filter{Text: view.Query, Accepted: true, Offset: offset, Limit: picksPerPage})
	if err != nil {
		return fmt.Errorf("practices for edition %d: %w", id, err)
	}
	view.Total, view.Pages = list.Total, paginate(r, offset, picksPerPage, list.Total)
	for _, v := range list.Items {
		item := pickItem{View: v, Taken: e.Has(v.Post.URI)}
		view.Free = view.Free || !item.Taken
		view.Items = append(view.Items, item)
	}
	return s.render(w, r, status, "edition_pick", page{Title: s.t(r, "editions.pick.title"), Nav: "desk", Data: view, NoIndex: true})
}

// takePractices adds what was ticked to a chapter.
func (s *Site) takePractices(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		Chapter int     `schema:"chapter"`
		IDs     []int64 `schema:"practice"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	added, err := s.Editions.Take(r.Context(), actor, id, form.Chapter, form.IDs)
	if err != nil {
		if errs, ok := s.formErrors(r, err); ok {
			return s.renderPick(w, r, errs.Status, strconv.Itoa(form.Chapter), errs)
		}
		return fmt.Errorf("take practices into edition %d: %w", id, err)
	}
	s.flashTaken(w, added)
	http.Redirect(w, r, fmt.Sprintf("%s#kapitel-%d", composeURL(id), form.Chapter+1), http.StatusSeeOther)
	return nil
}

func (s *Site) flashTaken(w http.ResponseWriter, added int) {
	if added == 0 {
		s.flash(w, "info", "flash.edition.nothing_taken")
		return
	}
	s.flash(w, "success", "flash.edition.taken")
}
