package publish

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// taxonomyPageSize is how many entries a page of a taxonomy has.
const taxonomyPageSize = 100

// schemes are the taxonomies by what their collections are called.
var schemes = map[string]string{"goals": practice.SchemeGoal, "fields": practice.SchemeField}

// taxonomy serves the entries that our practices are classified by, so that others may keep theirs alike: what is offered, in
// order, and what was merged. What was retired is in no list any more.
func (p *Publisher) taxonomy(w http.ResponseWriter, r *http.Request, catalog account.Account, slug string) error {
	terms, err := p.termsOf(r, schemes[slug])
	if err != nil {
		return err
	}
	id := vocab.CollectionURI(catalog.URI, slug)
	if r.URL.Query().Get("page") == "" {
		body, err := p.Render.Collection(vocab.Collection{
			ID: id, Total: len(terms), First: id + "?page=1", AttributedTo: catalog.URI, Kind: vocab.KindTaxonomy, Scheme: slug, Checksum: vocab.TermsChecksum(terms),
			Name: p.Words(cmp.Or(catalog.Language, "de")).T("federation.taxonomy." + slug),
		})
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || (n-1)*taxonomyPageSize > len(terms) {
		return notFound("no such page")
	}
	page := vocab.Page{ID: id + "?page=" + strconv.Itoa(n), PartOf: id, Total: len(terms), Items: []any{}}
	end := min(len(terms), n*taxonomyPageSize)
	for _, t := range terms[(n-1)*taxonomyPageSize : end] {
		page.Items = append(page.Items, vocab.TermItem(t))
	}
	if end < len(terms) {
		page.Next = id + "?page=" + strconv.Itoa(n+1)
	}
	body, err := p.Render.Page(page)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

func (p *Publisher) termsOf(r *http.Request, scheme string) ([]vocab.Term, error) {
	entries, err := p.Taxonomies.List(r.Context(), scheme)
	if err != nil {
		return nil, err
	}
	formers, err := p.Taxonomies.Formers(r.Context(), scheme)
	if err != nil {
		return nil, err
	}
	var terms []vocab.Term
	for _, e := range entries {
		// RULE: what an entry of another instance is, only that one says. We say that we have it.
		switch {
		case !e.Offered():
		case vocab.SameHost(e.URI, p.BaseURL):
			terms = append(terms, termOf(e))
		default:
			terms = append(terms, vocab.Term{ID: e.URI})
		}
	}
	names := map[string]string{}
	for _, e := range entries {
		names[e.URI] = e.Name
	}
	for _, f := range formers {
		terms = append(terms, vocab.Term{ID: f.URI, Name: cmp.Or(names[f.URI], f.Name), ReplacedBy: f.ReplacedBy})
	}
	return terms, nil
}

func termOf(e taxonomy.Entry) vocab.Term {
	return vocab.Term{ID: e.URI, Notation: e.Notation, Name: e.Name, Summary: e.Description}
}

// term serves one entry, and leads people to the practices that have it.
func (p *Publisher) term(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	e, err := p.Taxonomies.ByID(r.Context(), id)
	if err != nil {
		return notFound("term %d: %w", id, err)
	}
	if isBrowser(r) {
		param := map[string]string{practice.SchemeGoal: "ziel", practice.SchemeField: "feld"}[e.Scheme]
		return see(w, r, p.BaseURL+"/praxisbeispiele?"+param+"="+url.QueryEscape(e.Name))
	}
	t := termOf(e)
	t.ID = p.BaseURL + "/terms/" + mux.Vars(r)["id"]
	formers, err := p.Taxonomies.Formers(r.Context(), e.Scheme)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(formers, func(f taxonomy.Former) bool { return f.URI == t.ID }); i >= 0 {
		t.ReplacedBy = formers[i].ReplacedBy
	}
	catalog, err := p.Accounts.Catalog(r.Context())
	if err != nil {
		return err
	}
	slug := map[string]string{practice.SchemeGoal: "goals", practice.SchemeField: "fields"}[e.Scheme]
	body, err := p.Render.Term(t, vocab.CollectionURI(catalog.URI, slug))
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}
