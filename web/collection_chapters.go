package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
)

// pathNumber returns another number in the path than its id.
func pathNumber(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(mux.Vars(r)[name], 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.New(fault.NotFound, "web.error.not_found.text")
	}
	return n, nil
}

// saveChapter adds a chapter (id 0) or changes one.
func (s *Site) saveChapter(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		ID           int64  `schema:"id"`
		Name         string `schema:"name"`
		Introduction string `schema:"introduction"`
	}
	if err = decode(r, &form); err == nil {
		err = s.Curation.SaveChapter(r.Context(), actor, id, curation.Chapter{ID: form.ID, Name: form.Name, Introduction: form.Introduction})
	}
	anchor := chapterAnchor(form.ID)
	if err != nil {
		if errs, ok := s.mistakes(r, err, anchor, "collections.chapter.form."); ok {
			return s.renderEdit(w, r, errs.Status, func(e *collectionEdit) {
				e.Errors, e.Wrong = errs, anchor
				if i := slices.IndexFunc(e.Chapters, func(c collectionChapter) bool { return c.ID == form.ID }); i >= 0 {
					e.Chapters[i].Name, e.Chapters[i].Introduction = form.Name, form.Introduction
				}
			})
		}
		return fmt.Errorf("chapter of collection %d: %w", id, err)
	}
	s.flash(w, "success", "flash.collection.chapter")
	return s.toCollection(w, r, id, anchor)
}

// chapterAt returns who asks, the collection and the chapter in the address.
func (s *Site) chapterAt(r *http.Request) (account.Account, curation.Collection, curation.Chapter, error) {
	actor, c, err := s.arrangedAt(r)
	if err != nil {
		return actor, c, curation.Chapter{}, err
	}
	id, err := pathNumber(r, "chapter")
	if err != nil {
		return actor, c, curation.Chapter{}, err
	}
	i := slices.IndexFunc(c.Chapters, func(chapter curation.Chapter) bool { return chapter.ID == id })
	if i < 0 {
		return actor, c, curation.Chapter{}, fault.New(fault.NotFound, "error.collection.no_chapter")
	}
	return actor, c, c.Chapters[i], nil
}

func (s *Site) moveChapter(w http.ResponseWriter, r *http.Request) error {
	actor, c, chapter, err := s.chapterAt(r)
	if err != nil {
		return err
	}
	err = s.Curation.MoveChapter(r.Context(), actor, c.ID, chapter.ID, mux.Vars(r)["verb"] == "hoch")
	return s.did(w, r, c.ID, err, "flash.collection.moved", chapterAnchor(chapter.ID))
}

func (s *Site) confirmRemoveChapter(w http.ResponseWriter, r *http.Request) error {
	_, c, chapter, err := s.chapterAt(r)
	if err != nil {
		return err
	}
	return s.ask(w, r, http.StatusOK, confirmView{
		Title: s.t(r, "collections.chapter.remove.confirm", "Name", chapter.Name), Text: s.t(r, "collections.chapter.remove.text"), Action: r.URL.Path,
		Button: s.t(r, "collections.chapter.remove"), Cancel: fmt.Sprintf("%s/%d#%s", collectionsPath, c.ID, chapterAnchor(chapter.ID)),
	})
}

func (s *Site) removeChapter(w http.ResponseWriter, r *http.Request) error {
	actor, c, chapter, err := s.chapterAt(r)
	if err != nil {
		return err
	}
	return s.did(w, r, c.ID, s.Curation.RemoveChapter(r.Context(), actor, c.ID, chapter.ID), "flash.collection.chapter_removed", "kapitel")
}

// arrangeCollection makes chapters of what the practices say.
func (s *Site) arrangeCollection(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		By string `schema:"by"`
	}
	l := s.localizer(r)
	if err = decode(r, &form); err == nil {
		err = s.Curation.ArrangeBy(r.Context(), actor, id, form.By, func(level string) string { return nameOf(l, "web.level.", level) })
	}
	if err != nil {
		if errs, ok := s.mistakes(r, err, "gliedern", "collections.arrange."); ok {
			return s.renderEdit(w, r, errs.Status, func(e *collectionEdit) { e.Errors, e.Wrong = errs, "gliedern" })
		}
		return fmt.Errorf("arrange collection %d: %w", id, err)
	}
	s.flash(w, "success", "flash.collection.arranged")
	return s.toCollection(w, r, id, "beispiele")
}
