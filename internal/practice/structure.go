package practice

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/markup"
)

// maxRows is how many costs, services or links a practice lists at most.
const maxRows = 30

// Cost is an amount once or each year (vb:cost).
type Cost struct {
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency"` // ISO 4217
	Kind     string  `json:"kind"`     // once, yearly
	Name     string  `json:"name"`     // what it was for; may be empty
}

// CostKinds say how often a cost arises.
var CostKinds = []string{"once", "yearly"}

// ServiceKey names an administrative service that is concerned (vb:services).
type ServiceKey struct {
	Scheme string `json:"scheme"` // leika, ozg
	Key    string `json:"key"`
	Name   string `json:"name"`
}

// ServiceSchemes are the catalogues that number administrative services: LeiKa (14 digits, FIM) and OZG (10000 to 19999).
var ServiceSchemes = []string{"leika", "ozg"}

// Link leads to what belongs to a practice (vb:links).
type Link struct {
	Rel  string `json:"rel"` // one of LinkRels
	Href string `json:"href"`
	Name string `json:"name"`
}

// LinkRels are the kinds of links of the vocabulary.
var LinkRels = []string{"opencode", "documentation", "law", "product", "other"}

var (
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
	leikaKey = regexp.MustCompile(`^\d{14}$`)
	ozgKey   = regexp.MustCompile(`^1\d{4}$`)
	// arsKey is an Amtlicher Regionalschlüssel: Land, Regierungsbezirk, Kreis, Gemeindeverband, Gemeinde.
	arsKey = regexp.MustCompile(`^\d{12}$`)
)

// valid reports whether the key is one of its catalogue.
func (k ServiceKey) valid() bool {
	return k.Scheme == "leika" && leikaKey.MatchString(k.Key) || k.Scheme == "ozg" && ozgKey.MatchString(k.Key)
}

func tidyLines(lines []string) []string {
	var list []string
	for _, line := range lines {
		if line = markup.Line(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// tidiedStructure leaves out empty rows and writes keys and currencies as their catalogues do.
func (d Draft) tidiedStructure() Draft {
	var costs []Cost
	for _, c := range d.Costs {
		c.Name, c.Kind = markup.Line(c.Name), markup.Line(c.Kind)
		if c.Currency = strings.ToUpper(markup.Line(c.Currency)); c.Currency == "" || c.Currency == "€" {
			c.Currency = "EUR"
		}
		if c.Amount != 0 || c.Name != "" {
			costs = append(costs, c)
		}
	}
	var services []ServiceKey
	for _, k := range d.Services {
		k.Scheme, k.Key, k.Name = markup.Line(k.Scheme), strings.ReplaceAll(markup.Line(k.Key), " ", ""), markup.Line(k.Name)
		if k.Key != "" || k.Name != "" {
			services = append(services, k)
		}
	}
	var links []Link
	for _, l := range d.Links {
		l.Rel, l.Href, l.Name = markup.Line(l.Rel), markup.Line(l.Href), markup.Line(l.Name)
		if l.Href != "" || l.Name != "" {
			links = append(links, l)
		}
	}
	d.Costs, d.Services, d.Links = costs, services, links
	d.ARS = strings.ReplaceAll(d.ARS, " ", "")
	return d
}

// structureLengths is what a draft must pass, as lengths.
func (m *mistakes) structureLengths(d Draft) {
	for name, text := range map[string]string{"situation": d.Situation, "outcome": d.Outcome, "prerequisites": d.Prerequisites, "pitfalls": d.Pitfalls} {
		m.length(name, text, maxText)
	}
	for name, n := range map[string]int{"costs": len(d.Costs), "services": len(d.Services), "links": len(d.Links)} {
		if n > maxRows {
			m.add(name, "error.field.too_many", "Max", maxRows)
			return
		}
	}
	for _, line := range d.LegalBasis {
		if utf8.RuneCountInString(line) > maxMeasure {
			m.add("legal_basis", "error.practice.measure_too_long", "Max", maxMeasure)
			break
		}
	}
	m.length("ars", d.ARS, maxShort)
	m.length("reuse_of", d.ReuseOf, maxAddress)
	if d.PersonDays != nil && !finite(*d.PersonDays) {
		m.add("person_days", "error.field.number")
	}
	for i, c := range d.Costs {
		m.length(fmt.Sprintf("costs.%d.name", i), c.Name, maxShort)
		m.length(fmt.Sprintf("costs.%d.currency", i), c.Currency, maxShort)
		m.length(fmt.Sprintf("costs.%d.kind", i), c.Kind, maxShort)
		if !finite(c.Amount) {
			m.add(fmt.Sprintf("costs.%d.amount", i), "error.field.number")
		}
	}
	for i, k := range d.Services {
		m.length(fmt.Sprintf("services.%d.scheme", i), k.Scheme, maxShort)
		m.length(fmt.Sprintf("services.%d.key", i), k.Key, maxShort)
		m.length(fmt.Sprintf("services.%d.name", i), k.Name, maxShort)
	}
	for i, l := range d.Links {
		m.length(fmt.Sprintf("links.%d.rel", i), l.Rel, maxShort)
		m.length(fmt.Sprintf("links.%d.href", i), l.Href, maxAddress)
		m.length(fmt.Sprintf("links.%d.name", i), l.Name, maxShort)
	}
}

// structure is what a published practice must pass, beyond the lengths.
func (m *mistakes) structure(d Draft) {
	if d.ARS != "" && !arsKey.MatchString(d.ARS) {
		m.add("ars", "error.practice.ars")
	}
	if d.ReuseOf != "" && !webAddress(d.ReuseOf) {
		m.add("reuse_of", "error.field.url")
	}
	if d.PersonDays != nil && *d.PersonDays < 0 {
		m.add("person_days", "error.practice.person_days")
	}
	for i, c := range d.Costs {
		switch at := fmt.Sprintf("costs.%d.", i); {
		case c.Amount <= 0:
			m.add(at+"amount", "error.practice.amount")
		case !currency.MatchString(c.Currency):
			m.add(at+"currency", "error.practice.currency")
		case !slices.Contains(CostKinds, c.Kind):
			m.add(at+"kind", "error.field.choice")
		}
	}
	for i, k := range d.Services {
		switch at := fmt.Sprintf("services.%d.", i); {
		case !slices.Contains(ServiceSchemes, k.Scheme):
			m.add(at+"scheme", "error.field.choice")
		case !k.valid():
			m.add(at+"key", "error.practice.service_key."+k.Scheme)
		}
	}
	for i, l := range d.Links {
		switch at := fmt.Sprintf("links.%d.", i); {
		case !slices.Contains(LinkRels, l.Rel):
			m.add(at+"rel", "error.field.choice")
		case !webAddress(l.Href):
			m.add(at+"href", "error.field.url")
		}
	}
}
