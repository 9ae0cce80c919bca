package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// termsAdoptView says what taking over another instance's lists would change.
type termsAdoptView struct {
	Host    string
	Query   string
	Seen    string // stands for the lists as they are shown
	Lists   []adoptedList
	Foreign int
	Errors  formErrors
}

// adoptedList is one of the lists.
type adoptedList struct {
	Title  string // key
	Groups []adoptedGroup
	Own    int // terms of ours that stay
}

// adoptedGroup is what happens to some terms alike.
type adoptedGroup struct {
	Title string // key
	Items []adoptedTerm
}

type adoptedTerm struct {
	Text string
	Uses int // practices of ours that change
}

// adoptTerms shows what taking over the lists of another instance would change, and does it once that was seen.
func (s *Site) adoptTerms(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		Query string `schema:"q"`
		Seen  string `schema:"seen"`
	}
	var catalog account.Account
	var offers []taxonomy.Offer
	var view termsAdoptView
	if err = decode(r, &form); err == nil {
		catalog, offers, err = s.offersOf(r, actor, form.Query)
	}
	if err == nil {
		view, err = s.adoption(r, actor, catalog, offers)
	}
	view.Query = form.Query
	switch {
	case err != nil:
	case form.Seen == "":
		return s.renderAdoption(w, r, http.StatusOK, view)
	case form.Seen != view.Seen:
		view.Errors = formErrors{Message: s.t(r, "taxonomy.adopt.changed")}
		return s.renderAdoption(w, r, http.StatusConflict, view)
	default:
		err = s.Taxonomies.Adopt(r.Context(), actor, catalog, offers)
	}
	if err != nil {
		errs, ok := s.formErrors(r, err)
		if !ok {
			return fmt.Errorf("adopt the terms of %q: %w", form.Query, err)
		}
		if len(errs.Fields) == 0 {
			errs.Fields = []formError{{Name: "q", ID: fieldID("q"), Text: errs.Message}}
		}
		return s.renderTerms(w, r, errs.Status, termsView{Query: form.Query, Errors: errs}, termForm{})
	}
	s.flash(w, "success", "flash.terms.adopted")
	http.Redirect(w, r, termsPath, http.StatusSeeOther)
	return nil
}

func (s *Site) renderAdoption(w http.ResponseWriter, r *http.Request, status int, view termsAdoptView) error {
	return s.render(w, r, status, "terms_adopt", page{Title: s.t(r, "taxonomy.adopt.title", "Host", view.Host), Nav: "desk", Data: view, NoIndex: true})
}

// offersOf reads the lists of the instance that somebody names by its address or by the handle of its catalogue.
func (s *Site) offersOf(r *http.Request, actor account.Account, query string) (account.Account, []taxonomy.Offer, error) {
	a, err := s.lookUp(r.Context(), actor, query)
	if err != nil {
		return a, nil, err
	}
	none := fault.Fields(fault.Field{Name: "q", Message: "error.taxonomy.none"})
	if a.Kind == account.Application {
		groups, err := s.targetsOf(r.Context(), a)
		if err != nil {
			return a, nil, err
		}
		for _, group := range groups {
			if group.URI == a.CatalogURI {
				a = group
			}
		}
	}
	if a.Kind != account.Group || a.Local() || s.TaxonomiesOf == nil {
		return a, nil, none
	}
	offers, err := s.TaxonomiesOf(r.Context(), a)
	switch {
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Gone), fault.Is(err, fault.Forbidden), err == nil && len(offers) == 0:
		return a, nil, none
	case fault.Is(err, fault.Internal):
		s.Log.InfoContext(r.Context(), "taxonomies not read", "actor", a.URI, "reason", err)
		return a, nil, fault.Fields(fault.Field{Name: "q", Message: "search.unavailable", Args: map[string]any{"Text": query}})
	}
	return a, offers, err
}

// adoption says what the lists would change.
func (s *Site) adoption(r *http.Request, actor, catalog account.Account, offers []taxonomy.Offer) (termsAdoptView, error) {
	view := termsAdoptView{Host: catalog.Host()}
	steps, err := s.Taxonomies.Preview(r.Context(), actor, offers)
	if err != nil {
		return view, err
	}
	seen, err := json.Marshal(offers)
	if err != nil {
		return view, fmt.Errorf("adopt terms: %w", err)
	}
	sum := sha256.Sum256(seen)
	view.Seen = hex.EncodeToString(sum[:])
	for _, o := range offers {
		list := adoptedList{Title: "practices.terms.fields"}
		if o.Scheme == practice.SchemeGoal {
			list.Title = "practices.terms.goals"
		}
		entries, err := s.Taxonomies.List(r.Context(), o.Scheme)
		if err != nil {
			return view, fmt.Errorf("terms of %s: %w", o.Scheme, err)
		}
		byKind, touched := map[string][]adoptedTerm{}, map[int64]bool{}
		for _, step := range steps {
			if step.Scheme != o.Scheme {
				continue
			}
			touched[step.ID] = true
			kind, term := s.adopted(r, step)
			byKind[kind] = append(byKind[kind], term)
		}
		for _, e := range entries {
			if e.Offered() && !touched[e.ID] {
				list.Own++
			}
		}
		for _, kind := range []string{"add", "rename", "merge", "retire", "join"} {
			if items := byKind[kind]; len(items) > 0 {
				list.Groups = append(list.Groups, adoptedGroup{Title: "taxonomy.adopt." + kind, Items: items})
			}
		}
		view.Lists = append(view.Lists, list)
		view.Foreign += o.Foreign
	}
	return view, nil
}

// adopted puts a step into words, and says under which heading; "" for none.
func (s *Site) adopted(r *http.Request, step taxonomy.Step) (kind string, t adoptedTerm) {
	t = adoptedTerm{Text: step.Said.Name}
	switch {
	case step.Kind == taxonomy.Merge:
		return "merge", adoptedTerm{s.t(r, "taxonomy.adopt.into", "Name", step.Was, "Into", step.Said.Name), step.Uses.Ours}
	case step.Renamed():
		return "rename", adoptedTerm{s.t(r, "taxonomy.adopt.renamed", "Name", step.Was, "Into", step.Said.Name), step.Uses.Ours}
	case step.Kind == taxonomy.Retire:
		return "retire", adoptedTerm{Text: step.Was}
	case step.Kind == taxonomy.Add:
		return "add", t
	case step.Kind == taxonomy.Join:
		return "join", t
	}
	return "", t
}

func (s *Site) confirmRelease(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	scheme := mux.Vars(r)["scheme"]
	sources, err := s.Taxonomies.Sources(r.Context())
	if err != nil {
		return fmt.Errorf("terms: %w", err)
	}
	source, ok := sources[scheme]
	if !ok {
		return s.toTerms(w, r, scheme)
	}
	return s.renderTermConfirm(w, r, confirmView{
		Title: s.t(r, "taxonomy.release.confirm", "Host", source.Host), Text: s.t(r, "taxonomy.release.text", "Host", source.Host),
		Action: r.URL.Path, Button: s.t(r, "taxonomy.release"), Cancel: termsPath + "#" + scheme,
	})
}

func (s *Site) releaseTerms(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	scheme := mux.Vars(r)["scheme"]
	if err := s.Taxonomies.Release(r.Context(), actor, scheme); err != nil {
		return fmt.Errorf("release %s: %w", scheme, err)
	}
	s.flash(w, "success", "flash.terms.released")
	return s.toTerms(w, r, scheme)
}
