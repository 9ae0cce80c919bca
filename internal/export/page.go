package export

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"strings"
)

//go:embed print.css
var printStyle string

// HTML writes a page to print that needs nothing but itself: no script, no picture, no address that is loaded. policy is the
// content security policy that allows just that.
func HTML(d Document) (page []byte, policy string) {
	style := printStyle + pageNumbers(d)
	policy = policyFor(style)
	var w pageWriter
	w.raw("<!doctype html>\n<html lang=\"" + html.EscapeString(d.Language) + "\">\n<head>\n<meta charset=\"utf-8\">\n")
	w.raw(`<meta http-equiv="Content-Security-Policy" content="` + html.EscapeString(policy[:strings.Index(policy, "; form-action")]) + "\">\n")
	w.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	if !d.Found {
		w.raw("<meta name=\"robots\" content=\"noindex\">\n")
	}
	w.raw("<title>" + html.EscapeString(d.Title) + "</title>\n")
	for _, m := range []struct{ name, value string }{{"author", d.Author}, {"description", d.Summary}, {"keywords", strings.Join(d.Keywords, ", ")}} {
		if m.value != "" {
			w.raw(`<meta name="` + m.name + `" content="` + html.EscapeString(m.value) + "\">\n")
		}
	}
	body := "<body>"
	contents := d.contents()
	if len(contents) > 0 {
		body = `<body class="book">`
	}
	w.raw("<style>" + style + "</style>\n</head>\n" + body + "\n<main>\n")
	w.header(d)
	if len(contents) > 0 {
		w.raw(`<nav class="contents" aria-labelledby="` + contentsID + `">` + "\n")
		w.blocks([]Block{Heading{Level: 2, Text: Plain(d.Contents), ID: contentsID}, outline(contents, func(h Heading) string { return "#" + h.ID })})
		w.raw("</nav>\n")
	}
	w.blocks(d.Blocks)
	w.raw("</main>\n</body>\n</html>\n")
	return []byte(w.String()), policy
}

func policyFor(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
}

