package export

import (
	"fmt"
	"strings"
	"time"
)

// EPUBType is the media type of an EPUB.
const EPUBType = "application/epub+zip"

// EPUBWords are words of an EPUB that the document does not have.
type EPUBWords struct {
	Accessibility string // what helps readers who do not see the text, in a sentence
	Start         string // name of the title page in the list of landmarks
}

// EPUB writes an electronic book (EPUB 3.3) that flows: a title page, then a file for each heading of level 2, with a table of
// contents and with what EPUB Accessibility 1.1 wants to be said about it. The document needs an address and a date, and its
// headings of level 2 need IDs.
func EPUB(d Document, words EPUBWords) ([]byte, error) {
	book := newBook(d)
	parts := []part{
		{"META-INF/container.xml", epubContainer}, {"EPUB/package.opf", book.packageFile(words)}, {"EPUB/nav.xhtml", book.nav(words)}, {"EPUB/book.css", epubStyle},
	}
	for _, c := range book.files {
		parts = append(parts, part{"EPUB/" + c.name, c.content})
	}
	return pack(EPUBType, parts)
}

const (
	epubContainer = xmlHead + `<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>` +
		`<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`
	// A reader's own choice of letters and colours stands: nothing here sets them.
	epubStyle = `h1, h2, h3, h4, h5, h6 { line-height: 1.25; page-break-after: avoid; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-style: italic; }
th, td { border: 1px solid; padding: .2em .4em; text-align: left; vertical-align: top; }
.facts th, .facts td { border: 0; }
.notice { border: 2px solid; padding: .4em .6em; font-weight: bold; }
blockquote { margin: 0 0 .6em; padding-left: .8em; border-left: 3px solid; }
pre { white-space: pre-wrap; }
`
)

// book is a document parted into files.
type book struct {
	Document
	files []bookFile
	of    map[string]string // name of the file in which a heading stands, by its ID
}

type bookFile struct{ name, content string }

// titleFile is the name of the first file.
const titleFile = "title.xhtml"

func newBook(d Document) book {
	b := book{Document: d, of: map[string]string{}}
	from := 0
	for from < len(d.Blocks) && !opens(d.Blocks[from]) {
		from++
	}
	title := pageWriter{xml: true}
	title.header(d)
	title.blocks(d.Blocks[:from])
	b.files = append(b.files, bookFile{titleFile, b.page(d.Title, `<section epub:type="titlepage">`, title.String())})
	for n := 1; from < len(d.Blocks); n++ {
		to := from + 1
		for to < len(d.Blocks) && !opens(d.Blocks[to]) {
			to++
		}
		b.add(fmt.Sprintf("part-%03d.xhtml", n), d.Blocks[from:to])
		from = to
	}
	return b
}

// opens reports whether a file begins with a block.
func opens(b Block) bool {
	h, ok := b.(Heading)
	return ok && h.Level == 2
}

// add writes the file of a heading of level 2 and what stands below it. In a file of its own it is the first of its headings.
func (b *book) add(name string, blocks []Block) {
	h := blocks[0].(Heading)
	for _, block := range blocks {
		if h, ok := block.(Heading); ok && h.ID != "" {
			b.of[h.ID] = name
		}
	}
	section := `<section`
	if h.Role != "" {
		section += ` epub:type="` + h.Role + `"`
		if dpubRoles[h.Role] {
			section += ` role="doc-` + h.Role + `"`
		}
	}
	if h.ID != "" {
		section += ` aria-labelledby="` + escapeXML(h.ID) + `"`
	}
	w := pageWriter{xml: true}
	w.blocks(Deeper(blocks, -1))
	b.files = append(b.files, bookFile{name, b.page(plainText(h.Text), section+">", w.String())})
}

// dpubRoles are the parts of a book that DPUB-ARIA 1.1 knows as sections.
var dpubRoles = map[string]bool{"foreword": true, "chapter": true, "credits": true, "conclusion": true, "introduction": true, "appendix": true}

func (b *book) page(title, section, content string) string {
	lang := escapeXML(b.Language)
	return xmlHead + `<!DOCTYPE html>` + "\n" + `<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="` + lang + `" xml:lang="` + lang + `">` +
		"\n<head>\n<meta charset=\"utf-8\"/>\n<title>" + escapeXML(title) + "</title>\n" + `<link rel="stylesheet" type="text/css" href="book.css"/>` + "\n</head>\n<body>\n" +
		section + "\n" + content + "</section>\n</body>\n</html>\n"
}

