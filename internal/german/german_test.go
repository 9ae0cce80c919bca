package german_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/german"
)

// words are those of the compounds' list and of the list of stop words, and all kinds of forms.
func words(t *testing.T) []string {
	t.Helper()
	var text strings.Builder
	for _, name := range []string{"words.txt", "stop.txt", "testdata/forms.txt"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
		text.WriteString("\n")
	}
	return german.Words(text.String())
}

// PostgreSQL has the same algorithm, so each word must have the same stem there.
func TestStem(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	list := words(t)
	if len(list) < 1000 {
		t.Fatalf("only %d words", len(list))
	}
	if _, err := conn.Exec(`CREATE TEXT SEARCH DICTIONARY bare (TEMPLATE = snowball, Language = german)`); err != nil {
		t.Fatal(err)
	}
	for _, w := range list {
		var want string
		if err := conn.Get(&want, `SELECT (ts_lexize('bare', $1))[1]`, w); err != nil {
			t.Fatal(err)
		}
		if got := german.Stem(w); got != want {
			t.Errorf("%s: %s, PostgreSQL says %s", w, got, want)
		}
	}
}

func TestVector(t *testing.T) {
	t.Parallel()
	l := german.NewLexicon(nil)
	for _, test := range []struct {
		sections []german.Section
		want     string
	}{
		{nil, ""},
		{[]german.Section{{Text: "Freie Kühlung", Weight: 'A'}}, "'freie':1A 'kuhl':2D 'kuhlung':2A"},
		{[]german.Section{{Text: "Die Server", Weight: 'A'}, {Text: "Server-Raum", Weight: 'C'}},
			"'raum':24C 'serv':2A,23C 'serverraum':24D"},
		{[]german.Section{{Text: "Kuehlung", Weight: 'C'}}, "'kuehlung':1C 'kuhl':1D 'kuhlung':1C"},
		{[]german.Section{{Text: "Rechenzentren", Weight: 'B'}}, "'rech':1D 'rechenzentr':1B 'rechenzentrum':1B 'zentrum':1D"},
		{[]german.Section{{Text: "Ku\u0308hlung Strom\u00adsparen", Weight: 'B'}}, "'kuhl':1D 'kuhlung':1B 'spar':2D 'strom':2D 'stromspar':2B"}, // letters put together, a soft hyphen
		{[]german.Section{{Text: "27 °C, 5 %", Weight: 'B'}}, "'27':1B '5':3B 'grad':2B 'prozent':4B"},
		{[]german.Section{{Text: "Kalt- und Warmgänge", Weight: 'B'}}, "'gang':3D 'kalt':1B 'kaltgang':1D 'warm':3D 'warmgang':3B"},
		{[]german.Section{{Text: "Handy", Weight: 'B'}}, "'diensthandy':1D 'handy':1B 'mobiltelefon':1D 'smartphon':1D"},
		{[]german.Section{{Text: "it's <b>'; DROP", Weight: 'B'}}, "'b':3B 'drop':4B 'it':1B 's':2B"},
	} {
		if diff := cmp.Diff(test.want, l.Vector(test.sections...)); diff != "" {
			t.Errorf("%v: %s", test.sections, diff)
		}
	}
}

