package export

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ODT writes an OpenDocument text (ISO/IEC 26300) with headings, lists and tables that are marked as such, its language and
// its metadata.
func ODT(d Document) ([]byte, error) {
	return pack(ODTType, []part{
		{"META-INF/manifest.xml", odtManifest}, {"meta.xml", odtMeta(d)}, {"styles.xml", odtStyles(d)}, {"content.xml", odtContent(d)},
	})
}

// ODTType is the media type of an OpenDocument text.
const ODTType = "application/vnd.oasis.opendocument.text"

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	namespaces = ` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
		` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
		` xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" office:version="1.3"`
	odtManifest = xmlHead + `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">` +
		`<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="application/vnd.oasis.opendocument.text"/>` +
		`<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>` +
		`<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>` +
		`<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>`
)

// odtMeta is the title, the people and the dates that programs show of a file.
func odtMeta(d Document) string {
	var w odtWriter
	w.raw(xmlHead + `<office:document-meta` + namespaces + `><office:meta>`)
	element := func(name, value string) {
		if value != "" {
			w.raw("<" + name + ">" + w.escaped(value) + "</" + name + ">")
		}
	}
	element("meta:generator", "Vorbild")
	element("dc:title", d.Title)
	element("dc:description", d.Summary)
	element("dc:subject", d.Subject)
	element("meta:initial-creator", d.Author)
	element("dc:creator", d.Author)
	element("dc:language", d.Language)
	for _, k := range d.Keywords {
		element("meta:keyword", k)
	}
	if !d.Date.IsZero() {
		element("meta:creation-date", d.Date.UTC().Format(time.RFC3339))
	}
	if !d.Modified.IsZero() {
		element("dc:date", d.Modified.UTC().Format(time.RFC3339))
	}
	for _, u := range []struct{ name, value string }{{"Origin", d.Origin}, {"Licence", d.Licence}, {"Address", d.Address}} {
		if u.value != "" {
			w.raw(`<meta:user-defined meta:name="` + u.name + `" meta:value-type="string">` + w.escaped(u.value) + `</meta:user-defined>`)
		}
	}
	w.raw(`</office:meta></office:document-meta>`)
	return w.String()
}

