package practice_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// structured is the draft with all that the long form asks for, as people type it.
func (h *house) structured() practice.Draft {
	d := h.draft()
	d.Situation, d.Outcome, d.Prerequisites, d.Pitfalls = " Zu kalt.\r\n", "Wärmer.", "Einhausung", "Fühler fehlten"
	d.LegalBasis = []string{" § 11 EnEfG", "", "DIN EN 50600"}
	d.PersonDays = number(12.5)
	d.Costs = []practice.Cost{{Amount: 12_500, Currency: "€", Kind: "once", Name: "Einhausung"}, {Currency: "EUR", Kind: "once"}, {Amount: 300, Currency: "chf", Kind: "yearly"}}
	d.Services = []practice.ServiceKey{{Scheme: "leika"}, {Scheme: "leika", Key: "99050 012104000", Name: " Gewerbe anmelden"}, {Scheme: "ozg", Key: "10113"}}
	d.Links = []practice.Link{{Rel: "other"}, {Rel: "opencode", Href: "https://gitlab.opencode.de/sh/kalt", Name: "Skripte"}}
	d.ARS, d.ReuseOf = "01 002 0000000", "https://rlp.example/practices/7"
	return d
}

// structure is what structured says once it is tidied.
func structure(p *practice.Practice) {
	p.Situation, p.Outcome, p.Prerequisites, p.Pitfalls = "Zu kalt.", "Wärmer.", "Einhausung", "Fühler fehlten"
	p.LegalBasis, p.PersonDays = []string{"§ 11 EnEfG", "DIN EN 50600"}, number(12.5)
	p.Costs = []practice.Cost{{Amount: 12_500, Currency: "EUR", Kind: "once", Name: "Einhausung"}, {Amount: 300, Currency: "CHF", Kind: "yearly"}}
	p.Services = []practice.ServiceKey{{Scheme: "leika", Key: "99050012104000", Name: "Gewerbe anmelden"}, {Scheme: "ozg", Key: "10113"}}
	p.Links = []practice.Link{{Rel: "opencode", Href: "https://gitlab.opencode.de/sh/kalt", Name: "Skripte"}}
	p.ARS, p.ReuseOf = "010020000000", "https://rlp.example/practices/7"
}

// onlyStructure leaves of a practice what structure sets.
func onlyStructure(p practice.Practice) practice.Practice {
	return practice.Practice{
		Situation: p.Situation, Outcome: p.Outcome, Prerequisites: p.Prerequisites, Pitfalls: p.Pitfalls, LegalBasis: p.LegalBasis,
		PersonDays: p.PersonDays, Costs: p.Costs, Services: p.Services, Links: p.Links, ARS: p.ARS, ReuseOf: p.ReuseOf,
	}
}

// TestStructure: what is typed is tidied, stored, kept in each version and erased with the practice.
func TestStructure(t *testing.T) {
	h := newHouse(t)
	var want practice.Practice
	structure(&want)
	draft, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, h.structured())
	h.Must(err)
	d, _, err := h.practices.DraftOf(h.Ctx, h.Member, draft)
	h.Must(err)
	if diff := cmp.Diff(want.Costs, d.Costs); diff != "" {
		t.Error("draft", diff)
	}
	id, err := h.practices.Publish(h.Ctx, h.Member, draft, d)
	h.Must(err)
	if diff := cmp.Diff(want, onlyStructure(h.byID(id).Practice)); diff != "" {
		t.Error("published", diff)
	}
	d, _, err = h.practices.DraftOf(h.Ctx, h.Member, id)
	h.Must(err)
	d.PersonDays, d.Costs, d.Services, d.Links, d.LegalBasis, d.ARS, d.ReuseOf = nil, nil, nil, nil, nil, "", ""
	d.Situation, d.Outcome, d.Prerequisites, d.Pitfalls = "", "", "", ""
	_, err = h.practices.Publish(h.Ctx, h.Member, id, d)
	h.Must(err)
	if diff := cmp.Diff(practice.Practice{}, onlyStructure(h.byID(id).Practice)); diff != "" {
		t.Error("emptied", diff)
	}
	revisions, err := h.Posts.Revisions(h.Ctx, post.Viewer{}, id)
	h.Must(err)
	if len(revisions) != 2 {
		t.Fatalf("%d versions, want 2: a change of the structure alone is one", len(revisions))
	}
	first, err := practice.Detail(revisions[1])
	h.Must(err)
	if diff := cmp.Diff(want, onlyStructure(first)); diff != "" {
		t.Error("first version", diff)
	}
	h.Must(h.practices.Withdraw(h.Ctx, h.Member, id))
	if n := h.Count(`SELECT count(*) FROM practices WHERE post_id = ` + fmt.Sprint(id) + ` AND (costs::text || services::text || links::text <> '[][][]' OR person_days IS NOT NULL OR legal_basis <> '{}' OR ars || reuse_of <> '')`); n != 0 {
		t.Error("what was withdrawn is still stored")
	}
}

