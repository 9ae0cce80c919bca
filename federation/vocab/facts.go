package vocab

import (
	"html"
	"strings"
)

// The parts of the content that only other software needs. Our own peers know their place by these marks and take them
// off again, as they show the same from the terms.
const (
	factsOpen  = `<p class="vorbild-facts">`
	titleOpen  = `<p class="vorbild-title"><strong>`
	titleClose = `</strong></p>`
)

// factsHTML closes the content of a practice for readers whose software does not know our terms: what was done, the key
// figures in words, and the way to the full page.
func factsHTML(w Words, doc PostDoc) string {
	var b strings.Builder
	open := factsOpen
	for _, s := range doc.Practice.Sections(w) {
		b.WriteString(open + "<strong>" + html.EscapeString(s.Title) + "</strong>")
		open = "<p>"
		if s.Text != "" {
			b.WriteString("<br>" + strings.ReplaceAll(html.EscapeString(s.Text), "\n", "<br>"))
		}
		b.WriteString("</p>")
		if len(s.List) > 0 {
			b.WriteString("<ul>")
			for _, item := range s.List {
				b.WriteString("<li>" + html.EscapeString(item) + "</li>")
			}
			b.WriteString("</ul>")
		}
		if len(s.Links) > 0 {
			b.WriteString("<ul>")
			for _, l := range s.Links {
				b.WriteString(`<li><a href="` + html.EscapeString(l.Href) + `" rel="nofollow noopener">` + html.EscapeString(l.Words(w)) + `</a></li>`)
			}
			b.WriteString("</ul>")
		}
	}
	b.WriteString(open)
	if s := doc.Practice.FiguresSentence(w); s != "" {
		b.WriteString(html.EscapeString(s) + " ")
	}
	b.WriteString(`<a href="` + html.EscapeString(doc.Post.URL) + `">` + html.EscapeString(w.T("federation.facts.page")) + `</a></p>`)
	return b.String()
}

// factsMarkdown is the same for NodeBB and Lemmy, which render the source instead of the content.
func factsMarkdown(w Words, doc PostDoc) string {
	var b strings.Builder
	for _, s := range doc.Practice.Sections(w) {
		b.WriteString("\n\n**" + s.Title + "**\n\n" + s.Text)
		for i, item := range s.List {
			if i > 0 {
				b.WriteString("\n")
			}
			b.WriteString("- " + item)
		}
		for i, l := range s.Links {
			if i > 0 {
				b.WriteString("\n")
			}
			b.WriteString("- [" + linkText.Replace(l.Words(w)) + "](<" + linkAddress.Replace(l.Href) + ">)")
		}
	}
	b.WriteString("\n\n")
	if s := doc.Practice.FiguresSentence(w); s != "" {
		b.WriteString(s + " ")
	}
	b.WriteString("[" + w.T("federation.facts.page") + "](" + doc.Post.URL + ")\n")
	return b.String()
}

// What would end the text or the address of a Markdown link too early.
var (
	linkText    = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`)
	linkAddress = strings.NewReplacer("<", "%3C", ">", "%3E")
)

// withoutTitle and withoutFacts undo what noteObject and articleObject add for other software.
func withoutTitle(content string) string {
	if rest, ok := strings.CutPrefix(content, titleOpen); ok {
		if _, body, ok := strings.Cut(rest, titleClose); ok {
			return body
		}
	}
	return content
}

func withoutFacts(content string) string {
	body, _, _ := strings.Cut(content, factsOpen)
	return body
}
