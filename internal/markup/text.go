package markup

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// inline elements do not part words; every other one does.
var inline = []atom.Atom{atom.A, atom.Span, atom.B, atom.I, atom.Em, atom.Strong, atom.U, atom.S, atom.Del, atom.Ins, atom.Sub,
	atom.Sup, atom.Code, atom.Small, atom.Mark, atom.Abbr, atom.Font}

// Text strips HTML to plain text with single blanks.
func Text(fragment string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(fragment))
	hidden := atom.Atom(0) // the element whose content is no text for people
	for {
		switch z.Next() {
		case html.ErrorToken:
			return Line(b.String())
		case html.TextToken:
			if hidden == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch {
			case hidden != 0:
				if t.Type == html.EndTagToken && t.DataAtom == hidden {
					hidden = 0
				}
			case t.Type == html.StartTagToken && (t.DataAtom == atom.Script || t.DataAtom == atom.Style || t.DataAtom == atom.Template):
				hidden = t.DataAtom
			case !slices.Contains(inline, t.DataAtom):
				b.WriteByte(' ')
			}
		}
	}
}

// Line makes s one line of plain text: valid, without control and direction characters, with single blanks. A blank that
// holds a number and its unit together stays.
func Line(s string) string {
	words := strings.FieldsFunc(strings.Map(plain, strings.ToValidUTF8(s, "")), func(r rune) bool {
		return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f'
	})
	return strings.TrimSpace(strings.Join(words, " "))
}

// Block makes s plain text of several lines: valid, without control and direction characters, lines end with \n.
func Block(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, ""))
	return strings.Map(plain, s)
}

// plain drops what PostgreSQL refuses (NUL), what no person typed, and what turns the direction of a whole page.
func plain(r rune) rune {
	switch {
	case r == '\n' || r == '\t' || r == '\r':
		return r
	case unicode.IsControl(r):
		return -1
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
		return -1
	}
	return r
}
