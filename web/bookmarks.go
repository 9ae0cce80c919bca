package web

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
)

// bookmarksView is what the reader keeps in mind; nobody else sees it.
type bookmarksView struct {
	Items      []postView
	Pagination pagination
	Nav        homeNav
}

func (s *Site) showBookmarks(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	items, span, err := s.Posts.Bookmarks(r.Context(), viewer(r), paging.Page{MaxID: maxID(r)})
	if err != nil {
		return fmt.Errorf("bookmarks: %w", err)
	}
	view := bookmarksView{}
	if span.More {
		view.Pagination = olderThan(r, span.Last)
	}
	if view.Items, err = s.listView(r, items); err != nil {
		return fmt.Errorf("bookmarks: %w", err)
	}
	if view.Nav, err = s.homeNav(r, reader, "bookmarks"); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "home_bookmarks", page{Title: s.t(r, "home.bookmarks.title"), Nav: "home", Data: view, NoIndex: true})
}

// bookmarkPost keeps a post in mind, or no longer.
func (s *Site) bookmarkPost(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("bookmark: %w", err)
	}
	target, err := s.permalink(r.Context(), v.Post)
	if err != nil {
		return err
	}
	change := s.Posts.Bookmark
	if mux.Vars(r)["verb"] == "nicht-mehr-merken" {
		change = s.Posts.Unbookmark
	}
	if err := change(r.Context(), reader, id); err != nil {
		return fmt.Errorf("bookmark post %d: %w", id, err)
	}
	return s.back(w, r, target)
}
