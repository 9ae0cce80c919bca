package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/publication"
)

// publicationForm is the form as it was typed. Whatever its buttons do, they save first.
type publicationForm struct {
	Action     string                `schema:"action"`
	Draft      int                   `schema:"draft"` // version of the text in work that this one is written over, 0 for none
	Title      string                `schema:"title"`
	Summary    string                `schema:"summary"`
	Source     string                `schema:"source"`
	Language   string                `schema:"language"`
	Type       string                `schema:"type"`
	Version    string                `schema:"version"`
	Files      []publicationFileForm `schema:"files"`
	UploadName string                `schema:"upload_name"` // of the file that comes with the form
}

type publicationFileForm struct {
	ID   int64  `schema:"id"`
	Name string `schema:"name"`
}

func publicationFormOf(w publication.Work) publicationForm {
	t := w.Text
	f := publicationForm{Draft: w.Version, Title: t.Title, Summary: t.Summary, Source: t.Source, Language: t.Language, Type: t.Type, Version: t.Version}
	for _, ref := range t.Files {
		f.Files = append(f.Files, publicationFileForm(ref))
	}
	return f
}

func (f publicationForm) text() publication.Text {
	t := publication.Text{Title: f.Title, Summary: f.Summary, Source: f.Source, Language: f.Language, Type: f.Type, Version: f.Version}
	for _, file := range f.Files {
		t.Files = append(t.Files, publication.FileRef(file))
	}
	return t
}

type publicationFormView struct {
	publicationForm
	ID        int64 // of the document in work, 0 for a new one
	Target    string
	Changes   bool // it changes a published one
	FileRows  []publicationFileRow
	Types     []option
	Languages []option
	Errors    formErrors
	LoggedOut string // address of the login page when the session ended meanwhile
	Stale     string // address of what somebody else saved meanwhile
}

// publicationFileRow is a file in the form with what can be seen of it.
type publicationFileRow struct {
	listRow[publicationFileForm]
	attachedView
}

func workURL(id int64) string { return fmt.Sprintf("%s/%d", worksPath, id) }

func (s *Site) newWork(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	return s.renderWorkForm(w, r, http.StatusOK, publicationFormView{publicationForm: publicationForm{Language: "de", Version: "1.0"}})
}

func (s *Site) editWork(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	work, err := s.Publications.WorkByID(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("document in work %d: %w", id, err)
	}
	return s.renderWorkForm(w, r, http.StatusOK, publicationFormView{publicationForm: publicationFormOf(work), ID: id, Changes: work.PostID != nil})
}

// saveWork takes the form. Scripts that save by themselves get JSON. Whatever goes wrong, the form comes back with all that was typed.
func (s *Site) saveWork(w http.ResponseWriter, r *http.Request) error {
	view := publicationFormView{}
	if id, err := pathID(r); err == nil {
		view.ID = id
	}
	actor, loggedOut, decodeErr, err := s.written(w, r, &view.publicationForm, account.RoleEditor)
	switch {
	case err != nil:
		return err
	case loggedOut != "":
		view.LoggedOut = loggedOut
		return s.renderWorkForm(w, r, http.StatusUnauthorized, view)
	}
	if view.ID != 0 {
		known, err := s.Publications.WorkByID(r.Context(), actor, view.ID)
		if fault.Is(err, fault.NotFound) && view.Title+view.Source != "" && !wantsJSON(r) {
			// Published or discarded in another window: what was sent stays on the screen, as a new text.
			view.ID, view.Draft = 0, 0
			view.Errors = formErrors{Status: http.StatusConflict, Message: s.t(r, "publications.form.vanished")}
			return s.renderWorkForm(w, r, http.StatusConflict, view)
		}
		if err != nil {
			return fmt.Errorf("document in work %d: %w", view.ID, err)
		}
		view.Changes = known.PostID != nil
	}
	if err = decodeErr; err == nil {
		err = s.takeWorkFile(r, actor, &view.publicationForm)
	}
	if text, ok := strings.CutPrefix(view.Action, "remove-file-"); ok {
		view.Files = slices.DeleteFunc(view.Files, func(f publicationFileForm) bool { return strconv.FormatInt(f.ID, 10) == text })
	}
	var work publication.Work
	if err == nil {
		work, err = s.Publications.Save(r.Context(), actor, view.ID, view.Draft, view.text())
	}
	if err != nil {
		return s.refuseWork(w, r, actor, view, err)
	}
	switch {
	case wantsJSON(r):
		writeJSON(w, http.StatusOK, map[string]string{"version": strconv.Itoa(work.Version), "action": workURL(work.ID) + "/bearbeiten"})
	case view.Action == "preview":
		http.Redirect(w, r, workURL(work.ID), http.StatusSeeOther)
	case view.Action == "add-file", strings.HasPrefix(view.Action, "remove-file-"):
		http.Redirect(w, r, workURL(work.ID)+"/bearbeiten#dateien", http.StatusSeeOther)
	default:
		s.flash(w, "success", "flash.publication.saved")
		http.Redirect(w, r, workURL(work.ID)+"/bearbeiten", http.StatusSeeOther)
	}
	return nil
}

