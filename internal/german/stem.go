package german

import (
	"slices"
	"strings"
)

// Stem reduces a word in small letters to what its forms have in common, by the algorithm "german" of the Snowball project as
// PostgreSQL has it: Kühlung and Kühlungen become kuhlung. Words with other letters than German ones stay as they are.
func Stem(word string) string {
	w := []rune(strings.ReplaceAll(word, "ß", "ss"))
	for i := 1; i+1 < len(w); i++ { // between vowels, u and y are consonants
		if vowel(w[i-1]) && vowel(w[i+1]) {
			switch w[i] {
			case 'u':
				w[i] = 'U'
			case 'y':
				w[i] = 'Y'
			}
		}
	}
	r1, r2 := regions(w)
	w = plurals(w, r1)
	w = comparisons(w, r1)
	w = derivations(w, r1, r2)
	return Fold(strings.NewReplacer("U", "u", "Y", "y").Replace(string(w)))
}

func vowel(r rune) bool { return strings.ContainsRune("aeiouyäöü", r) }

// regions returns where R1 and R2 begin: after the first consonant that follows a vowel, and the same again within R1, which
// leaves at least three letters before it.
func regions(w []rune) (r1, r2 int) {
	after := func(from int) int {
		i := from
		for i < len(w) && !vowel(w[i]) {
			i++
		}
		for i < len(w) && vowel(w[i]) {
			i++
		}
		return min(i+1, len(w))
	}
	if len(w) < 3 {
		return len(w), len(w)
	}
	r1 = after(0)
	r2 = after(r1)
	return max(r1, 3), r2
}

// ending returns which of the endings, the longest first, the word has, and how it is without; "" where it has none of them
// or not within the region.
func ending(w []rune, region int, endings ...string) (string, []rune) {
	s := string(w)
	for _, e := range endings {
		if strings.HasSuffix(s, e) {
			if rest := w[:len(w)-len([]rune(e))]; len(rest) >= region {
				return e, rest
			}
			return "", w
		}
	}
	return "", w
}

func endsIn(w []rune, letters string) bool {
	return len(w) > 0 && strings.ContainsRune(letters, w[len(w)-1])
}

func plurals(w []rune, r1 int) []rune {
	switch e, rest := ending(w, r1, "ern", "em", "er", "en", "es", "e", "s"); e {
	case "em", "ern", "er":
		return rest
	case "e", "en", "es":
		if strings.HasSuffix(string(rest), "niss") {
			return rest[:len(rest)-1]
		}
		return rest
	case "s":
		if endsIn(rest, "bdfghklmnrt") {
			return rest
		}
	}
	return w
}

func comparisons(w []rune, r1 int) []rune {
	switch e, rest := ending(w, r1, "est", "en", "er", "st"); e {
	case "est", "en", "er":
		return rest
	case "st":
		if endsIn(rest, "bdfghklmnt") && len(rest) >= 4 {
			return rest
		}
	}
	return w
}

func derivations(w []rune, r1, r2 int) []rune {
	switch e, rest := ending(w, r2, "isch", "lich", "heit", "keit", "end", "ung", "ig", "ik"); e {
	case "end", "ung":
		if ig, shorter := ending(rest, r2, "ig"); ig != "" && !endsIn(shorter, "e") {
			return shorter
		}
		return rest
	case "ig", "ik", "isch":
		if !endsIn(rest, "e") {
			return rest
		}
	case "lich", "heit":
		_, rest = ending(rest, r1, "er", "en")
		return rest
	case "keit":
		_, rest = ending(rest, r2, "lich", "ig")
		return rest
	}
	return w
}

// irregular are endings whose plural is no German one: Zentren are the plural of Zentrum. The longest first.
var irregular = func() [][2]string {
	list := [][2]string{
		{"zentren", "zentrum"}, {"gremien", "gremium"}, {"ministerien", "ministerium"}, {"medien", "medium"}, {"kriterien", "kriterium"},
		{"praktika", "praktikum"}, {"museen", "museum"}, {"themen", "thema"}, {"konten", "konto"}, {"risiken", "risiko"}, {"indizes", "index"},
		{"schemata", "schema"}, {"gymnasien", "gymnasium"}, {"stadien", "stadium"}, {"laboratorien", "laboratorium"}, {"firmen", "firma"},
		{"foren", "forum"}, {"potentiale", "potenzial"}, {"potential", "potenzial"}, {"photovoltaik", "fotovoltaik"},
	}
	slices.SortFunc(list, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	return list
}()

// base returns the singular of a word, or its other spelling, where the stem does not find it; "" for all other words.
func base(word string) string {
	for _, form := range irregular {
		if head, ok := strings.CutSuffix(word, form[0]); ok {
			return head + form[1]
		}
	}
	return ""
}

// verb returns the verb a noun in -ung is made from (Kühlung: kühlen); "" for all other words.
func verb(word string) string {
	word = strings.TrimSuffix(word, "en")
	if head, ok := strings.CutSuffix(word, "ung"); ok && len(head) >= 4 && !strings.HasSuffix(head, "zeit") {
		return head + "en"
	}
	return ""
}
