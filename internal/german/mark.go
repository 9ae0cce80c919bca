package german

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Segment is a piece of a text: found, or around what was.
type Segment struct {
	Text string
	Hit  bool
}

// Bounds of what is looked through, in bytes, and of how many words stand before the first that is found.
const (
	maxMarked  = 20_000
	wordsAhead = 6
)

// Mark returns the place of a text where most of the query's words stand, about width words long, with those marked that were
// found. found is false where none stands in it.
func (l *Lexicon) Mark(text string, q Query, width int) (list []Segment, found bool) {
	text = norm.NFC.String(text)
	if len(text) > maxMarked {
		text = strings.ToValidUTF8(text[:maxMarked], "")
	}
	words := tokens(text)
	hits := make([]bool, len(words))
	for i, t := range words {
		hits[i] = l.hit(t.word, q)
	}
	from, best := 0, 0
	for i, hit := range hits {
		if !hit {
			continue
		}
		n := 0
		for j := i; j < min(i+width-wordsAhead, len(hits)); j++ {
			if hits[j] {
				n++
			}
		}
		if n > best {
			from, best = i, n
		}
	}
	if best == 0 {
		return nil, false
	}
	from = max(0, from-wordsAhead)
	to := min(from+width, len(words))
	from = max(0, to-width)
	at := 0
	if from > 0 {
		at = words[from].start
		list = append(list, Segment{Text: "… "})
	}
	for i := from; i < to; i++ {
		if hits[i] {
			if at < words[i].start {
				list = append(list, Segment{Text: text[at:words[i].start]})
			}
			list = append(list, Segment{Text: text[words[i].start:words[i].end], Hit: true})
			at = words[i].end
		}
	}
	end := len(text)
	if to < len(words) {
		end = words[to-1].end
	}
	rest := text[at:end]
	if to < len(words) {
		rest += " …"
	}
	if rest != "" {
		list = append(list, Segment{Text: rest})
	}
	return list, true
}

// hit reports whether a word is one that the query looks for, or made of it.
func (l *Lexicon) hit(word string, q Query) bool {
	if stop[word] {
		return false
	}
	folded, meant := Fold(word), Fold(Umlauts(word))
	if q.prefix != "" && (strings.HasPrefix(folded, q.prefix) || strings.HasPrefix(meant, q.prefix)) {
		return true
	}
	for _, form := range related(word) {
		for _, s := range q.stems {
			if form == s {
				return true
			}
		}
	}
	if utf8.RuneCountInString(word) < minCompound {
		return false
	}
	for _, s := range q.stems {
		if len(s) >= minPart && (strings.Contains(folded, s) || strings.Contains(meant, s)) {
			for _, p := range l.Parts(Umlauts(word)) {
				if Stem(p) == s {
					return true
				}
			}
		}
	}
	return false
}
