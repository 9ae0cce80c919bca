package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// practicesPerPage is how many cards a page shows.
const practicesPerPage = 12

// facetGroup is one question to narrow a list by, with its answers.
type facetGroup struct {
	Name    string // of the parameter
	Label   string
	Choices []facetChoice
	More    []facetChoice // behind "mehr anzeigen"
}

// facetChoice is a link that sets or, when chosen, takes away one filter.
type facetChoice struct {
	Label  string
	Count  int
	Href   string
	Chosen bool
}

// facetsShown is how many choices of a group stand there at once.
const facetsShown = 6

// listView is a searchable list of practices.
type practiceList struct {
	Query    string
	Path     string
	Hidden   []hiddenField // filters that a new search keeps
	Groups   []facetGroup
	Chosen   []facetChoice
	Items    []practice.View
	Total    int
	Sorts    []facetChoice
	Pages    pagination
	Narrowed bool // any filter or search
	Curates  bool
	Impacts  []impactView
	Featured []practice.View
	Partners []partnerView
}

type hiddenField struct{ Name, Value string }

// filters maps the parameters of an address to a filter and its facet.
var filters = []struct {
	param, facet, label string
	field               func(*practice.Filter) *string
}{
	{"ebene", "level", "practices.facet.level", func(f *practice.Filter) *string { return &f.Level }},
	{"land", "region", "practices.facet.region", func(f *practice.Filter) *string { return &f.Region }},
	{"feld", "field", "practices.facet.field", func(f *practice.Filter) *string { return &f.Field }},
	{"ziel", "goal", "practices.facet.goal", func(f *practice.Filter) *string { return &f.Goal }},
	{"herkunft", "origin", "practices.facet.origin", func(f *practice.Filter) *string { return &f.Origin }},
}

// listPractices finds practices: search on top, facets beside, cards.
func (s *Site) listPractices(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	list, err := s.searchPractices(r, practice.Filter{})
	if err != nil {
		return err
	}
	list.Curates = o.Curates
	return s.render(w, r, http.StatusOK, "practices", page{
		Title: s.t(r, "practices.list.title"), Description: s.t(r, "practices.list.lead"), Nav: "practices", Data: list, NoIndex: list.Narrowed,
	})
}

// searchPractices runs the search an address describes; base narrows it beforehand.
func (s *Site) searchPractices(r *http.Request, base practice.Filter) (practiceList, error) {
	query := r.URL.Query()
	f := base
	f.Text = clip(strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(query.Get("q"), "\x00", ""), "")), 200)
	narrowed := f.Text != ""
	for _, filter := range filters {
		if value := clip(strings.ToValidUTF8(strings.ReplaceAll(query.Get(filter.param), "\x00", ""), ""), 200); value != "" {
			*filter.field(&f) = value
			narrowed = true
		}
	}
	if f.Text != "" && query.Get("sort") != "neu" {
		f.Sort = "relevance"
	}
	f.Offset, f.Limit = offsetOf(r, practicesPerPage), practicesPerPage
	found, err := s.Practices.List(r.Context(), viewer(r), f)
	if err != nil {
		return practiceList{}, fmt.Errorf("search practices: %w", err)
	}
	if err := s.countAnswers(r, found.Items); err != nil {
		return practiceList{}, err
	}
	l := s.localizer(r)
	list := practiceList{
		Query: f.Text, Path: r.URL.Path, Items: found.Items, Total: found.Total, Narrowed: narrowed,
		Pages: paginate(r, f.Offset, f.Limit, found.Total), Impacts: newImpacts(l, found.Impact),
	}
	for _, filter := range filters {
		chosen := *filter.field(&f)
		group := facetGroup{Name: filter.param, Label: s.t(r, filter.label)}
		known := false
		for _, facet := range found.Facets[filter.facet] {
			if facet.Value == "" {
				continue
			}
			known = known || facet.Value == chosen
			group.Choices = append(group.Choices, s.facetChoice(r, l, filter.param, facet, facet.Value == chosen))
		}
		if chosen != "" {
			list.Hidden = append(list.Hidden, hiddenField{Name: filter.param, Value: chosen})
			choice := s.facetChoice(r, l, filter.param, practice.Facet{Value: chosen}, true)
			list.Chosen = append(list.Chosen, choice)
			if !known {
				group.Choices = append(group.Choices, choice)
			}
		}
		if len(group.Choices) > facetsShown+2 && chosen == "" {
			group.Choices, group.More = group.Choices[:facetsShown], group.Choices[facetsShown:]
		}
		if len(group.Choices) > 0 {
			list.Groups = append(list.Groups, group)
		}
	}
	if f.Text != "" {
		list.Chosen = append([]facetChoice{{Label: s.t(r, "practices.search.chosen", "Text", f.Text), Href: with(r, "q", ""), Chosen: true}}, list.Chosen...)
		list.Sorts = []facetChoice{
			{Label: s.t(r, "practices.sort.relevance"), Href: with(r, "sort", ""), Chosen: f.Sort == "relevance"},
			{Label: s.t(r, "practices.sort.newest"), Href: with(r, "sort", "neu"), Chosen: f.Sort != "relevance"},
		}
	}
	return list, nil
}

// countAnswers makes cards count reuses, and the whole discussion, as the page of the practice does, not only its first level.
func (s *Site) countAnswers(r *http.Request, items []practice.View) error {
	views := make([]post.View, 0, len(items))
	for _, v := range items {
		views = append(views, v.View)
	}
	heads, err := s.heads(r, views)
	if err != nil {
		return err
	}
	ids := make([]int64, len(items))
	for i, v := range items {
		ids[i] = v.Post.ID
	}
	reuses, err := s.Reuses.Counts(r.Context(), viewer(r), ids)
	if err != nil {
		return fmt.Errorf("reuses of a list: %w", err)
	}
	for i := range items {
		items[i].Post.RepliesCount = heads[items[i].Post.ThreadID].Answers
		items[i].Reuses = reuses[items[i].Post.ID]
	}
	return nil
}

func (s *Site) facetChoice(r *http.Request, l *i18n.Localizer, param string, facet practice.Facet, chosen bool) facetChoice {
	c := facetChoice{Label: facet.Value, Count: facet.Count, Chosen: chosen, Href: with(r, param, facet.Value)}
	switch param {
	case "ebene":
		c.Label = nameOf(l, "web.level.", facet.Value)
	case "land":
		c.Label = nameOf(l, "web.region.", facet.Value)
	case "herkunft":
		if facet.Value == "local" {
			c.Label = l.T("practices.facet.local")
		}
	}
	if chosen {
		c.Href = with(r, param, "")
	}
	return c
}

// with is this page with one parameter set, or taken away when value is empty, from the first page of the list.
func with(r *http.Request, param, value string) string {
	q := url.Values{}
	for name, values := range r.URL.Query() {
		if name != "seite" && len(values) > 0 && values[0] != "" {
			q.Set(name, values[0])
		}
	}
	q.Del(param)
	if value != "" {
		q.Set(param, value)
	}
	return address(r.URL.Path, q)
}

// clip cuts text to at most n characters.
func clip(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n])
	}
	return text
}
