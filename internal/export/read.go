package export

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxDepth is how deep lists, quotes and tables nest; what lies deeper keeps its words.
const maxDepth = 24

// maxCells is how many cells a table has. Rows are filled up to the width of the widest: without a bound few characters of another
// instance would make millions of cells.
const maxCells = 10_000

// Body reads HTML that package markup sanitised. Its headings follow each other without gaps from level top down.
func Body(fragment string, top int) []Block {
	root := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragment(strings.NewReader(fragment), root)
	if err != nil {
		return nil
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	blocks := blocksOf(root, 0)
	level(blocks, top)
	return blocks
}

// level makes the headings of a text begin at top and never skip one downward.
func level(blocks []Block, top int) {
	var open []int // levels as they were written, from the outermost
	for i, b := range blocks {
		h, ok := b.(Heading)
		if !ok {
			continue
		}
		for len(open) > 0 && open[len(open)-1] >= h.Level {
			open = open[:len(open)-1]
		}
		open = append(open, h.Level)
		h.Level = min(top+len(open)-1, 6)
		blocks[i] = h
	}
}

// blocksOf reads the children of an element; text between blocks becomes paragraphs.
func blocksOf(parent *html.Node, depth int) []Block {
	var blocks []Block
	var loose []Inline
	flush := func() {
		if text := tidy(loose); len(text) > 0 {
			blocks = append(blocks, Paragraph{text})
		}
		loose = nil
	}
	for n := parent.FirstChild; n != nil; n = n.NextSibling {
		if n.Type == html.ElementNode && depth < maxDepth {
			if list, ok := readBlock(n, depth); ok {
				flush()
				blocks = append(blocks, list...)
				continue
			}
		}
		loose = appendInlines(loose, n, Inline{}, false)
	}
	flush()
	return blocks
}

// readBlock reads an element that is a block of its own.
func readBlock(n *html.Node, depth int) ([]Block, bool) {
	switch n.DataAtom {
	case atom.P:
		return blocksOf(n, depth+1), true
	case atom.Div, atom.Section, atom.Article:
		return blocksOf(n, depth+1), true
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if text := inlinesOf(n); len(text) > 0 {
			return []Block{Heading{Level: int(n.Data[1] - '0'), Text: text}}, true
		}
		return nil, true
	case atom.Ul, atom.Ol:
		return readList(n, depth), true
	case atom.Blockquote:
		if inner := blocksOf(n, depth+1); len(inner) > 0 {
			return []Block{Quote{withoutHeadings(inner)}}, true
		}
		return nil, true
	case atom.Pre:
		return []Block{Code{strings.Trim(textOf(n), "\n")}}, true
	case atom.Table:
		return readTable(n), true
	case atom.Hr:
		return []Block{Rule{}}, true
	}
	return nil, false
}

func readList(n *html.Node, depth int) []Block {
	list := List{Ordered: n.DataAtom == atom.Ol, Start: 1}
	if start, err := strconv.Atoi(attribute(n, "start")); err == nil {
		list.Start = start
	}
	for item := n.FirstChild; item != nil; item = item.NextSibling {
		if item.Type != html.ElementNode {
			continue
		}
		if inner := blocksOf(item, depth+1); len(inner) > 0 {
			list.Items = append(list.Items, withoutHeadings(inner))
		}
	}
	if len(list.Items) == 0 {
		return nil
	}
	return []Block{list}
}

// withoutHeadings makes headings within lists and quotes strong paragraphs: there they belong to no outline.
func withoutHeadings(blocks []Block) []Block {
	for i, b := range blocks {
		if h, ok := b.(Heading); ok {
			for j := range h.Text {
				h.Text[j].Strong = true
			}
			blocks[i] = Paragraph{h.Text}
		}
	}
	return blocks
}

func readTable(n *html.Node) []Block {
	var t Table
	var walk func(*html.Node, bool)
	walk = func(n *html.Node, head bool) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Caption:
				t.Caption = strings.Join(strings.Fields(textOf(c)), " ")
			case atom.Thead:
				walk(c, true)
			case atom.Tbody, atom.Tfoot:
				walk(c, false)
			case atom.Tr:
				row, heads := readRow(c)
				if t.Head == nil && len(t.Rows) == 0 && (head || heads == len(row)) && len(row) > 0 {
					t.Head = row
				} else if len(row) > 0 {
					t.Rows = append(t.Rows, row)
				}
			}
		}
	}
	walk(n, false)
	switch width := t.width(); {
	case width == 0:
		return nil
	case width*(len(t.Rows)+1) > maxCells:
		return t.lines()
	}
	return []Block{t}
}