// nav is the table of contents and the list of landmarks.
func (b *book) nav(words EPUBWords) string {
	lang := escapeXML(b.Language)
	var headings []Heading
	for _, block := range b.Blocks {
		if h, ok := block.(Heading); ok && h.ID != "" {
			headings = append(headings, h)
		}
	}
	var w strings.Builder
	w.WriteString(xmlHead + `<!DOCTYPE html>` + "\n" + `<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="` + lang + `" xml:lang="` + lang + `">` +
		"\n<head>\n<meta charset=\"utf-8\"/>\n<title>" + escapeXML(b.Contents) + "</title>\n</head>\n<body>\n" +
		`<nav epub:type="toc" role="doc-toc" id="toc" aria-labelledby="contents">` + "\n<h1 id=\"contents\">" + escapeXML(b.Contents) + "</h1>\n<ol>\n<li><a href=\"" + titleFile + `">` + escapeXML(b.Title) + "</a></li>\n")
	b.entries(&w, headings)
	w.WriteString("</ol>\n</nav>\n<nav epub:type=\"landmarks\" hidden=\"hidden\" aria-label=\"" + escapeXML(words.Start) + "\">\n<ol>\n" +
		`<li><a epub:type="titlepage" href="` + titleFile + `">` + escapeXML(words.Start) + "</a></li>\n" +
		`<li><a epub:type="toc" href="#toc">` + escapeXML(b.Contents) + "</a></li>\n")
	if len(b.files) > 1 && len(headings) > 0 {
		w.WriteString(`<li><a epub:type="bodymatter" href="` + b.files[1].name + `">` + escapeXML(plainText(headings[0].Text)) + "</a></li>\n")
	}
	w.WriteString("</ol>\n</nav>\n</body>\n</html>\n")
	return w.String()
}

// entries writes the items of a list of the table of contents.
func (b *book) entries(w *strings.Builder, headings []Heading) {
	for i := 0; i < len(headings); {
		h, next := headings[i], i+1
		for next < len(headings) && headings[next].Level > h.Level {
			next++
		}
		w.WriteString(`<li><a href="` + b.of[h.ID] + "#" + escapeXML(h.ID) + `">` + escapeXML(plainText(h.Text)) + "</a>")
		if inner := headings[i+1 : next]; len(inner) > 0 {
			w.WriteString("\n<ol>\n")
			b.entries(w, inner)
			w.WriteString("</ol>\n")
		}
		w.WriteString("</li>\n")
		i = next
	}
}

// packageFile is the list of all files with what is known about the book.
func (b *book) packageFile(words EPUBWords) string {
	var w strings.Builder
	lang := escapeXML(b.Language)
	w.WriteString(xmlHead + `<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="` + lang + `">` + "\n" +
		`<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">` + "\n")
	element := func(name, value string) {
		if value != "" {
			tag, _, _ := strings.Cut(name, " ")
			w.WriteString("<" + name + ">" + escapeXML(value) + "</" + tag + ">\n")
		}
	}
	element(`dc:identifier id="id"`, b.Address)
	element("dc:title", b.Title)
	element("dc:language", b.Language)
	element("dc:creator", b.Author)
	element("dc:publisher", b.Origin)
	element("dc:description", b.Summary)
	element("dc:rights", b.Licence)
	for _, k := range b.Keywords {
		element("dc:subject", k)
	}
	if !b.Date.IsZero() {
		element("dc:date", b.Date.UTC().Format(time.RFC3339))
	}
	modified := b.Modified
	if modified.IsZero() {
		modified = b.Date
	}
	element(`meta property="dcterms:modified"`, modified.UTC().Format("2006-01-02T15:04:05Z"))
	for _, m := range [][2]string{
		{"accessMode", "textual"}, {"accessModeSufficient", "textual"}, {"accessibilityFeature", "tableOfContents"}, {"accessibilityFeature", "structuralNavigation"},
		{"accessibilityFeature", "readingOrder"}, {"accessibilityFeature", "displayTransformability"}, {"accessibilityHazard", "none"}, {"accessibilitySummary", words.Accessibility},
	} {
		element(`meta property="schema:`+m[0]+`"`, m[1])
	}
	w.WriteString("</metadata>\n<manifest>\n" +
		`<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>` + "\n" + `<item id="style" href="book.css" media-type="text/css"/>` + "\n")
	var spine strings.Builder
	for i, f := range b.files {
		fmt.Fprintf(&w, `<item id="p%d" href="%s" media-type="application/xhtml+xml"/>`+"\n", i, f.name)
		fmt.Fprintf(&spine, `<itemref idref="p%d"/>`+"\n", i)
		if i == 0 {
			spine.WriteString(`<itemref idref="nav"/>` + "\n")
		}
	}
	w.WriteString("</manifest>\n<spine>\n" + spine.String() + "</spine>\n</package>\n")
	return w.String()
}
