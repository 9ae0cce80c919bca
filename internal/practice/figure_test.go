package practice_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// about reports whether two numbers differ by no more than what binary fractions do to them.
func about(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

// everyUnit calls f with all units of all quantities that can be compared.
func everyUnit(f func(quantity string, u practice.Unit)) {
	for _, quantity := range practice.Quantities {
		for _, u := range practice.Units(quantity) {
			f(quantity, u)
		}
	}
}

// What one figure says in any unit, it says in every other one of the same basis, and back; of another basis it says nothing.
func TestUnitsConvertBack(t *testing.T) {
	t.Parallel()
	pairs := 0
	everyUnit(func(quantity string, from practice.Unit) {
		for _, to := range practice.Units(quantity) {
			check := func(before, change float64) bool {
				before, change = math.Mod(before, 1e9), math.Mod(change, 1e9)
				f := practice.Figure{Quantity: quantity, Unit: from.Code, Before: &before, Change: &change}
				there, ok := f.In(to.Code)
				if from.Basis != to.Basis {
					return !ok && cmp.Equal(there, f)
				}
				back, also := there.In(from.Code)
				after := before + change
				sum, _ := practice.Figure{Quantity: quantity, Unit: from.Code, After: &after}.In(to.Code)
				// A level and a change add up to the level that follows, in each unit.
				return ok && also && about(*back.Before, before) && about(*back.Change, change) && about(*there.Before+*there.Change, *sum.After)
			}
			if err := quick.Check(check, &quick.Config{MaxCount: 20}); err != nil {
				t.Errorf("%s in %s and %s: %v", quantity, from.Code, to.Code, err)
			}
			pairs++
		}
	})
	if pairs < 1000 {
		t.Errorf("only %d pairs of units", pairs)
	}
}

func TestUnitsKnownValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quantity, from, to string
		level, change      float64 // of 10
	}{
		{"electricity", "MW.h/a", "kW.h/a", 10_000, 10_000},
		{"electricity", "kW.h/mo", "kW.h/a", 120, 120},
		{"electricity", "GJ/a", "MW.h/a", 10 / 3.6, 10 / 3.6},
		{"electricity", "W.h/d", "W.h/a", 3652.5, 3652.5},
		{"electricity", "TW.h", "GW.h", 10_000, 10_000},
		{"heat", "MW", "kW", 10_000, 10_000},
		{"emissions", "kg/mo", "t/a", 0.12, 0.12},
		{"emissions", "g", "t", 1e-5, 1e-5},
		{"water", "L/d", "m3/a", 3.6525, 3.6525},
		{"water", "hL", "L", 1000, 1000},
		{"renewable-share", "1", "%", 1000, 1000},
		{"temperature", "Cel", "K", 283.15, 10},
		{"temperature", "K", "Cel", -263.15, 10},
		{"free-cooling-hours", "d/a", "h/a", 240, 240},
		{"cost", "EUR/mo", "EUR/a", 120, 120},
		{"time", "wk", "d", 70, 70},
	} {
		f := practice.Figure{Quantity: c.quantity, Unit: c.from, After: number(10), Change: number(10)}
		got, ok := f.In(c.to)
		if !ok || !about(*got.After, c.level) || !about(*got.Change, c.change) || got.Unit != c.to {
			t.Errorf("10 %s of %s in %s: %v, %v, change %v", c.from, c.quantity, c.to, ok, *got.After, *got.Change)
		}
	}
	for _, c := range [][3]string{
		{"electricity", "kW", "kW.h/a"}, {"electricity", "kW.h", "kW.h/a"}, {"electricity", "MW.h/a", "t/a"}, {"cost", "EUR", "EUR/a"},
		{"pue", "1", "%"}, {"devices", "1", "1/a"}, {"other", "km", "m"}, {"other", "1", "1"}, {"", "1", "1"},
	} {
		if got, ok := (practice.Figure{Quantity: c[0], Unit: c[1], After: number(1)}).In(c[2]); ok {
			t.Errorf("%s in %s is said in %s: %v", c[0], c[1], c[2], *got.After)
		}
	}
}

func TestUnitsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for quantity, units := range map[string]map[string]string{
		"electricity": {"MWh/a": "MW.h/a", "kWh pro Jahr": "kW.h/a", "GWh / Jahr": "GW.h/a", "kwh p.a.": "kW.h/a", "kWh/Monat": "kW.h/mo", "Megawattstunden": "MW.h", "kilowatt": "kW", "TWh/year": "TW.h/a"},
		"emissions":   {"t CO2e/a": "t/a", "t{CO2e}/a": "t/a", "Tonnen CO₂ pro Jahr": "t/a", "kg CO2-Äq.": "kg", "g": "g", "tCO2eq": "t"},
		"water":       {"m³/a": "m3/a", "Liter pro Tag": "L/d", "cbm": "m3", "l/a": "l/a"},
		"temperature": {"°C": "Cel", "Grad Celsius": "Cel", "Kelvin": "K"},
		"cost":        {"€": "EUR", "Euro/Jahr": "EUR/a", "€ pro Monat": "EUR/mo"},
		"pue":         {"": "1", "{PUE}": "1"},
		"devices":     {"Geräte": "1", "Stück/Jahr": "1/a"},
		"other":       {"km": "km", "kWh/a": "kW.h/a", "m": "m", "Prozent": "%"},
	} {
		for typed, want := range units {
			figures, err := practice.CheckedFigures([]practice.Figure{{Quantity: quantity, Name: "Wert", Unit: typed, Change: number(2)}})
			if err != nil || figures[0].Unit != want {
				t.Errorf("%s: %q is read as %q (%v), want %q", quantity, typed, figures[0].Unit, err, want)
			}
		}
	}
}

func TestFigureChecks(t *testing.T) {
	t.Parallel()
	n := number
	for name, c := range map[string]struct {
		f    practice.Figure
		want string // field: message, "" for none
	}{
		"PUE in percent":            {practice.Figure{Quantity: "pue", Unit: "%", After: n(140)}, "unit: error.figure.unit.pue"},
		"PUE below 1":               {practice.Figure{Quantity: "pue", Before: n(1.5), After: n(0.9)}, "after: error.figure.range.pue"},
		"PUE above 5":               {practice.Figure{Quantity: "pue", Before: n(15), After: n(1.3)}, "before: error.figure.range.pue"},
		"PUE":                       {practice.Figure{Quantity: "pue", Before: n(1), After: n(5)}, ""},
		"PUE by 9 %":                {practice.Figure{Quantity: "pue", Change: n(-9)}, "change: error.figure.range.pue"},
		"utilization":               {practice.Figure{Quantity: "cpu-utilization", Before: n(20), After: n(101)}, "after: error.figure.range.cpu-utilization"},
		"utilization as a ratio":    {practice.Figure{Quantity: "cpu-utilization", Unit: "1", Before: n(0.2), After: n(0.45)}, ""},
		"45 as a ratio":             {practice.Figure{Quantity: "cpu-utilization", Unit: "1", After: n(45)}, "after: error.figure.range.cpu-utilization"},
		"share below nothing":       {practice.Figure{Quantity: "renewable-share", Before: n(10), Change: n(-20)}, "change: error.figure.range.renewable-share"},
		"temperature":               {practice.Figure{Quantity: "temperature", Before: n(22), After: n(27)}, ""},
		"temperature in kelvin":     {practice.Figure{Quantity: "temperature", Unit: "K", Before: n(295.15), Change: n(5)}, ""},
		"27 kelvin":                 {practice.Figure{Quantity: "temperature", Unit: "K", After: n(27)}, "after: error.figure.range.temperature"},
		"temperature in percent":    {practice.Figure{Quantity: "temperature", Unit: "%", Change: n(5)}, "unit: error.figure.unit.temperature"},
		"negative electricity":      {practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Before: n(-120)}, "before: error.figure.negative"},
		"saved electricity":         {practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Change: n(-120)}, ""},
		"more saved than there was": {practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Before: n(100), Change: n(-120)}, "change: error.figure.change_large"},
		"electricity in tonnes":     {practice.Figure{Quantity: "electricity", Unit: "t/a", Change: n(-1)}, "unit: error.figure.unit.electricity"},
		"emissions in MWh":          {practice.Figure{Quantity: "emissions", Unit: "MWh/a", Change: n(-1)}, "unit: error.figure.unit.emissions"},
		"change at odds":            {practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Before: n(120), After: n(70), Change: n(-42)}, "change: error.figure.change"},
		"change of another sign":    {practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Before: n(120), After: n(70), Change: n(50)}, "change: error.figure.change"},
		"change that fits":          {practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Before: n(120), After: n(70), Change: n(-50)}, ""},
		"change as rounded":         {practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Before: n(1203.4), After: n(702.1), Change: n(-500)}, ""},
		"cost that earns":           {practice.Figure{Quantity: "cost", Unit: "EUR/a", After: n(-300)}, ""},
		"more hours than a year":    {practice.Figure{Quantity: "free-cooling-hours", Unit: "h/a", After: n(9000)}, "after: error.figure.range.free-cooling-hours"},
		"hours of a month":          {practice.Figure{Quantity: "free-cooling-hours", Unit: "h/mo", After: n(700)}, ""},
		"hours of all months":       {practice.Figure{Quantity: "free-cooling-hours", Unit: "h/mo", After: n(900)}, "after: error.figure.range.free-cooling-hours"},
		"other":                     {practice.Figure{Quantity: "other", Name: "Strecke", Unit: "km", Before: n(-7), After: n(3), Change: n(99)}, ""},
	} {
		_, err := practice.CheckedFigures([]practice.Figure{c.f})
		got := ""
		if fields := refused(err); len(fields) > 0 {
			got = strings.TrimPrefix(fields[0].Name, "figures.0.") + ": " + fields[0].Message
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func refused(err error) []fault.Field {
	if e, ok := err.(*fault.Error); ok {
		return e.Fields
	}
	return nil
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    practice.Figure
		want string
	}{
		{practice.Figure{Quantity: "electricity", Before: number(400), After: number(300)}, "-25"},
		{practice.Figure{Quantity: "electricity", Before: number(400), Change: number(100)}, "25"},
		{practice.Figure{Quantity: "electricity", Before: number(0), After: number(300)}, ""},
		{practice.Figure{Quantity: "electricity", Change: number(-300)}, ""},
		{practice.Figure{Quantity: "temperature", Before: number(20), After: number(24)}, ""}, // 20 °C is not 20 of something
		{practice.Figure{Quantity: "cpu-utilization", Before: number(20), After: number(40)}, ""},
	} {
		got := ""
		if p, ok := c.f.Percent(); ok {
			got = fmt.Sprint(p)
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.f, got, c.want)
		}
	}
}

