// Package practice is the structured best practice: a post of kind article with level, region, goals, fields and
// key figures, its drafts and published versions, and how to find one. It must not know the wire format.
//
// The words stand in posts, the structure beside them in practices; both change in one transaction, under the lock of the
// post's row. What nobody else sees yet stands in practices.pending.
package practice

import (
	"time"

	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// Practice is what stands beside the post.
type Practice struct {
	PostID           int64              `db:"post_id"`
	Revision         int                `db:"revision"` // grows with each published version; 0 for a draft never published
	Level            organization.Level `db:"level"`
	Region           string             `db:"region"` // ISO 3166-2:DE
	OrganizationName string             `db:"organization_name"`
	OrganizationURL  string             `db:"organization_url"`
	Implementation   string             `db:"implementation"` // begun, advanced, completed or ""
	Situation        string             `db:"situation"`
	Outcome          string             `db:"outcome"`
	Prerequisites    string             `db:"prerequisites"`
	Pitfalls         string             `db:"pitfalls"`
	Measures         []string           `db:"-"`
	LegalBasis       []string           `db:"-"`
	PersonDays       *float64           `db:"person_days"` // effort
	Costs            []Cost             `db:"-"`
	Services         []ServiceKey       `db:"-"`
	Links            []Link             `db:"-"`
	ARS              string             `db:"ars"`      // 12 digits, where a municipality is meant
	ReuseOf          string             `db:"reuse_of"` // id of the practice it grew out of
	Files            []File             `db:"-"`
	ContactName      string             `db:"contact_name"`
	ContactUnit      string             `db:"contact_unit"`
	ContactEmail     string             `db:"contact_email"`
	ContactURL       string             `db:"contact_url"`
	Licence          string             `db:"licence"` // URL
	Goals            []Term             `db:"-"`
	Fields           []Term             `db:"-"`
	Figures          []Figure           `db:"-"`
	ArchivedAt       *time.Time         `db:"archived_at"`    // since when it is outdated; nil while it is not
	ArchiveReason    string             `db:"archive_reason"` // plain text
	UpdatedAt        time.Time          `db:"updated_at"`
}

// Term is an entry of a taxonomy: a goal (Kernziel) or a field (Handlungsfeld).
type Term struct {
	ID          int64  `db:"id"`     // that of our taxonomy's entry; 0 where we have none
	URI         string `db:"uri"`    // as the practice says, else that of our entry; "" where neither is known
	Scheme      string `db:"scheme"` // goal, field
	Notation    string `db:"notation"`
	Name        string `db:"name"`
	Description string `db:"description"`
}

// Schemes of terms.
const (
	SchemeGoal  = "goal"
	SchemeField = "field"
)

// Quantities a figure can be of (the vocabulary's quantity).
var Quantities = []string{"electricity", "heat", "emissions", "water", "pue", "cpu-utilization", "renewable-share", "temperature", "free-cooling-hours", "devices", "cost", "time", "other"}

// Figure is one measured effect. Before and After are levels; Change (negative = saved) where only a difference is known.
type Figure struct {
	Quantity string   `db:"quantity" json:"quantity"`
	Name     string   `db:"name" json:"name"`
	Unit     string   `db:"unit" json:"unit"` // UCUM: MW.h/a, t/a, 1, %, Cel, h/a, EUR
	Before   *float64 `db:"value_before" json:"before"`
	After    *float64 `db:"value_after" json:"after"`
	Change   *float64 `db:"change" json:"change"`
	From     string   `db:"period_from" json:"from"`
	To       string   `db:"period_to" json:"to"`
	Method   string   `db:"method" json:"method"`
	Scope    string   `db:"scope" json:"scope"`
}

// Difference returns after minus before, or Change, and whether one is known.
func (f Figure) Difference() (float64, bool) {
	if f.Before != nil && f.After != nil {
		return *f.After - *f.Before, true
	}
	if f.Change != nil {
		return *f.Change, true
	}
	return 0, false
}

// Licences offered in the form, first one is the default.
var Licences = []string{"https://www.govdata.de/dl-de/by-2-0", "https://www.govdata.de/dl-de/zero-2-0", "https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/publicdomain/zero/1.0/"}

// Draft is everything the form sends. Unpublished it is kept as JSON, gaps and mistakes included.
type Draft struct {
	Title          string             `json:"title"`   // 3..200 characters
	Summary        string             `json:"summary"` // one to three sentences, 10..500 characters
	Source         string             `json:"source"`  // Markdown, 1..50,000 characters when published
	Language       string             `json:"language"`
	Level          organization.Level `json:"level"`
	Region         string             `json:"region"`
	Implementation string             `json:"implementation"`
	Goals          []int64            `json:"goals"` // terms.id
	Fields         []int64            `json:"fields"`
	Situation      string             `json:"situation,omitempty"` // this and the next three: plain text, up to 10,000 characters
	Outcome        string             `json:"outcome,omitempty"`
	Prerequisites  string             `json:"prerequisites,omitempty"`
	Pitfalls       string             `json:"pitfalls,omitempty"`
	Measures       []string           `json:"measures"`
	LegalBasis     []string           `json:"legal_basis,omitempty"`
	PersonDays     *float64           `json:"person_days,omitempty"`
	Costs          []Cost             `json:"costs,omitempty"`
	Services       []ServiceKey       `json:"services,omitempty"`
	Links          []Link             `json:"links,omitempty"`
	ARS            string             `json:"ars,omitempty"`
	ReuseOf        string             `json:"reuse_of,omitempty"`
	Files          []FileRef          `json:"files,omitempty"`
	Figures        []Figure           `json:"figures"`
	ContactName    string             `json:"contact_name"`
	ContactUnit    string             `json:"contact_unit"`
	ContactEmail   string             `json:"contact_email"`
	ContactURL     string             `json:"contact_url"`
	Licence        string             `json:"licence"`
	Visibility     post.Visibility    `json:"visibility,omitempty"` // post.Public, also when empty, or post.Network; final once published
	// Version is that of the text in work which this one is written over; 0 where it is written over whatever stands there.
	Version int `json:"-"`
}

// View is a practice with its post.
type View struct {
	post.View
	Practice Practice
	Curation *Curation // what our own desk says of it; nil when it never stood there
	Seals    []Seal    // who curated it
	Reuses   int       // how many reuse it, filled by whoever shows it on a card
	Review   *Review   // of a draft that somebody is to approve, in Drafts only
}

// Curation is filled by package curation for lists and pages.
type Curation struct {
	State            string // waiting, accepted, declined
	Featured         bool
	RevisionAccepted int
	Reason           string
}

// ChangedSince reports whether the practice moved on after it was accepted.
func (v View) ChangedSince() bool {
	return v.Curation != nil && v.Curation.State == "accepted" && v.Practice.Revision > v.Curation.RevisionAccepted
}

// Strongest returns the figure a card shows: emissions, then electricity, then the first with a difference.
func (p Practice) Strongest() *Figure {
	for _, want := range []string{"emissions", "electricity", ""} {
		for i := range p.Figures {
			if _, ok := p.Figures[i].Difference(); ok && (want == "" || p.Figures[i].Quantity == want) {
				return &p.Figures[i]
			}
		}
	}
	return nil
}

// Filter narrows a list. Empty values do not filter.
type Filter struct {
	Text     string // German full-text query as people type it
	Loose    bool   // where nothing has all its words, take what has some
	Level    string
	Region   string
	Goal     string // name of a term
	Field    string
	Origin   string // domain of the instance it came from; LocalOrigin for ours
	Quantity string // of one of its figures
	State    string // of its implementation, or StateArchived; archived ones are in no other list
	Year     string // of its publication
	Accepted bool   // only what our desk accepted
	Featured bool
	Sort     string // one of the Sort constants; "" is SortNewest
	Offset   int
	Limit    int
}

// List is one page of a search with how much there is.
type List struct {
	Items      []View
	Total      int
	Facets     map[string][]Facet // level, region, goal, field, origin, quantity, state, year
	Impact     []Impact
	Loose      bool   // these have only some of the words of the text
	Suggestion string // the text as it was probably meant, where it finds little as it stands; "" for none
}

// Facet is one value to filter by.
type Facet struct {
	Value string `db:"value"`
	Count int    `db:"count"`
}

// Impact sums comparable figures over the whole result. A practice and what grew out of it count once.
type Impact struct {
	Quantity  string  // electricity, emissions
	Unit      string  // MW.h/a, t/a
	Sum       float64 // negative = saved
	Practices int     // how many practices it rests on
	Repeated  int     // how many were left out because they grew out of one that is in it
}