func TestStructureMistakes(t *testing.T) {
	h := newHouse(t)
	many := make([]practice.Link, 31)
	for i := range many {
		many[i] = practice.Link{Rel: "other", Href: "https://a.example/"}
	}
	for name, test := range map[string]struct {
		change func(*practice.Draft)
		fields []string
		draft  bool // refused as a draft too
	}{
		"nothing":        {func(*practice.Draft) {}, nil, false},
		"key of a place": {func(d *practice.Draft) { d.ARS = "0100200000" }, []string{"ars"}, false},
		"reuse of what":  {func(d *practice.Draft) { d.ReuseOf = "javascript:alert(1)" }, []string{"reuse_of"}, false},
		"negative":       {func(d *practice.Draft) { d.PersonDays, d.Costs[0].Amount = number(-1), -5 }, []string{"person_days", "costs.0.amount"}, false},
		"no amount":      {func(d *practice.Draft) { d.Costs[0].Amount = 0 }, []string{"costs.0.amount"}, false},
		"no number":      {func(d *practice.Draft) { d.PersonDays, d.Costs[0].Amount = number(math.NaN()), math.Inf(1) }, []string{"person_days", "costs.0.amount"}, true},
		"currency":       {func(d *practice.Draft) { d.Costs[2].Currency = "Franken" }, []string{"costs.1.currency"}, false},
		"how often":      {func(d *practice.Draft) { d.Costs[0].Kind = "monthly" }, []string{"costs.0.kind"}, false},
		"catalogue":      {func(d *practice.Draft) { d.Services[1].Scheme = "fim" }, []string{"services.0.scheme"}, false},
		"LeiKa":          {func(d *practice.Draft) { d.Services[1].Key = "10113" }, []string{"services.0.key"}, false},
		"OZG":            {func(d *practice.Draft) { d.Services[2].Key = "20113" }, []string{"services.1.key"}, false},
		"kind of link":   {func(d *practice.Draft) { d.Links[1].Rel = "github" }, []string{"links.0.rel"}, false},
		"link":           {func(d *practice.Draft) { d.Links[1].Href = "ftp://a" }, []string{"links.0.href"}, false},
		"many":           {func(d *practice.Draft) { d.Links = many }, []string{"links"}, true},
		"long": {func(d *practice.Draft) {
			d.Outcome, d.LegalBasis[0], d.Links[1].Name = strings.Repeat("ä", 10_001), strings.Repeat("ä", 1_001), strings.Repeat("ä", 201)
		}, []string{"outcome", "legal_basis", "links.0.name"}, true},
	} {
		for _, publish := range []bool{true, false} {
			d := h.structured()
			test.change(&d)
			var err error
			want := test.fields
			if publish {
				_, err = h.practices.Publish(h.Ctx, h.Member, 0, d)
			} else {
				_, err = h.practices.SaveDraft(h.Ctx, h.Member, 0, d)
				if !test.draft {
					want = nil
				}
			}
			var got []string
			var f *fault.Error
			if errors.As(err, &f) {
				seen := map[string]bool{}
				for _, field := range f.Fields {
					if !seen[field.Name] {
						got = append(got, field.Name)
					}
					seen[field.Name] = true
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || f == nil != (len(want) == 0) {
				t.Errorf("%s, published %v: %v %s", name, publish, err, diff)
			}
		}
	}
}

// TestReceiveStructure: of another instance's lists the entries that are whole stay, one by one.
func TestReceiveStructure(t *testing.T) {
	h := newHouse(t)
	anna := h.Remote
	var want practice.Practice
	structure(&want)
	sent := want
	sent.Revision = 1
	sent.Costs = append([]practice.Cost{{Amount: math.NaN(), Currency: "EUR", Kind: "once"}, {Amount: 1, Currency: "Euro", Kind: "once"}, {Amount: 1, Currency: "EUR", Kind: "often"}}, want.Costs...)
	sent.Services = append([]practice.ServiceKey{{Scheme: "leika", Key: "1"}, {Scheme: "x", Key: "10113"}}, want.Services...)
	sent.Links = append([]practice.Link{{Rel: "other", Href: "javascript:alert(1)"}, {Rel: "later", Href: "https://a.example/"}}, want.Links...)
	want.Links = append([]practice.Link{{Rel: "other", Href: "https://a.example/"}}, want.Links...)
	sent.LegalBasis = append([]string{"", strings.Repeat("a", 10_001)}, want.LegalBasis...)
	p := h.arrive(anna, "1", nil, sent, nil)
	if diff := cmp.Diff(want, onlyStructure(h.byID(p.ID).Practice)); diff != "" {
		t.Error(diff)
	}
	sent.PersonDays, sent.ARS, sent.ReuseOf = number(-1), "12", "mailto:a@b.example"
	sent.Revision = 2
	p = h.arrive(anna, "3", nil, sent, nil)
	if got := h.byID(p.ID).Practice; got.PersonDays != nil || got.ARS+got.ReuseOf != "" {
		t.Errorf("believed: %v, %q, %q", got.PersonDays, got.ARS, got.ReuseOf)
	}
}
