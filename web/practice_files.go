package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// maxFileBody bounds a form with a file. It is more than is kept, so that a file that is too large is told at its input, with all
// that was typed still there.
const maxFileBody = 3*media.MaxDocument + maxBody

// fileFormPath are the forms that take a file.
var fileFormPath = regexp.MustCompile(`^/(?:praxisbeispiele|redaktion/handreichungen)/(?:neu|\d+/bearbeiten)$`)

// takesFile reports whether a request is a form with which a file may come.
func takesFile(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && kind == "multipart/form-data" && fileFormPath.MatchString(r.URL.Path)
}

// registerPracticeFiles adds the addresses of what hangs on practices.
func (s *Site) registerPracticeFiles(r *mux.Router) {
	r.Handle("/praxisbeispiele/{id:[0-9]+}/anlagen/{file:[0-9]+}/{name}", s.handle(s.showPracticeFile)).Methods(http.MethodGet, http.MethodHead)
}

// showPracticeFile hands out a file to whoever may read it: to be saved, never to be shown as a page of ours.
func (s *Site) showPracticeFile(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	fileID, err := strconv.ParseInt(mux.Vars(r)["file"], 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	f, p, err := s.Practices.FileFor(r.Context(), viewer(r), currentAccount(r), id, fileID, r.URL.Query().Get(practice.FileKey))
	if err != nil {
		return fmt.Errorf("file %d of practice %d: %w", fileID, id, err)
	}
	stored, name := f.File, f.Name
	if mux.Vars(r)["name"] == practice.PreviewName && f.PreviewFile != "" {
		stored = f.PreviewFile
	}
	if err := s.sendStored(w, r, stored, name, f.ContentType, f.Position != nil && p.Visibility == post.Public); err != nil {
		return fmt.Errorf("file %d of practice %d: %w", fileID, id, err)
	}
	return nil
}

// sendStored sends an uploaded file to be saved under a name. One that everybody may read is kept by who read it, and asked for anew
// each time: what it belongs to may have been withdrawn. Its content never changes, so asking is cheap.
func (s *Site) sendStored(w http.ResponseWriter, r *http.Request, stored, name, contentType string, open bool) error {
	content, err := s.Media.OpenDocument(stored)
	if err != nil {
		return err
	}
	defer content.Close() //nolint:errcheck // only read
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	if open && currentAccount(r) == nil {
		sum := sha256.Sum256([]byte(stored)) // the name itself is nobody's business
		h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
		h.Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// attachedView is a file as a page shows it.
type attachedView struct {
	Href, Preview string // Preview of an image, "" for all else
	Description   string
	Kind, Size    string // in words
	Width, Height int
}

func (s *Site) attached(l *i18n.Localizer, postID int64, files []practice.File) []attachedView {
	var list []attachedView
	for _, f := range files {
		v := attachedView{Href: f.Path(postID), Description: f.Description, Kind: fileKind(l, f.ContentType), Size: fileSize(l, f.Size)}
		if f.Image() {
			v.Width, v.Height = media.PreviewSize(f.Width, f.Height)
			v.Preview = f.PreviewPath(postID)
		}
		list = append(list, v)
	}
	return list
}

// attachedElsewhere are the files of another instance's practice: images are shown through us, documents are links to there.
func (s *Site) attachedElsewhere(r *http.Request, id int64) ([]attachedView, error) {
	byPost, err := s.Media.ByPosts(r.Context(), []int64{id})
	if err != nil {
		return nil, fmt.Errorf("files of %d: %w", id, err)
	}
	l := s.localizer(r)
	var list []attachedView
	for _, m := range byPost[id] {
		f := s.fileView(m)
		v := attachedView{
			Href: m.RemoteURL, Preview: f.Preview, Description: m.Description, Width: f.PreviewWidth, Height: f.PreviewHeight,
			Kind: l.T("structure.file.elsewhere", "Kind", fileKind(l, m.ContentType), "Host", f.Host()),
		}
		list = append(list, v)
	}
	return list, nil
}

// fileKind is what a file is, in words.
func fileKind(l *i18n.Localizer, contentType string) string {
	for extension, known := range media.DocumentTypes {
		if known == contentType {
			return l.T("structure.file.kind." + strings.TrimPrefix(extension, "."))
		}
	}
	switch contentType {
	case "image/jpeg":
		return l.T("structure.file.kind.jpg")
	case "image/png":
		return l.T("structure.file.kind.png")
	}
	return l.T("structure.file.kind.other")
}

func fileSize(l *i18n.Localizer, bytes int64) string {
	if bytes < 1<<20 {
		return l.Number(float64(max(bytes>>10, 1)), 0) + " kB"
	}
	return l.Number(float64(bytes)/(1<<20), 1) + " MB"
}

// fileForm is a file in the form, with what is said of it.
type fileForm struct {
	ID          int64  `schema:"id"`
	Description string `schema:"description"`
}

// fileRow is a file in the form with what can be seen of it.
type fileRow struct {
	listRow[fileForm]
	attachedView
}

// takeFile keeps the file that came with a form, if one did, and names it there. Its mistakes stand at the input.
func (s *Site) takeFile(r *http.Request, actor account.Account, form *practiceForm) error {
	if r.MultipartForm == nil || len(r.MultipartForm.File["upload"]) == 0 || r.MultipartForm.File["upload"][0].Filename == "" {
		if form.Action == "add-file" {
			return fault.Fields(fault.Field{Name: "upload", Message: "error.media.missing"})
		}
		return nil
	}
	sent := r.MultipartForm.File["upload"][0]
	if len(form.Files) >= practice.MaxFiles {
		return fault.Fields(fault.Field{Name: "upload", Message: "error.practice.files_too_many", Args: map[string]any{"Max": practice.MaxFiles}})
	}
	if form.UploadDescription == "" {
		return fault.Fields(fault.Field{Name: "upload_description", Message: "error.practice.file_description"})
	}
	f, err := s.Practices.AddFile(r.Context(), actor, sent.Filename, func() (practice.File, error) { return s.storeUpload(r, sent) })
	if err != nil {
		return atUpload(err)
	}
	row := fileForm{ID: f.ID, Description: form.UploadDescription}
	// A form that is shown again, or handed on, must name it too.
	r.PostForm.Set(fmt.Sprintf("files.%d.id", len(form.Files)), strconv.FormatInt(row.ID, 10))
	r.PostForm.Set(fmt.Sprintf("files.%d.description", len(form.Files)), row.Description)
	r.PostForm.Del("upload_description")
	form.Files, form.UploadDescription = append(form.Files, row), ""
	return nil
}

func (s *Site) storeUpload(r *http.Request, sent *multipart.FileHeader) (practice.File, error) {
	content, err := sent.Open()
	if err != nil {
		return practice.File{}, fmt.Errorf("uploaded file: %w", err)
	}
	defer content.Close() //nolint:errcheck // only read
	d, err := s.Media.StoreDocument(r.Context(), content)
	if err != nil {
		return practice.File{}, err
	}
	return practice.File{
		Name: d.Extension, ContentType: d.ContentType, File: d.File, PreviewFile: d.PreviewFile, Size: d.Size, Width: d.Width, Height: d.Height,
	}, nil
}

// atUpload lets what is wrong with a file stand at its input.
func atUpload(err error) error {
	var f *fault.Error
	switch {
	case fault.Is(err, fault.TooLarge):
		return fault.Fields(fault.Field{Name: "upload", Message: "error.document.too_large"})
	case errors.As(err, &f) && f.Kind == fault.Invalid && len(f.Fields) == 1:
		field := f.Fields[0]
		field.Name = "upload"
		return fault.Fields(field)
	}
	return err
}

// removeFile takes a file out of the form where an action asks for it, and reports whether it did.
func (f *practiceForm) removeFile(action string) bool {
	text, ok := strings.CutPrefix(action, "remove-file-")
	if !ok {
		return false
	}
	f.Files = slices.DeleteFunc(f.Files, func(row fileForm) bool { return strconv.FormatInt(row.ID, 10) == text })
	return true
}

// fillFiles adds the files to the page of the form; what is gone meanwhile is left out, and that is said.
func (s *Site) fillFiles(r *http.Request, v *practiceFormView) error {
	actor := currentAccount(r)
	if len(v.Files) == 0 || actor == nil {
		return nil
	}
	refs := make([]practice.FileRef, len(v.Files))
	for i, f := range v.Files {
		refs[i] = practice.FileRef(f)
	}
	known, err := s.Practices.FilesOf(r.Context(), *actor, v.ID, refs)
	if err != nil {
		return err
	}
	views := s.attached(s.localizer(r), v.ID, known)
	var rows []fileForm
	for i, f := range known {
		row := v.Files[slices.IndexFunc(v.Files, func(row fileForm) bool { return row.ID == f.ID })]
		if f.PostID == nil {
			views[i].Href, views[i].Preview = "", "" // it can be looked at once it hangs on the text
		}
		v.FileRows = append(v.FileRows, fileRow{listRow[fileForm]{Row: row, List: "files", Index: i, Errors: v.Errors}, views[i]})
		rows = append(rows, row)
	}
	if len(rows) < len(v.Files) {
		v.Notice = "structure.form.file.gone"
	}
	v.Files = rows
	return nil
}
