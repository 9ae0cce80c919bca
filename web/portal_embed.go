package web

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// What others show of the aggregate view: the same for everybody, as a visitor sees it.
const (
	fragmentPath   = aggregatePath + ".fragment.html"
	portalJSONPath = aggregatePath + ".json"
	portalFeedPath = aggregatePath + ".atom"
	embedPath      = "/einbetten"
)

// How long a fragment is: as its address says, within reason.
const (
	embedUsual = 10
	embedMost  = 50
)

// Headings of a fragment fit into the page around it.
const (
	headingUsual = 2
	headingMost  = 5 // the titles of practices are one below
)

// embedding is what an address asks to be shown elsewhere.
type embedding struct {
	Filter   practice.Filter
	Language string
	Count    int
	Heading  int // of the title: 2 to headingMost
}

// embeddingOf reads an address. What makes no sense is as usual.
func embeddingOf(q url.Values) embedding {
	e := embedding{Filter: filterOf(q), Language: languages[0], Count: embedUsual, Heading: headingUsual}
	e.Filter.Accepted, e.Filter.Featured = true, q.Get("auswahl") == "hervorgehoben"
	e.Filter.Sort = practice.SortNewest
	for _, language := range languages {
		if q.Get("sprache") == language {
			e.Language = language
		}
	}
	if n, err := strconv.Atoi(q.Get("anzahl")); err == nil && n > 0 {
		e.Count = min(n, embedMost)
	}
	if n, err := strconv.Atoi(q.Get("ueberschrift")); err == nil && n >= headingUsual && n <= headingMost {
		e.Heading = n
	}
	e.Filter.Limit = e.Count
	return e
}

// query is the address again, without what is as usual.
func (e embedding) query() url.Values {
	q := url.Values{}
	if e.Filter.Text != "" {
		q.Set("q", e.Filter.Text)
	}
	for _, filter := range filters {
		if value := *filter.field(&e.Filter); value != "" {
			q.Set(filter.param, value)
		}
	}
	if e.Filter.Featured {
		q.Set("auswahl", "hervorgehoben")
	}
	if e.Language != languages[0] {
		q.Set("sprache", e.Language)
	}
	if e.Count != embedUsual {
		q.Set("anzahl", strconv.Itoa(e.Count))
	}
	if e.Heading != headingUsual {
		q.Set("ueberschrift", strconv.Itoa(e.Heading))
	}
	return q
}

// listed is the address of the page that shows the same, which knows of no more than the filters.
func (e embedding) listed() url.Values {
	e.Filter.Featured, e.Language, e.Count, e.Heading = false, languages[0], embedUsual, headingUsual
	return e.query()
}

// portalLink leads from a page of the aggregate view to what shows the same.
func (s *Site) portalLink(r *http.Request, path string) string {
	return address(path, embeddingOf(r.URL.Query()).listed())
}

// fragmentView is the list for another website. All addresses in it are absolute.
type fragmentView struct {
	Open, Close         template.HTML // the tags of its heading
	OpenItem, CloseItem template.HTML // and those of its entries
	Language            string
	By                  string // whose instance it is
	Home                string // the aggregate view
	All                 string // the page that shows the same, and more
	Asked               []string
	Featured            bool
	Total               int
	Impacts             []impactView
	Items               []fragmentItem
}

// fragmentItem is one practice. What is said of it is what its source says today.
type fragmentItem struct {
	practice.View
	Title, Summary string
	Organization   string
	Origin         string // its page at home
	Host, Home     string // the instance it is from
	Here           string // its page at ours, with discussion and reuses
	Figure         *figureView
}

// fragmentOf finds what an address asks for.
func (s *Site) fragmentOf(r *http.Request, e embedding) (fragmentView, error) {
	o, err := s.curating(r)
	if err != nil {
		return fragmentView{}, err
	}
	found, err := s.accepted(r, e.Filter)
	if err != nil {
		return fragmentView{}, fmt.Errorf("fragment: %w", err)
	}
	l := s.I18n.For(e.Language)
	v := fragmentView{
		Language: l.Lang(), By: o.Name, Home: s.Config.BaseURL + aggregatePath, All: s.Config.BaseURL + address(aggregatePath, e.listed()), Asked: s.asked(l, e.Filter),
		Featured: e.Filter.Featured, Total: found.Total, Impacts: newImpacts(l, found.Impact),
	}
	v.Open, v.Close = heading(e.Heading)
	v.OpenItem, v.CloseItem = heading(e.Heading + 1)
	for _, item := range found.Items {
		v.Items = append(v.Items, s.fragmentItem(l, item))
	}
	return v, nil
}

func heading(level int) (open, close template.HTML) {
	return template.HTML(fmt.Sprintf("<h%d>", level)), template.HTML(fmt.Sprintf("</h%d>", level)) //nolint:gosec // a number
}

func (s *Site) fragmentItem(l *i18n.Localizer, v practice.View) fragmentItem {
	item := fragmentItem{
		View: v, Title: v.Post.Title, Summary: v.Post.Summary, Organization: v.Practice.OrganizationName, Origin: s.originOf(v.Post),
		Host: v.Author.Host(), Home: homeOf(v.Post.URI), Here: s.Config.BaseURL + practiceURL(v.Post.ID), Figure: strongest(l, v.Practice),
	}
	if v.Post.Local {
		item.Host, item.Home = s.Config.Domain(), s.Config.BaseURL+"/"
	}
	if item.Organization == "" {
		item.Organization = v.Author.Name()
	}
	return item
}

// accepted is what a visitor sees of what the desk accepted, whoever asks: it is shown everywhere.
func (s *Site) accepted(r *http.Request, f practice.Filter) (practice.List, error) {
	f.Accepted = true
	return s.Practices.List(r.Context(), post.Viewer{}, f)
}

// homeOf is the start page of the instance an object is from.
func homeOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/"
}

// portalFragment is the list as a piece of HTML: no script, no style, no picture, no frame.
func (s *Site) portalFragment(w http.ResponseWriter, r *http.Request) error {
	view, err := s.fragmentOf(r, embeddingOf(r.URL.Query()))
	if err != nil {
		return err
	}
	body := getBuffer()
	defer buffers.Put(body)
	if err := s.templates.execute(body, view.Language, "portal_fragment", view); err != nil {
		return fmt.Errorf("fragment: %w", err)
	}
	w.Header().Set("Content-Language", view.Language)
	s.sendEmbedded(w, r, file{mediaType: "text/html; charset=utf-8", body: append([]byte(nil), body.Bytes()...), canonical: view.All})
	return nil
}

// sendEmbedded sends what other websites may show, also by a script in their pages: it is the same for everybody.
func (s *Site) sendEmbedded(w http.ResponseWriter, r *http.Request, f file) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("X-Robots-Tag", "noindex")
	f.public = true
	s.sendFile(w, r, f)
}

// portalFeed is what the desk accepted, newest publication first.
func (s *Site) portalFeed(w http.ResponseWriter, r *http.Request) error {
	o, err := s.curating(r)
	if err != nil {
		return err
	}
	f, query := s.readFilter(r.URL.RawQuery)
	f.Accepted = true
	l := s.I18n.For(languages[0])
	feed := export.Feed{Title: l.T("practices.aggregate.title"), Subtitle: l.T("practices.aggregate.lead", "Name", o.Name)}
	if asked := s.asked(l, f); len(asked) > 0 {
		feed.Title += ": " + strings.Join(asked, ", ")
	}
	return s.sendPractices(w, r, feed, f, aggregatePath, query, true)
}
