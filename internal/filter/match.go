package filter

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// Text is what there is to read of a post: Parts are plain text (title, warning, words, poll options, descriptions of media).
type Text struct {
	PostID int64
	Parts  []string
}

// Result is a filter that a post met, and by what.
type Result struct {
	Filter   Filter
	Keywords []string // as the owner wrote them
	Statuses []int64  // ids of posts
}

// Matcher is the filters of one account, ready to be asked.
type Matcher struct {
	filters  []Filter
	patterns [][]pattern // of each filter
}

// pattern is a keyword as it is looked for.
type pattern struct {
	keyword string
	words   []string // folded
	// Where the keyword begins or ends with a letter or digit and must be a whole word, none may stand beside it.
	before, after bool
}

// part is a text with the same folded: upper and lower case are the same there.
type part struct{ text, folded string }

func partOf(text string) part { return part{text, fold(text)} }

// Matcher reads the account's filters that have not ended, whatever their context: clients look at it, who alone know where
// they show a post. It is nil where there are none.
func (s *Service) Matcher(ctx context.Context, accountID int64) (*Matcher, error) {
	filters, err := filtersOf(ctx, s.db, accountID, 0)
	if err != nil {
		return nil, fmt.Errorf("filter.Matcher of %d: %w", accountID, err)
	}
	return newMatcher(filters, time.Now()), nil
}

func newMatcher(filters []Filter, now time.Time) *Matcher {
	m := &Matcher{}
	for _, f := range filters {
		if f.Expired(now) || len(f.Keywords)+len(f.Statuses) == 0 {
			continue
		}
		patterns := make([]pattern, len(f.Keywords))
		for i, k := range f.Keywords {
			patterns[i] = compile(k)
		}
		m.filters, m.patterns = append(m.filters, f), append(m.patterns, patterns)
	}
	if len(m.filters) == 0 {
		return nil
	}
	return m
}

func compile(k Keyword) pattern {
	first, _ := utf8.DecodeRuneInString(k.Keyword)
	last, _ := utf8.DecodeLastRuneInString(k.Keyword)
	return pattern{
		keyword: k.Keyword, words: strings.Fields(fold(k.Keyword)), before: k.WholeWord && inWord(first), after: k.WholeWord && inWord(last),
	}
}

// in reports whether the keyword stands in a text. Nearly always it does not: an expression, which takes a thousand times as
// long as a look for its words, is made only where they all are.
func (p pattern) in(t part) bool {
	for _, word := range p.words {
		if !strings.Contains(t.folded, word) {
			return false
		}
	}
	expression, text := p.expression(), t.text
	for start := 0; start <= len(text); {
		at := expression.FindStringIndex(text[start:])
		if at == nil {
			return false
		}
		from, to := start+at[0], start+at[1]
		before, size := utf8.DecodeLastRuneInString(text[:from])
		after, _ := utf8.DecodeRuneInString(text[to:])
		if !(p.before && size > 0 && inWord(before)) && !(p.after && to < len(text) && inWord(after)) {
			return true
		}
		_, step := utf8.DecodeRuneInString(text[from:])
		start = from + max(step, 1)
	}
	return false
}

// expression finds the words with any blanks between them. \b of Go's expressions knows ASCII only, so the edges are looked at by
// themselves.
func (p pattern) expression() *regexp.Regexp {
	quoted := make([]string, len(p.words))
	for i, word := range p.words {
		quoted[i] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(`(?i)` + strings.Join(quoted, `[\s\p{Z}]+`))
}

// fold makes letters the same that an expression with (?i) takes for the same.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			if 'a' <= r && r <= 'z' {
				return r - 'a' + 'A'
			}
			return r
		}
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, text)
}

func inWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// Match returns the filters that a post meets.
func (m *Matcher) Match(t Text) (list []Result) {
	if m == nil {
		return nil
	}
	parts := make([]part, len(t.Parts))
	for i, text := range t.Parts {
		parts[i] = partOf(text)
	}
	for i, f := range m.filters {
		r := Result{Filter: f}
		for _, p := range m.patterns[i] {
			for _, text := range parts {
				if p.in(text) {
					r.Keywords = append(r.Keywords, p.keyword)
					break
				}
			}
		}
		for _, x := range f.Statuses {
			if x.PostID == t.PostID {
				r.Statuses = append(r.Statuses, x.PostID)
			}
		}
		if len(r.Keywords)+len(r.Statuses) > 0 {
			list = append(list, r)
		}
	}
	return list
}

func viewer(a account.Account) post.Viewer { return post.Viewer{AccountID: a.ID} }
