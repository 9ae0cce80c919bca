package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/sheet"
)

// importsPath is where sheets are sent to.
const importsPath = "/praxisbeispiele/importieren"

// maxSheetBody bounds a form with a sheet. It is more than is taken, so that a sheet that is too large is told at its input.
const maxSheetBody = 2*sheet.MaxSize + maxBody

// registerImport adds the pages that make drafts of the rows of a sheet.
func (s *Site) registerImport(r *mux.Router) {
	get := func(path string, h handler) {
		r.Handle(importsPath+path, s.handle(h)).Methods(http.MethodGet, http.MethodHead)
	}
	post := func(path string, h handler) { r.Handle(importsPath+path, s.handle(h)).Methods(http.MethodPost) }

	get("", s.showImports)
	post("", s.takeSheet)
	get("/muster.{form:csv|xlsx}", s.sampleSheet)
	get("/{id:[0-9]+}", s.showImported)
	get("/{id:[0-9]+}/stand", s.importProgress)
	get("/{id:[0-9]+}/zuordnung", s.showMapping)
	post("/{id:[0-9]+}/zuordnung", s.saveMapping)
	get("/{id:[0-9]+}/vorschau", s.showPlan)
	post("/{id:[0-9]+}/vorschau", s.beginImport)
	get("/{id:[0-9]+}/fehler.csv", s.brokenRows)
	get("/{id:[0-9]+}/loeschen", s.confirmRemoveImport)
	post("/{id:[0-9]+}/loeschen", s.removeImport)
}

func importURL(id int64) string { return fmt.Sprintf("%s/%d", importsPath, id) }

// importsView is the page to send a sheet, with those that were sent.
type importsView struct {
	Errors  formErrors
	Imports []importItem
	Limits  map[string]int
}

// importItem is one import of the list.
type importItem struct {
	imports.Import
	Badge                    string
	Created, Changed, Broken int
}

// progressBadges are the shapes of how far an import is.
var progressBadges = map[imports.Progress]string{imports.Open: "info", imports.Running: "info", imports.Done: "success"}

func (s *Site) showImports(w http.ResponseWriter, r *http.Request) error {
	return s.renderImports(w, r, http.StatusOK, formErrors{})
}

func (s *Site) renderImports(w http.ResponseWriter, r *http.Request, status int, errs formErrors) error {
	actor, err := s.require(r, account.RoleMember)
	if err != nil {
		return err
	}
	view := importsView{Errors: errs, Limits: map[string]int{"MB": sheet.MaxSize >> 20, "Rows": sheet.MaxRows, "Columns": sheet.MaxColumns, "Days": imports.KeepDays}}
	list, err := s.Imports.List(r.Context(), actor)
	if err != nil {
		return err
	}
	for _, i := range list {
		view.Imports = append(view.Imports, importItem{
			Import: i, Badge: progressBadges[i.Progress], Created: i.Counts[imports.Created], Changed: i.Counts[imports.Changed], Broken: i.Counts[imports.Broken],
		})
	}
	return s.render(w, r, status, "import", page{Title: s.t(r, "import.title"), Nav: "practices", Data: view, NoIndex: true})
}

// takeSheet takes a file and leads to what its columns mean.
func (s *Site) takeSheet(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleMember)
	if err != nil {
		return err
	}
	name, data, err := uploadedSheet(r)
	var taken imports.Import
	if err == nil {
		taken, err = s.Imports.Take(r.Context(), actor, name, data)
	}
	if err != nil {
		errs, ok := s.formErrors(r, err, "import.form.")
		if !ok {
			return fmt.Errorf("take sheet: %w", err)
		}
		return s.renderImports(w, r, errs.Status, errs)
	}
	http.Redirect(w, r, importURL(taken.ID)+"/zuordnung", http.StatusSeeOther)
	return nil
}

// uploadedSheet reads the file of the form.
func uploadedSheet(r *http.Request) (name string, data []byte, err error) {
	refuse := func(message string) error { return fault.Fields(fault.Field{Name: "file", Message: message}) }
	tooLarge := fault.Fields(fault.Field{Name: "file", Message: "error.sheet.large", Args: map[string]any{"Max": sheet.MaxSize >> 20}})
	if err := parseForm(r); err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return "", nil, tooLarge
		}
		return "", nil, err
	}
	file, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", nil, refuse("error.import.no_file")
	}
	if err != nil {
		return "", nil, fault.Wrap(fault.Invalid, "web.error.form", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	if header.Size > sheet.MaxSize {
		return "", nil, tooLarge
	}
	data, err = io.ReadAll(file)
	if err != nil {
		return "", nil, fmt.Errorf("uploaded sheet: %w", err)
	}
	return header.Filename, data, nil
}

// importAt finds the reader's import that the path names.
func (s *Site) importAt(r *http.Request) (account.Account, imports.Import, error) {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return actor, imports.Import{}, err
	}
	i, err := s.Imports.ByID(r.Context(), actor, id)
	return actor, i, err
}

// openImport is importAt, where it leads on when nothing is to be said of the import any more: place is "" where there is.
func (s *Site) openImport(r *http.Request) (actor account.Account, i imports.Import, place string, err error) {
	if actor, i, err = s.importAt(r); err == nil && i.Progress != imports.Open {
		place = importURL(i.ID)
	}
	return actor, i, place, err
}

func (s *Site) confirmRemoveImport(w http.ResponseWriter, r *http.Request) error {
	_, i, err := s.importAt(r)
	if err != nil {
		return err
	}
	return s.renderConfirm(w, r, http.StatusOK, confirmView{
		Title: s.t(r, "import.remove.title"), Text: s.t(r, "import.remove.text", "Name", i.Name), Button: s.t(r, "import.remove.button"),
		Action: importURL(i.ID) + "/loeschen", Cancel: importURL(i.ID),
	})
}

func (s *Site) removeImport(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	if err := s.Imports.Remove(r.Context(), actor, id); err != nil {
		return fmt.Errorf("remove import %d: %w", id, err)
	}
	s.flash(w, "success", "flash.import.removed")
	http.Redirect(w, r, importsPath, http.StatusSeeOther)
	return nil
}
