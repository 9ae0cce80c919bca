package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// cooled fills an instance with what some administrations saved, in units of their own.
func (in *curator) cooled() (network int64) {
	in.t.Helper()
	in.publish("member", func(d *practice.Draft) {
		d.Title = "Serverraum wärmer"
		d.Figures = []practice.Figure{{Quantity: "electricity", Name: "Kühlung", Unit: "kWh/a", Before: number(400_000), After: number(300_000), From: "2022", To: "2023", Method: "Zähler"}}
	})
	in.receive("sh.example", "Land Schleswig-Holstein", "Warmgang", practice.Practice{
		Level: "land", Region: "DE-SH", Licence: practice.Licences[2],
		Figures: []practice.Figure{{Quantity: "electricity", Unit: "GW.h/a", Change: number(-0.5)}, {Quantity: "electricity", Unit: "MW.h", Change: number(-9)}},
	})
	in.receive("vitako.example", "VITAKO", "=1+1 kostet mehr", practice.Practice{
		Level:   "verband",
		Figures: []practice.Figure{{Quantity: "electricity", Name: "@SUM(1)", Unit: "MW.h/mo", Before: number(10), After: number(12), Scope: `sagt "Nord"; Süd`}, {Quantity: "electricity", Unit: "PS", After: number(3)}},
	})
	return in.publish("editor", func(d *practice.Draft) {
		d.Title, d.Visibility = "Geheimer Serverraum", post.Network
		d.Figures = []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-7777)}}
	})
}

