package filter

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKeywords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		keyword string
		whole   bool
		text    string
		want    bool
	}{
		{"kühl", true, "Es ist KÜHL.", true},
		{"kühl", true, "Kühlung", false},
		{"kühl", false, "Kühlung", true},
		{"ühl", true, "kühl", false}, // ASCII would see a boundary before ü
		{"wärme", true, "Abwärme", false},
		{"wärme", true, "Abwärme und Wärme", true},
		{"wärme", true, "wärme", true},
		{"wärme", true, "wärme_netz", false},
		{"wärme", true, "wärme2", false},
		{"wärme", true, "(wärme)", true},
		{"straße", true, "STRASSE", false}, // one letter is not two
		{"#klima", true, "zum #Klima!", true},
		{"#klima", true, "x#klima", true}, // # is no part of a word
		{"klima", true, "zum #Klima!", true},
		{"c++", true, "Mit C++ geschrieben", true},
		{"c++", true, "abc++", false},
		{"a.b", false, "axb", false},
		{"grüne it", true, "Grüne\u00a0IT", true},
		{"grüne it", true, "Grüne\n  IT lohnt", true},
		{"grüne it", true, "grüneit", false},
		{"温", false, "气温", true},
		{"温", true, "气温", false},
		{"an", true, "banane an", true},
		{"😀", true, "a😀b", true},
		{"e", true, "e\u0301", false}, // an accent belongs to its letter
		{"kelvin", true, "\u212aelvin", true},
		{"ΣΑΣ", true, "σας", true}, // three letters that are one
		{"ſonne", true, "Sonne", true},
	} {
		if got := compile(Keyword{Keyword: test.keyword, WholeWord: test.whole}).in(partOf(test.text)); got != test.want {
			t.Errorf("%q (whole %v) in %q: %v", test.keyword, test.whole, test.text, got)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	now := time.Now()
	earlier, later := now.Add(-time.Second), now.Add(time.Second)
	filters := []Filter{
		{ID: 1, Keywords: []Keyword{{Keyword: "eins"}, {Keyword: "zwei"}}, ExpiresAt: &later},
		{ID: 2, Keywords: []Keyword{{Keyword: "eins"}}, ExpiresAt: &earlier},
		{ID: 3, Statuses: []Status{{PostID: 7}, {PostID: 8}}},
		{ID: 4},
	}
	m := newMatcher(filters, now)
	for _, test := range []struct {
		text Text
		want []Result
	}{
		{Text{PostID: 1, Parts: []string{"nichts"}}, nil},
		{Text{PostID: 1, Parts: []string{"", "zwei", "eins eins"}}, []Result{{Filter: filters[0], Keywords: []string{"eins", "zwei"}}}},
		{Text{PostID: 8, Parts: []string{"eins"}}, []Result{{Filter: filters[0], Keywords: []string{"eins"}}, {Filter: filters[2], Statuses: []int64{8}}}},
	} {
		if diff := cmp.Diff(test.want, m.Match(test.text)); diff != "" {
			t.Errorf("%+v: %s", test.text, diff)
		}
	}
	if m := newMatcher(filters[1:2], now); m != nil || m.Match(Text{PostID: 7}) != nil {
		t.Error("a filter that has ended matches")
	}
}

// TestKeywordsCostLittle: what a post does not contain is no work, however many keywords somebody has.
func TestKeywordsCostLittle(t *testing.T) { // not in parallel: allocations are counted
	keywords := make([]Keyword, maxAllKeywords)
	for i := range keywords {
		keywords[i] = Keyword{Keyword: fmt.Sprint("ähnlich ", i, " nirgends"), WholeWord: true}
	}
	allocated := testing.AllocsPerRun(1, func() {
		m := newMatcher([]Filter{{Keywords: keywords}}, time.Now())
		if got := m.Match(Text{Parts: []string{"Es war ähnlich kühl wie sonst auch."}}); got != nil {
			t.Errorf("matches %v", got)
		}
	})
	if allocated > 5*maxAllKeywords {
		t.Errorf("%v allocations", allocated)
	}
}
