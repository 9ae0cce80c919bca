package german

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParts(t *testing.T) {
	t.Parallel()
	l := NewLexicon(map[string]int{"verdunstungskühlung": 3, "schulbewerbung": 2, "europa": 9, "einmal": 1})
	for word, want := range map[string]string{
		"serverraumtemperatur":    "serverraum raumtemperatur server raum temperatur",
		"rechenzentrumskühlung":   "rechenzentrum zentrumskühlung rechen zentrum kühlung",
		"rechenzentren":           "rechen zentrum",
		"kaltgangkühlung":         "kaltgang gangkühlung kalt gang kühlung",
		"serverräume":             "server raum",
		"schulbewerbung":          "schul bewerbung",
		"verwaltungsgebäude":      "verwaltung gebäude",
		"kältemaschinen":          "kälte maschine",
		"energieverbräuche":       "energie verbrauch",
		"datenbanken":             "",
		"steckdosenleisten":       "steckdose leiste",
		"bildschirme":             "",
		"europaweit":              "europa",
		"adiabatikkühlung":        "kühlung", // whatever stands before it
		"energiemanagementsystem": "energiemanagement managementsystem energie management system",
		"verwaltung":              "", "information": "", "gebäude": "", "unterhaltung": "", "kühlung": "", "temperatur": "", "einmaleins": "",
		"beratung": "", "betrachtung": "", "gesellschaften": "", "organisationen": "", "": "", "ab": "",
		strings.Repeat("server", 30): "",
	} {
		if diff := cmp.Diff(strings.Fields(want), append([]string{}, l.Parts(word)...)); diff != "" {
			t.Errorf("%s: %s", word, diff)
		}
	}
}