func odtStyles(d Document) string {
	var w odtWriter
	lang, country := locale(d.Language)
	w.raw(xmlHead + `<office:document-styles` + namespaces + `><office:font-face-decls/><office:styles>` +
		`<style:default-style style:family="paragraph"><style:paragraph-properties fo:orphans="2" fo:widows="2"/>` +
		`<style:text-properties fo:font-family="'Liberation Sans', Arial, sans-serif" fo:font-size="11pt" fo:language="` + lang + `" fo:country="` + country + `" fo:hyphenate="true"/></style:default-style>`)
	paragraph := func(name, display, parent, paragraph, text string) {
		w.raw(`<style:style style:name="` + name + `" style:display-name="` + display + `" style:family="paragraph"`)
		if parent != "" {
			w.raw(` style:parent-style-name="` + parent + `"`)
		}
		w.raw(`><style:paragraph-properties ` + paragraph + `/><style:text-properties ` + text + `/></style:style>`)
	}
	paragraph("Standard", "Standard", "", `fo:line-height="130%"`, "")
	paragraph("Text_20_body", "Text body", "Standard", `fo:margin-bottom="0.25cm"`, "")
	paragraph("Title", "Title", "Standard", `fo:margin-bottom="0.3cm" fo:line-height="115%" fo:keep-with-next="always"`, `fo:font-size="22pt" fo:font-weight="bold"`)
	paragraph("Subtitle", "Subtitle", "Standard", `fo:margin-bottom="0.5cm"`, `fo:font-size="13pt"`)
	paragraph("Fact", "Fact", "Standard", `fo:margin-bottom="0.05cm"`, "")
	paragraph("Notice", "Notice", "Standard", `fo:margin-top="0.3cm" fo:margin-bottom="0.3cm" fo:padding="0.2cm" fo:border="0.5pt solid #555555"`, `fo:font-weight="bold"`)
	paragraph("Heading", "Heading", "Standard", `fo:margin-top="0.6cm" fo:margin-bottom="0.2cm" fo:keep-with-next="always"`, `fo:font-weight="bold"`)
	for i, size := range []string{"22pt", "16pt", "13pt", "12pt", "11pt", "11pt"} {
		w.raw(fmt.Sprintf(`<style:style style:name="Heading_20_%[1]d" style:display-name="Heading %[1]d" style:family="paragraph" style:parent-style-name="Heading" style:default-outline-level="%[1]d"><style:text-properties fo:font-size="%[2]s"/></style:style>`, i+1, size))
	}
	paragraph("Quotations", "Quotations", "Standard", `fo:margin-left="1cm" fo:margin-right="1cm" fo:margin-bottom="0.25cm"`, "")
	paragraph("Preformatted_20_Text", "Preformatted Text", "Standard", `fo:margin-bottom="0.25cm"`, `fo:font-family="'Liberation Mono', monospace" fo:font-size="10pt"`)
	paragraph("Table_20_Contents", "Table Contents", "Standard", ``, "")
	paragraph("Table_20_Heading", "Table Heading", "Table_20_Contents", ``, `fo:font-weight="bold"`)
	paragraph("Caption", "Caption", "Standard", `fo:margin-top="0.2cm" fo:keep-with-next="always"`, `fo:font-style="italic"`)
	paragraph("Contents_20_Heading", "Contents Heading", "Heading", ``, `fo:font-size="16pt"`)
	for level := range 6 {
		paragraph(fmt.Sprintf("Contents_20_%d", level+1), fmt.Sprintf("Contents %d", level+1), "Standard", fmt.Sprintf(`fo:margin-left="%.1fcm" fo:margin-bottom="0.1cm"`, 0.6*float64(max(level-1, 0))), "")
	}
	paragraph("Footer", "Footer", "Standard", `fo:text-align="end"`, `fo:font-size="9pt"`)
	w.raw(`<style:style style:name="Strong_20_Emphasis" style:display-name="Strong Emphasis" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>` +
		`<style:style style:name="Emphasis" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>` +
		`<style:style style:name="Internet_20_link" style:display-name="Internet link" style:family="text"><style:text-properties fo:color="#0b3d91" style:text-underline-style="solid" style:text-underline-width="auto" style:text-underline-color="font-color"/></style:style>`)
	for _, l := range []struct{ name, tag, kind string }{{"Bullets", "bullet", `text:bullet-char="•"`}, {"Numbers", "number", `style:num-format="1" style:num-suffix="."`}} {
		w.raw(`<text:list-style style:name="` + l.name + `">`)
		for level := range 10 {
			w.raw(fmt.Sprintf(`<text:list-level-style-%[1]s text:level="%[2]d" %[3]s><style:list-level-properties text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment text:label-followed-by="listtab" text:list-tab-stop-position="%.1[4]fcm" fo:text-indent="-0.6cm" fo:margin-left="%.1[4]fcm"/></style:list-level-properties></text:list-level-style-%[1]s>`,
				l.tag, level+1, l.kind, 0.6*float64(level+1)))
		}
		w.raw(`</text:list-style>`)
	}
	w.raw(`</office:styles><office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" style:print-orientation="portrait" fo:margin-top="2cm" fo:margin-bottom="1.5cm" fo:margin-left="2.5cm" fo:margin-right="2cm"/>` +
		`<style:footer-style><style:header-footer-properties fo:min-height="0.6cm" fo:margin-top="0.4cm"/></style:footer-style></style:page-layout></office:automatic-styles>` +
		`<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4"><style:footer><text:p text:style-name="Footer">` +
		w.escaped(d.Title) + ` – ` + w.escaped(d.Page) + ` <text:page-number text:select-page="current">1</text:page-number> ` + w.escaped(d.Of) + ` <text:page-count>1</text:page-count></text:p></style:footer></style:master-page></office:master-styles></office:document-styles>`)
	return w.String()
}

