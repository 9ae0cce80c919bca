package german

import (
	"regexp"
	"strings"
)

var twoLetters = strings.NewReplacer("ae", "ä", "oe", "ö", "ue", "ü", "Ae", "Ä", "Oe", "Ö", "Ue", "Ü", "AE", "Ä", "OE", "Ö", "UE", "Ü")

// foreign is where the letters ue are no umlaut: neue, bauen, Quelle, aktuell.
var foreign = regexp.MustCompile(`(?i)[aeoq]ue|[dntsx]uell`)

// Umlauts writes a text that was typed without umlauts as German has it.
func Umlauts(text string) string {
	if !strings.ContainsAny(text, "eE") {
		return text
	}
	var b strings.Builder
	rest := 0
	for _, at := range foreign.FindAllStringIndex(text, -1) {
		b.WriteString(twoLetters.Replace(text[rest:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		rest = at[1]
	}
	b.WriteString(twoLetters.Replace(text[rest:]))
	return b.String()
}
