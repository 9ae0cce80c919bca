package web

import (
	"net/http"
	"time"

	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// preview is what other programs show of a link to one text (OpenGraph), and what search engines read of it (schema.org).
type preview struct {
	Published, Modified *time.Time
	Creator             string // handle, complete: Mastodon leads from a preview to the profile
	Locale              string // de_DE
	Data                map[string]any
}

// previewOf is what is said of a public text; of any other nothing.
func (s *Site) previewOf(v post.View) preview {
	if !v.Post.Visibility.Listed() || v.Post.State != post.StatePublished {
		return preview{}
	}
	p := preview{Published: v.Post.PublishedAt, Modified: v.Post.EditedAt, Creator: s.fullHandle(v.Author)}
	switch v.Post.Language {
	case "de":
		p.Locale = "de_DE"
	case "en":
		p.Locale = "en_GB"
	}
	return p
}

// describedLength is how many characters of a text without a summary describe it.
const describedLength = 200

// takeOut completes the page of a practice with what other programs take of it.
func (s *Site) takeOut(r *http.Request, v practice.View, data *practiceView, p *page) error {
	e := exported{View: v, At: changedAt(v.Post)}
	data.Downloads = downloadsView{Path: practiceURL(v.Post.ID), Private: !e.Public()}
	p.Preview, p.NoIndex = s.previewOf(v.View), !e.Found()
	if !e.Found() {
		return nil
	}
	by, err := s.publisher(r)
	if err != nil {
		return err
	}
	p.Linked = data.Downloads.Path + ".jsonld"
	p.Preview.Data = export.Article(s.exportJSON(e), by)
	return nil
}
