package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

const (
	cataloguePath = "/katalog.jsonld"
	cataloguePage = 100 // practices on a page
)

// showCatalogue tells portals of the practices that were published here: those of other instances they get there. It shows what
// a visitor sees, whoever asks.
func (s *Site) showCatalogue(w http.ResponseWriter, r *http.Request) error {
	by, err := s.publisher(r)
	if err != nil {
		return err
	}
	offset := offsetOf(r, cataloguePage)
	list, err := s.Practices.List(r.Context(), post.Viewer{}, practice.Filter{Origin: practice.LocalOrigin, Sort: practice.SortNewest, Offset: offset, Limit: cataloguePage})
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	if offset > 0 && len(list.Items) == 0 {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	l := s.I18n.For(languages[0])
	first := s.Config.BaseURL + cataloguePath
	at := func(page int) string {
		if page == 1 {
			return first
		}
		return fmt.Sprintf("%s?seite=%d", first, page)
	}
	page, pages := offset/cataloguePage+1, max(1, (list.Total+cataloguePage-1)/cataloguePage)
	c := export.Catalogue{
		ID: first, Title: l.T("export.catalogue.title", "Name", by.Name), Description: l.T("practices.list.lead"), Home: s.Config.BaseURL + "/praxisbeispiele",
		Publisher: by, Language: l.Lang(), Total: list.Total, This: at(page), First: first, Last: at(pages),
	}
	if page > 1 {
		c.Previous = at(page - 1)
	}
	if page < pages {
		c.Next = at(page + 1)
	}
	for _, v := range list.Items {
		e := exported{View: v, At: changedAt(v.Post)}
		if !e.Found() {
			continue
		}
		c.Practices = append(c.Practices, s.exportJSON(e))
	}
	body, err := json.MarshalIndent(export.DCAT(c), "", " ")
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	// Without Last-Modified: what was taken away makes a page older, not newer.
	s.sendFile(w, r, file{mediaType: export.LDType, body: body, public: true})
	return nil
}
