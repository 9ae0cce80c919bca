package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
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
	Narrowed bool         // any filter or search
	SaveHref string       // where members keep the search
	Loose    bool         // nothing has all the words of the search
	Meant    *facetChoice // the search as it was probably meant
	Curates  bool
	Impacts  []impactView
	Featured []practice.View
	Regions  []practice.Facet // how many there are in each Land, whichever is chosen
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
	{"kennzahl", "quantity", "practices.facet.quantity", func(f *practice.Filter) *string { return &f.Quantity }},
	{"stand", "state", "practices.facet.state", func(f *practice.Filter) *string { return &f.State }},
	{"jahr", "year", "practices.facet.year", func(f *practice.Filter) *string { return &f.Year }},
	{"herkunft", "origin", "practices.facet.origin", func(f *practice.Filter) *string { return &f.Origin }},
}

// orders maps ?sort= to how a list is sorted. The first is for who looks for words, the second where nothing is said.
var orders = []struct{ param, order, label string }{
	{"", practice.SortRelevance, "practices.sort.relevance"},
	{"neu", practice.SortNewest, "practices.sort.newest"},
	{"wirkung", practice.SortEffect, "practices.sort.effect"},
	{"nachnutzung", practice.SortReused, "practices.sort.reused"},
}

// filterOf reads the parameters of an address.
func filterOf(query url.Values) practice.Filter {
	read := func(param string) string {
		return clip(strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(query.Get(param), "\x00", ""), "")), 200)
	}
	f := practice.Filter{Text: read("q")}
	for _, filter := range filters {
		*filter.field(&f) = read(filter.param)
	}
	return f
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
		Title: s.t(r, "practices.list.title"), Description: s.t(r, "practices.list.lead"), Nav: "practices", Data: list, NoIndex: list.Narrowed, Feeds: s.listFeed(r), Linked: cataloguePath,
	})
}

// searchPractices runs the search an address describes; base narrows it beforehand.
func (s *Site) searchPractices(r *http.Request, base practice.Filter) (practiceList, error) {
	f, err := s.Practices.Current(r.Context(), filterOf(r.URL.Query()))
	if err != nil {
		return practiceList{}, fmt.Errorf("search practices: %w", err)
	}
	narrowed := f != practice.Filter{}
	f.Accepted, f.Featured = base.Accepted, base.Featured
	f.Sort, f.Loose = sortOf(r, f), true
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
		Query: f.Text, Path: r.URL.Path, Items: found.Items, Total: found.Total, Loose: found.Loose, Narrowed: narrowed,
		Pages: paginate(r, f.Offset, f.Limit, found.Total), Impacts: newImpacts(l, found.Impact), Regions: found.Facets["region"],
	}
	for _, filter := range filters {
		chosen := *filter.field(&f)
		group := facetGroup{Name: filter.param, Label: s.t(r, filter.label)}
		known := false
		for _, facet := range found.Facets[filter.facet] {
			if facet.Value == "" {
				continue
			}
			same := strings.EqualFold(facet.Value, chosen)
			known = known || same
			group.Choices = append(group.Choices, s.facetChoice(r, l, filter.param, facet, same))
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
	list.Sorts = s.sorts(r, f, found.Total)
	if found.Suggestion != "" {
		list.Meant = &facetChoice{Label: found.Suggestion, Href: with(r, "q", found.Suggestion)}
	}
	if reader := currentAccount(r); narrowed && !base.Accepted && f.State != practice.StateArchived && reader != nil && reader.Able(account.RoleGuest) {
		_, query := s.readFilter(r.URL.RawQuery)
		list.SaveHref = savedPath + "?suche=" + url.QueryEscape(query)
	}
	if f.Text != "" {
		list.Chosen = append([]facetChoice{{Label: s.t(r, "practices.search.chosen", "Text", f.Text), Href: with(r, "q", ""), Chosen: true}}, list.Chosen...)
	}
	return list, nil
}

// sortOf reads how a list is to be sorted: who looks for words sees first what fits them best, everybody else what is new.
func sortOf(r *http.Request, f practice.Filter) string {
	asked := r.URL.Query().Get("sort")
	for _, o := range orders {
		if o.param == asked && (asked != "" || f.Text != "") {
			return o.order
		}
	}
	return practice.SortNewest
}

// sorts are the orders of a list with more than one entry.
func (s *Site) sorts(r *http.Request, f practice.Filter, total int) []facetChoice {
	if total < 2 {
		return nil
	}
	var list []facetChoice
	for _, o := range orders {
		if o.order == practice.SortRelevance && f.Text == "" {
			continue
		}
		param := o.param
		if o.order == practice.SortNewest && f.Text == "" {
			param = ""
		}
		list = append(list, facetChoice{Label: s.t(r, o.label), Href: with(r, "sort", param), Chosen: f.Sort == o.order})
	}
	return list
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
	c := facetChoice{Label: facetLabel(l, param, facet.Value), Count: facet.Count, Chosen: chosen, Href: with(r, param, facet.Value)}
	if chosen {
		c.Href = with(r, param, "")
	}
	return c
}

// facetLabel is what a value of a filter is called.
func facetLabel(l *i18n.Localizer, param, value string) string {
	switch param {
	case "ebene":
		return nameOf(l, "web.level.", value)
	case "land":
		return nameOf(l, "web.region.", value)
	case "kennzahl":
		return quantityName(l, value)
	case "stand":
		return nameOf(l, "practices.state.", value)
	case "herkunft":
		if value == practice.LocalOrigin {
			return l.T("practices.facet.local")
		}
	}
	return value
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
