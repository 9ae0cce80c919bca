package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// startView is the start page: what this instance is, what is new, how to take part. On an instance that curates it is the way
// into the aggregate view.
type startView struct {
	Featured      []practice.View
	Newest        []practice.View
	Total         int
	Levels        []facetChoice
	Discussions   []post.View
	Impacts       []impactView
	Curates       bool
	Portal        bool // something has been accepted: Newest and Levels are of that
	Map           *mapView
	Curated       *curatedView
	Partners      []partnerView
	CatalogHandle string
	Member        bool
}

const (
	startCards       = 6
	startFeatured    = 3
	startDiscussions = 4
)

func (s *Site) showStart(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), viewer(r)
	o, err := s.organization(ctx)
	if err != nil {
		return err
	}
	data := startView{Curates: o.Curates, CatalogHandle: account.CatalogUsername + "@" + s.Config.Domain(), Member: currentAccount(r) != nil}
	newest, err := s.Practices.List(ctx, who, practice.Filter{Sort: practice.SortNewest, Limit: startCards})
	if err != nil {
		return fmt.Errorf("start: newest practices: %w", err)
	}
	data.Total = newest.Total
	list := "/praxisbeispiele"
	if o.Curates {
		accepted, err := s.startPortal(r, &data)
		if err != nil {
			return err
		}
		if data.Portal {
			newest, list = accepted, aggregatePath
		}
	}
	if err := s.countAnswers(r, newest.Items); err != nil {
		return err
	}
	data.Newest = newest.Items
	l := s.localizer(r)
	for _, facet := range newest.Facets["level"] {
		if facet.Value != "" {
			data.Levels = append(data.Levels, facetChoice{Label: nameOf(l, "web.level.", facet.Value), Count: facet.Count, Href: address(list, url.Values{"ebene": {facet.Value}})})
		}
	}
	if data.Discussions, err = s.Posts.Threads(ctx, who, paging.Page{Limit: startDiscussions}); err != nil {
		return fmt.Errorf("start: discussions: %w", err)
	}
	heads, err := s.heads(r, data.Discussions)
	if err != nil {
		return err
	}
	for i := range data.Discussions {
		p := &data.Discussions[i].Post
		p.RepliesCount = heads[p.ThreadID].Answers
	}
	return s.render(w, r, http.StatusOK, "start", page{Title: o.Name, Description: o.Description, Nav: "start", Data: data, Canonical: s.Config.BaseURL + "/"})
}

// startPortal adds what the desk accepted: its sums, where it is from, what it put first. It returns the newest of it.
func (s *Site) startPortal(r *http.Request, data *startView) (practice.List, error) {
	f := practice.Filter{Accepted: true, Sort: practice.SortNewest, Limit: startCards}
	accepted, err := s.Practices.List(r.Context(), viewer(r), f)
	if err != nil {
		return accepted, fmt.Errorf("start: curated practices: %w", err)
	}
	if data.Portal = accepted.Total > 0; !data.Portal {
		return accepted, nil
	}
	l := s.localizer(r)
	data.Impacts = newImpacts(l, accepted.Impact)
	if data.Featured, err = s.featured(r, startFeatured); err != nil {
		return accepted, err
	}
	if data.Curated, err = s.curatedWorks(r); err != nil {
		return accepted, err
	}
	effects, err := s.Practices.Effects(r.Context(), viewer(r), f)
	if err != nil {
		return accepted, fmt.Errorf("start: effects: %w", err)
	}
	data.Map = newMap(l, accepted.Facets["region"], effects, accepted.Total, "", landLink(r, aggregatePath))
	data.Partners, err = s.partners(r)
	return accepted, err
}
