package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// papersPath is where the published editions of the paper stand, composingPath where editors work on the next one.
const (
	papersPath    = "/papier"
	composingPath = "/redaktion/papier"
)

// registerEditions adds the editions of the Best-Practice-Papier: published ones for everybody, those in work for editors.
func (s *Site) registerEditions(r *mux.Router) {
	get, post := s.table(r)
	const number, id = papersPath + "/{number:[0-9-]+}", composingPath + "/{id:[0-9]+}"

	get(papersPath, s.listEditions)
	get(number+".{format:html|pdf|odt|epub}", s.editionFile)
	get(number, s.showEdition)
	get(number+"/stand", s.editionProgress)
	post(number+"/pdf", s.retryEdition)
	get(number+"/zurueckziehen", s.confirmWithdrawEdition)
	post(number+"/zurueckziehen", s.withdrawEdition)

	get(composingPath, s.listEditionDrafts)
	post(composingPath, s.createEdition)
	get(id, s.composeEdition)
	post(id, s.saveEdition)
	get(id+"/auswahl", s.pickPractices)
	post(id+"/auswahl", s.takePractices)
	get(id+"/vorschau", s.previewEdition)
	get(id+"/veroeffentlichen", s.confirmEdition)
	post(id+"/veroeffentlichen", s.publishEdition)
	get(id+"/verwerfen", s.confirmDiscardEdition)
	post(id+"/verwerfen", s.discardEdition)
}

// editionsView is the list of editions that were published.
type editionsView struct {
	Editions []edition.Edition
	Newest   string // number of the newest that can be read; "" where there is none
	Composes bool   // the reader may work on the next one
}

func (s *Site) listEditions(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Editions.List(r.Context())
	if err != nil {
		return err
	}
	view := editionsView{Editions: list}
	if i := slices.IndexFunc(list, readable); i >= 0 {
		view.Newest = list[i].Number
	}
	if view.Composes, err = s.composes(r); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "editions", page{Title: s.t(r, "editions.title"), Description: s.t(r, "editions.lead"), Nav: "editions", Data: view})
}

// readable reports whether an edition that was published was not withdrawn.
func readable(e edition.Edition) bool { return !e.Withdrawn() }

// composes reports whether the reader may work on editions here.
func (s *Site) composes(r *http.Request) (bool, error) {
	reader := currentAccount(r)
	if reader == nil || !reader.Able(account.RoleEditor) {
		return false, nil
	}
	o, err := s.organization(r.Context())
	return o.Curates, err
}

// editionView is a published edition.
type editionView struct {
	edition.Edition
	Address  string
	Author   string
	PageSize string // of the frozen page
	Files    []editionFileView
	Since    []edition.Place // what became of its practices
	Waits    bool            // a file is being made
	Made     int             // files that are there or will not be, of Of
	Of       int
	Retries  bool // the reader may have the PDF made again
	MayTake  bool // the reader may take the edition back
	Size     int  // practices
}

type editionFileView struct {
	edition.File
	Href, Weight string
}

func (s *Site) showEdition(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Editions.ByNumber(r.Context(), pathText(r, "number"))
	if fault.Is(err, fault.Gone) {
		return s.renderGoneEdition(w, r, e)
	}
	if err != nil {
		return err
	}
	frozen, err := s.Editions.Page(r.Context(), e.Number)
	if err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	l := s.localizer(r)
	view := editionView{Edition: e, Address: s.Config.BaseURL + e.Path(), Author: o.Name, PageSize: fileSize(l, int64(len(frozen))), Size: e.Size()}
	if view.Since, err = s.Editions.Since(r.Context(), e); err != nil {
		return err
	}
	view.Made, view.Of = madeFiles(e)
	view.Waits = view.Made < view.Of
	for _, f := range e.Files {
		view.Files = append(view.Files, editionFileView{File: f, Href: e.Path() + "." + f.Format, Weight: fileSize(l, f.Size)})
		view.Retries = view.Retries || f.State == edition.Failed || f.State == edition.Missing
	}
	reader := currentAccount(r)
	view.MayTake = reader != nil && reader.Able(account.RoleEditor)
	if view.Retries {
		if view.Retries, err = s.composes(r); err != nil {
			return err
		}
	}
	p := page{
		Title: s.t(r, "editions.document.title", "Title", e.Title, "Number", e.Number), Description: e.Summary, Nav: "editions", Data: view,
		Canonical: view.Address, Article: true,
	}
	if e.PostID != nil {
		if told, err := s.Posts.ByID(r.Context(), post.Viewer{}, *e.PostID); err == nil {
			p.Activity, p.Preview = told.Post.URI, s.previewOf(told)
		}
	}
	if view.Waits {
		p.Scripts = []string{"import.js"}
	}
	return s.render(w, r, http.StatusOK, "edition", p)
}

// madeFiles counts those files of an edition that nobody waits for any more.
func madeFiles(e edition.Edition) (made, of int) {
	for _, f := range e.Files {
		if f.State != edition.Waiting {
			made++
		}
	}
	return made, len(e.Files)
}

// editionProgress says to the script of the page how far the files are.
func (s *Site) editionProgress(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Editions.ByNumber(r.Context(), pathText(r, "number"))
	if err != nil {
		return err
	}
	made, of := madeFiles(e)
	writeJSON(w, http.StatusOK, map[string]any{
		"done": made, "total": of, "finished": made == of, "text": s.t(r, "editions.files.progress", "Done", made, "Count", of),
	})
	return nil
}

// editionFile sends the frozen page, or a file that says the same.
func (s *Site) editionFile(w http.ResponseWriter, r *http.Request) error {
	number, format := pathText(r, "number"), pathText(r, "format")
	f := file{public: true, canonical: s.Config.BaseURL + edition.PathOf(number), name: "best-practice-papier-" + number + "." + format}
	var err error
	if format == "html" {
		f.mediaType, f.name = "text/html; charset=utf-8", ""
		if f.body, err = s.Editions.Page(r.Context(), number); err == nil {
			w.Header().Set("Content-Security-Policy", export.PolicyOf(f.body))
		}
	} else {
		f.mediaType = edition.File{Format: format}.MediaType()
		f.body, err = s.Editions.Content(r.Context(), number, format)
	}
	if fault.Is(err, fault.NotFound) {
		if e, err := s.Editions.ByNumber(r.Context(), number); fault.Is(err, fault.Gone) {
			return s.renderGoneEdition(w, r, e)
		}
	}
	if err != nil {
		return err
	}
	s.sendFile(w, r, f)
	return nil
}

// retryEdition has a PDF made that could not be made.
func (s *Site) retryEdition(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	number := pathText(r, "number")
	if err := s.Editions.Retry(r.Context(), actor, number); err != nil {
		return fmt.Errorf("PDF of edition %s: %w", number, err)
	}
	s.flash(w, "success", "flash.edition.retried")
	http.Redirect(w, r, edition.PathOf(number), http.StatusSeeOther)
	return nil
}
