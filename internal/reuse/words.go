package reuse

import "github.com/vorbild/vorbild/internal/practice"

// Words are what a reader is told whose software knows no reuses: "Wir nutzen das nach: im Einsatz. Stadt Kiel." and the figures.
func (r Reuse) Words(w practice.Words) (state, rest string) {
	state = w.T("reuse.words." + string(r.State))
	if r.OrganizationName != "" {
		rest = w.T("reuse.words.by", "Name", r.OrganizationName)
	}
	if figures := practice.FiguresSentence(w, r.Figures); figures != "" {
		if rest != "" {
			rest += " "
		}
		rest += figures
	}
	return state, rest
}