func odtContent(d Document) string {
	var w odtWriter
	w.raw(xmlHead + `<office:document-content` + namespaces + `><office:automatic-styles>` +
		`<style:style style:name="struck" style:family="text"><style:text-properties style:text-line-through-style="solid" style:text-line-through-type="single"/></style:style>` +
		`<style:style style:name="code" style:family="text"><style:text-properties fo:font-family="'Liberation Mono', monospace" fo:language="zxx" fo:country="none"/></style:style>` +
		`<style:style style:name="Table" style:family="table"><style:table-properties style:width="16.5cm" table:align="margins" fo:margin-bottom="0.3cm" style:may-break-between-rows="true"/></style:style>` +
		`<style:style style:name="Row" style:family="table-row"><style:table-row-properties fo:keep-together="always"/></style:style>` +
		`<style:style style:name="Cell" style:family="table-cell"><style:table-cell-properties fo:padding="0.12cm" fo:border="0.5pt solid #777777"/></style:style>` +
		`<style:style style:name="Rule" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.3cm" fo:border-bottom="0.5pt solid #777777"/></style:style>` +
		`</office:automatic-styles><office:body><office:text>`)
	w.heading("Title", Heading{Level: 1, Text: Plain(d.Title)})
	if d.Summary != "" {
		w.paragraph("Subtitle", Plain(d.Summary))
	}
	for _, notice := range d.Notices {
		w.paragraph("Notice", Plain(notice))
	}
	for _, f := range d.Facts {
		w.paragraph("Fact", append([]Inline{{Text: f.Label + ": ", Strong: true}}, f.Text...))
	}
	w.contents(d)
	w.blocks(d.Blocks, "Text_20_body")
	w.raw(`</office:text></office:body></office:document-content>`)
	return w.String()
}

// odtWriter writes XML; what is not its own it escapes.
type odtWriter struct {
	strings.Builder
	tables int
}

func (w *odtWriter) raw(s string) { w.WriteString(s) }

func (w *odtWriter) heading(style string, h Heading) {
	w.raw(fmt.Sprintf(`<text:h text:style-name="%s" text:outline-level="%d">`, style, h.Level))
	if h.ID != "" {
		w.raw(`<text:bookmark text:name="` + w.escaped(h.ID) + `"/>`)
	}
	w.inlines(h.Text)
	w.raw(`</text:h>`)
}

// contents writes a table of contents as programs know it: they can bring it up to date, with the numbers of the pages.
func (w *odtWriter) contents(d Document) {
	headings := d.contents()
	if len(headings) == 0 {
		return
	}
	title, deepest := w.escaped(d.Contents), 0
	for _, h := range headings {
		deepest = max(deepest, h.Level)
	}
	w.raw(fmt.Sprintf(`<text:table-of-content text:name="Contents" text:protected="false"><text:table-of-content-source text:outline-level="%d" text:use-index-marks="false">`, deepest) +
		`<text:index-title-template text:style-name="Contents_20_Heading">` + title + `</text:index-title-template>`)
	for level := 1; level <= deepest; level++ {
		w.raw(fmt.Sprintf(`<text:table-of-content-entry-template text:outline-level="%d" text:style-name="Contents_20_%[1]d"><text:index-entry-link-start/><text:index-entry-text/><text:index-entry-tab-stop style:type="right" style:leader-char="."/><text:index-entry-page-number/><text:index-entry-link-end/></text:table-of-content-entry-template>`, level))
	}
	w.raw(`</text:table-of-content-source><text:index-body><text:index-title text:name="Contents_Head"><text:p text:style-name="Contents_20_Heading">` + title + `</text:p></text:index-title>`)
	for _, h := range headings {
		w.paragraph(fmt.Sprintf("Contents_20_%d", h.Level), linkedTo(h.Text, "#"+h.ID))
	}
	w.raw(`</text:index-body></text:table-of-content>`)
}

func (w *odtWriter) paragraph(style string, text []Inline) {
	w.raw(`<text:p text:style-name="` + style + `">`)
	w.inlines(text)
	w.raw(`</text:p>`)
}

func (w *odtWriter) blocks(blocks []Block, body string) {
	for _, b := range blocks {
		switch b := b.(type) {
		case Heading:
			w.heading(fmt.Sprintf("Heading_20_%d", b.Level), b)
		case Paragraph:
			w.paragraph(body, b.Text)
		case List:
			w.list(b, body)
		case Quote:
			w.blocks(b.Blocks, "Quotations")
		case Code:
			w.paragraph("Preformatted_20_Text", Plain(b.Text))
		case Table:
			w.table(b)
		case Foreign:
			w.blocks(b.Blocks, body)
		case Rule:
			w.paragraph("Rule", nil)
		}
	}
}