// refuseWork shows the form again with what is wrong. Where somebody else saved meanwhile, the next click writes over that: who
// reads that and clicks once more knows.
func (s *Site) refuseWork(w http.ResponseWriter, r *http.Request, actor account.Account, view publicationFormView, err error) error {
	errs, ok := s.formErrors(r, err, "publications.form.")
	if !ok || wantsJSON(r) {
		return fmt.Errorf("save document: %w", err)
	}
	view.Errors = errs
	if fault.Is(err, fault.Conflict) && view.ID != 0 {
		newest, err := s.Publications.WorkByID(r.Context(), actor, view.ID)
		if err != nil {
			return fmt.Errorf("document in work %d: %w", view.ID, err)
		}
		view.Draft, view.Stale = newest.Version, workURL(view.ID)
	}
	return s.renderWorkForm(w, r, errs.Status, view)
}

// takeWorkFile keeps the file that came with a form, if one did, and names it there. Its mistakes stand at the input.
func (s *Site) takeWorkFile(r *http.Request, actor account.Account, form *publicationForm) error {
	if r.MultipartForm == nil || len(r.MultipartForm.File["upload"]) == 0 || r.MultipartForm.File["upload"][0].Filename == "" {
		if form.Action == "add-file" {
			return fault.Fields(fault.Field{Name: "upload", Message: "error.media.missing"})
		}
		return nil
	}
	sent := r.MultipartForm.File["upload"][0]
	switch {
	case len(form.Files) >= publication.MaxFiles:
		return fault.Fields(fault.Field{Name: "upload", Message: "error.field.too_many", Args: map[string]any{"Max": publication.MaxFiles}})
	case form.UploadName == "":
		return fault.Fields(fault.Field{Name: "upload_name", Message: "error.field.required"})
	}
	f, err := s.Publications.AddFile(r.Context(), actor, func() (publication.Stored, error) {
		content, err := sent.Open()
		if err != nil {
			return publication.Stored{}, fmt.Errorf("uploaded file: %w", err)
		}
		defer content.Close() //nolint:errcheck // only read
		d, err := s.Media.StoreDocument(r.Context(), content)
		return publication.Stored{
			Name: markup.FileName(sent.Filename, d.Extension, "handreichung"), ContentType: d.ContentType, File: d.File, PreviewFile: d.PreviewFile, Size: d.Size,
		}, err
	})
	if err != nil {
		return atUpload(err)
	}
	form.Files, form.UploadName = append(form.Files, publicationFileForm{ID: f.ID, Name: form.UploadName}), ""
	return nil
}

func (s *Site) renderWorkForm(w http.ResponseWriter, r *http.Request, status int, view publicationFormView) error {
	view.Target = worksPath + "/neu"
	if view.ID != 0 {
		view.Target = workURL(view.ID) + "/bearbeiten"
	}
	l := s.localizer(r)
	for _, t := range publication.Types {
		view.Types = append(view.Types, option{Value: t, Label: l.T("publications.type." + t)})
	}
	for _, code := range []string{"de", "en"} {
		view.Languages = append(view.Languages, option{Value: code, Label: l.T("practices.language." + code)})
	}
	if err := s.fillWorkFiles(r, &view); err != nil {
		return err
	}
	title := "publications.form.new"
	if view.Changes {
		title = "publications.form.change"
	}
	return s.render(w, r, status, "publication_form", page{Title: l.T(title), Nav: "desk", Data: view, NoIndex: true, Scripts: []string{"editor.js"}})
}

// fillWorkFiles adds the files to the page of the form; what is gone meanwhile is left out.
func (s *Site) fillWorkFiles(r *http.Request, view *publicationFormView) error {
	actor := currentAccount(r)
	if len(view.Files) == 0 || actor == nil {
		return nil
	}
	known, err := s.Publications.FilesOf(r.Context(), *actor, view.ID, view.text().Files)
	if err != nil {
		return err
	}
	l := s.localizer(r)
	var kept []publicationFileForm
	for _, f := range known {
		row := view.Files[slices.IndexFunc(view.Files, func(row publicationFileForm) bool { return row.ID == f.ID })]
		file := attachedView{Kind: fileKind(l, f.ContentType), Size: fileSize(l, f.Size)}
		if f.DraftID != nil || f.PostID != nil {
			file.Href = f.Path() // it can be looked at once it hangs on the text
		}
		view.FileRows = append(view.FileRows, publicationFileRow{listRow[publicationFileForm]{Row: row, List: "files", Index: len(kept), Errors: view.Errors}, file})
		kept = append(kept, row)
	}
	view.Files = kept
	return nil
}
