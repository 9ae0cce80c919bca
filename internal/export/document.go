// Package export writes a text as files of other programs: Markdown, OpenDocument, EPUB, a page to print, PDF, JSON, JSON-LD and
// Atom. It knows none of the domain's nouns; whoever calls it has looked at who may read what is written.
package export

import (
	"strings"
	"time"
)

// Document is a text with a heading, in one language, that any of the writers can write.
type Document struct {
	Title    string
	Summary  string
	Language string // BCP 47, of all words
	Origin   string // who stands behind it
	Author   string
	Subject  string // what kind of text it is
	Keywords []string
	Licence  string // name
	Date     time.Time
	Modified time.Time
	Revision int
	Address  string // page it comes from, absolute
	Facts    []Fact // what stands below the title
	Notices  []string
	Blocks   []Block // headings from level 2
	Contents string  // heading of the table of contents; "" for none
	Found    bool    // search engines may list the page
	Page     string  // "Seite", before the number in the footer
	Of       string  // "von", between the number and how many there are
}

// Fact is one line of what is known about a document.
type Fact struct {
	Label string
	Text  []Inline
}

// Block is a Heading, Paragraph, List, Quote, Code, Table, Rule or Foreign.
type Block interface{ block() }

// Heading of level 2 to 6; level 1 is the title of the document.
type Heading struct {
	Level int
	Text  []Inline
	ID    string // letters, digits and hyphens by which it is led to; with one it stands in the table of contents
	Lang  string // BCP 47, where it is not that of the document
	Role  string // what it begins, as DPUB-ARIA names it without "doc-": foreword, chapter, credits ...; "" for nothing special
}

// Paragraph of running text.
type Paragraph struct{ Text []Inline }

// List of items, numbered from Start when Ordered.
type List struct {
	Ordered bool
	Start   int
	Items   [][]Block
}

// Quote is what somebody else said.
type Quote struct{ Blocks []Block }

// Code is text with its line breaks as they are.
type Code struct{ Text string }

// Table has rows of as many cells as its head, where it has one.
type Table struct {
	Caption  string
	Head     [][]Inline // nil for none
	Rows     [][][]Inline
	RowHeads bool // the first cell of each row names it
}

// Foreign is text in another language than that of the document: a voice that reads it aloud must know. It holds no heading of
// level 2.
type Foreign struct {
	Lang   string // BCP 47
	Blocks []Block
}

// Rule parts what stands above it from what follows.
type Rule struct{}

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Quote) block()     {}
func (Code) block()      {}
func (Table) block()     {}
func (Rule) block()      {}
func (Foreign) block()   {}

// Inline is a run of text that looks the same throughout.
type Inline struct {
	Text                       string
	Strong, Emph, Code, Struck bool
	Href                       string // http, https, mailto, or # and the ID of a heading; "" for none
	Break                      bool   // a new line instead of text
}

// Plain is text as it stands, its line breaks kept.
func Plain(text string) []Inline {
	var list []Inline
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			list = append(list, Inline{Break: true})
		}
		if line != "" {
			list = append(list, Inline{Text: line})
		}
	}
	return list
}

// Linked is text that leads somewhere; without an address of the web or of mail it is text alone.
func Linked(text, href string) []Inline { return []Inline{{Text: text, Href: safeHref(href)}} }

// Paragraphs is plain text of several paragraphs, parted by empty lines.
func Paragraphs(text string) []Block {
	var blocks []Block
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.Trim(part, "\n"); strings.TrimSpace(part) != "" {
			blocks = append(blocks, Paragraph{Plain(part)})
		}
	}
	return blocks
}

// Bullets is a list of lines.
func Bullets(lines [][]Inline) List {
	items := make([][]Block, len(lines))
	for i, line := range lines {
		items[i] = []Block{Paragraph{line}}
	}
	return List{Items: items}
}

// safeHref is href where every program may follow it.
func safeHref(href string) string {
	lower := strings.ToLower(href)
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if strings.HasPrefix(lower, scheme) && len(href) > len(scheme) {
			return href
		}
	}
	return ""
}

// Deeper moves the headings of a text so many levels down; none gets below the sixth.
func Deeper(blocks []Block, by int) []Block {
	out := make([]Block, len(blocks))
	for i, b := range blocks {
		switch part := b.(type) {
		case Heading:
			part.Level = max(1, min(part.Level+by, 6))
			b = part
		case Foreign:
			part.Blocks = Deeper(part.Blocks, by)
			b = part
		}
		out[i] = b
	}
	return out
}

// contents are the headings that the table of contents names.
func (d Document) contents() (list []Heading) {
	if d.Contents == "" {
		return nil
	}
	for _, b := range d.Blocks {
		if h, ok := b.(Heading); ok && h.ID != "" {
			list = append(list, h)
		}
	}
	return list
}

// contentsID is where the table of contents stands.
const contentsID = "inhalt"

// outline nests the headings of a table of contents as lists of links; address says where each leads.
func outline(headings []Heading, address func(Heading) string) List {
	var list List
	for i := 0; i < len(headings); {
		h := headings[i]
		item := []Block{Paragraph{linkedTo(h.Text, address(h))}}
		next := i + 1
		for next < len(headings) && headings[next].Level > h.Level {
			next++
		}
		if inner := headings[i+1 : next]; len(inner) > 0 {
			item = append(item, outline(inner, address))
		}
		list.Items, i = append(list.Items, item), next
	}
	return list
}

// linkedTo is a text that leads to a place as a whole.
func linkedTo(text []Inline, href string) []Inline {
	out := make([]Inline, len(text))
	for i, in := range text {
		in.Href = href
		out[i] = in
	}
	return out
}

// plainText is a run of text without its looks.
func plainText(list []Inline) string {
	var b strings.Builder
	for _, in := range list {
		if in.Break {
			b.WriteByte(' ')
		}
		b.WriteString(in.Text)
	}
	return b.String()
}

// width is how many cells the longest row has.
func (t Table) width() int {
	n := len(t.Head)
	for _, row := range t.Rows {
		n = max(n, len(row))
	}
	return n
}

// cell is row[i], empty where the row is shorter.
func cell(row [][]Inline, i int) []Inline {
	if i < len(row) {
		return row[i]
	}
	return nil
}
