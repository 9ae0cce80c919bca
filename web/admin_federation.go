package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
)

// federationView is what the instance follows, who asks to follow it, and how its deliveries fare.
type federationView struct {
	Query    string // what the form came back with
	Errors   formErrors
	Sent     []follow.Request
	Requests []requestView
	Lanes    []laneTab
}

func (s *Site) showFederation(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	return s.renderFederation(w, r, http.StatusOK, admin, federationView{})
}

func (s *Site) renderFederation(w http.ResponseWriter, r *http.Request, status int, admin account.Account, view federationView) error {
	catalog, err := s.Accounts.Catalog(r.Context())
	if err != nil {
		return fmt.Errorf("federation: %w", err)
	}
	if view.Sent, err = s.Follows.Sent(r.Context(), catalog.ID); err != nil {
		return fmt.Errorf("federation: follows: %w", err)
	}
	requests, err := s.requestsFor(r, admin)
	if err != nil {
		return fmt.Errorf("federation: %w", err)
	}
	for _, request := range requests {
		if request.Group != "" {
			view.Requests = append(view.Requests, request)
		}
	}
	if view.Lanes, err = s.laneTabs(r); err != nil {
		return fmt.Errorf("federation: %w", err)
	}
	return s.render(w, r, status, "admin_federation", page{Title: s.t(r, "admin.federation"), Nav: "administration", Data: view, NoIndex: true})
}

// followAsInstance follows an instance by its name, or one account by its handle, for this instance.
func (s *Site) followAsInstance(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	var form struct {
		Query string `schema:"q"`
	}
	err = decode(r, &form)
	var pending bool
	if err == nil {
		var a account.Account
		if a, err = s.lookUp(r.Context(), admin, form.Query); err == nil {
			pending, err = s.follow(r.Context(), admin, a, true)
		}
	}
	if err != nil {
		errs, ok := s.formErrors(r, err)
		if !ok {
			return fmt.Errorf("follow %q as the instance: %w", form.Query, err)
		}
		if len(errs.Fields) == 0 {
			errs.Fields = []formError{{Name: "q", ID: fieldID("q"), Text: errs.Message}}
		}
		return s.renderFederation(w, r, errs.Status, admin, federationView{Query: form.Query, Errors: errs})
	}
	if pending {
		s.flash(w, "info", "flash.follow.sent")
	} else {
		s.flash(w, "success", "flash.follow.instance")
	}
	http.Redirect(w, r, "/verwaltung/foederation", http.StatusSeeOther)
	return nil
}

// lookUp finds the account that someone typed as a handle or the name of an instance. What cannot be found is a mistake in
// the field q.
func (s *Site) lookUp(ctx context.Context, actor account.Account, text string) (account.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, resolvePeriod)
	defer cancel()
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "https://"), "http://"), "/")
	handle := strings.ToLower(strings.TrimPrefix(text, "@"))
	known := handle
	switch {
	case domainPattern.MatchString(handle):
		known = handle + "@" + handle
	case !handlePattern.MatchString(handle):
		return account.Account{}, fault.Fields(fault.Field{Name: "q", Message: "admin.federation.error.input"})
	}
	a, err := s.Accounts.ByHandle(ctx, known)
	if fault.Is(err, fault.NotFound) && s.Resolver != nil {
		a, err = s.lookUpHandle(ctx, actor, handle)
	}
	switch {
	case fault.Is(err, fault.NotFound):
		return a, fault.Fields(fault.Field{Name: "q", Message: "search.notfound", Args: map[string]any{"Text": text}})
	case fault.Is(err, fault.Unavailable), errors.Is(err, context.DeadlineExceeded):
		return a, fault.Fields(fault.Field{Name: "q", Message: "search.unavailable", Args: map[string]any{"Text": text}})
	case err == nil && a.Local():
		return a, fault.Fields(fault.Field{Name: "q", Message: "search.self"})
	}
	return a, err
}
