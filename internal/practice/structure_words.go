package practice

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// CostSum is what the costs of one kind and currency come to.
type CostSum struct {
	Kind, Currency string
	Amount         float64
	Count          int // of entries
}

// CostSums adds up what may be added: once and yearly apart, and each currency for itself.
func (p Practice) CostSums() []CostSum {
	var sums []CostSum
	for _, c := range p.Costs {
		i := slices.IndexFunc(sums, func(s CostSum) bool { return s.Kind == c.Kind && s.Currency == c.Currency })
		if i < 0 {
			i, sums = len(sums), append(sums, CostSum{Kind: c.Kind, Currency: c.Currency})
		}
		sums[i].Amount += c.Amount
		sums[i].Count++
	}
	slices.SortStableFunc(sums, func(a, b CostSum) int {
		return cmp.Compare(slices.Index(CostKinds, a.Kind), slices.Index(CostKinds, b.Kind))
	})
	return sums
}

// Words is "12.000 Euro einmalig".
func (s CostSum) Words(w Words) string {
	amount := amountWords(w, s.Amount, s.Currency)
	if s.Kind == "" { // in a draft
		return amount
	}
	return w.T("structure.cost."+s.Kind, "Amount", amount)
}

// Words is "12.000 Euro einmalig (Umbau)".
func (c Cost) Words(w Words) string {
	words := CostSum{Kind: c.Kind, Currency: c.Currency, Amount: c.Amount}.Words(w)
	if c.Name != "" {
		words += " (" + c.Name + ")"
	}
	return words
}

func amountWords(w Words, amount float64, currency string) string {
	if currency == "EUR" {
		currency = "Euro"
	}
	number := w.Number(amount, 2)
	if cents := int64(math.Round(math.Abs(amount)*100)) % 100; cents > 0 && cents%10 == 0 {
		number += "0"
	}
	return number + " " + currency
}

// EffortWords is "12,5 Personentage", "" where it is not said.
func (p Practice) EffortWords(w Words) string {
	if p.PersonDays == nil {
		return ""
	}
	count := 2
	if *p.PersonDays == 1 {
		count = 1
	}
	return w.T("structure.effort.days", "Count", count, "Days", w.Number(*p.PersonDays, 2))
}

// Words is "Personalausweis ausstellen (LeiKa 99050012104000)".
func (k ServiceKey) Words() string {
	number := map[string]string{"leika": "LeiKa ", "ozg": "OZG "}[k.Scheme] + k.Key
	if k.Name == "" {
		return number
	}
	return k.Name + " (" + number + ")"
}

// Words is what a link is called where it has no better name.
func (l Link) Words(w Words) string {
	address := strings.TrimPrefix(strings.TrimPrefix(l.Href, "https://"), "http://")
	return w.T("structure.link."+l.Rel) + ": " + cmp.Or(l.Name, strings.TrimSuffix(address, "/"))
}

// resources are the sections about what a practice took and what belongs to it.
func (p Practice) resources(w Words) []Section {
	var costs, services []string
	for _, c := range p.Costs {
		costs = append(costs, c.Words(w))
	}
	for _, k := range p.Services {
		services = append(services, k.Words())
	}
	return []Section{
		{Title: w.T("structure.effort"), Text: p.EffortWords(w)},
		{Title: w.T("structure.costs"), List: costs},
		{Title: w.T("structure.legal_basis"), List: p.LegalBasis},
		{Title: w.T("structure.services"), List: services},
		{Title: w.T("structure.links"), Links: p.Links},
	}
}
