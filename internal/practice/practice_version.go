package practice

import (
	"encoding/json"
	"fmt"

	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// detail is what a revision keeps of the structure. Terms are kept by their words: what was said stays readable when the
// taxonomy changes.
type detail struct {
	Level            organization.Level `json:"level"`
	Region           string             `json:"region"`
	OrganizationName string             `json:"organization_name"`
	OrganizationURL  string             `json:"organization_url"`
	Implementation   string             `json:"implementation"`
	Situation        string             `json:"situation,omitempty"`
	Outcome          string             `json:"outcome,omitempty"`
	Prerequisites    string             `json:"prerequisites,omitempty"`
	Pitfalls         string             `json:"pitfalls,omitempty"`
	Measures         []string           `json:"measures"`
	LegalBasis       []string           `json:"legal_basis,omitempty"`
	PersonDays       *float64           `json:"person_days,omitempty"`
	Costs            []Cost             `json:"costs,omitempty"`
	Services         []ServiceKey       `json:"services,omitempty"`
	Links            []Link             `json:"links,omitempty"`
	ARS              string             `json:"ars,omitempty"`
	ReuseOf          string             `json:"reuse_of,omitempty"`
	Files            []FileRef          `json:"files,omitempty"`
	Goals            []detailTerm       `json:"goals"`
	Fields           []detailTerm       `json:"fields"`
	Figures          []Figure           `json:"figures"`
	ContactName      string             `json:"contact_name"`
	ContactUnit      string             `json:"contact_unit"`
	ContactEmail     string             `json:"contact_email"`
	ContactURL       string             `json:"contact_url"`
	Licence          string             `json:"licence"`
}

type detailTerm struct {
	Notation string `json:"notation"`
	Name     string `json:"name"`
}

func detailOf(p Practice) detail {
	words := func(terms []Term) []detailTerm {
		list := make([]detailTerm, len(terms))
		for i, t := range terms {
			list[i] = detailTerm{t.Notation, t.Name}
		}
		return list
	}
	return detail{
		Level: p.Level, Region: p.Region, OrganizationName: p.OrganizationName, OrganizationURL: p.OrganizationURL,
		Implementation: p.Implementation, Measures: append([]string{}, p.Measures...), Goals: words(p.Goals), Fields: words(p.Fields),
		Figures: append([]Figure{}, p.Figures...), ContactName: p.ContactName, ContactUnit: p.ContactUnit,
		ContactEmail: p.ContactEmail, ContactURL: p.ContactURL, Licence: p.Licence,
		Situation: p.Situation, Outcome: p.Outcome, Prerequisites: p.Prerequisites, Pitfalls: p.Pitfalls,
		LegalBasis: p.LegalBasis, PersonDays: p.PersonDays, Costs: p.Costs, Services: p.Services, Links: p.Links, ARS: p.ARS, ReuseOf: p.ReuseOf, Files: refsOf(p.Files),
	}
}

// Detail returns the structure that stood beside the words of a version; the zero Practice when none was kept.
func Detail(r post.Revision) (Practice, error) {
	if len(r.Detail) == 0 {
		return Practice{}, nil
	}
	var d detail
	if err := json.Unmarshal(r.Detail, &d); err != nil {
		return Practice{}, fmt.Errorf("practice.Detail %d/%d: %w", r.PostID, r.Revision, err)
	}
	terms := func(scheme string, words []detailTerm) []Term {
		list := make([]Term, len(words))
		for i, w := range words {
			list[i] = Term{Scheme: scheme, Notation: w.Notation, Name: w.Name}
		}
		return list
	}
	return Practice{
		PostID: r.PostID, Revision: r.Revision, Level: d.Level, Region: d.Region, OrganizationName: d.OrganizationName,
		OrganizationURL: d.OrganizationURL, Implementation: d.Implementation, Measures: d.Measures,
		Goals: terms(SchemeGoal, d.Goals), Fields: terms(SchemeField, d.Fields), Figures: d.Figures,
		ContactName: d.ContactName, ContactUnit: d.ContactUnit, ContactEmail: d.ContactEmail, ContactURL: d.ContactURL, Licence: d.Licence,
		Situation: d.Situation, Outcome: d.Outcome, Prerequisites: d.Prerequisites, Pitfalls: d.Pitfalls,
		LegalBasis: d.LegalBasis, PersonDays: d.PersonDays, Costs: d.Costs, Services: d.Services, Links: d.Links, ARS: d.ARS, ReuseOf: d.ReuseOf, Files: filesFrom(d.Files),
	}, nil
}
