package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/practice"
)

// portalPage is how many practices one answer to a program has.
const portalPage = 50

// portalList is a page of the aggregate view for programs.
type portalList struct {
	ID        string                  `json:"id"` // this page
	Title     string                  `json:"title"`
	Publisher portalPublisher         `json:"publisher"`
	Page      string                  `json:"page"` // for people
	Fragment  string                  `json:"fragment"`
	Feed      string                  `json:"feed"`
	Total     int                     `json:"total"`
	Sums      []portalSum             `json:"sums"`
	Counts    map[string][]portalFact `json:"counts"` // by level, region, field, goal, origin, quantity, state and year
	Items     []portalItem            `json:"items"`
	First     string                  `json:"first"`
	Previous  string                  `json:"previous,omitempty"`
	Next      string                  `json:"next,omitempty"`
	Last      string                  `json:"last"`
}

// portalPublisher is who curates.
type portalPublisher struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// portalSum is what practices change in a year, with what it rests on.
type portalSum struct {
	Quantity  string   `json:"quantity"`
	Unit      string   `json:"unit"` // UCUM
	Sum       *float64 `json:"sum"`  // negative: saved
	Practices int      `json:"practices"`
	Repeated  int      `json:"repeated"` // not counted: they grew out of one that is
	Of        int      `json:"of"`       // all that were found
}

type portalFact struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// portalItem is one practice: enough to show and to link it. All of it stands at its origin.
type portalItem struct {
	ID           string          `json:"id"`   // ActivityPub id
	Page         string          `json:"page"` // at its origin
	Here         string          `json:"here"` // with what is said of it here
	Title        string          `json:"title"`
	Summary      string          `json:"summary"`
	Language     string          `json:"language"`
	Organization string          `json:"organization"`
	Instance     portalOrigin    `json:"instance"`
	Level        string          `json:"level,omitempty"`
	Region       string          `json:"region,omitempty"`
	Fields       []export.Term   `json:"fields"`
	Goals        []export.Term   `json:"goals"`
	State        string          `json:"implementation,omitempty"`
	Figures      []export.Figure `json:"figures"`
	ReuseOf      string          `json:"reuseOf,omitempty"`
	Licence      string          `json:"licence"`
	Published    *time.Time      `json:"published,omitempty"`
	Changed      time.Time       `json:"changed"`
	Revision     int             `json:"revision"`
	Accepted     int             `json:"revisionAccepted,omitempty"`
	Featured     bool            `json:"featured"`
}

// portalOrigin is the instance a practice is from.
type portalOrigin struct {
	Host string `json:"host"`
	Home string `json:"home"`
}

// portalJSON is the aggregate view for programs, page by page.
func (s *Site) portalJSON(w http.ResponseWriter, r *http.Request) error {
	o, err := s.curating(r)
	if err != nil {
		return err
	}
	e := embeddingOf(r.URL.Query())
	offset := offsetOf(r, portalPage)
	e.Filter.Offset, e.Filter.Limit = offset, portalPage
	found, err := s.accepted(r, e.Filter)
	if err != nil {
		return fmt.Errorf("aggregate as JSON: %w", err)
	}
	at := func(page int) string {
		q := e.query()
		if page > 1 {
			q.Set("seite", strconv.Itoa(page))
		}
		return s.Config.BaseURL + address(portalJSONPath, q)
	}
	page, pages := offset/portalPage+1, max(1, (found.Total+portalPage-1)/portalPage)
	list := portalList{
		ID: at(page), Title: s.I18n.For(languages[0]).T("practices.aggregate.title"), Publisher: portalPublisher{Name: o.Name, URL: s.Config.BaseURL}, Page: s.Config.BaseURL + address(aggregatePath, e.listed()),
		Fragment: s.Config.BaseURL + address(fragmentPath, e.query()), Feed: s.Config.BaseURL + address(portalFeedPath, e.listed()),
		Total: found.Total, Sums: []portalSum{}, Counts: map[string][]portalFact{}, Items: []portalItem{}, First: at(1), Last: at(pages),
	}
	if page > 1 {
		list.Previous = at(min(page-1, pages))
	}
	if page < pages {
		list.Next = at(page + 1)
	}
	for _, i := range found.Impact {
		list.Sums = append(list.Sums, portalSum{Quantity: i.Quantity, Unit: i.Unit, Sum: plainNumber(&i.Sum), Practices: i.Practices, Repeated: i.Repeated, Of: found.Total})
	}
	for facet, values := range found.Facets {
		for _, v := range values {
			list.Counts[facet] = append(list.Counts[facet], portalFact(v))
		}
	}
	for _, v := range found.Items {
		list.Items = append(list.Items, s.portalItem(v))
	}
	body, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return fmt.Errorf("aggregate as JSON: %w", err)
	}
	s.sendEmbedded(w, r, file{mediaType: "application/json; charset=utf-8", body: body, canonical: list.Page})
	return nil
}

func (s *Site) portalItem(v practice.View) portalItem {
	shown := s.fragmentItem(s.I18n.For(languages[0]), v)
	item := portalItem{
		ID: v.Post.URI, Page: shown.Origin, Here: shown.Here, Title: shown.Title, Summary: shown.Summary, Language: v.Post.Language, Organization: shown.Organization,
		Instance: portalOrigin{Host: shown.Host, Home: shown.Home}, Level: string(v.Practice.Level), Region: v.Practice.Region, State: v.Practice.Implementation,
		Fields: exportTerms(v.Practice.Fields), Goals: exportTerms(v.Practice.Goals), Figures: []export.Figure{}, ReuseOf: v.Practice.ReuseOf, Licence: v.Practice.Licence,
		Published: v.Post.PublishedAt, Changed: changedAt(v.Post), Revision: v.Practice.Revision,
	}
	for _, f := range v.Practice.Figures {
		item.Figures = append(item.Figures, export.Figure(f))
	}
	if v.Curation != nil {
		item.Accepted, item.Featured = v.Curation.RevisionAccepted, v.Curation.Featured
	}
	return item
}