// The same savings, told in units picked at random, add up to the same, in the comparison and in the sums of a list.
func TestSumsDoNotDependOnUnits(t *testing.T) {
	h := newHouse(t)
	random := rand.New(rand.NewPCG(1, 2))
	yearly := func(quantity string) (codes []string) {
		for _, u := range practice.Units(quantity) {
			if u.Basis == practice.PerYear {
				codes = append(codes, u.Code)
			}
		}
		return codes
	}
	want := map[string]float64{}
	var changes []float64
	used := map[string]bool{}
	for i := range 24 {
		var figures []practice.Figure
		for _, quantity := range []string{"electricity", "emissions"} {
			codes := yearly(quantity)
			saved := -float64(1+random.IntN(1000)) / 8
			want[quantity] += saved
			if quantity == "electricity" {
				changes = append(changes, saved)
			}
			f, ok := practice.Figure{Quantity: quantity, Unit: practice.CommonUnit(quantity, practice.PerYear), Before: number(200 - saved), After: number(200)}.In(codes[random.IntN(len(codes))])
			if !ok {
				t.Fatal(f)
			}
			used[f.Unit] = true
			figures = append(figures, f)
		}
		h.arrive(h.Remote, fmt.Sprint("ersparnis", i), nil, practice.Practice{Revision: 1, Figures: figures}, nil)
	}
	if len(used) < 15 {
		t.Errorf("only %d units used", len(used))
	}
	list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{})
	h.Must(err)
	for _, impact := range list.Impact {
		if !about(impact.Sum, want[impact.Quantity]) || impact.Practices != 24 {
			t.Errorf("a list sums %s to %v %s of %d, want %v", impact.Quantity, impact.Sum, impact.Unit, impact.Practices, want[impact.Quantity])
		}
	}
	if len(list.Impact) != 2 {
		t.Errorf("%d sums", len(list.Impact))
	}
	slices.Sort(changes)
	for quantity, sum := range want {
		c := h.compare(post.Viewer{}, practice.Question{Filter: practice.Filter{Quantity: quantity, Limit: 100}})
		if c.Sum == nil || !about(c.Sum.Amount, sum) || c.Sum.Practices != 24 || len(c.Rows) != 24 || c.Unit != practice.CommonUnit(quantity, practice.PerYear) {
			t.Errorf("%s is compared to %+v, want %v", quantity, c.Sum, sum)
		}
		if quantity == "electricity" && (!about(c.Change.Lowest, changes[0]) || !about(c.Change.Highest, changes[23]) || !about(c.Change.Median, (changes[11]+changes[12])/2)) {
			t.Errorf("spread %+v of %v", c.Change, changes)
		}
	}
}

