package practice_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/practice"
)

// What an edition adds up is what its practices said in the versions it holds: amounts per year that can be added, a practice and what
// grew out of it once, with how many say how they know.
func TestYearlySums(t *testing.T) {
	h := newHouse(t)
	arrive := func(name, from string) int64 {
		return h.arrive(h.Remote, name, nil, practice.Practice{Revision: 1, ReuseOf: from}, nil).ID
	}
	first := arrive("erste", "")
	reuse, other := arrive("nachnutzung", "https://"+h.Remote.Host()+"/practices/erste"), arrive("andere", "")
	says := func(id int64, figures ...practice.Figure) practice.Practice {
		return practice.Practice{PostID: id, Figures: figures}
	}
	electricity := func(amount float64, unit, method string) practice.Figure {
		return practice.Figure{Quantity: "electricity", Unit: unit, Change: number(amount), Method: method}
	}
	sums := func(list ...practice.Practice) []practice.YearlySum {
		t.Helper()
		got, err := h.practices.YearlySums(h.Ctx, list)
		h.Must(err)
		return got
	}
	got := sums(
		says(first, electricity(-100, "MW.h/a", "Zähler"), electricity(-5_000, "kW.h/a", ""), electricity(-9_999, "MW.h", "einmalig"), practice.Figure{Quantity: "pue", Unit: "1", Change: number(-1)}),
		says(reuse, electricity(-7_777, "MW.h/a", "Zähler")),
		says(other, electricity(-20, "MW.h/a", ""), electricity(-1, "Pferde/a", ""), practice.Figure{Quantity: "cost", Unit: "EUR/a", Before: number(100), After: number(150), Method: "Buchhaltung"}),
	)
	want := []practice.YearlySum{
		{Quantity: "electricity", Unit: "MW.h/a", Sum: practice.Sum{Amount: -125, Practices: 2, Repeated: 1}, Methods: 1},
		{Quantity: "cost", Unit: "EUR/a", Sum: practice.Sum{Amount: 50, Practices: 1}, Methods: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Without the one it grew out of, a practice counts itself.
	if got := sums(says(reuse, electricity(-7, "MW.h/a", ""))); len(got) != 1 || got[0].Amount != -7 || got[0].Repeated != 0 || got[0].Methods != 0 {
		t.Errorf("a reuse alone: %+v", got)
	}
	if got := sums(says(first), says(other, practice.Figure{Quantity: "other", Unit: "x", Change: number(1)})); got != nil {
		t.Errorf("nothing to add: %+v", got)
	}
}
