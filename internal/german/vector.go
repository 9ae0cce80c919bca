package german

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Section is a text with the weight its words have, from A to C. Parts of compounds count as D.
type Section struct {
	Text   string
	Weight byte
}

// Limits of a tsvector (PostgreSQL, chapter 12.11), and of what we put into one.
const (
	maxPosition  = 16_383
	maxPositions = 200
	sectionGap   = 20 // no phrase reaches from one section into the next
)

// Vector is what sections of a text are found by, as the text of a tsvector: the stem of each word at its place, and beside it
// what else it may be looked for as.
func (l *Lexicon) Vector(sections ...Section) string {
	found := map[string][]string{}
	add := func(lexeme string, position int, weight byte) {
		if lexeme != "" && len(found[lexeme]) < maxPositions {
			found[lexeme] = append(found[lexeme], strconv.Itoa(min(position, maxPosition))+string(weight))
		}
	}
	parts := map[string][]string{}
	position := 0
	for _, s := range sections {
		s.Text = norm.NFC.String(s.Text)
		list := tokens(s.Text)
		for i, t := range list {
			position++
			if t.joined {
				add(Stem(list[i-1].word+t.word), position, 'D')
			}
			if stop[t.word] {
				continue
			}
			for _, form := range forms(t.word) {
				add(form, position, s.Weight)
				for _, other := range synonyms[form] {
					add(other, position, 'D')
				}
			}
			if v := verb(Umlauts(t.word)); v != "" {
				add(Stem(v), position, 'D')
			}
			if left := l.leftOut(s.Text, list, i); left != "" {
				add(Stem(left), position, 'D')
			}
			if _, ok := parts[t.word]; !ok {
				parts[t.word] = l.Parts(Umlauts(t.word))
			}
			for _, p := range parts[t.word] {
				for _, form := range related(p) {
					add(form, position, 'D')
				}
			}
		}
		position += sectionGap
	}
	var b strings.Builder
	for _, lexeme := range slices.Sorted(maps.Keys(found)) {
		b.WriteString("'" + lexeme + "':" + strings.Join(found[lexeme], ",") + " ")
	}
	return strings.TrimSpace(b.String())
}

// leftOut is the whole of a word whose second half stands only in the next one: Kaltgänge in "Kalt- und Warmgänge".
func (l *Lexicon) leftOut(text string, list []token, i int) string {
	if i+2 >= len(list) || !strings.HasPrefix(text[list[i].end:], "-") || list[i+1].joined || list[i+1].word != "und" && list[i+1].word != "oder" {
		return ""
	}
	split := l.Split(list[i+2].word)
	if len(split) < 2 {
		return ""
	}
	return list[i].word + split[len(split)-1]
}

// forms are the stems of a word as it is written, with its umlauts, and of its ground form.
func forms(word string) []string {
	list := []string{Stem(word)}
	more := func(w string) {
		if s := Stem(w); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if u := Umlauts(word); u != word {
		more(u)
	}
	if b := base(word); b != "" {
		more(b)
	}
	return list
}

// Vocabulary lists the different words of texts that suggestions and compounds can be made of.
func Vocabulary(texts ...string) []string {
	seen := map[string]bool{}
	for _, text := range texts {
		for _, w := range Words(norm.NFC.String(text)) {
			if n := utf8.RuneCountInString(w); n >= 4 && n <= 40 && !stop[w] && strings.IndexFunc(w, func(r rune) bool { return r < 'a' }) < 0 {
				seen[w] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