func (h *house) compare(viewer post.Viewer, q practice.Question) practice.Comparison {
	h.Helper()
	c, err := h.practices.Compare(h.Ctx, viewer, q)
	h.Must(err)
	return c
}

// A practice and those that grew out of it count once, whether the later one says so itself or its house reuses the first; what
// they say is compared all the same. Somebody else's word for it changes nothing.
func TestSumCountsReusesOnce(t *testing.T) {
	h := newHouse(t)
	saves := func(amount float64) []practice.Figure {
		return []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-amount)}}
	}
	uri := func(name string) string { return "https://" + h.Remote.Host() + "/practices/" + name }
	arrive := func(name, from string, amount float64) post.Post {
		return h.arrive(h.Remote, name, nil, practice.Practice{Revision: 1, ReuseOf: from, Region: "DE-SH", Figures: saves(amount)}, nil)
	}
	sum := func() practice.Sum {
		t.Helper()
		c := h.compare(post.Viewer{}, practice.Question{Filter: practice.Filter{Quantity: "electricity", Limit: 50}})
		if c.Sum == nil {
			t.Fatal("no sum")
		}
		if len(c.Rows) != c.Sum.Practices+c.Sum.Repeated || c.Practices != len(c.Rows) {
			t.Errorf("%d rows, %d practices, %+v", len(c.Rows), c.Practices, c.Sum)
		}
		// A list and its parts say the same.
		list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{})
		h.Must(err)
		want := []practice.Impact{{Quantity: "electricity", Unit: "MW.h/a", Sum: c.Sum.Amount, Practices: c.Sum.Practices, Repeated: c.Sum.Repeated}}
		if diff := cmp.Diff(want, list.Impact); diff != "" {
			t.Errorf("a list: %s", diff)
		}
		e, err := h.practices.Effects(h.Ctx, post.Viewer{}, practice.Filter{})
		h.Must(err)
		if e.Practices != list.Total || len(e.Quantities) != 1 || e.Quantities[0].Impact != want[0] {
			t.Errorf("effects: %+v, want %+v of %d", e, want, list.Total)
		}
		return *c.Sum
	}
	arrive("dritte", uri("zweite"), 1000) // came before those it grew out of
	arrive("erste", "", 1)
	arrive("zweite", uri("erste"), 100)
	if got, want := sum(), (practice.Sum{Amount: -1, Practices: 1, Repeated: 2}); got != want {
		t.Errorf("a line of three: %+v, want %+v", got, want)
	}
	arrive("allein", "https://anderswo.example/unbekannt", 10)
	if got, want := sum(), (practice.Sum{Amount: -11, Practices: 2, Repeated: 2}); got != want {
		t.Errorf("with one whose source is not known: %+v, want %+v", got, want)
	}
	// In a circle, one of the two counts.
	arrive("henne", uri("ei"), 20)
	arrive("ei", uri("henne"), 20)
	if got, want := sum(), (practice.Sum{Amount: -31, Practices: 3, Repeated: 3}); got != want {
		t.Errorf("with a circle: %+v, want %+v", got, want)
	}

	own := arrive("eigene", "", 500)
	first := h.publish(h.Member, func() practice.Draft { d := h.draft(); d.Figures = saves(300); return d }())
	if got, want := sum(), (practice.Sum{Amount: -831, Practices: 5, Repeated: 3}); got != want {
		t.Errorf("two more: %+v, want %+v", got, want)
	}
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := h.DB.ExecContext(h.Ctx, query, args...)
		h.Must(err)
	}
	notes := int64(0)
	note := func(by int64) {
		notes++
		id := notes
		exec(`INSERT INTO posts (id, uri, account_id, local, kind, role, state, visibility, thread_id, in_reply_to_id, html, published_at)
			VALUES ($1::bigint, 'https://note.example/' || $1::bigint, $2, false, 'note', 'Reuse', 'published', 'public', $3, $3, '', now())`, id, by, first)
		exec(`INSERT INTO reuses (post_id, state, practice_uri) VALUES ($1, 'in-use', $2)`, id, own.URI)
	}
	note(h.Member.ID) // not of the house whose practice it names
	if got, want := sum(), (practice.Sum{Amount: -831, Practices: 5, Repeated: 3}); got != want {
		t.Errorf("by somebody's word: %+v, want %+v", got, want)
	}
	note(h.Remote.ID)
	if got, want := sum(), (practice.Sum{Amount: -331, Practices: 4, Repeated: 4}); got != want {
		t.Errorf("as its own house says: %+v, want %+v", got, want)
	}
}