// lines are the rows of a table that is too large to be one, its cells behind one another.
func (t Table) lines() (blocks []Block) {
	for _, row := range append([][][]Inline{t.Head}, t.Rows...) {
		var line []Inline
		for i, cell := range row {
			if i > 0 {
				line = append(line, Inline{Text: " | "})
			}
			line = append(line, cell...)
		}
		if line = tidy(line); len(line) > 0 {
			blocks = append(blocks, Paragraph{line})
		}
	}
	return blocks
}

func readRow(n *html.Node) (row [][]Inline, heads int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Th || c.DataAtom == atom.Td {
			row = append(row, inlinesOf(c))
			if c.DataAtom == atom.Th {
				heads++
			}
		}
	}
	return row, heads
}

func inlinesOf(n *html.Node) []Inline {
	var list []Inline
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		list = appendInlines(list, c, Inline{}, false)
	}
	return tidy(list)
}

// appendInlines adds the words of n, which look like look; raw keeps their blanks.
func appendInlines(list []Inline, n *html.Node, look Inline, raw bool) []Inline {
	switch n.Type {
	case html.TextNode:
		look.Text = n.Data
		if !raw {
			look.Text = collapse(n.Data)
		}
		return append(list, look)
	case html.ElementNode:
	default:
		return list
	}
	switch n.DataAtom {
	case atom.Br:
		return append(list, Inline{Break: true})
	case atom.Strong, atom.B:
		look.Strong = true
	case atom.Em, atom.I:
		look.Emph = true
	case atom.Del, atom.S:
		look.Struck = true
	case atom.Code:
		look.Code, raw = true, true
	case atom.A:
		look.Href = safeHref(attribute(n, "href"))
	case atom.Script, atom.Style, atom.Template:
		return list
	}
	block := slices.Contains([]atom.Atom{atom.P, atom.Li, atom.Div, atom.Tr, atom.Blockquote, atom.Td, atom.Th}, n.DataAtom)
	if block && len(list) > 0 {
		list = append(list, Inline{Text: " "})
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		list = appendInlines(list, c, look, raw)
	}
	return list
}

// tidy drops blanks at the ends and beside line breaks, and joins runs that look the same.
func tidy(list []Inline) []Inline {
	var out []Inline
	for _, in := range list {
		atStart := len(out) == 0 || out[len(out)-1].Break
		if in.Break {
			out = append(trimEnd(out), in)
			continue
		}
		if !in.Code && (atStart || strings.HasSuffix(out[len(out)-1].Text, " ")) {
			in.Text = strings.TrimLeft(in.Text, " ")
		}
		if in.Text == "" {
			continue
		}
		if !atStart {
			last := &out[len(out)-1]
			joined := *last
			joined.Text = in.Text
			if joined == in {
				last.Text += in.Text
				continue
			}
		}
		out = append(out, in)
	}
	for out = trimEnd(out); len(out) > 0 && out[len(out)-1].Break; {
		out = trimEnd(out[:len(out)-1])
	}
	for len(out) > 0 && out[0].Break {
		out = out[1:]
	}
	return out
}

// trimEnd drops the blanks at the end of a line.
func trimEnd(list []Inline) []Inline {
	for len(list) > 0 && !list[len(list)-1].Break {
		last := &list[len(list)-1]
		if last.Text = strings.TrimRight(last.Text, " "); last.Text != "" {
			break
		}
		list = list[:len(list)-1]
	}
	return list
}

// collapse makes any white space one blank, as a browser shows it; those that do not break stay.
func collapse(s string) string {
	var b strings.Builder
	blank := false
	for _, r := range s {
		if r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' {
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			continue
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.DataAtom == atom.Br {
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return b.String()
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
