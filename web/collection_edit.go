package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

// collectionEdit is the page on which a collection is arranged: what is stored, or what was typed and refused.
type collectionEdit struct {
	curation.Collection
	Path     string
	Form     collectionForm
	Chapters []collectionChapter // the last one adds a chapter
	Parts    []editedPart
	By       []option
	Stored   bool       // what another editor wrote meanwhile is shown beside the form
	Errors   formErrors // of any of the forms: the summary
	Wrong    string     // anchor of the form they are about
}

// PagePath is where everyone reads it.
func (e collectionEdit) PagePath() string { return collectionHref(e.Collection) }

// For are the mistakes, for the form that they are about.
func (e collectionEdit) For(anchor string) formErrors {
	if anchor != e.Wrong {
		return formErrors{}
	}
	return e.Errors
}

// collectionChapter is the form of one chapter.
type collectionChapter struct {
	curation.Chapter
	Anchor      string
	First, Last bool
}

// editedPart is a chapter with its entries, each with its form.
type editedPart struct {
	Name    string
	Entries []entryForm
}

// entryForm is the form of one place in a collection.
type entryForm struct {
	curation.Entry
	Practice    *practice.View // nil where there is but the place
	Anchor      string
	First, Last bool
	Options     []option // the chapters
}

func chapterAnchor(id int64) string {
	if id == 0 {
		return "neues-kapitel"
	}
	return "kapitel-" + strconv.FormatInt(id, 10)
}

func entryAnchor(postID int64) string { return "beispiel-" + strconv.FormatInt(postID, 10) }

// mistakes translates what was refused, with the ids that the inputs have in the form with that anchor.
func (s *Site) mistakes(r *http.Request, err error, anchor string, labels ...string) (formErrors, bool) {
	errs, ok := s.formErrors(r, err, labels...)
	if anchor != "" {
		for i := range errs.Fields {
			errs.Fields[i].ID = formFieldID(anchor, errs.Fields[i].Name)
		}
	}
	return errs, ok
}

// formFieldID is unique among the many forms of a page.
func formFieldID(anchor, name string) string { return "f-" + anchor + "-" + name }

func (s *Site) editCollection(w http.ResponseWriter, r *http.Request) error {
	return s.renderEdit(w, r, http.StatusOK, nil)
}

// renderEdit shows the page; change puts what was typed in place of what is stored.
func (s *Site) renderEdit(w http.ResponseWriter, r *http.Request, status int, change func(e *collectionEdit)) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	c, err := s.Curation.Arranged(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("collection %d: %w", id, err)
	}
	data := collectionEdit{Collection: c, Path: fmt.Sprintf("%s/%d", collectionsPath, id), Form: collectionForm{c.Name, c.Introduction, c.Version}}
	for i, chapter := range append(c.Chapters, curation.Chapter{}) {
		data.Chapters = append(data.Chapters, collectionChapter{Chapter: chapter, Anchor: chapterAnchor(chapter.ID), First: i == 0, Last: i >= len(c.Chapters)-1})
	}
	for _, by := range []string{curation.ByField, curation.ByGoal, curation.ByLevel} {
		data.By = append(data.By, option{Value: by, Label: s.t(r, "collections.arrange."+by)})
	}
	if data.Parts, err = s.editedParts(r, c); err != nil {
		return err
	}
	if change != nil {
		change(&data)
	}
	return s.render(w, r, status, "collection_edit", page{Title: c.Name, Nav: "desk", Data: data, NoIndex: true})
}

// chapterOptions are the chapters of a collection to choose from.
func (s *Site) chapterOptions(r *http.Request, c curation.Collection, chosen int64) []option {
	options := []option{{Value: "0", Label: s.t(r, "collections.chapter.none"), Selected: chosen == 0}}
	for _, chapter := range c.Chapters {
		options = append(options, option{Value: strconv.FormatInt(chapter.ID, 10), Label: chapter.Name, Selected: chapter.ID == chosen})
	}
	return options
}

