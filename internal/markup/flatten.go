package markup

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Flatten says the same as sanitised HTML with the few elements that programs for short messages can show: paragraphs,
// lists, quotes, code, links and emphasis. Headings become bold paragraphs and rows of a table lines, so that nothing is
// lost where other elements are dropped with all they hold; nothing stands between the blocks, because some programs show it,
// but a blank between the items of a list: toot takes the elements away, and their words would run together.
func Flatten(fragment string) string {
	if flat(fragment) {
		return fragment
	}
	root := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(cut(fragment, 2*maxHTML)), root, html.ParseOptionEnableScripting(false))
	if err != nil {
		return "<p>" + escape(Text(fragment)) + "</p>"
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	return join(flow(root, 0))
}

// flat reports whether a fragment is flat already, as what clients write is.
func flat(fragment string) bool {
	if !strings.HasPrefix(fragment, "<p>") || strings.ContainsAny(fragment, "\n\t") {
		return false
	}
	for rest := fragment; ; {
		_, after, found := strings.Cut(rest, "<")
		if !found {
			return true
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(after, "/"), ">")
		name, _, _ = strings.Cut(name, " ")
		if !slices.Contains([]string{"p", "br", "br/", "a", "strong", "em", "span"}, name) {
			return false
		}
		rest = after
	}
}

// block is one element of the result.
type block struct{ name, attributes, inner string }

func join(blocks []block) string {
	var b strings.Builder
	for _, x := range blocks {
		b.WriteString("<" + x.name + x.attributes + ">" + x.inner + "</" + x.name + ">")
	}
	return b.String()
}

// flow returns the content of n as blocks; what stands between them becomes paragraphs of its own.
func flow(n *html.Node, depth int) (out []block) {
	run := &line{}
	flush := func() {
		if text := run.String(); text != "" {
			out = append(out, block{name: "p", inner: text})
		}
		run = &line{}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || !isBlock(c) || depth > maxDepth {
			run.add(c)
			continue
		}
		flush()
		out = append(out, flattenBlock(c, depth+1)...)
	}
	flush()
	return out
}

func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Li, atom.Pre, atom.Blockquote, atom.Table, atom.Hr:
		return true
	}
	return slices.Contains(blocks, n.DataAtom)
}

func flattenBlock(n *html.Node, depth int) []block {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if text := lineOf(n); text != "" {
			return []block{{name: "p", inner: "<strong>" + text + "</strong>"}}
		}
		return nil
	case atom.Ul, atom.Ol:
		return list(n, depth)
	case atom.Pre:
		if text := strings.Trim(rawText(n), "\n"); strings.TrimSpace(text) != "" {
			return []block{{name: "pre", inner: "<code>" + escape(text) + "</code>"}}
		}
		return nil
	case atom.Blockquote:
		if inner := join(flow(n, depth)); inner != "" {
			return []block{{name: "blockquote", inner: inner}}
		}
		return nil
	case atom.Table:
		return table(n)
	}
	return flow(n, depth)
}

func list(n *html.Node, depth int) []block {
	var items []string
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		content := flow(c, depth)
		if len(content) == 0 {
			continue
		}
		first := ""
		if content[0].name == "p" {
			first, content = content[0].inner, content[1:]
		}
		if first != "" && len(content) > 0 {
			first += " "
		}
		items = append(items, "<li>"+first+join(content)+"</li>")
	}
	if len(items) == 0 {
		return nil
	}
	result := block{name: n.DataAtom.String(), inner: strings.Join(items, " ")}
	if start := attribute(n.Attr, "start"); n.DataAtom == atom.Ol && start != "" && strings.Trim(start, "0123456789") == "" {
		result.attributes = ` start="` + start + `"`
	}
	return []block{result}
}

// table turns each row into a line; where the table has a head, its words stand before each cell.
func table(n *html.Node) (out []block) {
	var head, lines []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Caption:
				if text := lineOf(c); text != "" {
					out = append(out, block{name: "p", inner: "<strong>" + text + "</strong>"})
				}
			case atom.Tr:
				cells, heading := cellsOf(c)
				if heading && head == nil && len(lines) == 0 {
					head = cells
					continue
				}
				if text := row(head, cells); text != "" {
					lines = append(lines, text)
				}
			case atom.Thead, atom.Tbody, atom.Tfoot:
				walk(c)
			}
		}
	}
	walk(n)
	if len(lines) == 0 && head != nil {
		lines = append(lines, row(nil, head))
	}
	if text := strings.Join(lines, "<br>"); text != "" {
		out = append(out, block{name: "p", inner: text})
	}
	return out
}

// cellsOf returns the cells of a row, and whether all of them are headings.
func cellsOf(tr *html.Node) (cells []string, heading bool) {
	heading = true
	for c := tr.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			cells = append(cells, lineOf(c))
			heading = heading && c.DataAtom == atom.Th
		}
	}
	return cells, heading && len(cells) > 0
}

func row(head, cells []string) string {
	var parts []string
	for i, cell := range cells {
		switch {
		case cell == "":
		case i < len(head) && head[i] != "":
			parts = append(parts, head[i]+": "+cell)
		default:
			parts = append(parts, cell)
		}
	}
	return strings.Join(parts, "; ")
}

