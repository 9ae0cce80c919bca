package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// startView is the start page: what this instance is, what is new, how to take part.
type startView struct {
	Featured      []practice.View
	Newest        []practice.View
	Total         int
	Levels        []facetChoice
	Discussions   []post.View
	Impacts       []impactView
	Curates       bool
	CatalogHandle string
	Member        bool
}

const (
	startCards       = 6
	startDiscussions = 4
)

func (s *Site) showStart(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), viewer(r)
	o, err := s.organization(ctx)
	if err != nil {
		return err
	}
	data := startView{Curates: o.Curates, CatalogHandle: account.CatalogUsername + "@" + s.Config.Domain(), Member: currentAccount(r) != nil}
	newest, err := s.Practices.List(ctx, who, practice.Filter{Sort: "newest", Limit: startCards})
	if err != nil {
		return fmt.Errorf("start: newest practices: %w", err)
	}
	if err := s.countAnswers(r, newest.Items); err != nil {
		return err
	}
	data.Newest, data.Total = newest.Items, newest.Total
	l := s.localizer(r)
	for _, facet := range newest.Facets["level"] {
		if facet.Value != "" {
			data.Levels = append(data.Levels, facetChoice{Label: nameOf(l, "web.level.", facet.Value), Count: facet.Count, Href: "/praxisbeispiele?ebene=" + facet.Value})
		}
	}
	if o.Curates {
		accepted, err := s.Practices.List(ctx, who, practice.Filter{Accepted: true, Limit: 1})
		if err != nil {
			return fmt.Errorf("start: curated practices: %w", err)
		}
		data.Impacts = newImpacts(l, accepted.Impact)
		featured, err := s.Practices.List(ctx, who, practice.Filter{Accepted: true, Featured: true, Limit: 3})
		if err != nil {
			return fmt.Errorf("start: featured practices: %w", err)
		}
		if err := s.countAnswers(r, featured.Items); err != nil {
			return err
		}
		data.Featured = featured.Items
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
