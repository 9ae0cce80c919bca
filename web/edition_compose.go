package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/fault"
)

func composeURL(id int64) string { return fmt.Sprintf("%s/%d", composingPath, id) }

// editionForm is an edition as the form has it.
type editionForm struct {
	Version    int              `schema:"version"`
	Number     string           `schema:"number"`
	Title      string           `schema:"title"`
	Summary    string           `schema:"summary"`
	Foreword   string           `schema:"foreword"`
	Credits    string           `schema:"credits"`
	Imprint    string           `schema:"imprint"`
	Sums       bool             `schema:"sums"`
	Chapters   []editionChapter `schema:"chapters"`
	Action     string           `schema:"action"`
	NewChapter string           `schema:"new_chapter"`
	Collection string           `schema:"collection"`
}

type editionChapter struct {
	Title        string         `schema:"title"`
	Introduction string         `schema:"introduction"`
	Entries      []editionEntry `schema:"entries"`
}

type editionEntry struct {
	URI      string `schema:"uri"`
	Revision int    `schema:"revision"`
	Note     string `schema:"note"`
}

func (f editionForm) draft() edition.Draft {
	d := edition.Draft{Number: f.Number, Title: f.Title, Summary: f.Summary, Foreword: f.Foreword, Credits: f.Credits, Imprint: f.Imprint, Sums: f.Sums}
	for _, c := range f.Chapters {
		chapter := edition.Chapter{Title: c.Title, Introduction: c.Introduction}
		for _, e := range c.Entries {
			chapter.Entries = append(chapter.Entries, edition.Entry{URI: e.URI, Revision: e.Revision, Note: e.Note})
		}
		d.Chapters = append(d.Chapters, chapter)
	}
	return d
}

func formOfEdition(e edition.Edition) editionForm {
	f := editionForm{
		Version: e.Version, Number: e.Number, Title: e.Title, Summary: e.Summary, Foreword: e.Foreword, Credits: e.Credits, Imprint: e.Imprint, Sums: e.Sums,
	}
	for _, c := range e.Chapters {
		chapter := editionChapter{Title: c.Title, Introduction: c.Introduction}
		for _, entry := range c.Entries {
			chapter.Entries = append(chapter.Entries, editionEntry{entry.URI, entry.Revision, entry.Note})
		}
		f.Chapters = append(f.Chapters, chapter)
	}
	return f
}

// composeView is the page on which an edition is composed.
type composeView struct {
	editionForm
	ID     int64
	Saved  edition.Edition
	Parts  []composePart
	Gone   int      // practices that readers of the edition will not read
	Offers []option // collections to take over
	Errors formErrors
}

type composePart struct {
	editionChapter
	Index       int
	First, Last bool
	Rows        []composeRow
}

// composeRow is a practice of a chapter, with what became of it.
type composeRow struct {
	editionEntry
	edition.Standing
	Entry          edition.Entry
	Chapter, Index int
	First, Last    bool // of the whole edition: it cannot be moved further
	Revisions      []option
}

// Badge is the kind of badge of the row's state.
func (r composeRow) Badge() string {
	return map[edition.State]string{edition.Newer: "info", edition.Moved: "info", edition.Withdrawn: "danger", edition.Unaccepted: "warning"}[r.State]
}

// editionDraftsView lists editions in work.
type editionDraftsView struct {
	Drafts    []edition.Edition
	Published []edition.Edition
}

func (s *Site) listEditionDrafts(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var view editionDraftsView
	if view.Drafts, err = s.Editions.Drafts(r.Context(), actor); err != nil {
		return err
	}
	if view.Published, err = s.Editions.List(r.Context()); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "edition_drafts", page{Title: s.t(r, "editions.drafts.title"), Nav: "desk", Data: view, NoIndex: true})
}

// createEdition begins an edition, with what stands in every edition already.
func (s *Site) createEdition(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	l := s.I18n.For(languages[0])
	imprint := strings.TrimSpace("**" + o.Name + "**\n\n" + cmp.Or(o.Imprint, o.ContactEmail))
	e, err := s.Editions.Create(r.Context(), actor, edition.Draft{Title: l.T("editions.new.title"), Imprint: imprint, Sums: true})
	if err != nil {
		return err
	}
	http.Redirect(w, r, composeURL(e.ID), http.StatusSeeOther)
	return nil
}

func (s *Site) composeEdition(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	e, err := s.Editions.ByID(r.Context(), actor, id)
	if err != nil {
		return err
	}
	if e.Published() {
		http.Redirect(w, r, e.Path(), http.StatusSeeOther)
		return nil
	}
	return s.renderCompose(w, r, http.StatusOK, composeView{editionForm: formOfEdition(e), ID: id, Saved: e})
}