// Whatever the text, PostgreSQL reads what is made of it.
func TestVectorIsRead(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	l := german.NewLexicon(map[string]int{"server": 2})
	for _, text := range []string{
		"'", `\`, "a'b\\c:1A", "\x00", "🙂 ß ẞ İ ǅ", strings.Repeat("Serverraumtemperatur ", 5000), strings.Repeat("x", 5000),
		strings.Repeat("wort ", 20000), "a\u0300\u0301b", "½ ² ٣", strings.Repeat("server-", 2000), "\u00ad\u00ad", "https://example.org/?a=b&c='d'",
	} {
		text = strings.ReplaceAll(text, "\x00", "")
		var n int
		if err := conn.Get(&n, `SELECT length($1::tsvector)`, l.Vector(german.Section{Text: text, Weight: 'A'})); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
		for _, query := range []string{text, `"` + text + `"`, "-" + text, text + " or " + text, text[:len(text)/2] + `"` + text} {
			if q := l.Parse(query).TSQuery; q != "" {
				if err := conn.Get(&n, `SELECT numnode($1::tsquery)`, q); err != nil {
					t.Errorf("query %.20q: %v", query, err)
				} else if n > 600 {
					t.Errorf("query %.20q has %d nodes", query, n)
				}
			}
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	l := german.NewLexicon(nil)
	for text, want := range map[string]string{
		"":                         "",
		"der die das":              "",
		"' & | ! ( ) :* <-> \\ \"": "",
		"Server":                   "(('serv' | 'server':*))",
		"ab":                       "(('ab'))",
		"alte Server":              "(('alt') & ('serv' | 'server':*))",
		"Kühlung":                  "(('kuhlung' | 'kuhl' | 'kuhlung':*))",
		"Kuehlung":                 "(('kuehlung' | 'kuhlung' | 'kuhl' | 'kuehlung':* | 'kuhlung':*))",
		"Serverraum":               "(('serverraum' | ('serv' & 'raum') | 'serverraum':*))",
		`"freie Kühlung"`:          "(('freie' <1> 'kuhlung'))",
		`"Kühlung in der Halle"`:   "(('kuhlung' <3> 'hall'))",
		`"Kühlung`:                 "(('kuhlung'))",
		"Server -Kühlung":          "(('serv') & !('kuhlung'))",
		"-der Server":              "(('serv'))",
		"Server or Halle":          "(('serv')) | (('hall'))",
		"Server ODER Halle":        "(('serv')) | (('hall'))",
		"or Server":                "(('serv'))",
		"Server or":                "(('serv'))",
		"Green-IT":                 "(('green') & ('it'))",
		"der Server in der Halle":  "(('serv') & ('hall' | 'halle':*))",
	} {
		if diff := cmp.Diff(want, l.Parse(text).TSQuery); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	if q := l.Parse(strings.Repeat("server ", 500)); strings.Count(q.TSQuery, "serv") > 30 {
		t.Errorf("500 words become %d characters", len(q.TSQuery))
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	l := german.NewLexicon(nil)
	show := func(text, query string) string {
		var b strings.Builder
		list, found := l.Mark(text, l.Parse(query), 12)
		if found != (list != nil) {
			t.Errorf("%q in %q: found %v", query, text, found)
		}
		for _, s := range list {
			if s.Hit {
				b.WriteString("[" + s.Text + "]")
			} else {
				b.WriteString(s.Text)
			}
		}
		return b.String()
	}
	far := strings.Repeat("Wort ", 30)
	for _, test := range []struct{ text, query, want string }{
		{"Die Kühlungen im Raum", "kühlung", "Die [Kühlungen] im Raum"},
		{"Eine Rechenzentrumskühlung.", "Kühlung", "Eine [Rechenzentrumskühlung]."},
		{"In Rechenzentren wird gekühlt", "Rechenzentrum", "In [Rechenzentren] wird gekühlt"},
		{"Serverraumtemperatur", "Serverraum", "[Serverraumtemperatur]"},
		{"Kuehlung", "Kühlung", "[Kuehlung]"},
		{"Nichts davon", "Kühlung", ""},
		{"", "Kühlung", ""},
		{far + "die kalte Luft <b>& mehr</b> " + far, "Luft", "… Wort Wort Wort Wort die kalte [Luft] <b>& mehr</b> Wort Wort …"},
	} {
		if diff := cmp.Diff(test.want, show(test.text, test.query)); diff != "" {
			t.Errorf("%q in %.30q: %s", test.query, test.text, diff)
		}
	}
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	l := german.NewLexicon(map[string]int{"kühlung": 7, "rechenzentrum": 5, "server": 9, "servern": 1, "beschaffung": 3, "strom": 4, "storm": 1, "abwärme": 2})
	for typed, want := range map[string]string{
		"Külung":                "Kühlung",
		"Kühlugn":               "Kühlung", // letters swapped
		"Kuelung":               "Kühlung",
		"Rechenzentrumm":        "Rechenzentrum",
		"rechnzentrum Külung":   "rechenzentrum Kühlung",
		"Beschafung von Strom":  "Beschaffung von Strom",
		"Abwerme":               "Abwärme",
		"Kühlung":               "",
		"Kühlungen":             "", // another form of a known word
		"Kuehlung":              "",
		"Quantencomputer":       "",
		"Servr":                 "Server",
		"stron":                 "strom", // the more frequent of two
		"-Külung":               "",
		"und":                   "",
		"abc":                   "",
		strings.Repeat("ü", 99): "",
	} {
		if got := l.Correct(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestVocabulary(t *testing.T) {
	t.Parallel()
	got := german.Vocabulary("Die Kühlung der Server, 2023, CO2e; Kühlung", "im Haus")
	if diff := cmp.Diff([]string{"haus", "kühlung", "server"}, got); diff != "" {
		t.Error(diff)
	}
}