func (w *odtWriter) list(l List, body string) {
	style := "Bullets"
	if l.Ordered {
		style = "Numbers"
	}
	w.raw(`<text:list text:style-name="` + style + `">`)
	for i, item := range l.Items {
		w.raw(`<text:list-item`)
		if i == 0 && l.Ordered && l.Start > 1 {
			w.raw(fmt.Sprintf(` text:start-value="%d"`, l.Start))
		}
		w.raw(`>`)
		var tables []Block // a list item holds none
		for _, b := range item {
			if t, ok := b.(Table); ok {
				tables = append(tables, t)
				continue
			}
			w.blocks([]Block{b}, body)
		}
		for _, b := range tables {
			w.blocks(tableLines(b.(Table)), body)
		}
		w.raw(`</text:list-item>`)
	}
	w.raw(`</text:list>`)
}

// tableLines are the rows of a table as paragraphs, where no table can stand.
func tableLines(t Table) []Block {
	var blocks []Block
	rows := t.Rows
	if t.Head != nil {
		rows = append([][][]Inline{t.Head}, rows...)
	}
	for _, row := range rows {
		var line []Inline
		for i, c := range row {
			if i > 0 {
				line = append(line, Inline{Text: " | "})
			}
			line = append(line, c...)
		}
		blocks = append(blocks, Paragraph{line})
	}
	return blocks
}

func (w *odtWriter) table(t Table) {
	w.tables++
	n := t.width()
	if t.Caption != "" {
		w.paragraph("Caption", Plain(t.Caption))
	}
	w.raw(fmt.Sprintf(`<table:table table:name="Table%d" table:style-name="Table"><table:table-column table:number-columns-repeated="%d"/>`, w.tables, n))
	if t.Head != nil {
		w.raw(`<table:table-header-rows>`)
		w.row(t.Head, n, n)
		w.raw(`</table:table-header-rows>`)
	}
	heads := 0
	if t.RowHeads {
		heads = 1
	}
	for _, row := range t.Rows {
		w.row(row, n, heads)
	}
	w.raw(`</table:table>`)
}

// row writes n cells, the first ones as headings.
func (w *odtWriter) row(cells [][]Inline, n, heads int) {
	w.raw(`<table:table-row table:style-name="Row">`)
	for i := range n {
		style := "Table_20_Contents"
		if i < heads {
			style = "Table_20_Heading"
		}
		w.raw(`<table:table-cell table:style-name="Cell" office:value-type="string">`)
		w.paragraph(style, cell(cells, i))
		w.raw(`</table:table-cell>`)
	}
	w.raw(`</table:table-row>`)
}

func (w *odtWriter) inlines(list []Inline) {
	for _, in := range list {
		if in.Break {
			w.raw(`<text:line-break/>`)
			continue
		}
		var closing string
		open := func(tag, attributes string) {
			w.raw("<" + tag + attributes + ">")
			closing = "</" + tag + ">" + closing
		}
		if in.Href != "" {
			open("text:a", ` xlink:type="simple" xlink:href="`+w.escaped(in.Href)+`" text:style-name="Internet_20_link"`)
		}
		for _, style := range []struct {
			name string
			on   bool
		}{{"Strong_20_Emphasis", in.Strong}, {"Emphasis", in.Emph}, {"struck", in.Struck}, {"code", in.Code}} {
			if style.on {
				open("text:span", ` text:style-name="`+style.name+`"`)
			}
		}
		w.raw(spaced(w.escaped(in.Text)) + closing)
	}
}

// escaped is text within XML: without the characters that XML 1.0 has no place for.
func (w *odtWriter) escaped(text string) string { return escapeXML(text) }

func escapeXML(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, text)
	return xmlEscaper.Replace(text)
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// spaced keeps blanks that stand together, which OpenDocument reads as one.
func spaced(text string) string {
	text = strings.ReplaceAll(text, "\t", "<text:tab/>")
	return strings.ReplaceAll(text, "  ", `<text:s text:c="2"/>`)
}

// locale splits a language for programs that want a country with it.
func locale(language string) (lang, country string) {
	lang, country, _ = strings.Cut(language, "-")
	if len(country) != 2 {
		country = map[string]string{"de": "DE", "en": "GB", "fr": "FR", "da": "DK"}[lang]
	}
	if country == "" {
		country = "none"
	}
	return escapeXML(lang), escapeXML(country)
}
