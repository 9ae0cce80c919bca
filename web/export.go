package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
)

// registerExport adds what takes practices and discussions out of here: files, feeds, linked data.
func (s *Site) registerExport(r *mux.Router) {
	get := func(path string, h handler) { r.Handle(path, s.handle(h)).Methods(http.MethodGet, http.MethodHead) }

	get("/praxisbeispiele/{id:[0-9]+}.{format:html|odt|md|json|jsonld}", s.limitMade(s.exportFile))
	get("/praxisbeispiele/{id:[0-9]+}.pdf", s.exportPDF)
	get(export.SchemaPath, s.showSchema)
	get(cataloguePath, s.showCatalogue)

	get("/praxisbeispiele.atom", s.practiceFeed)
	get("/diskussionen.atom", s.discussionFeed)
	get("/suchen/{secret:[A-Za-z0-9_-]+}.atom", s.savedFeed)
	get("/@{handle:[A-Za-z0-9_.-]+}.atom", s.profileFeed)
}

// downloadsView is the box of files on the page of a practice.
type downloadsView struct {
	Path    string // of the practice
	Private bool   // not everybody may read it
}

// file is what an address answers that is no page.
type file struct {
	mediaType string
	name      string // under which a browser keeps it; "" where it is read in place
	body      []byte
	public    bool          // anyone may read and keep it
	fresh     time.Duration // for how long without asking again; 0 for all that somebody may withdraw
	canonical string        // page that says the same
}

// sendFile answers with a file, or that it has not changed.
func (s *Site) sendFile(w http.ResponseWriter, r *http.Request, f file) {
	h := w.Header()
	h.Set("Content-Type", f.mediaType)
	if f.name != "" {
		h.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
	}
	if f.canonical != "" {
		h.Set("Link", "<"+f.canonical+`>; rel="canonical"`)
	}
	if !f.public {
		h.Set("Cache-Control", "private, no-store")
		h.Set("X-Robots-Tag", "noindex")
		_, _ = w.Write(f.body)
		return
	}
	sum := sha256.Sum256(f.body)
	// Weak: gzip changes the bytes, not what they say.
	h.Set("ETag", `W/"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	h.Set("Cache-Control", "no-cache")
	if f.fresh > 0 {
		h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(f.fresh.Seconds())))
	}
	// A part of a file and gzip do not go together.
	r = r.Clone(r.Context())
	r.Header.Del("Range")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

// exportFile sends a practice in one of the formats that need no other program.
func (s *Site) exportFile(w http.ResponseWriter, r *http.Request) error {
	e, err := s.exported(r)
	if err != nil {
		return err
	}
	format := pathText(r, "format")
	f := file{name: fileName(e, format), public: e.Public(), canonical: s.originOf(e.Post)}
	switch format {
	case "html":
		f.mediaType, f.name = "text/html; charset=utf-8", ""
		var policy string
		f.body, policy = export.HTML(s.document(e))
		w.Header().Set("Content-Security-Policy", policy)
	case "odt":
		f.mediaType = export.ODTType
		f.body, err = export.ODT(s.document(e))
	case "md":
		f.mediaType = "text/markdown; charset=utf-8"
		f.body = export.Markdown(s.document(e))
	case "json":
		f.mediaType = "application/json; charset=utf-8"
		f.body, err = export.JSON(s.exportJSON(e), s.Config.BaseURL)
	case "jsonld":
		f.mediaType, f.name = export.LDType, ""
		var by export.Publisher
		if by, err = s.publisher(r); err == nil {
			f.body, err = json.MarshalIndent(export.Article(s.exportJSON(e), by), "", "  ")
		}
	}
	if err != nil {
		return fmt.Errorf("export of %d as %s: %w", e.Post.ID, format, err)
	}
	if !e.Found() {
		w.Header().Set("X-Robots-Tag", "noindex")
	}
	s.sendFile(w, r, f)
	return nil
}

// noPDFView says why there is no PDF, and what there is instead.
type noPDFView struct {
	Title   string
	Path    string // of the practice
	Query   string // that names its version
	Missing bool   // the program that prints is not installed
	Message string
}

// exportPDF prints a practice. Each version is printed once; how often one reader makes us print is limited.
func (s *Site) exportPDF(w http.ResponseWriter, r *http.Request) error {
	e, err := s.exported(r)
	if err != nil {
		return err
	}
	view := noPDFView{Title: e.Post.Title, Path: practiceURL(e.Post.ID), Query: e.query()}
	if s.Printer == nil {
		view.Missing = true
		return s.renderNoPDF(w, r, http.StatusNotImplemented, view)
	}
	d := s.document(e)
	pdf, kept := s.Printer.Kept(d)
	if !kept {
		if s.guards.prints.RespondOnLimit(w, r, s.client(r)) {
			return nil
		}
		if pdf, err = s.Printer.Print(r.Context(), d); err != nil {
			if r.Context().Err() != nil {
				return err
			}
			if fault.Is(err, fault.Unavailable) {
				s.Log.ErrorContext(r.Context(), "a practice was not printed", slog.Int64("post", e.Post.ID), slog.Any("error", err))
			}
			view.Message = s.message(r, err)
			return s.renderNoPDF(w, r, fault.KindOf(err).Status(), view)
		}
	}
	if !e.Found() {
		w.Header().Set("X-Robots-Tag", "noindex")
	}
	s.sendFile(w, r, file{
		mediaType: "application/pdf", name: fileName(e, "pdf"), body: pdf, public: e.Public(), canonical: s.originOf(e.Post),
	})
	return nil
}

func (s *Site) renderNoPDF(w http.ResponseWriter, r *http.Request, status int, view noPDFView) error {
	return s.render(w, r, status, "export_nopdf", page{Title: s.t(r, "export.nopdf.title"), Nav: "practices", Data: view, NoIndex: true})
}

// fileName is what a file is called on the reader's disk: the title in letters every disk knows, and the version.
func fileName(e exported, suffix string) string {
	var b strings.Builder
	for _, r := range umlauts.Replace(strings.ToLower(e.Post.Title)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	name := strings.Trim(b.String(), "-")
	if name == "" {
		name = fmt.Sprintf("praxisbeispiel-%d", e.Post.ID)
	}
	switch {
	case e.Draft:
		name += "-entwurf"
	case e.Practice.Revision > 1:
		name += fmt.Sprintf("-fassung-%d", e.Practice.Revision)
	}
	return name + "." + suffix
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// showSchema is the documentation of the JSON for programs.
func (s *Site) showSchema(w http.ResponseWriter, r *http.Request) error {
	s.sendFile(w, r, file{mediaType: "application/schema+json; charset=utf-8", body: export.PracticeSchema, public: true, fresh: 24 * time.Hour})
	return nil
}
