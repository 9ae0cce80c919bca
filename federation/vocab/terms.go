package vocab

import (
	"math"
	"time"

	"github.com/vorbild/vorbild/internal/practice"
)

// KindPractice marks an Article as a best practice; Schema is the version of our vocabulary.
const (
	KindPractice = "BestPractice"
	Schema       = 1
)

// practiceTerms are the extension terms of a practice; what is unknown is left out.
func practiceTerms(p practice.Practice) map[string]any {
	m := map[string]any{
		"vb:kind":           KindPractice,
		"vb:schema":         Schema,
		"vb:revision":       max(p.Revision, 1),
		"vb:level":          string(p.Level),
		"vb:region":         p.Region,
		"vb:implementation": p.Implementation,
		"vb:situation":      p.Situation,
		"vb:outcome":        p.Outcome,
		"vb:prerequisites":  p.Prerequisites,
		"vb:pitfalls":       p.Pitfalls,
		"vb:licence":        p.Licence,
		"vb:ars":            p.ARS,
		"vb:reuseOf":        p.ReuseOf,
	}
	if p.ArchivedAt != nil {
		m["vb:archived"] = p.ArchivedAt.UTC().Format(time.RFC3339)
		m["vb:archiveReason"] = p.ArchiveReason
	}
	if p.OrganizationName != "" {
		m["vb:organization"] = texts("name", p.OrganizationName, "url", p.OrganizationURL)
	}
	if len(p.Measures) > 0 {
		m["vb:measures"] = p.Measures
	}
	if len(p.LegalBasis) > 0 {
		m["vb:legalBasis"] = p.LegalBasis
	}
	if p.PersonDays != nil {
		m["vb:effort"] = map[string]any{"personDays": *p.PersonDays}
	}
	if len(p.Costs) > 0 {
		m["vb:cost"] = each(p.Costs, func(c practice.Cost) map[string]any {
			cost := texts("currency", c.Currency, "kind", c.Kind, "name", c.Name)
			cost["amount"] = c.Amount
			return cost
		})
	}
	if len(p.Services) > 0 {
		m["vb:services"] = each(p.Services, func(k practice.ServiceKey) map[string]any {
			return texts("scheme", k.Scheme, "key", k.Key, "name", k.Name)
		})
	}
	if len(p.Links) > 0 {
		m["vb:links"] = each(p.Links, func(l practice.Link) map[string]any { return texts("rel", l.Rel, "href", l.Href, "name", l.Name) })
	}
	if goals := termList(p.Goals); len(goals) > 0 {
		m["vb:goals"] = goals
	}
	if fields := termList(p.Fields); len(fields) > 0 {
		m["vb:fields"] = fields
	}
	if figures := figureList(p.Figures); len(figures) > 0 {
		m["vb:figures"] = figures
	}
	if p.ContactName != "" {
		m["vb:contact"] = texts("name", p.ContactName, "unit", p.ContactUnit, "email", p.ContactEmail, "url", p.ContactURL)
	}
	return m
}

func each[T any](list []T, object func(T) map[string]any) []any {
	objects := make([]any, len(list))
	for i, entry := range list {
		objects[i] = object(entry)
	}
	return objects
}

func termList(terms []practice.Term) []any {
	var list []any
	for _, t := range terms {
		list = append(list, texts("id", t.URI, "notation", t.Notation, "name", t.Name))
	}
	return list
}

func figureList(figures []practice.Figure) []any {
	var list []any
	for _, f := range figures {
		m := texts("quantity", f.Quantity, "name", f.Name, "unit", f.Unit, "from", f.From, "to", f.To, "method", f.Method, "scope", f.Scope)
		for key, v := range map[string]*float64{"before": f.Before, "after": f.After, "change": f.Change} {
			if v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
				m[key] = *v
			}
		}
		list = append(list, m)
	}
	return list
}

// texts makes an object of key-value pairs without the empty ones.
func texts(pairs ...string) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}
