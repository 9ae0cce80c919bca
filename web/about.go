package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// legalView is a page that the organisation writes itself.
type legalView struct {
	HTML         string // sanitised; "" when nothing was written yet
	Organization organization.Organization
	Admin        bool
}

func (s *Site) legal(r *http.Request, text func(organization.Organization) string) (legalView, error) {
	o, err := s.organization(r.Context())
	if err != nil {
		return legalView{}, err
	}
	view := legalView{Organization: o}
	if source := strings.TrimSpace(text(o)); source != "" {
		view.HTML = s.Practices.Preview(source)
	}
	if reader := currentAccount(r); reader != nil {
		view.Admin = reader.Able(account.RoleAdmin)
	}
	return view, nil
}

func (s *Site) showImprint(w http.ResponseWriter, r *http.Request) error {
	view, err := s.legal(r, func(o organization.Organization) string { return o.Imprint })
	if err != nil {
		return fmt.Errorf("imprint: %w", err)
	}
	return s.render(w, r, http.StatusOK, "imprint", page{Title: s.t(r, "about.imprint.title"), Data: view})
}

func (s *Site) showPrivacy(w http.ResponseWriter, r *http.Request) error {
	view, err := s.legal(r, func(o organization.Organization) string { return o.Privacy })
	if err != nil {
		return fmt.Errorf("privacy: %w", err)
	}
	return s.render(w, r, http.StatusOK, "privacy", page{Title: s.t(r, "about.privacy.title"), Data: view})
}

func (s *Site) showAccessibility(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("accessibility: %w", err)
	}
	return s.render(w, r, http.StatusOK, "accessibility", page{Title: s.t(r, "about.access.title"), Data: legalView{Organization: o}})
}

// aboutView is what there is to know about this instance.
type aboutView struct {
	Organization organization.Organization
	Handles      []handleView
	Version      string
	People       int
	Practices    int
	RulesPublic  bool
}

func (s *Site) showInstance(w http.ResponseWriter, r *http.Request) error {
	instance, err := s.Accounts.Instance(r.Context())
	if err != nil {
		return fmt.Errorf("about: %w", err)
	}
	if wantsActivity(r) {
		http.Redirect(w, r, instance.URI, http.StatusSeeOther)
		return nil
	}
	view := aboutView{Handles: s.handles(), Version: s.Version}
	_, policy, err := s.Rules.Published(r.Context())
	if err != nil {
		return fmt.Errorf("about: %w", err)
	}
	view.RulesPublic = policy.RulesPublic
	if view.Organization, err = s.organization(r.Context()); err != nil {
		return fmt.Errorf("about: %w", err)
	}
	people, err := s.Accounts.Local(r.Context())
	if err != nil {
		return fmt.Errorf("about: %w", err)
	}
	view.People = len(people)
	found, err := s.Practices.List(r.Context(), viewer(r), practice.Filter{Origin: "local", Limit: 1})
	if err != nil {
		return fmt.Errorf("about: %w", err)
	}
	view.Practices = found.Total
	return s.render(w, r, http.StatusOK, "instance", page{
		Title: s.t(r, "about.instance.title"), Data: view, Scripts: []string{"copy.js"}, Activity: instance.URI, Canonical: s.Config.BaseURL + "/instanz",
	})
}
