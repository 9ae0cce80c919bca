package web

import (
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/practice"
)

// factsView is what a practice took and what it rests on.
type factsView struct {
	Effort   string
	Sums     []string // of the costs, in words
	Costs    []string // one by one, nil where the sums say it all
	Laws     []string
	Services []practice.ServiceKey
	Links    []practiceLink
	ARS      string
	Language string // of what people wrote
}

// practiceLink is a link with what it leads to.
type practiceLink struct {
	practice.Link
	Kind string // in words
}

// Any reports whether the box of facts has something to say.
func (f factsView) Any() bool {
	return f.Effort+f.ARS != "" || len(f.Sums)+len(f.Laws)+len(f.Services) > 0
}

func newFacts(l *i18n.Localizer, p practice.Practice, language string) factsView {
	f := factsView{Effort: p.EffortWords(l), Laws: p.LegalBasis, Services: p.Services, ARS: p.ARS, Language: language}
	// What can be taken over comes first: the source code.
	for _, rel := range practice.LinkRels {
		for _, link := range p.Links {
			if link.Rel == rel {
				f.Links = append(f.Links, practiceLink{Link: link, Kind: l.T("structure.link." + rel)})
			}
		}
	}
	for _, c := range p.Costs {
		f.Costs = append(f.Costs, c.Words(l))
	}
	sums := p.CostSums()
	if len(sums) == len(p.Costs) { // nothing to add up
		f.Sums, f.Costs = f.Costs, nil
		return f
	}
	for _, sum := range sums {
		words := sum.Words(l)
		if sum.Count > 1 {
			words = l.T("structure.costs.sum", "Sum", words, "Count", sum.Count)
		}
		f.Sums = append(f.Sums, words)
	}
	return f
}
