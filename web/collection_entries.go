package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

// chooseView offers accepted practices for a collection.
type chooseView struct {
	curation.Collection
	Path    string
	Query   string
	Items   []chosenView
	Options []option // the chapters
	Errors  formErrors
}

// chosenView is a practice to choose.
type chosenView struct {
	practice.View
	Chosen bool
}

type chooseForm struct {
	Posts   []int64 `schema:"post"`
	Chapter int64   `schema:"chapter"`
	Query   string  `schema:"q"`
}

func (s *Site) chooseEntries(w http.ResponseWriter, r *http.Request) error {
	return s.renderChoose(w, r, http.StatusOK, chooseForm{Query: clip(strings.TrimSpace(r.URL.Query().Get("q")), 200)}, formErrors{})
}

func (s *Site) renderChoose(w http.ResponseWriter, r *http.Request, status int, form chooseForm, errs formErrors) error {
	actor, c, err := s.arrangedAt(r)
	if err != nil {
		return err
	}
	list, err := s.Curation.Candidates(r.Context(), actor, c.ID)
	if err != nil {
		return fmt.Errorf("candidates for collection %d: %w", c.ID, err)
	}
	data := chooseView{Collection: c, Path: r.URL.Path, Query: form.Query, Options: s.chapterOptions(r, c, form.Chapter), Errors: errs}
	for _, v := range list {
		chosen := slices.Contains(form.Posts, v.Post.ID)
		if chosen || s.says(r, v, form.Query) {
			data.Items = append(data.Items, chosenView{v, chosen})
		}
	}
	return s.render(w, r, status, "collection_add", page{Title: s.t(r, "collections.add.title", "Name", c.Name), Nav: "desk", Data: data, NoIndex: true})
}

// says reports whether a practice has all the words of a query in what the list shows of it.
func (s *Site) says(r *http.Request, v practice.View, query string) bool {
	l := s.localizer(r)
	said := []string{v.Post.Title, v.Post.Summary, v.Practice.OrganizationName, v.Author.Name(), v.Author.Host(), nameOf(l, "web.region.", v.Practice.Region), nameOf(l, "web.level.", string(v.Practice.Level))}
	for _, term := range slices.Concat(v.Practice.Fields, v.Practice.Goals) {
		said = append(said, term.Name)
	}
	text := strings.ToLower(strings.Join(said, "\n"))
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(query)), func(word string) bool { return !strings.Contains(text, word) })
}

func (s *Site) addEntries(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form chooseForm
	if err = decode(r, &form); err == nil {
		err = s.Curation.AddEntries(r.Context(), actor, id, form.Posts, form.Chapter)
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "collections.add.form."); ok {
			return s.renderChoose(w, r, errs.Status, form, errs)
		}
		return fmt.Errorf("add to collection %d: %w", id, err)
	}
	s.flash(w, "success", "flash.collection.added")
	return s.toCollection(w, r, id, "beispiele")
}

// entryAt returns who asks, the collection and the entry in the address.
func (s *Site) entryAt(r *http.Request) (account.Account, curation.Collection, curation.Entry, error) {
	actor, c, err := s.arrangedAt(r)
	if err != nil {
		return actor, c, curation.Entry{}, err
	}
	id, err := pathNumber(r, "post")
	if err != nil {
		return actor, c, curation.Entry{}, err
	}
	i := slices.IndexFunc(c.Entries, func(e curation.Entry) bool { return e.PostID == id })
	if i < 0 {
		return actor, c, curation.Entry{}, fault.New(fault.NotFound, "error.collection.no_entry")
	}
	return actor, c, c.Entries[i], nil
}

func (s *Site) saveEntry(w http.ResponseWriter, r *http.Request) error {
	actor, c, entry, err := s.entryAt(r)
	if err != nil {
		return err
	}
	var form struct {
		Chapter    int64  `schema:"chapter"`
		Annotation string `schema:"annotation"`
		Featured   bool   `schema:"featured"`
	}
	anchor := entryAnchor(entry.PostID)
	if err = decode(r, &form); err == nil {
		err = s.Curation.SaveEntry(r.Context(), actor, c.ID, entry.PostID, curation.EntryDraft{ChapterID: form.Chapter, Annotation: form.Annotation, Featured: form.Featured})
	}
	if err != nil {
		if errs, ok := s.mistakes(r, err, anchor, "collections.entry.form."); ok {
			return s.renderEdit(w, r, errs.Status, func(e *collectionEdit) {
				e.Errors, e.Wrong = errs, anchor
				for _, part := range e.Parts {
					if i := slices.IndexFunc(part.Entries, func(f entryForm) bool { return f.PostID == entry.PostID }); i >= 0 {
						f := &part.Entries[i]
						f.Annotation, f.Featured, f.Options = form.Annotation, form.Featured, s.chapterOptions(r, e.Collection, form.Chapter)
					}
				}
			})
		}
		return fmt.Errorf("entry %d of collection %d: %w", entry.PostID, c.ID, err)
	}
	s.flash(w, "success", "flash.collection.saved")
	return s.toCollection(w, r, c.ID, anchor)
}

func (s *Site) moveEntry(w http.ResponseWriter, r *http.Request) error {
	actor, c, entry, err := s.entryAt(r)
	if err != nil {
		return err
	}
	err = s.Curation.MoveEntry(r.Context(), actor, c.ID, entry.PostID, mux.Vars(r)["verb"] == "hoch")
	return s.did(w, r, c.ID, err, "flash.collection.moved", entryAnchor(entry.PostID))
}

func (s *Site) confirmRemoveEntry(w http.ResponseWriter, r *http.Request) error {
	_, c, entry, err := s.entryAt(r)
	if err != nil {
		return err
	}
	return s.askRemoveEntry(w, r, http.StatusOK, c, entry, "", formErrors{})
}

func (s *Site) askRemoveEntry(w http.ResponseWriter, r *http.Request, status int, c curation.Collection, entry curation.Entry, reason string, errs formErrors) error {
	view := confirmView{
		Title: s.t(r, "collections.remove.confirm"), Text: s.t(r, "collections.remove.text.gone"), Action: r.URL.Path, Button: s.t(r, "collections.entry.remove"),
		Cancel: fmt.Sprintf("%s/%d#%s", collectionsPath, c.ID, entryAnchor(entry.PostID)), AsksReason: c.Published && !entry.Withdrawn, Reason: reason,
		ReasonHint: "collections.remove.reason.hint", Errors: errs,
	}
	views, err := s.collected(r, []curation.Entry{entry})
	if err != nil {
		return err
	}
	if v, ok := views[entry.PostID]; ok {
		view.Text = s.t(r, "collections.remove.text", "Title", v.Post.Title)
	}
	return s.ask(w, r, status, view)
}

func (s *Site) removeEntry(w http.ResponseWriter, r *http.Request) error {
	actor, c, entry, err := s.entryAt(r)
	if err != nil {
		return err
	}
	var form struct {
		Reason string `schema:"reason"`
	}
	if err = decode(r, &form); err == nil {
		err = s.Curation.RemoveEntry(r.Context(), actor, c.ID, entry.PostID, form.Reason)
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "policy."); ok {
			return s.askRemoveEntry(w, r, errs.Status, c, entry, form.Reason, errs)
		}
		return fmt.Errorf("remove %d from collection %d: %w", entry.PostID, c.ID, err)
	}
	s.flash(w, "success", "flash.collection.removed")
	return s.toCollection(w, r, c.ID, "beispiele")
}