func (s *Site) editedParts(r *http.Request, c curation.Collection) (parts []editedPart, err error) {
	views, err := s.collected(r, c.Entries)
	if err != nil {
		return nil, err
	}
	for i, e := range c.Entries {
		form := entryForm{
			Entry: e, Anchor: entryAnchor(e.PostID), Options: s.chapterOptions(r, c, e.ChapterID),
			First: i == 0 || c.Entries[i-1].ChapterID != e.ChapterID, Last: i == len(c.Entries)-1 || c.Entries[i+1].ChapterID != e.ChapterID,
		}
		if v, ok := views[e.PostID]; ok && !e.Withdrawn {
			form.Practice = &v
		}
		if form.First {
			name := e.Chapter
			if name == "" {
				name = s.t(r, "collections.chapter.none")
			}
			parts = append(parts, editedPart{Name: name})
		}
		last := &parts[len(parts)-1]
		last.Entries = append(last.Entries, form)
	}
	return parts, nil
}

// previewCollection shows a collection as everyone will see it.
func (s *Site) previewCollection(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	c, err := s.Curation.Arranged(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("collection %d: %w", id, err)
	}
	if c.Published {
		http.Redirect(w, r, collectionHref(c), http.StatusSeeOther)
		return nil
	}
	shown := c.Entries[:0]
	for _, e := range c.Entries {
		if e.Accepted {
			shown = append(shown, e)
		}
	}
	c.Entries = shown
	return s.renderCollection(w, r, c)
}

func (s *Site) saveCollection(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form collectionForm
	if err = decode(r, &form); err == nil {
		err = s.Curation.SaveCollection(r.Context(), actor, id, form.draft())
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "collections.form."); ok {
			return s.renderEdit(w, r, errs.Status, func(e *collectionEdit) {
				form.Version = e.Version // whoever saves again has seen what is stored
				e.Form, e.Errors, e.Wrong, e.Stored = form, errs, "text", fault.KindOf(err) == fault.Conflict
			})
		}
		return fmt.Errorf("save collection %d: %w", id, err)
	}
	s.flash(w, "success", "flash.collection.saved")
	return s.toCollection(w, r, id, "")
}

// did goes back to the page after a form without fields, or shows what kept it from being done.
func (s *Site) did(w http.ResponseWriter, r *http.Request, id int64, err error, said, anchor string) error {
	if err != nil {
		if errs, ok := s.formErrors(r, err); ok {
			errs.Fields = nil
			return s.renderEdit(w, r, errs.Status, func(e *collectionEdit) { e.Errors = errs })
		}
		return fmt.Errorf("collection %d: %w", id, err)
	}
	s.flash(w, "success", said)
	return s.toCollection(w, r, id, anchor)
}

func (s *Site) publishCollection(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if mux.Vars(r)["verb"] == "veroeffentlichen" {
		return s.did(w, r, id, s.Curation.PublishCollection(r.Context(), actor, id), "flash.collection.published", "")
	}
	return s.did(w, r, id, s.Curation.UnpublishCollection(r.Context(), actor, id), "flash.collection.unpublished", "")
}

// arrangedAt returns who asks and the collection in the address.
func (s *Site) arrangedAt(r *http.Request) (account.Account, curation.Collection, error) {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return actor, curation.Collection{}, err
	}
	c, err := s.Curation.Arranged(r.Context(), actor, id)
	if err != nil {
		return actor, c, fmt.Errorf("collection %d: %w", id, err)
	}
	return actor, c, nil
}

// ask shows a question before something is done in a collection.
func (s *Site) ask(w http.ResponseWriter, r *http.Request, status int, view confirmView) error {
	return s.render(w, r, status, "confirm_page", page{Title: view.Title, Nav: "desk", Data: view, NoIndex: true})
}

func (s *Site) confirmDeleteCollection(w http.ResponseWriter, r *http.Request) error {
	_, c, err := s.arrangedAt(r)
	if err != nil {
		return err
	}
	return s.ask(w, r, http.StatusOK, confirmView{
		Title: s.t(r, "collections.delete.confirm", "Name", c.Name), Text: s.t(r, "collections.delete.text"), Action: r.URL.Path,
		Button: s.t(r, "collections.delete"), Cancel: fmt.Sprintf("%s/%d", collectionsPath, c.ID),
	})
}

func (s *Site) deleteCollection(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if err := s.Curation.DeleteCollection(r.Context(), actor, id); err != nil {
		return fmt.Errorf("delete collection %d: %w", id, err)
	}
	s.flash(w, "success", "flash.collection.deleted")
	http.Redirect(w, r, collectionsPath, http.StatusSeeOther)
	return nil
}
