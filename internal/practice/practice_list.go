package practice

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

const (
	defaultLimit = 20
	maxLimit     = 100
	maxQuery     = 200
)

// impactUnits are what sums are told in.
var impactUnits = map[string]string{"electricity": "MW.h/a", "emissions": "t/a"}

// List finds published practices, ours and others'. Unlisted ones are only found by their address.
func (s *Service) List(ctx context.Context, viewer post.Viewer, f Filter) (List, error) {
	f = f.cleaned()
	list := List{Facets: map[string][]Facet{}}
	ids, err := searchIDs(ctx, s.db, viewer.AccountID, f)
	if err != nil {
		return list, fmt.Errorf("practice.List: %w", err)
	}
	if list.Items, err = s.Views(ctx, viewer, ids); err != nil {
		return list, fmt.Errorf("practice.List: %w", err)
	}
	facets, err := searchFacets(ctx, s.db, viewer.AccountID, f)
	if err != nil {
		return list, fmt.Errorf("practice.List: facets: %w", err)
	}
	for _, r := range facets {
		if r.Facet == "total" {
			list.Total = r.Count
			continue
		}
		list.Facets[r.Facet] = append(list.Facets[r.Facet], Facet{Value: r.Value, Count: r.Count})
	}
	sums, err := searchImpact(ctx, s.db, viewer.AccountID, f)
	if err != nil {
		return list, fmt.Errorf("practice.List: impact: %w", err)
	}
	for _, r := range sums {
		list.Impact = append(list.Impact, Impact{Quantity: r.Quantity, Unit: impactUnits[r.Quantity], Sum: r.Sum, Practices: r.Practices})
	}
	return list, nil
}

func (f Filter) cleaned() Filter {
	for _, s := range []*string{&f.Text, &f.Level, &f.Region, &f.Goal, &f.Field, &f.Origin, &f.Sort} {
		*s = markup.Line(*s)
		if r := []rune(*s); len(r) > maxQuery {
			*s = string(r[:maxQuery])
		}
	}
	if f.Limit <= 0 {
		f.Limit = defaultLimit
	}
	f.Limit, f.Offset = min(f.Limit, maxLimit), min(max(f.Offset, 0), 1_000_000)
	return f
}

// textQuery is a search text as the parameters of matches.
type textQuery struct {
	whole   string // as typed, for websearch_to_tsquery
	literal bool   // also look for the words as they are
	head    string // all words but the last
	prefix  string // the last word as a prefix, in the syntax of to_tsquery; "" when the text has operators
}

// parseText lets the last word be one that is still being typed, unless the text uses quotes, minus or "or": then the
// person says exactly what they want.
func parseText(text string) textQuery {
	q := textQuery{whole: text, literal: true}
	umlauts := withUmlauts(text)
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	excludes := strings.HasPrefix(text, "-") || strings.Contains(text, " -")
	if excludes {
		q.literal = false // "not Kühlungen" must not find what only differs from it in its ending
	}
	if !excludes && umlauts != text {
		q.whole = text + " or " + umlauts
	}
	if excludes || strings.Contains(text, `"`) || len(words) == 0 {
		return q
	}
	for _, w := range words {
		if strings.EqualFold(w, "or") {
			return q
		}
	}
	last := words[len(words)-1]
	if len([]rune(last)) < 2 {
		return q
	}
	q.head, q.prefix = withUmlauts(strings.Join(words[:len(words)-1], " ")), "'"+last+"':*"
	if folded := withUmlauts(last); folded != last {
		q.prefix += " | '" + folded + "':*"
	}
	return q
}

var twoLetters = strings.NewReplacer("ae", "ä", "oe", "ö", "ue", "ü", "Ae", "Ä", "Oe", "Ö", "Ue", "Ü", "AE", "Ä", "OE", "Ö", "UE", "Ü")

// foreign is where the letters ue are no umlaut: neue, bauen, Quelle, aktuell.
var foreign = regexp.MustCompile(`(?i)[aeoq]ue|[dntsx]uell`)

// withUmlauts writes a text that was typed without umlauts as German has it.
func withUmlauts(text string) string {
	var b strings.Builder
	rest := 0
	for _, at := range foreign.FindAllStringIndex(text, -1) {
		b.WriteString(twoLetters.Replace(text[rest:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		rest = at[1]
	}
	b.WriteString(twoLetters.Replace(text[rest:]))
	return b.String()
}
