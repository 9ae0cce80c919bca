package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/practice"
)

// TestChartLines: a name in a drawing is broken where one may break it, and nothing of it is lost.
func TestChartLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		most int
		want []string
	}{
		{"", 15, []string{""}},
		{"Bayern", 15, []string{"Bayern"}},
		{"1. Quartal 2026", 15, []string{"1. Quartal 2026"}},
		{"Mecklenburg-Vorpommern", 15, []string{"Mecklenburg-", "Vorpommern"}},
		{"IT-Arbeitsplatzausstattung", 15, []string{"IT-", "Arbeitsplatzaus", "stattung"}},
		{"Räume für Server und Netze", 15, []string{"Räume für", "Server und", "Netze"}},
		{"genau fünfzehn! und mehr", 15, []string{"genau fünfzehn!", "und mehr"}},
		{strings.Repeat("ä", 31), 15, []string{strings.Repeat("ä", 15), strings.Repeat("ä", 15), "ä"}},
	} {
		if diff := cmp.Diff(test.want, chartLines(test.name, test.most)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestChartsNameInFull: a long title and a long Land stand in the drawings with every word, as in the tables beside them.
func TestChartsNameInFull(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	const long = "Green-IT-Strategie 2.0: 46 Maßnahmen in drei Handlungsfeldern und einem Programm für die Beschäftigten"
	id := in.publish("member", func(d *practice.Draft) {
		d.Title, d.Region = long, "DE-MV"
		d.Figures = []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Change: number(-2400), Method: "Zähler"}}
	})
	must(t, in.Curation.Arrived(t.Context(), id))
	for path, name := range map[string]string{"/kennzahlen": "1. " + long, "/redaktion/berichte": "Mecklenburg-Vorpommern"} {
		page := in.get(path, "editor").wants(t, http.StatusOK)
		var drawn []string
		for _, label := range page.Find(".chart__label, .rowchart__label").EachIter() {
			drawn = append(drawn, strings.ReplaceAll(strings.Join(strings.Fields(label.Text()), " "), "- ", "-"))
		}
		if !slices.Contains(drawn, name) {
			t.Errorf("%s draws no %q: %q", path, name, drawn)
		}
	}
}
