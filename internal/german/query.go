package german

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what is asked for at once.
const (
	maxWords  = 12 // what comes after them is not looked at
	minPrefix = 3  // characters of a word that is still being typed
)

// Query is what somebody looks for.
type Query struct {
	TSQuery string   // what to match a Vector with, as the text of a tsquery; "" when there is nothing to look for
	Loose   string   // the same for any of the words and their parts; "" when the text says more exactly what it means
	Words   []string // in small letters, as typed, without those that are excluded
	stems   []string // one of which is in each word that is found
	prefix  string   // or which it begins with; "" for none
}

// item is a piece of a query: a phrase, or what stands between blanks.
var item = regexp.MustCompile(`-?"[^"]*"?|[^\s"]+`)

// Parse reads a search as people type it: all words must occur, "in quotes" next to each other, -without this one, this or
// that. The last word may be one that is still being typed, unless the text says more exactly what it means.
func (l *Lexicon) Parse(text string) Query {
	var q Query
	var either [][]string // alternatives, each of what must all occur
	var all []string
	exact, budget := false, maxWords
	items := item.FindAllString(norm.NFC.String(text), -1)
	for i, s := range items {
		without := strings.HasPrefix(s, "-")
		s = strings.TrimPrefix(s, "-")
		phrase := strings.HasPrefix(s, `"`)
		if lower := strings.ToLower(s); lower == "or" || lower == "oder" {
			if exact = true; len(all) > 0 && i+1 < len(items) {
				either, all = append(either, all), nil
			}
			continue
		}
		list := tokens(s)
		list = list[:min(len(list), budget)]
		budget -= len(list)
		exact = exact || without || phrase
		var asked string
		switch {
		case without:
			asked = phraseOf(list)
		case phrase:
			if asked = phraseOf(list); asked != "" {
				q.expect(list)
			}
		default:
			asked = l.allOf(list)
			q.expect(list)
			q.expectParts(l, list)
		}
		if asked != "" && without {
			asked = "!" + asked
		}
		if asked != "" {
			all = append(all, asked)
		}
	}
	if !exact && len(all) > 0 {
		all = q.typing(all)
		q.Loose = q.any()
	}
	for _, list := range append(either, all) {
		if len(list) > 0 {
			if q.TSQuery != "" {
				q.TSQuery += " | "
			}
			q.TSQuery += "(" + strings.Join(list, " & ") + ")"
		}
	}
	return q
}

// expect remembers the words for highlighting and suggestions.
func (q *Query) expect(list []token) {
	for i, t := range list {
		if stop[t.word] {
			continue
		}
		q.Words = append(q.Words, t.word)
		q.stems = append(q.stems, related(t.word)...)
		if t.joined {
			q.stems = append(q.stems, Stem(list[i-1].word+t.word))
		}
	}
}

// expectParts remembers what compounds are made of.
func (q *Query) expectParts(l *Lexicon, list []token) {
	for _, t := range list {
		for _, p := range l.Split(Umlauts(t.word)) {
			q.stems = append(q.stems, related(p)...)
		}
	}
}

// any asks for any of what is remembered, where that is more than one thing.
func (q *Query) any() string {
	var list []string
	for _, s := range q.stems {
		if s = "'" + s + "'"; !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if len(list) < 2 {
		return ""
	}
	return strings.Join(list, " | ")
}

// typing lets the last word be the beginning of one.
func (q *Query) typing(all []string) []string {
	if len(q.Words) == 0 {
		return all
	}
	last := q.Words[len(q.Words)-1]
	if utf8.RuneCountInString(last) < minPrefix || !strings.HasSuffix(all[len(all)-1], ")") {
		return all
	}
	q.prefix = Fold(last)
	more := "'" + q.prefix + "':*"
	if u := Fold(Umlauts(last)); u != q.prefix {
		more += " | '" + u + "':*"
	}
	end := len(all) - 1
	all[end] = strings.TrimSuffix(all[end], ")") + " | " + more + ")"
	return all
}

// related are the forms of a word and, for a noun made from a verb, of the verb.
func related(word string) []string {
	list := forms(word)
	if v := verb(Umlauts(word)); v != "" && !slices.Contains(list, Stem(v)) {
		list = append(list, Stem(v))
	}
	return list
}

// allOf asks for all words, each in any of its forms or, for a compound, all its parts. The last stands in brackets at the end.
func (l *Lexicon) allOf(list []token) string {
	var all []string
	for _, t := range list {
		if stop[t.word] {
			continue
		}
		var any []string
		for _, form := range related(t.word) {
			any = append(any, "'"+form+"'")
		}
		if split := l.Split(Umlauts(t.word)); len(split) > 1 {
			parts := make([]string, len(split))
			for i, p := range split {
				if forms := related(p); len(forms) > 1 {
					parts[i] = "('" + strings.Join(forms, "' | '") + "')"
				} else {
					parts[i] = "'" + forms[0] + "'"
				}
			}
			any = append(any, "("+strings.Join(parts, " & ")+")")
		}
		all = append(all, "("+strings.Join(any, " | ")+")")
	}
	return strings.Join(all, " & ")
}

// phraseOf asks for words next to each other. What stands in every text is not indexed, but takes up its place.
func phraseOf(list []token) string {
	var b strings.Builder
	distance := 0
	for _, t := range list {
		distance++
		if stop[t.word] {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" <" + string(rune('0'+min(distance, 9))) + "> ")
		}
		b.WriteString("'" + Stem(Umlauts(t.word)) + "'")
		distance = 0
	}
	if b.Len() == 0 {
		return ""
	}
	return "(" + b.String() + ")"
}

// Any asks for any of the words, for finding what is alike.
func Any(words []string) string {
	var list []string
	for _, w := range words {
		if s := "'" + Stem(w) + "'"; !slices.Contains(list, s) && !stop[w] {
			list = append(list, s)
		}
	}
	return strings.Join(list, " | ")
}