func lineOf(n *html.Node) string {
	l := &line{}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		l.add(c)
	}
	return l.String()
}

// line writes text with emphasis, links and line breaks; blanks and breaks are only written once something follows.
type line struct {
	b       strings.Builder
	words   bool // something can be read
	started bool // on the present line
	blank   bool
	breaks  int
}

// String is empty for a line on which nothing can be read.
func (l *line) String() string {
	if !l.words {
		return ""
	}
	return l.b.String()
}

var inlineNames = map[atom.Atom]string{
	atom.Strong: "strong", atom.B: "strong", atom.Em: "em", atom.I: "em", atom.U: "u", atom.S: "del", atom.Del: "del", atom.Strike: "del",
	atom.Ins: "u", atom.Sub: "sub", atom.Sup: "sup", atom.Code: "code", atom.A: "a", atom.Span: "span",
}

func (l *line) add(n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		l.text(n.Data)
		return
	case n.Type != html.ElementNode || slices.Contains(dropped, n.DataAtom):
		return
	case n.DataAtom == atom.Br:
		l.lineBreak(l.breaks + 1)
		return
	}
	name := inlineNames[n.DataAtom]
	if name != "" {
		l.settle()
		open := name
		for _, a := range attributes(n.DataAtom, n.Attr) {
			if a.Key == "href" || a.Key == "class" || a.Key == "rel" {
				open += " " + a.Key + `="` + escape(a.Val) + `"`
			}
		}
		if open == "a" || open == "span" {
			name = "" // it says nothing
		} else {
			l.b.WriteString("<" + open + ">")
		}
	}
	apart := isBlock(n) || n.DataAtom == atom.Tr || n.DataAtom == atom.Td || n.DataAtom == atom.Th
	if apart {
		l.lineBreak(max(l.breaks, 1))
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		l.add(c)
	}
	if apart {
		l.lineBreak(max(l.breaks, 1))
	}
	if name != "" {
		l.b.WriteString("</" + name + ">")
	}
}

// lineBreak lets what follows begin on a new line, with at most one empty one between.
func (l *line) lineBreak(breaks int) {
	l.blank = false
	if l.words {
		l.breaks, l.started = min(breaks, 2), false
	}
}

// settle writes the breaks or the blank that stand before what follows.
func (l *line) settle() {
	if l.breaks > 0 {
		l.b.WriteString(strings.Repeat("<br>", l.breaks))
	} else if l.blank {
		l.b.WriteByte(' ')
	}
	l.breaks, l.blank = 0, false
}

func (l *line) text(s string) {
	for s != "" {
		if strings.IndexByte(" \n\t\r\f", s[0]) >= 0 {
			l.blank = l.started
			s = s[1:]
			continue
		}
		end := strings.IndexAny(s, " \n\t\r\f")
		if end < 0 {
			end = len(s)
		}
		l.settle()
		l.b.WriteString(escape(s[:end]))
		l.words, l.started = true, true
		s = s[end:]
	}
}

// rawText is the text below n as it stands, for code.
func rawText(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.DataAtom == atom.Br:
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if !slices.Contains(dropped, c.DataAtom) || c.Type == html.TextNode {
				walk(c)
			}
		}
	}
	walk(n)
	return b.String()
}

// Structure counts what a text is made of beyond paragraphs. Who rewrites a text from what little a program shows of it
// loses these, and Lost tells.
type Structure struct{ Headings, Lists, Links, Code, Tables, Quotes int }

// StructureOf counts the structure of HTML.
func StructureOf(fragment string) (s Structure) {
	z := html.NewTokenizer(strings.NewReader(fragment))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return s
		case html.StartTagToken:
			t := z.Token()
			switch t.DataAtom {
			case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
				s.Headings++
			case atom.Ul, atom.Ol:
				s.Lists++
			case atom.Code, atom.Pre:
				s.Code++
			case atom.Table:
				s.Tables++
			case atom.Blockquote:
				s.Quotes++
			case atom.A:
				if class := attribute(t.Attr, "class"); class == "" {
					s.Links++
				}
			}
		}
	}
}

// Lost reports whether a kind of structure that was there before is not there at all any more.
func (s Structure) Lost(after Structure) bool {
	gone := func(before, after int) bool { return before > 0 && after == 0 }
	return gone(s.Headings, after.Headings) || gone(s.Lists, after.Lists) || gone(s.Links, after.Links) ||
		gone(s.Code, after.Code) || gone(s.Tables, after.Tables) || gone(s.Quotes, after.Quotes)
}

// firstRunes returns at most n characters of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Excerpt is the beginning of HTML as one line of at most limit characters, cut between words.
func Excerpt(fragment string, limit int) string {
	text := Text(fragment)
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	text = firstRunes(text, limit-1)
	if at := strings.LastIndexByte(text, ' '); at > len(text)/2 {
		text = text[:at]
	}
	return strings.TrimRight(text, " ,;:–-") + "…"
}
