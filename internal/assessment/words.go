package assessment

import (
	"fmt"

	"github.com/vorbild/vorbild/internal/practice"
)

// Words are what a reader is told whose software knows no assessments: "Bewertung für 2028: kritisch. Umsetzung: am Anfang.
// Hohe Dringlichkeit."
func (a Assessment) Words(w practice.Words) (status, rest string) {
	status = w.T("assessment.words."+string(a.Status), "Year", fmt.Sprint(a.Horizon))
	rest = w.T("assessment.words.progress." + a.Progress)
	if a.Urgent {
		rest += " " + w.T("assessment.words.urgent")
	}
	return status, rest
}