func TestComparison(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.cooled()
	page := in.get("/kennzahlen", visitorName)
	page.wants(t, http.StatusOK)
	if got := page.text("h1"); got != "Kennzahlen vergleichen: Strom" {
		t.Errorf("headed %q", got)
	}
	var rows []string
	for _, row := range page.Find("table tbody tr").EachIter() {
		cells := []string{strings.TrimSpace(row.Find("th a").Text())}
		row.Find("td").Each(func(_ int, cell *goquery.Selection) {
			cells = append(cells, strings.Join(strings.Fields(cell.Clone().Find(".kern-sr-only").Remove().End().Text()), " "))
		})
		rows = append(rows, strings.Join(cells, " | "))
	}
	want := []string{
		"Warmgang | – | – | −500 MWh/a | –",
		"Serverraum wärmer | 400 MWh/a | 300 MWh/a | −100 MWh/a | −25 %",
		"=1+1 kostet mehr | 120 MWh/a | 144 MWh/a | +24 MWh/a | +20 %",
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if got := page.text("table tbody tr:nth-child(2) th"); !strings.Contains(got, "Kühlung, 2022 – 2023") || !strings.Contains(got, "Ermittelt durch: Zähler") || !strings.Contains(got, "vorher 400.000 kWh/a, nachher 300.000 kWh/a") {
		t.Errorf("the row says %q", got)
	}
	facts := page.text(".impacts")
	for _, part := range []string{"−100 MWh/a", "von −500 MWh/a bis +24 MWh/a", "3 Angaben aus 3 Praxisbeispielen", "−576 MWh/a", "aus 3 Praxisbeispielen"} {
		if !strings.Contains(facts, part) {
			t.Errorf("%q is not in %q", part, facts)
		}
	}
	apart := page.text("section[aria-labelledby=ausserdem]")
	for _, part := range []string{"2 Angaben", "−9 MWh", "Zeitraum statt eines Jahres", "3 PS", "Die Einheit fehlt"} {
		if !strings.Contains(apart, part) {
			t.Errorf("%q is not in %q", part, apart)
		}
	}
	if strings.Contains(page.body, "Geheimer") || strings.Contains(page.body, "7.777") {
		t.Error("a visitor sees what is for the network")
	}
	// The chart says what the table says, with a title, a description and shapes.
	chart := page.Find("svg.chart")
	if chart.Length() != 1 || chart.Find("title").Text() != "Veränderung: Strom" || !strings.Contains(chart.Find("desc").Text(), "Warmgang") || chart.Find("rect.chart__bar").Length() != 3 {
		t.Errorf("chart: %s", chart.Text())
	}
	if got := chart.Find(".chart__value").Text(); got != "✓ −500\u00a0MWh/a✓ −100\u00a0MWh/a! +24\u00a0MWh/a" {
		t.Errorf("chart says %q", got)
	}
	if fill := chart.Find("rect.chart__bar--worse").AttrOr("fill", ""); fill != "url(#muster-schlechter)" {
		t.Errorf("what got worse is filled with %q", fill)
	}

	member := in.get("/kennzahlen", "member")
	if !strings.Contains(member.text("table"), "Geheimer Serverraum") || !strings.HasPrefix(member.Header.Get("Cache-Control"), "private") {
		t.Errorf("a member sees %s, kept as %q", member.text("table"), member.Header.Get("Cache-Control"))
	}
	for path, first := range map[string]string{
		"?sort=prozent":            "Serverraum wärmer",
		"?ebene=verband":           "=1+1 kostet mehr",
		"?land=DE-SH":              "Warmgang",
		"?q=Warmgang":              "Warmgang",
		"?art=gesamt":              "Warmgang",
		"?kennzahl=other":          "Warmgang", // nothing to compare: electricity
		"?art=unsinn&sort=unsinn":  "Warmgang",
		"?seite=-1":                "Warmgang",
		"?herkunft=vitako.example": "=1+1 kostet mehr",
	} {
		a := in.get("/kennzahlen"+path, visitorName)
		a.wants(t, http.StatusOK)
		if got := strings.TrimSpace(a.Find("table tbody tr:first-child th a").Text()); got != first {
			t.Errorf("%s begins with %q, want %q", path, got, first)
		}
	}
	empty := in.get("/kennzahlen?kennzahl=water", visitorName)
	if got := empty.text("main"); !strings.Contains(got, "noch nichts zu vergleichen") || empty.Find("table, svg.chart").Length() != 0 {
		t.Errorf("nothing to compare: %q", got)
	}
}

func TestComparisonFiles(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	network := in.cooled()
	a := in.get("/kennzahlen.csv?ebene=verband", visitorName)
	a.wants(t, http.StatusOK)
	if kind, name := a.Header.Get("Content-Type"), a.Header.Get("Content-Disposition"); !strings.HasPrefix(kind, "text/csv") || name != `attachment; filename="kennzahlen-electricity.csv"` {
		t.Errorf("%q, %q", kind, name)
	}
	if !strings.HasPrefix(a.body, "\ufeffPraxisbeispiel;") || strings.Count(a.body, "\r\n") != 3 {
		t.Errorf("not for German spreadsheets: %q", a.body)
	}
	in2 := csv.NewReader(bytes.NewReader([]byte(strings.TrimPrefix(a.body, "\ufeff"))))
	in2.Comma = ';'
	records, err := in2.ReadAll()
	must(t, err)
	want := []string{"'=1+1 kostet mehr", "VITAKO", "Verband", "", "Strom", "'@SUM(1)", "MW.h/a", "120", "144", "24", "20", "", "", `sagt "Nord"; Süd`, "", "MW.h/mo", "10", "12", "", ""}
	if diff := cmp.Diff(want, records[1][:len(want)]); diff != "" {
		t.Error(diff)
	}
	if got := records[2]; got[6] != "PS" || got[8] != "3" || got[9] != "" || !strings.Contains(got[19], "Einheit") {
		t.Errorf("not compared: %q", got)
	}

	var file figureFile
	b := in.get("/kennzahlen.json", visitorName)
	must(t, json.Unmarshal([]byte(b.body), &file))
	if file.Unit != "MW.h/a" || file.Basis != practice.PerYear || !file.Complete || len(file.Figures) != 3 || len(file.Apart) != 2 {
		t.Errorf("%+v", file)
	}
	first := file.Figures[0]
	if first.Source != "https://sh.example/practices/Warmgang" || first.Page != "https://sh.example/praxisbeispiele/Warmgang" || first.Licence != practice.Licences[2] ||
		*first.Change != -500 || first.Published.Unit != "GW.h/a" || *first.Published.Change != -0.5 {
		t.Errorf("%+v", first)
	}
	if own := file.Figures[1]; !strings.HasPrefix(own.Page, houseURL+"/praxisbeispiele/") || *own.Percent != -25 || own.Licence == "" {
		t.Errorf("%+v", own)
	}

	// What is for the network is nobody else's, and kept by nobody on the way.
	for _, path := range []string{"/kennzahlen.csv", "/kennzahlen.json", fmt.Sprintf("/praxisbeispiele/%d/kennzahlen.csv", network), fmt.Sprintf("/praxisbeispiele/%d/kennzahlen.json", network)} {
		if a := in.get(path, visitorName); strings.Contains(a.body, "7777") || strings.Contains(a.body, "Geheimer") || a.StatusCode == http.StatusOK && a.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s for a visitor: %d, %q, %s", path, a.StatusCode, a.Header.Get("Cache-Control"), a.body)
		}
		if a := in.get(path, "guest"); strings.Contains(a.body, "7777") {
			t.Errorf("%s for a guest: %s", path, a.body)
		}
		a := in.get(path, "member")
		if !strings.Contains(a.body, "7777") || a.Header.Get("Cache-Control") != "private, no-store" || !slices.Contains(strings.Split(strings.ReplaceAll(strings.Join(a.Header.Values("Vary"), ","), " ", ""), ","), "Cookie") {
			t.Errorf("%s for a member: %q, %v, %s", path, a.Header.Get("Cache-Control"), a.Header.Values("Vary"), a.body)
		}
	}
}

