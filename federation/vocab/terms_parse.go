package vocab

import (
	"encoding/json"
	"net/mail"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// What the vb: vocabulary allows (FEDERATION.md; /ns/vorbild).
const (
	maxText    = 10_000
	maxEntries = 100
	maxShort   = 500
)

// Practice reads the terms of a best practice. A term that breaks a rule is dropped and named in dropped; the others stay.
func (o Object) Practice() (p practice.Practice, dropped []string) {
	t := termReader{fields: o.terms}
	p = practice.Practice{
		Revision:       max(t.integer("vb:revision"), 1),
		Level:          organization.Level(t.oneOf("vb:level", levels)),
		Region:         t.oneOf("vb:region", organization.Regions),
		Implementation: t.oneOf("vb:implementation", []string{"begun", "advanced", "completed"}),
		Situation:      t.long("vb:situation"),
		Outcome:        t.long("vb:outcome"),
		Prerequisites:  t.long("vb:prerequisites"),
		Pitfalls:       t.long("vb:pitfalls"),
		Licence:        t.address("vb:licence"),
		Measures:       t.texts("vb:measures"),
		Goals:          t.terms("vb:goals", practice.SchemeGoal),
		Fields:         t.terms("vb:fields", practice.SchemeField),
		Figures:        t.figures("vb:figures"),
		LegalBasis:     t.texts("vb:legalBasis"),
		Costs:          t.costs("vb:cost"),
		Services:       t.services("vb:services"),
		Links:          t.links("vb:links"),
		ARS:            t.short("vb:ars"),
		ReuseOf:        t.address("vb:reuseOf"),
	}
	if at, ok := t.time("vb:archived"); ok {
		p.ArchivedAt, p.ArchiveReason = &at, t.long("vb:archiveReason")
	} else if t.has("vb:archived") {
		t.drop("vb:archived")
	}
	p.OrganizationName, p.OrganizationURL = t.organization()
	if contact, ok := t.object("vb:contact"); ok {
		p.ContactName, p.ContactUnit = contact.short("name"), contact.short("unit")
		p.ContactURL = contact.address("url")
		if address, err := mail.ParseAddress(contact.short("email")); err == nil {
			p.ContactEmail = address.Address
		} else if contact.has("email") {
			contact.drop("email")
		}
		t.take("vb:contact", contact, p.ContactName != "")
	}
	if effort, ok := t.object("vb:effort"); ok {
		p.PersonDays = effort.number("personDays")
		t.take("vb:effort", effort, p.PersonDays != nil)
	}
	sort.Strings(t.dropped)
	return p, t.dropped
}

var levels = func() []string {
	var list []string
	for _, l := range organization.Levels {
		list = append(list, string(l))
	}
	return list
}()

// termReader reads terms and remembers which ones it had to drop.
type termReader struct {
	fields
	dropped []string
}

func (t *termReader) drop(key string) { t.dropped = append(t.dropped, key) }
func (t *termReader) has(key string) bool {
	return len(t.fields[key]) > 0 && string(t.fields[key]) != "null"
}

// take adds what was dropped inside an object, or the whole object.
func (t *termReader) take(key string, inner *termReader, valid bool) {
	if !valid {
		t.drop(key)
		return
	}
	for _, k := range inner.dropped {
		t.drop(key + "." + k)
	}
}

func (t *termReader) limited(key string, limit int) string {
	s := t.text(key)
	if t.has(key) && (s == "" || utf8.RuneCountInString(s) > limit) {
		if s != "" || string(t.fields[key]) != `""` {
			t.drop(key)
		}
		return ""
	}
	return clip(s, limit)
}

func (t *termReader) long(key string) string  { return t.limited(key, maxText) }
func (t *termReader) short(key string) string { return t.limited(key, maxShort) }

func (t *termReader) oneOf(key string, allowed []string) string {
	s := t.text(key)
	if slices.Contains(allowed, s) {
		return s
	}
	if t.has(key) && s != "" || t.has(key) && string(t.fields[key]) != `""` {
		t.drop(key)
	}
	return ""
}

func (t *termReader) address(key string) string {
	s := t.short(key)
	if s != "" && HostOf(s) == "" {
		t.drop(key)
		return ""
	}
	return s
}

func (t *termReader) integer(key string) int {
	n, ok := integer(t.fields[key])
	if !ok && t.has(key) {
		t.drop(key)
	}
	return n
}

func (t *termReader) number(key string) *float64 {
	if !t.has(key) {
		return nil
	}
	var v float64
	if json.Unmarshal(t.fields[key], &v) != nil {
		t.drop(key)
		return nil
	}
	return &v
}

func (t *termReader) flag(key string) bool {
	var yes bool
	if t.has(key) && json.Unmarshal(t.fields[key], &yes) != nil {
		t.drop(key)
	}
	return yes
}

func (t *termReader) organization() (name, url string) {
	if org, ok := t.object("vb:organization"); ok {
		name, url = org.short("name"), org.address("url")
		t.take("vb:organization", org, name != "")
	}
	return name, url
}

func (t *termReader) object(key string) (*termReader, bool) {
	if !t.has(key) {
		return nil, false
	}
	f, err := parseFields(t.fields[key])
	if err != nil {
		t.drop(key)
		return nil, false
	}
	return &termReader{fields: f}, true
}

// objects reads a list of objects, keeping what keep accepts.
func (t *termReader) objects(key string, keep func(*termReader) bool) {
	list := t.list(key)
	whole := len(list) <= maxEntries
	for _, raw := range list[:min(len(list), maxEntries)] {
		f, err := parseFields(raw)
		if err != nil {
			whole = false
			continue
		}
		entry := &termReader{fields: f}
		if !keep(entry) || len(entry.dropped) > 0 {
			whole = false
		}
	}
	if !whole {
		t.drop(key)
	}
}

func (t *termReader) texts(key string) []string {
	var texts []string
	list := t.list(key)
	whole := len(list) <= maxEntries
	for _, raw := range list[:min(len(list), maxEntries)] {
		var s string
		if json.Unmarshal(raw, &s) != nil || s == "" || utf8.RuneCountInString(s) > maxText {
			whole = false
			continue
		}
		texts = append(texts, clip(s, maxText))
	}
	if !whole {
		t.drop(key)
	}
	return texts
}

func (t *termReader) terms(key, scheme string) []practice.Term {
	var terms []practice.Term
	t.objects(key, func(e *termReader) bool {
		term := practice.Term{Scheme: scheme, URI: e.address("id"), Notation: e.short("notation"), Name: e.short("name")}
		if term.Name == "" {
			return false
		}
		terms = append(terms, term)
		return true
	})
	return terms
}

func (t *termReader) figures(key string) []practice.Figure {
	var figures []practice.Figure
	t.objects(key, func(e *termReader) bool {
		f := practice.Figure{
			Quantity: e.oneOf("quantity", practice.Quantities), Name: e.short("name"), Unit: e.short("unit"),
			Before: e.number("before"), After: e.number("after"), Change: e.number("change"),
			From: e.short("from"), To: e.short("to"), Method: e.long("method"), Scope: e.short("scope"),
		}
		if f.Quantity == "" {
			// A quantity of a later version of the vocabulary is still a figure that can be shown.
			f.Quantity = "other"
			if f.Name == "" {
				f.Name = e.short("quantity")
			}
		}
		if f.Before == nil && f.After == nil && f.Change == nil {
			return false
		}
		figures = append(figures, f)
		return true
	})
	return figures
}

func (t *termReader) costs(key string) []practice.Cost {
	var costs []practice.Cost
	t.objects(key, func(e *termReader) bool {
		amount := e.number("amount")
		c := practice.Cost{Currency: e.short("currency"), Kind: e.oneOf("kind", practice.CostKinds), Name: e.short("name")}
		if amount == nil || c.Currency == "" || c.Kind == "" {
			return false
		}
		c.Amount = *amount
		costs = append(costs, c)
		return true
	})
	return costs
}

func (t *termReader) services(key string) []practice.ServiceKey {
	var services []practice.ServiceKey
	t.objects(key, func(e *termReader) bool {
		k := practice.ServiceKey{Scheme: e.oneOf("scheme", practice.ServiceSchemes), Key: e.short("key"), Name: e.short("name")}
		if k.Scheme == "" || k.Key == "" {
			return false
		}
		services = append(services, k)
		return true
	})
	return services
}

func (t *termReader) links(key string) []practice.Link {
	var links []practice.Link
	t.objects(key, func(e *termReader) bool {
		l := practice.Link{Rel: e.text("rel"), Href: e.address("href"), Name: e.short("name")}
		if l.Href == "" {
			return false
		}
		links = append(links, l)
		return true
	})
	return links
}
