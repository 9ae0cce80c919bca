package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/publication"
)

// publicationHistory lists the published versions, newest first, each compared with the one before.
type publicationHistory struct {
	Title, Language string
	Path            string
	Versions        []publicationVersion
}

type publicationVersion struct {
	Revision int
	Version  string // as people call it
	At       time.Time
	Changes  []changedLine // nil for the first version, and where nothing that people read changed
	First    bool
	HTML     string
	Files    []attachedView
}

// showPublicationHistory shows how a publication came to what it says.
func (s *Site) showPublicationHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Publications.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("publication %d: %w", id, err)
	}
	revisions, err := s.Posts.Revisions(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("revisions of %d: %w", id, err)
	}
	l := s.localizer(r)
	data := publicationHistory{Title: v.Post.Title, Language: v.Post.Language, Path: fmt.Sprintf("%s/%d", publicationsPath, id)}
	texts := make([]string, len(revisions))
	for i, rev := range revisions {
		of, err := publication.Detail(rev)
		if err != nil {
			return err
		}
		body := rev.Source
		if body == "" {
			body = markup.Text(rev.HTML)
		}
		texts[i] = publicationText(l, publication.Text{Title: rev.Title, Summary: rev.Summary, Source: body, Type: of.Type, Version: of.Version}, of.Files)
		data.Versions = append(data.Versions, publicationVersion{
			Revision: rev.Revision, Version: of.Version, At: rev.CreatedAt, HTML: rev.HTML, Files: s.publishedFiles(l, of.Files), First: i == len(revisions)-1,
		})
	}
	for i := range revisions {
		if !data.Versions[i].First && texts[i] != texts[i+1] {
			data.Versions[i].Changes = compareVersions(texts[i+1], texts[i])
		}
	}
	return s.render(w, r, http.StatusOK, "publication_history", page{Title: l.T("practices.history.title", "Title", v.Post.Title), Nav: "publications", Data: data, NoIndex: true})
}

// publicationText is a version of a document in lines that can be compared.
func publicationText(l *i18n.Localizer, t publication.Text, files []publication.File) string {
	f := factLines{l: l}
	f.add("publications.form.title", t.Title)
	f.add("publications.form.summary", t.Summary)
	f.add("publications.form.type", nameOf(l, "publications.type.", t.Type))
	f.add("publications.form.version", t.Version)
	for i, file := range files {
		f.add("publications.form.file", strconv.Itoa(i+1)+". "+file.Label())
	}
	return strings.Join(f.lines, "\n") + "\n\n" + t.Source
}