// renderCompose shows the form as it stands in view, with what is known of the practices it names.
func (s *Site) renderCompose(w http.ResponseWriter, r *http.Request, status int, view composeView) error {
	standings, err := s.Editions.Standings(r.Context(), view.Saved)
	if err != nil {
		return err
	}
	entries := map[string]edition.Entry{}
	for _, c := range view.Saved.Chapters {
		for _, e := range c.Entries {
			entries[e.URI] = e
		}
	}
	for i, c := range view.Chapters {
		part := composePart{editionChapter: c, Index: i, First: i == 0, Last: i == len(view.Chapters)-1}
		for j, e := range c.Entries {
			entry, ok := entries[e.URI]
			if !ok {
				continue
			}
			row := composeRow{editionEntry: e, Standing: standings[e.URI], Entry: entry, Chapter: i, Index: j, First: i == 0 && j == 0, Last: part.Last && j == len(c.Entries)-1}
			if !row.Reads() {
				view.Gone++
			}
			for _, revision := range []int{entry.Revision, row.Accepted} {
				row.Revisions = append(row.Revisions, option{Value: strconv.Itoa(revision), Label: s.t(r, "practices.version.number", "Revision", revision)})
			}
			part.Rows = append(part.Rows, row)
		}
		view.Parts = append(view.Parts, part)
	}
	collections, err := s.Curation.Collections(r.Context())
	if err != nil {
		return err
	}
	for _, c := range collections {
		view.Offers = append(view.Offers, option{Value: c.Slug, Label: c.Name})
	}
	return s.render(w, r, status, "edition_form", page{
		Title: s.t(r, "editions.compose.title", "Number", view.Number), Nav: "desk", Data: view, NoIndex: true, Scripts: []string{"editor.js"},
	})
}

// saveEdition keeps the form, rearranges what a button says, and leads on.
func (s *Site) saveEdition(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form editionForm
	if err := decode(r, &form); err != nil {
		return err
	}
	e, err := s.Editions.ByID(r.Context(), actor, id)
	if err != nil {
		return err
	}
	anchor := form.arrange(form.Action)
	version, err := s.Editions.Save(r.Context(), actor, id, max(form.Version, 1), form.draft())
	switch {
	case err != nil && wantsJSON(r):
		return err
	case err != nil:
		return s.refuseEdition(w, r, e, form, err)
	case wantsJSON(r):
		writeJSON(w, http.StatusOK, map[string]string{"version": strconv.Itoa(version), "action": composeURL(id)})
		return nil
	}
	verb, chapter, _ := strings.Cut(form.Action, ".")
	place := composeURL(id) + anchor
	switch verb {
	case "pick":
		place = composeURL(id) + "/auswahl?kapitel=" + chapter
	case "preview":
		place = composeURL(id) + "/vorschau"
	case "publish":
		place = composeURL(id) + "/veroeffentlichen"
	case "collection":
		added, err := s.Editions.TakeCollection(r.Context(), actor, id, form.Collection)
		if err != nil {
			form.Version = version
			return s.refuseEdition(w, r, e, form, fmt.Errorf("take collection %q into edition %d: %w", form.Collection, id, err))
		}
		s.flashTaken(w, added)
		place += "#kapitel"
	case "save":
		s.flash(w, "success", "flash.edition.saved")
	}
	http.Redirect(w, r, place, http.StatusSeeOther)
	return nil
}

// refuseEdition shows the form again with what is wrong. Who saves over what somebody else saved meanwhile is told so; saving once more
// keeps what they typed.
func (s *Site) refuseEdition(w http.ResponseWriter, r *http.Request, e edition.Edition, form editionForm, err error) error {
	errs, ok := s.formErrors(r, err, "editions.form.")
	if !ok || e.Published() {
		return err
	}
	var known *fault.Error
	if errors.As(err, &known) && known.Kind == fault.Conflict {
		form.Version = e.Version
	}
	return s.renderCompose(w, r, errs.Status, composeView{editionForm: form, ID: e.ID, Saved: e, Errors: errs})
}

// arrange does what a button of the form says to chapters and practices, and returns where on the page that is seen.
func (f *editionForm) arrange(action string) string {
	verb, rest, _ := strings.Cut(action, ".")
	first, second, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(first)
	if verb == "add-chapter" {
		f.Chapters = append(f.Chapters, editionChapter{Title: f.NewChapter})
		return fmt.Sprintf("#kapitel-%d", len(f.Chapters))
	}
	if err != nil || i < 0 || i >= len(f.Chapters) {
		return ""
	}
	switch verb {
	case "chapter-up", "chapter-down":
		to := i - 1
		if verb == "chapter-down" {
			to = i + 1
		}
		if to < 0 || to >= len(f.Chapters) {
			return ""
		}
		f.Chapters[i], f.Chapters[to] = f.Chapters[to], f.Chapters[i]
		return fmt.Sprintf("#kapitel-%d", to+1)
	case "chapter-remove":
		f.Chapters = append(f.Chapters[:i], f.Chapters[i+1:]...)
		return "#kapitel"
	}
	j, err := strconv.Atoi(second)
	if err != nil || j < 0 || j >= len(f.Chapters[i].Entries) {
		return ""
	}
	switch verb {
	case "up":
		i = f.move(i, j, -1)
	case "down":
		i = f.move(i, j, 1)
	case "remove":
		f.Chapters[i].Entries = append(f.Chapters[i].Entries[:j], f.Chapters[i].Entries[j+1:]...)
	}
	return fmt.Sprintf("#kapitel-%d", i+1)
}

// move puts a practice one place up or down, over the end of its chapter into the next one, and returns the chapter it stands in then.
func (f *editionForm) move(i, j, by int) int {
	entries := f.Chapters[i].Entries
	if to := j + by; to >= 0 && to < len(entries) {
		entries[j], entries[to] = entries[to], entries[j]
		return i
	}
	to := i + by
	if to < 0 || to >= len(f.Chapters) {
		return i
	}
	e := entries[j]
	f.Chapters[i].Entries = append(entries[:j:j], entries[j+1:]...)
	if by > 0 {
		f.Chapters[to].Entries = append([]editionEntry{e}, f.Chapters[to].Entries...)
	} else {
		f.Chapters[to].Entries = append(f.Chapters[to].Entries, e)
	}
	return to
}
