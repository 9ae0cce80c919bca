package german

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

//go:embed words.txt
var wordText string

// own are the words of the domain that compounds are made of, whatever the practices of an instance are about.
var own = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(wordText) {
		m[w] = true
	}
	return m
}()

//go:embed synonyms.txt
var synonymText string

// synonyms are, by the stem of a word, those of the words that mean the same here.
var synonyms = func() map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(synonymText) {
		words := strings.Fields(line)
		for _, w := range words {
			for _, other := range words {
				if other != w {
					m[Stem(w)] = append(m[Stem(w)], Stem(other))
				}
			}
		}
	}
	return m
}()

// Lexicon is what is known of an instance's words: which there are, and how many texts have each. It is not changed once made.
type Lexicon struct {
	counts map[string]int
	byLen  map[int][]string // in characters
}

// minVocabulary is the shortest word of an instance that compounds are looked through for, in characters: short ones stand
// in most words by accident. The own list may have shorter ones.
const minVocabulary = 5

// NewLexicon makes one of words in small letters and in how many texts each stands.
func NewLexicon(counts map[string]int) *Lexicon {
	l := &Lexicon{counts: counts, byLen: map[int][]string{}}
	for w := range counts {
		n := utf8.RuneCountInString(w)
		l.byLen[n] = append(l.byLen[n], w)
	}
	return l
}

// Count is in how many texts a word stands; 0 for words nobody wrote.
func (l *Lexicon) Count(word string) int { return l.counts[word] }

// part reports whether compounds may be made of the word.
func (l *Lexicon) part(word string) bool {
	return own[word] || l.counts[word] > 1 && utf8.RuneCountInString(word) >= minVocabulary && !stop[word] && !prefix[word]
}

// prefix are words that others begin with without being made of them.
var prefix = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`unter über wieder zusammen gegen hinter wider voraus heraus hinaus herunter hinunter herein hinein vorbei
		daran darauf daraus dabei dafür dagegen danach daneben darüber darum davon davor dazu zurück weiter`) {
		m[w] = true
	}
	return m
}()
