// Package german knows how German words are found: their stems, the parts of compounds, umlauts and how they are typed
// without, and what somebody meant who mistyped. It writes tsvector and tsquery values for PostgreSQL, which then needs no
// dictionary of its own: what is indexed, asked for and highlighted goes through the same few functions.
//
// Version changes whenever the same text would give other lexemes: what was indexed by an older one is indexed again.
package german

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Version is that of the rules below.
const Version = 1

// maxWord is the longest word that is looked at, in characters: what is longer is an address or no word at all.
const maxWord = 64

// token is a word of a text: as it is written, and where, in bytes.
type token struct {
	word       string // in small letters
	start, end int
	joined     bool // follows the word before it with nothing but a hyphen between
}

// signs are read as words.
var signs = map[rune]string{'°': "grad", '%': "prozent", '€': "euro"}

// tokens splits a text into words of letters and digits, and signs that stand for one.
func tokens(text string) []token {
	var list []token
	start := -1
	flush := func(end int) {
		if start < 0 {
			return
		}
		if word := text[start:end]; utf8.RuneCountInString(word) <= maxWord {
			joined := len(list) > 0 && list[len(list)-1].end == start-1 && text[start-1] == '-'
			if n := len(list); word == "C" && n > 0 && list[n-1].word == signs['°'] && list[n-1].end == start { // °C is one sign
				list[n-1].end, start = end, -1
				return
			}
			list = append(list, token{word: strings.ToLower(word), start: start, end: end, joined: joined})
		}
		start = -1
	}
	for i, r := range text {
		if name := signs[r]; name != "" {
			flush(i)
			list = append(list, token{word: name, start: i, end: i + utf8.RuneLen(r)})
			continue
		}
		switch inWord := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r); {
		case inWord && start < 0:
			start = i
		case !inWord && r != '\u00ad': // a soft hyphen stands within a word
			flush(i)
		}
	}
	flush(len(text))
	for i := range list {
		list[i].word = strings.ReplaceAll(list[i].word, "\u00ad", "")
	}
	return list
}

// Words lists the words of a text in small letters, in their order.
func Words(text string) []string {
	found := tokens(text)
	list := make([]string, len(found))
	for i, t := range found {
		list[i] = t.word
	}
	return list
}

//go:embed stop.txt
var stopText string

// stop are words that stand in every text: the list of the Snowball project.
var stop = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(stopText) {
		m[w] = true
	}
	return m
}()

var folder = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss")

// Fold writes a word in small letters as stems are written: without umlauts.
func Fold(word string) string { return folder.Replace(word) }
