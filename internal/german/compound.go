package german

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is taken apart, in characters.
const (
	minCompound = 7
	minPart     = 3
	minHead     = 6 // of a part beside which the rest is unknown
	minRest     = 4
	maxParts    = 14 // of one word, with what they make up together
)

// links are what stands between two parts: Verwaltung-s-gebäude. The longest first.
var links = []string{"ens", "es", "en", "er", "ns", "n", "s", "e"}

// inflections are what may follow the last part. The longest first.
var inflections = []string{"ern", "en", "er", "es", "em", "e", "n", "s"}

// Parts takes a compound apart: its parts in their ground form, and what neighbouring ones make up, such as serverraum in
// Serverraumtemperatur. It returns nothing for a word that is none, or whose parts nobody knows.
func (l *Lexicon) Parts(word string) []string {
	var list []string
	add := func(w string) {
		if w != word && !slices.Contains(list, w) && len(list) < maxParts {
			list = append(list, w)
		}
	}
	at := l.atoms(word)
	if at == nil {
		if part := l.beside(word); part != "" {
			add(part)
			for _, p := range l.Split(part) {
				add(p)
			}
		}
		return list
	}
	for n := len(at) - 2; n > 0; n-- { // what most parts make up comes first
		for from := 0; from+n < len(at); from++ {
			// What is joined looks as in the whole word, only its end is that of a word.
			end, _ := l.ground(word[at[from+n-1]:at[from+n]], from+n == len(at)-1)
			add(word[at[from]:at[from+n-1]] + end)
		}
	}
	return list
}

// atoms is cuts for parts that are none themselves.
func (l *Lexicon) atoms(word string) []int {
	at := l.cuts(word)
	var all []int
	for i := range at {
		all = append(all, at[i])
		if i == len(at)-1 {
			break
		}
		part, _ := l.ground(word[at[i]:at[i+1]], i == len(at)-2)
		inner := l.cuts(part)
		if len(inner) > 2 && strings.HasPrefix(word[at[i]:], part[:inner[len(inner)-2]]) {
			for _, n := range inner[1 : len(inner)-1] {
				all = append(all, at[i]+n)
			}
		}
	}
	return all
}

// Split takes a compound apart into as few parts as it can be read as, in their ground form. It returns nil for other words.
func (l *Lexicon) Split(word string) []string {
	at := l.cuts(word)
	if at == nil {
		return nil
	}
	parts := make([]string, 0, len(at)-1)
	for i := 1; i < len(at); i++ {
		p, _ := l.ground(word[at[i-1]:at[i]], i == len(at)-1)
		parts = append(parts, p)
	}
	return parts
}

// cuts are where the parts begin, and the end; nil when the word is no compound of known parts.
func (l *Lexicon) cuts(word string) []int {
	if n := utf8.RuneCountInString(word); n < minCompound || n > maxWord {
		return nil
	}
	var starts []int
	for i := range word {
		starts = append(starts, i)
	}
	starts = append(starts, len(word))
	// best[j] is how many parts the first j characters are, and where the last of them begins. A part without a link is worth
	// more than one with: Kältemaschine is Kälte and Maschine.
	type reading struct{ cost, from int }
	const unread = 1 << 20
	best := make([]reading, len(starts))
	for j := 1; j < len(best); j++ {
		best[j] = reading{unread, 0}
		last := j == len(best)-1
		for i := 0; i+minPart <= j; i++ {
			if i > 0 && best[i].cost == unread || i == 0 && last {
				continue
			}
			p, linked := l.ground(word[starts[i]:starts[j]], last)
			if p == "" {
				continue
			}
			cost := best[i].cost + 10
			if linked {
				cost++
			}
			if cost < best[j].cost {
				best[j] = reading{cost, i}
			}
		}
	}
	if best[len(best)-1].cost == unread {
		return nil
	}
	var at []int
	for j := len(best) - 1; j > 0; j = best[j].from {
		at = append(at, starts[j])
	}
	at = append(at, 0)
	slices.Reverse(at)
	return at
}

// ground is the known word that a piece of a compound stands for, "" when there is none; linked says that the piece has more
// at its end than the word.
func (l *Lexicon) ground(piece string, last bool) (word string, linked bool) {
	if l.part(piece) {
		return piece, false
	}
	if last {
		if singular := base(piece); singular != "" && l.part(singular) {
			return singular, true
		}
	}
	endings := links
	if last {
		endings = inflections
	}
	for _, e := range endings {
		head, ok := strings.CutSuffix(piece, e)
		if !ok || utf8.RuneCountInString(head) < minPart {
			continue
		}
		if l.part(head) {
			return head, true
		}
		if e == "er" || e == "e" || e == "ern" { // Häuser, Schränke
			if folded := strings.NewReplacer("äu", "au", "ä", "a", "ö", "o", "ü", "u").Replace(head); folded != head && l.part(folded) {
				return folded, true
			}
		}
	}
	if !last && l.part(piece+"e") { // Schule: Schulbewerbung
		return piece + "e", true
	}
	return "", false
}

// beside finds the longest known word that another one ends with, or begins with, where the rest is unknown.
func (l *Lexicon) beside(word string) string {
	n := utf8.RuneCountInString(word)
	if n < minHead+minRest || n > maxWord {
		return ""
	}
	i := 0
	for at := range word {
		if i >= minRest && n-i >= minHead && !prefix[word[:at]] {
			if p, _ := l.ground(word[at:], true); utf8.RuneCountInString(p) >= minHead {
				return p
			}
		}
		i++
	}
	for at := len(word); at > 0; {
		_, size := utf8.DecodeLastRuneInString(word[:at])
		at -= size
		if utf8.RuneCountInString(word[:at]) < minHead {
			return ""
		}
		if utf8.RuneCountInString(word[at:]) >= minRest {
			if p, _ := l.ground(word[:at], false); utf8.RuneCountInString(p) >= minHead {
				return p
			}
		}
	}
	return ""
}