func TestFiguresOfOnePractice(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("member", nil)
	page := in.get(practiceURL(id), visitorName)
	var links []string
	for _, a := range page.Find(".figures__links a").EachIter() {
		links = append(links, a.AttrOr("href", ""))
	}
	want := []string{"/kennzahlen?kennzahl=emissions", "/kennzahlen?kennzahl=electricity", "/kennzahlen?kennzahl=pue", practiceURL(id) + "/kennzahlen.csv", practiceURL(id) + "/kennzahlen.json"}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Error(diff)
	}
	var file figureFile
	must(t, json.Unmarshal([]byte(in.get(practiceURL(id)+"/kennzahlen.json", visitorName).body), &file))
	if len(file.Figures) != 3 || file.Figures[1].Unit != "MW.h/a" || *file.Figures[1].Change != -110 || file.Figures[1].Published != nil || file.Figures[2].Position != 2 {
		t.Errorf("%+v", file)
	}
	in.get(practiceURL(999)+"/kennzahlen.json", visitorName).wants(t, http.StatusNotFound)
	draft, err := in.Practices.SaveDraft(t.Context(), in.people["member"], 0, sampleDraft())
	must(t, err)
	for _, who := range []string{visitorName, "member"} {
		in.get(practiceURL(draft)+"/kennzahlen.csv", who).wants(t, http.StatusNotFound)
	}
	must(t, in.Practices.Withdraw(t.Context(), in.people["member"], id))
	in.get(practiceURL(id)+"/kennzahlen.csv", visitorName).wants(t, http.StatusGone)
}

// A form that comes back says what to do with a figure, and offers every unit there is.
func TestFigureForm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := func(quantity, unit, before, after, change string) url.Values {
		return url.Values{
			"action": {"publish"}, "title": {"Ein Titel"}, "summary": {"Worum es hier geht."}, "source": {"Text"}, "level": {"kommune"}, "language": {"de"}, "licence": {practice.Licences[0]},
			"visibility": {"public"}, "figures.0.quantity": {quantity}, "figures.0.unit": {unit}, "figures.0.before": {before}, "figures.0.after": {after}, "figures.0.change": {change},
		}
	}
	for field, f := range map[string]struct {
		form url.Values
		says string
	}{
		"unit":   {form("pue", "%", "1,5", "1,3", ""), "Der PUE hat keine Einheit. Seine Werte liegen zwischen 1 und 5."},
		"before": {form("electricity", "MW.h/a", "-1.200,5", "", ""), "negative Zahl in „Veränderung“"},
		"after":  {form("cpu-utilization", "%", "20", "450", ""), "zwischen 0 und 100 %"},
		"change": {form("electricity", "MW.h/a", "1,200.5", "1000", "-17"), "andere Veränderung"},
	} {
		a := in.post("/praxisbeispiele/neu", "member", f.form)
		a.wants(t, http.StatusUnprocessableEntity)
		if got := a.text("#f-figures-0-" + field + "-error"); !strings.Contains(got, f.says) {
			t.Errorf("%s: %q", field, got)
		}
		if got, _ := a.Find("select[name='figures.0.unit'] option[selected]").Attr("value"); got != f.form.Get("figures.0.unit") {
			t.Errorf("%s: unit %q is chosen", field, got)
		}
	}
	page := in.get("/praxisbeispiele/neu", "member")
	codes := map[string]bool{}
	for _, o := range page.Find("select[name='figures.0.unit'] option").EachIter() {
		codes[o.AttrOr("value", "")] = true
		if label := o.Text(); strings.HasPrefix(label, "practices.") {
			t.Errorf("a unit is called %q", label)
		}
	}
	fitting := page.Find("[data-units]").First().AttrOr("data-units", "")
	for _, entry := range strings.Split(fitting, ";") {
		quantity, units, _ := strings.Cut(entry, " ")
		for _, code := range strings.Fields(units) {
			if _, ok := practice.UnitOf(quantity, code); !ok || !codes[code] {
				t.Errorf("%s may have %q, which is offered: %v", quantity, code, codes[code])
			}
		}
	}
	if strings.Count(fitting, ";") != len(practice.Quantities)-2 {
		t.Errorf("units for %q", fitting)
	}
}

func TestFigureMessages(t *testing.T) {
	t.Parallel()
	in := newHouse(t)
	for _, lang := range languages {
		l := in.I18n.For(lang)
		for _, q := range practice.Quantities {
			if !practice.Comparable(q) {
				continue
			}
			keys := []string{"error.figure.unit." + q}
			if q == "pue" || q == "cpu-utilization" || q == "renewable-share" || q == "temperature" || q == "free-cooling-hours" {
				keys = append(keys, "error.figure.range."+q)
			}
			for _, key := range keys {
				if l.T(key) == key {
					t.Errorf("%s: no words for %s", lang, key)
				}
			}
		}
		for _, column := range csvColumns {
			if key := "figures.csv." + column; l.T(key) == key {
				t.Errorf("%s: no words for %s", lang, key)
			}
		}
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "=1+1", "+49", "-5", "@x", "\tx", "\r=1", "＝1", "Text", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := csvCell(s); got != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(got)[0]) {
			t.Errorf("%q stays %q", s, got)
		}
	})
}