// PolicyOf is the content security policy of a page that HTML wrote, also of one that an earlier version of it wrote.
func PolicyOf(page []byte) string {
	_, rest, _ := bytes.Cut(page, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	return policyFor(string(style))
}

// header writes the title and what is known about the document.
func (w *pageWriter) header(d Document) {
	w.raw("<header>\n")
	if d.Origin != "" {
		w.raw(`<p class="origin">` + w.escaped(d.Origin) + "</p>\n")
	}
	w.raw("<h1>" + w.escaped(d.Title) + "</h1>\n")
	if d.Summary != "" {
		w.raw(`<p class="summary">` + w.escaped(d.Summary) + "</p>\n")
	}
	for _, notice := range d.Notices {
		w.raw(`<p class="notice">` + w.escaped(notice) + "</p>\n")
	}
	if len(d.Facts) > 0 {
		w.raw("<table class=\"facts\"><tbody>\n")
		for _, f := range d.Facts {
			w.raw(`<tr><th scope="row">` + w.escaped(f.Label) + "</th><td>")
			w.inlines(f.Text)
			w.raw("</td></tr>\n")
		}
		w.raw("</tbody></table>\n")
	}
	w.raw("</header>\n")
}

// pageNumbers is the style of the pages. Only our own words stand in it.
func pageNumbers(d Document) string {
	quoted := func(s string) string {
		return `"` + strings.NewReplacer(`"`, "", `\`, "", "<", "", "\n", "").Replace(s) + `"`
	}
	return fmt.Sprintf("@page { size: A4; margin: 18mm 20mm 20mm; @bottom-right { content: %s counter(page) %s counter(pages); font: 8.5pt sans-serif; color: #3b4053; } }\n",
		quoted(d.Page+" "), quoted(" "+d.Of+" "))
}

type pageWriter struct {
	strings.Builder
	xml bool // for programs that read XHTML
}

// escaped is text within the page.
func (w *pageWriter) escaped(s string) string {
	if w.xml {
		return escapeXML(s)
	}
	return html.EscapeString(s)
}

// empty writes an element without content.
func (w *pageWriter) empty(tag string) {
	if w.xml {
		tag += "/"
	}
	w.raw("<" + tag + ">")
}

func (w *pageWriter) raw(s string) { w.WriteString(s) }

func (w *pageWriter) blocks(blocks []Block) {
	for _, b := range blocks {
		switch b := b.(type) {
		case Heading:
			w.heading(b)
		case Paragraph:
			w.element("p", b.Text)
		case List:
			w.list(b)
		case Quote:
			w.raw("<blockquote>\n")
			w.blocks(b.Blocks)
			w.raw("</blockquote>\n")
		case Code:
			w.raw("<pre><code>" + w.escaped(b.Text) + "</code></pre>\n")
		case Table:
			w.table(b)
		case Foreign:
			w.raw("<div" + w.language(b.Lang) + ">\n")
			w.blocks(b.Blocks)
			w.raw("</div>\n")
		case Rule:
			w.empty("hr")
			w.raw("\n")
		}
	}
}

func (w *pageWriter) heading(h Heading) {
	tag, id := fmt.Sprintf("h%d", h.Level), ""
	if h.ID != "" {
		id = ` id="` + w.escaped(h.ID) + `"`
	}
	if h.Role == "chapter" {
		id += ` class="chapter"`
	}
	w.raw("<" + tag + id + w.language(h.Lang) + ">")
	w.inlines(h.Text)
	w.raw("</" + tag + ">\n")
}

// language is the attribute of an element in another language than what stands around it.
func (w *pageWriter) language(lang string) string {
	if lang == "" {
		return ""
	}
	attribute := ` lang="` + w.escaped(lang) + `"`
	if w.xml {
		attribute += ` xml:lang="` + w.escaped(lang) + `"`
	}
	return attribute
}

func (w *pageWriter) element(tag string, text []Inline) {
	w.raw("<" + tag + ">")
	w.inlines(text)
	w.raw("</" + tag + ">\n")
}

func (w *pageWriter) list(l List) {
	tag, start := "ul", ""
	if l.Ordered {
		tag = "ol"
		if l.Start != 1 {
			start = fmt.Sprintf(" start=\"%d\"", l.Start)
		}
	}
	w.raw("<" + tag + start + ">\n")
	for _, item := range l.Items {
		w.raw("<li>")
		if only, ok := item[0].(Paragraph); ok && len(item) == 1 {
			w.inlines(only.Text)
		} else {
			w.blocks(item)
		}
		w.raw("</li>\n")
	}
	w.raw("</" + tag + ">\n")
}

func (w *pageWriter) table(t Table) {
	n := t.width()
	w.raw("<table>\n")
	if t.Caption != "" {
		w.raw("<caption>" + w.escaped(t.Caption) + "</caption>\n")
	}
	if t.Head != nil {
		w.raw("<thead><tr>")
		for i := range n {
			w.raw(`<th scope="col">`)
			w.inlines(cell(t.Head, i))
			w.raw("</th>")
		}
		w.raw("</tr></thead>\n")
	}
	w.raw("<tbody>\n")
	for _, row := range t.Rows {
		w.raw("<tr>")
		for i := range n {
			open, closing := "<td>", "</td>"
			if i == 0 && t.RowHeads {
				open, closing = `<th scope="row">`, "</th>"
			}
			w.raw(open)
			w.inlines(cell(row, i))
			w.raw(closing)
		}
		w.raw("</tr>\n")
	}
	w.raw("</tbody>\n</table>\n")
}

func (w *pageWriter) inlines(list []Inline) {
	for _, in := range list {
		if in.Break {
			w.empty("br")
			continue
		}
		closing := ""
		open := func(tag, attributes string) {
			w.raw("<" + tag + attributes + ">")
			closing = "</" + tag + ">" + closing
		}
		if strings.HasPrefix(in.Href, "#") {
			open("a", ` href="`+w.escaped(in.Href)+`"`)
		} else if in.Href != "" {
			attributes := ` href="` + w.escaped(in.Href) + `" rel="nofollow noopener"`
			if shown := strings.TrimPrefix(in.Href, "mailto:"); !strings.Contains(in.Text, strings.TrimPrefix(shown, "https://")) {
				attributes += ` class="named"`
			}
			open("a", attributes)
		}
		for _, tag := range []struct {
			name string
			on   bool
		}{{"strong", in.Strong}, {"em", in.Emph}, {"del", in.Struck}, {"code", in.Code}} {
			if tag.on {
				open(tag.name, "")
			}
		}
		w.raw(w.escaped(in.Text) + closing)
	}
}
