package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

// partnerView is an instance whose practices were accepted.
type partnerView struct {
	Name  string
	Host  string // "" for our own
	Href  string
	Count int
}

// showAggregate is the public view of a curating instance: what its desk accepted, and what it adds up to.
func (s *Site) showAggregate(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	if !o.Curates {
		return fault.New(fault.NotFound, "practices.aggregate.none")
	}
	list, err := s.searchPractices(r, practice.Filter{Accepted: true})
	if err != nil {
		return err
	}
	if !list.Narrowed && list.Pages.Page == 1 {
		featured, err := s.Practices.List(r.Context(), viewer(r), practice.Filter{Accepted: true, Featured: true, Limit: 6})
		if err != nil {
			return fmt.Errorf("aggregate: featured: %w", err)
		}
		if err := s.countAnswers(r, featured.Items); err != nil {
			return err
		}
		list.Featured = featured.Items
	}
	if list.Partners, err = s.partners(r); err != nil {
		return err
	}
	list.Curates = true
	return s.render(w, r, http.StatusOK, "aggregate", page{
		Title: s.t(r, "practices.aggregate.title"), Description: s.t(r, "practices.aggregate.lead", "Name", o.Name), Nav: "practices", Data: list, NoIndex: list.Narrowed,
	})
}

// partners lists the instances accepted practices come from, under the names of their catalogues.
func (s *Site) partners(r *http.Request) ([]partnerView, error) {
	accepted, err := s.Practices.List(r.Context(), viewer(r), practice.Filter{Accepted: true, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("aggregate: origins: %w", err)
	}
	known, err := s.Accounts.Participants(r.Context())
	if err != nil {
		return nil, fmt.Errorf("aggregate: participants: %w", err)
	}
	names := map[string]string{}
	for _, a := range known {
		if a.Kind == account.Group && a.Username == account.CatalogUsername {
			names[a.Host()] = a.Name()
		}
	}
	var partners []partnerView
	for _, facet := range accepted.Facets["origin"] {
		p := partnerView{Host: facet.Value, Count: facet.Count, Href: with(r, "herkunft", facet.Value)}
		if facet.Value == "local" {
			p.Host = ""
		}
		if p.Name = names[p.Host]; p.Name == "" {
			p.Name = facet.Value
		}
		partners = append(partners, p)
	}
	return partners, nil
}
