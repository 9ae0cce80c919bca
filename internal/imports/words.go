package imports

import "strings"

// Words are the choices of a field as people write them, by what they mean.
type Words map[Target]map[string]string

// Add says how a choice may be written.
func (w Words) Add(t Target, code string, words ...string) {
	if w[t] == nil {
		w[t] = map[string]string{}
	}
	for _, word := range append(words, code) {
		if word = plain(word); word != "" {
			w[t][word] = code
		}
	}
}

// synonyms are what people write for choices beside their names.
var synonyms = func() Words {
	words := Words{}
	for t, codes := range map[Target]map[string]string{
		"level": {
			"bund": "bundesverwaltung|bundesbehörde|federal", "land": "bundesland|landesverwaltung|landesbehörde|state",
			"kommune": "kommunal|gemeinde|stadt|kreis|landkreis|kreisfreie stadt|stadtverwaltung|city|town|county|local",
			"verband": "zweckverband|kommunaler it dienstleister", "extern": "unternehmen|verein|hochschule|company|university",
		},
		"implementation": {
			"begun":     "begonnen|gestartet|angefangen|pilot|pilotphase|started|pilot phase",
			"advanced":  "in umsetzung|laufend|in arbeit|teilweise umgesetzt|in progress|ongoing",
			"completed": "umgesetzt|fertig|beendet|erledigt|done|finished|implemented",
		},
		"language":   {"de": "deutsch|german", "en": "englisch|english"},
		"visibility": {"public": "alle|ja|everyone", "network": "verbund|intern|internal|network"},
	} {
		for code, list := range codes {
			words.Add(t, code, strings.Split(list, "|")...)
		}
	}
	return words
}()

// beforeNames stand before what a Land is called, and say no more.
var beforeNames = []string{"land ", "freistaat ", "freie hansestadt ", "freie und hansestadt ", "state of "}

// find knows a choice by what counts of its word.
func (w Words) find(t Target, text string) (string, bool) {
	word := plain(text)
	if code, ok := w[t][word]; ok {
		return code, true
	}
	if code, ok := synonyms[t][word]; ok {
		return code, true
	}
	for _, before := range beforeNames {
		if rest, ok := strings.CutPrefix(word, before); ok && t == "region" {
			code, ok := w[t][rest]
			return code, ok
		}
	}
	return "", false
}
