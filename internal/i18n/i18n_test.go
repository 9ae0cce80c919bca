package i18n

import (
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

func bundle(t testing.TB) *Bundle {
	t.Helper()
	b, err := Load(fstest.MapFS{
		"a.de.json": file(`{"a.title": "Praxisbeispiele", "a.hello": "Guten Tag, {{.Name}}", "a.only_german": "nur hier {{.N}}",
			"a.found": {"one": "{{.Count}} Treffer von {{.Total}}", "other": "{{.Count}} Treffer unter {{.Total}}"},
			"platform.ago.now": "gerade eben", "platform.ago.minutes": {"one": "vor einer Minute", "other": "vor {{.Count}} Minuten"},
			"platform.ago.hours": {"one": "vor einer Stunde", "other": "vor {{.Count}} Stunden"},
			"platform.ago.yesterday": "gestern", "platform.ago.days": {"one": "vor einem Tag", "other": "vor {{.Count}} Tagen"}}`),
		"b.de.json": file(`{"b.title": "Diskussionen"}`),
		"a.en.json": file(`{"a.title": "Practices", "a.hello": "Hello {{.Name}}", "a.found": {"one": "{{.Count}} hit", "other": "{{.Count}} hits"}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestT(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for _, test := range []struct {
		lang, key string
		args      []any
		want      string
	}{
		{"de", "a.title", nil, "Praxisbeispiele"},
		{"en", "a.title", nil, "Practices"},
		{"de", "b.title", nil, "Diskussionen"},
		{"en", "b.title", nil, "Diskussionen"},
		{"en", "a.only_german", []any{"N", 7}, "nur hier 7"},
		{"de", "a.hello", []any{"Name", "Kiel: <b>"}, "Guten Tag, Kiel: <b>"},
		{"de", "a.title", []any{"Name", "x"}, "Praxisbeispiele"},
		{"de", "a.found", []any{"Count", 1, "Total", 3}, "1 Treffer von 3"},
		{"de", "a.found", []any{"Count", 1234, "Total", 3}, "1.234 Treffer unter 3"},
		{"en", "a.found", []any{"Count", int64(1234)}, "1,234 hits"},
		{"en", "a.found", []any{"Count", 1}, "1 hit"},
		{"en", "a.found", []any{"Count", 0}, "0 hits"},
		{"en", "a.missing", nil, "a.missing"},
		{"de", "a.missing", []any{"Count", 1}, "a.missing"},
		{"de", "a.hello", []any{"Name"}, "Guten Tag, <no value>"},
	} {
		if got := b.For(test.lang).T(test.key, test.args...); got != test.want {
			t.Errorf("%s: T(%q, %v) = %q, want %q", test.lang, test.key, test.args, got, test.want)
		}
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for _, test := range []struct {
		prefs []string
		want  string
	}{
		{nil, "de"},
		{[]string{""}, "de"},
		{[]string{"en"}, "en"},
		{[]string{"en-GB,en;q=0.9"}, "en"},
		{[]string{"de-AT"}, "de"},
		{[]string{"fr, en;q=0.5, de;q=0.4"}, "en"},
		{[]string{"fr"}, "de"},
		{[]string{"", "en-US"}, "en"},
		{[]string{"tlh", "en"}, "en"},
		{[]string{"en", "de"}, "en"},
		{[]string{";;;\x00"}, "de"},
		{[]string{strings.Repeat("en-", 10000)}, "de"},
	} {
		if got := b.For(test.prefs...).Lang(); got != test.want {
			t.Errorf("For(%.40q) speaks %s, want %s", test.prefs, got, test.want)
		}
	}
	if b.For("en") != b.For("en-US") {
		t.Error("localizers are not shared")
	}
}

func TestLoadMistakes(t *testing.T) {
	t.Parallel()
	en := file(`{"a": "x"}`)
	for want, fsys := range map[string]fstest.MapFS{
		"no file *.en.json":                      {"a.de.json": en},
		`b.de.json: key "a" stands in a.de.json`: {"a.de.json": en, "b.de.json": en, "a.en.json": en},
		"a.de.json":                              {"a.de.json": file(`{"a": "x"`), "a.en.json": en},
		`key "a": template`:                      {"a.de.json": file(`{"a": "{{.Name"}`), "a.en.json": en},
	} {
		if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for _, test := range []struct {
		v      float64
		digits int
		de, en string
	}{
		{0, 2, "0", "0"},
		{1234.5, 2, "1.234,5", "1,234.5"},
		{1234567, 0, "1.234.567", "1,234,567"},
		{-50, 1, "−50", "−50"},
		{-0.04, 1, "0", "0"},
		{0.125, 2, "0,12", "0.12"},
		{999.999, 2, "1.000", "1,000"},
		{100, 0, "100", "100"},
		{2400, 3, "2.400", "2,400"},
		{1.5, -1, "2", "2"},
		{math.NaN(), 1, "–", "–"},
		{math.Inf(-1), 1, "–", "–"},
	} {
		if de, en := b.For("de").Number(test.v, test.digits), b.For("en").Number(test.v, test.digits); de != test.de || en != test.en {
			t.Errorf("Number(%v, %d) = %q and %q, want %q and %q", test.v, test.digits, de, en, test.de, test.en)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	de, en := bundle(t).For("de"), bundle(t).For("en")
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	now := at("2026-03-30T10:00:00Z") // noon in Berlin, the day after the clocks changed
	for when, want := range map[string]string{
		"2026-03-30T10:00:30Z": "gerade eben",
		"2026-03-30T09:59:30Z": "gerade eben",
		"2026-03-30T09:59:00Z": "vor einer Minute",
		"2026-03-30T09:00:01Z": "vor 59 Minuten",
		"2026-03-30T09:00:00Z": "vor einer Stunde",
		"2026-03-29T22:30:00Z": "vor 11 Stunden",
		"2026-03-29T21:30:00Z": "gestern",
		"2026-03-28T23:00:00Z": "gestern",
		"2026-03-28T22:59:00Z": "vor 2 Tagen",
		"2026-03-24T10:00:00Z": "vor 6 Tagen",
		"2026-03-23T10:00:00Z": "23. März 2026",
		"2026-03-30T12:00:00Z": "30. März 2026, 14:00 Uhr",
	} {
		if got := de.Ago(at(when), now); got != want {
			t.Errorf("Ago(%s) = %q, want %q", when, got, want)
		}
	}
	if got := de.Ago(at("2026-03-29T22:30:00Z"), at("2026-03-30T01:30:00Z")); got != "vor 3 Stunden" {
		t.Errorf("over midnight: %q", got)
	}
	winter := at("2026-12-31T23:30:00Z")
	if got := de.DateTime(winter); got != "1. Januar 2027, 00:30 Uhr" {
		t.Error(got)
	}
	if got := en.DateTime(winter); got != "1 January 2027, 00:30" {
		t.Error(got)
	}
}

func BenchmarkT(b *testing.B) {
	l := bundle(b).For("en")
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.T("a.title")
		}
	})
	b.Run("name", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.T("a.hello", "Name", "Kiel")
		}
	})
}
