package german

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Correct writes a search with words that occur in place of those that do not, where one of them is hardly different; "" when
// there is nothing to correct. What is excluded stays as it is.
func (l *Lexicon) Correct(text string) string {
	list := tokens(text)
	if len(list) > maxWords {
		return ""
	}
	var b strings.Builder
	rest, changed := 0, false
	for _, t := range list {
		if t.start > 0 && text[t.start-1] == '-' && !t.joined {
			continue
		}
		if meant := l.nearest(t.word); meant != "" {
			b.WriteString(text[rest:t.start])
			if first, _ := utf8.DecodeRuneInString(text[t.start:]); unicode.IsUpper(first) {
				_, n := utf8.DecodeRuneInString(meant)
				meant = strings.ToUpper(meant[:n]) + meant[n:]
			}
			b.WriteString(meant)
			rest, changed = t.end, true
		}
	}
	if !changed {
		return ""
	}
	b.WriteString(text[rest:])
	return b.String()
}

// nearest is the word most likely meant by one that nobody wrote; "" when the word occurs in some form, or nothing is near.
func (l *Lexicon) nearest(word string) string {
	n := utf8.RuneCountInString(word)
	most := 1
	if n >= 7 {
		most = 2
	}
	if n < 4 || n > maxWord || stop[word] || l.counts[word] > 0 {
		return ""
	}
	folded, stem := []rune(Fold(Umlauts(word))), Stem(Umlauts(word))
	best, bestCost, bestCount := "", most+1, 0
	for length := n - most; length <= n+most; length++ {
		for _, candidate := range l.byLen[length] {
			d := distance(folded, []rune(Fold(candidate)), most)
			if d > most {
				continue
			}
			if d == 0 || Stem(candidate) == stem {
				return ""
			}
			if count := l.counts[candidate]; d < bestCost || d == bestCost && (count > bestCount || count == bestCount && candidate < best) {
				best, bestCost, bestCount = candidate, d, count
			}
		}
	}
	return best
}

// distance is how many letters must be added, left out, replaced or swapped with their neighbour to make b of a; more than
// most when it is more than that.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
			least = min(least, next[j])
		}
		if least > most {
			return most + 1
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