// What a reader cannot see is in no row, no sum, no median and no count, and neither is what is hidden or put away.
func TestCompareShowsWhatMayBeSeen(t *testing.T) {
	h := newHouse(t)
	saves := func(amount float64) []practice.Figure {
		return []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-amount)}, {Quantity: "electricity", Unit: "kW.h", Change: number(-amount)}}
	}
	publish := func(visibility post.Visibility, amount float64) int64 {
		d := h.draft()
		d.Visibility, d.Figures = visibility, saves(amount)
		return h.publish(h.Member, d)
	}
	publish(post.Public, 1)
	publish(post.Network, 10)
	gone := publish(post.Public, 100)
	h.Must(h.practices.Withdraw(h.Ctx, h.Member, gone))
	old := publish(post.Public, 1000)
	h.Must(h.practices.Archive(h.Ctx, h.Member, old, "Das Rechenzentrum ist geschlossen."))
	hidden := h.arrive(h.Remote, "verborgen", nil, practice.Practice{Revision: 1, Figures: saves(10_000)}, nil)
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE posts SET hidden = true WHERE id = $1`, hidden.ID)
	h.Must(err)
	for who, c := range map[string]struct {
		viewer    post.Viewer
		state     string
		sum       float64
		practices int
	}{
		"visitor":             {sum: -1, practices: 1},
		"guest":               {viewer: post.Viewer{AccountID: h.Guest.ID}, sum: -1, practices: 1},
		"account elsewhere":   {viewer: post.Viewer{AccountID: h.Remote.ID}, sum: -1, practices: 1},
		"member":              {viewer: post.Viewer{AccountID: h.Member.ID}, sum: -11, practices: 2},
		"visitor in the past": {state: practice.StateArchived, sum: -1000, practices: 1},
	} {
		got := h.compare(c.viewer, practice.Question{Filter: practice.Filter{Quantity: "electricity", State: c.state, Limit: 50}, Basis: practice.PerYear})
		if got.Sum.Amount != c.sum || got.Practices != c.practices || got.Total != c.practices || len(got.Rows) != c.practices || len(got.Apart) != c.practices ||
			got.Left != c.practices || got.Bases[practice.Total] != c.practices || got.Change.Practices != c.practices {
			t.Errorf("%s: %+v of %d, %d apart, %v", who, got.Sum, got.Total, got.Left, got.Bases)
		}
	}
}

func TestCompareLimits(t *testing.T) {
	h := newHouse(t)
	for i := range 7 {
		h.arrive(h.Remote, fmt.Sprint("zahl", i), nil, practice.Practice{Revision: 1, Figures: []practice.Figure{
			{Quantity: "pue", Unit: "1", Before: number(1.8), After: number(1.2 + float64(i)/10)}, {Quantity: "pue", Unit: "%", After: number(140)}, {Quantity: "pue", Unit: "1", After: number(1e15)},
		}}, nil)
	}
	c := h.compare(post.Viewer{}, practice.Question{Filter: practice.Filter{Quantity: "pue", Limit: 3, Offset: 5}})
	if len(c.Rows) != 2 || c.Total != 7 || len(c.Apart) != 3 || c.Left != 14 || c.Sum != nil {
		t.Errorf("%d of %d rows, %d of %d apart, sum %v", len(c.Rows), c.Total, len(c.Apart), c.Left, c.Sum)
	}
	if last := c.Rows[1].Figure; !about(*last.Change, 0) || !about(c.After.Median, 1.5) || c.After.Figures != 7 {
		t.Errorf("the last one %+v, after %+v", last, c.After)
	}
	for name, q := range map[string]practice.Question{
		"nothing":     {},
		"other":       {Filter: practice.Filter{Quantity: "other"}},
		"unknown":     {Filter: practice.Filter{Quantity: "' OR 1=1 --"}},
		"far behind":  {Filter: practice.Filter{Quantity: "pue", Offset: math.MaxInt}},
		"before":      {Filter: practice.Filter{Quantity: "pue", Offset: -5, Limit: -5}},
		"wild":        {Filter: practice.Filter{Quantity: "pue", Text: strings.Repeat("x\x00'%(", 10_000), Region: strings.Repeat("ß", 10_000)}},
		"other basis": {Filter: practice.Filter{Quantity: "pue", Limit: math.MaxInt}, Basis: "' --"},
	} {
		got := h.compare(post.Viewer{}, q)
		if len(got.Rows) > 7 || name != "before" && name != "other basis" && len(got.Rows) != 0 || name == "before" && len(got.Rows) != 1 {
			t.Errorf("%s: %d rows", name, len(got.Rows))
		}
	}
}
