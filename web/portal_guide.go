package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/practice"
)

// embedView is the page that says how to show the list on another website, with a form that puts the address together.
type embedView struct {
	fragmentView
	Path      string
	Fields    []option
	Level     string
	Region    string
	Counts    []option
	Headings  []option
	Languages []option
	Hidden    []hiddenField // filters that the form has no field for
	Fragment  string        // the address
	JSON      string
	Feed      string
	Include   string // a line that takes the list into a page on the server
}

// showEmbed says how to show what the desk accepted on another website, and what that looks like.
func (s *Site) showEmbed(w http.ResponseWriter, r *http.Request) error {
	e := embeddingOf(r.URL.Query())
	shown, err := s.fragmentOf(r, e)
	if err != nil {
		return err
	}
	fields, err := s.Practices.Terms(r.Context(), practice.SchemeField)
	if err != nil {
		return err
	}
	view := embedView{
		fragmentView: shown, Path: r.URL.Path, Level: strings.ToLower(e.Filter.Level), Region: strings.ToUpper(e.Filter.Region),
		Fragment: s.Config.BaseURL + address(fragmentPath, e.query()), JSON: s.Config.BaseURL + address(portalJSONPath, e.listed()), Feed: s.Config.BaseURL + address(portalFeedPath, e.listed()),
	}
	// In an address, quotes are escaped.
	view.Include = "curl --fail --silent --show-error --output praxisbeispiele.html '" + view.Fragment + "'"
	// The preview stands below a heading of this page, whatever the address says.
	view.Open, view.Close = heading(3)
	view.OpenItem, view.CloseItem = heading(4)
	for _, f := range fields {
		view.Fields = append(view.Fields, option{Value: f.Name, Label: f.Name, Selected: strings.EqualFold(f.Name, e.Filter.Field)})
	}
	l := s.localizer(r)
	for _, n := range []int{3, 5, embedUsual, 20, embedMost} {
		view.Counts = append(view.Counts, option{Value: strconv.Itoa(n), Label: l.T("practices.count", "Count", n), Selected: n == e.Count})
	}
	for n := headingUsual; n <= headingMost; n++ {
		level := strconv.Itoa(n)
		view.Headings = append(view.Headings, option{Value: level, Label: l.T("portal.embed.heading.level", "Level", level), Selected: n == e.Heading})
	}
	for _, language := range languages {
		view.Languages = append(view.Languages, option{Value: language, Label: l.T("portal.embed.language." + language), Selected: language == e.Language})
	}
	for _, filter := range filters {
		switch value := *filter.field(&e.Filter); {
		case value == "", filter.facet == "level", filter.facet == "region", filter.facet == "field":
		default:
			view.Hidden = append(view.Hidden, hiddenField{Name: filter.param, Value: value})
		}
	}
	if e.Filter.Text != "" {
		view.Hidden = append(view.Hidden, hiddenField{Name: "q", Value: e.Filter.Text})
	}
	return s.render(w, r, http.StatusOK, "portal_embed", page{
		Title: s.t(r, "portal.embed.title"), Description: s.t(r, "portal.embed.lead"), Nav: "practices", Data: view, NoIndex: r.URL.RawQuery != "", Scripts: []string{"copy.js"},
	})
}
