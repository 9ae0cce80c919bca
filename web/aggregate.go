package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// aggregatePath is the public view of a curating instance.
const aggregatePath = "/ueberblick"

// featuredCards is how many featured practices stand on it.
const featuredCards = 6

// aggregateView is the page: what the desk accepted, where it is from, and what it adds up to. The first page of its list has all
// of it; a page further on has only the list.
type aggregateView struct {
	practiceList
	Effects  []effectView
	Map      *mapView
	Curated  *curatedView
	Partners []partnerView
	Embed    string // where it is said how to show the list elsewhere
	JSON     string // the list for programs
}

// Empty reports whether nothing has been accepted yet.
func (v aggregateView) Empty() bool { return v.Total == 0 && !v.Narrowed }

// partnerView is an instance whose practices were accepted.
type partnerView struct {
	Name  string
	Host  string // "" for our own
	Href  string
	Home  string // its start page; "" for our own, and where it is not known
	Count int
}

// registerPortal adds the aggregate view, and what others show of it.
func (s *Site) registerPortal(r *mux.Router) {
	get, _ := s.table(r)

	get(aggregatePath, s.showAggregate)
	get(fragmentPath, s.limitMade(s.portalFragment))
	get(portalJSONPath, s.limitMade(s.portalJSON))
	get(portalFeedPath, s.portalFeed)
	get(embedPath, s.showEmbed)
}

// curating returns whose instance this is, fault.NotFound where nobody curates.
func (s *Site) curating(r *http.Request) (organization.Organization, error) {
	o, err := s.organization(r.Context())
	if err == nil && !o.Curates {
		err = fault.New(fault.NotFound, "practices.aggregate.none")
	}
	return o, err
}

// showAggregate is the public view of a curating instance: what its desk accepted, and what it adds up to.
func (s *Site) showAggregate(w http.ResponseWriter, r *http.Request) error {
	o, err := s.curating(r)
	if err != nil {
		return err
	}
	view := aggregateView{Embed: s.portalLink(r, embedPath), JSON: s.portalLink(r, portalJSONPath)}
	if view.practiceList, err = s.searchPractices(r, practice.Filter{Accepted: true}); err != nil {
		return err
	}
	if view.Pages.Page == 1 {
		if err := s.completeAggregate(r, &view); err != nil {
			return err
		}
	}
	view.Curates = true
	return s.render(w, r, http.StatusOK, "aggregate", page{
		Title: s.t(r, "practices.aggregate.title"), Description: s.t(r, "practices.aggregate.lead", "Name", o.Name), Nav: "practices", Data: view, NoIndex: view.Narrowed,
		Feeds: []feedLink{{s.t(r, "practices.aggregate.title"), s.portalLink(r, portalFeedPath)}},
	})
}

// completeAggregate adds what stands around the list.
func (s *Site) completeAggregate(r *http.Request, view *aggregateView) (err error) {
	if !view.Narrowed {
		if view.Featured, err = s.featured(r, featuredCards); err != nil {
			return err
		}
		if view.Curated, err = s.curatedWorks(r); err != nil {
			return err
		}
	}
	effects := practice.Effects{}
	if !view.Loose { // what has only some of the words is offered, not added up
		f, err := s.Practices.Current(r.Context(), filterOf(r.URL.Query()))
		if err != nil {
			return fmt.Errorf("aggregate: effects: %w", err)
		}
		f.Accepted = true
		if effects, err = s.Practices.Effects(r.Context(), viewer(r), f); err != nil {
			return fmt.Errorf("aggregate: effects: %w", err)
		}
		if view.Effects, err = s.effects(r, f, effects); err != nil {
			return err
		}
	}
	view.Map = newMap(s.localizer(r), view.Regions, effects, view.Total, filterOf(r.URL.Query()).Region, landLink(r, r.URL.Path))
	view.Partners, err = s.partners(r)
	return err
}

// featured lists accepted practices that the desk put first.
func (s *Site) featured(r *http.Request, limit int) ([]practice.View, error) {
	list, err := s.Practices.List(r.Context(), viewer(r), practice.Filter{Accepted: true, Featured: true, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("featured practices: %w", err)
	}
	return list.Items, s.countAnswers(r, list.Items)
}

// catalogs are the catalogues of the instances that take part, by host; ours is under "".
func (s *Site) catalogs(r *http.Request) (map[string]account.Account, error) {
	known, err := s.Accounts.Participants(r.Context())
	if err != nil {
		return nil, fmt.Errorf("catalogs: %w", err)
	}
	catalogs := map[string]account.Account{}
	for _, a := range known {
		if a.Kind == account.Group && a.Username == account.CatalogUsername {
			catalogs[a.Host()] = a
		}
	}
	return catalogs, nil
}

// partners lists the instances accepted practices come from, under the names of their catalogues.
func (s *Site) partners(r *http.Request) ([]partnerView, error) {
	accepted, err := s.Practices.List(r.Context(), viewer(r), practice.Filter{Accepted: true, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("aggregate: origins: %w", err)
	}
	catalogs, err := s.catalogs(r)
	if err != nil {
		return nil, err
	}
	var partners []partnerView
	for _, facet := range accepted.Facets["origin"] {
		p := partnerView{Host: facet.Value, Count: facet.Count, Href: address(aggregatePath, url.Values{"herkunft": {facet.Value}}) + "#ergebnisse"}
		if facet.Value == practice.LocalOrigin {
			p.Host = ""
		}
		catalog, ok := catalogs[p.Host]
		if p.Name = facet.Value; ok {
			p.Name = catalog.Name()
		}
		if p.Host != "" && ok {
			p.Home = homeOf(catalog.URI)
		}
		partners = append(partners, p)
	}
	return partners, nil
}
