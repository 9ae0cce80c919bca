package vocab

import (
	"html"
	"math"
	"strings"

	"github.com/vorbild/vorbild/internal/practice"
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
	for _, s := range sections(w, *doc.Practice) {
		b.WriteString(open + "<strong>" + html.EscapeString(s.title) + "</strong>")
		open = "<p>"
		if s.text != "" {
			b.WriteString("<br>" + strings.ReplaceAll(html.EscapeString(s.text), "\n", "<br>"))
		}
		b.WriteString("</p>")
		if len(s.list) > 0 {
			b.WriteString("<ul>")
			for _, item := range s.list {
				b.WriteString("<li>" + html.EscapeString(item) + "</li>")
			}
			b.WriteString("</ul>")
		}
	}
	b.WriteString(open)
	if s := figuresSentence(w, doc.Practice.Figures); s != "" {
		b.WriteString(html.EscapeString(s) + " ")
	}
	b.WriteString(`<a href="` + html.EscapeString(doc.Post.URL) + `">` + html.EscapeString(w.T("federation.facts.page")) + `</a></p>`)
	return b.String()
}

// factsMarkdown is the same for NodeBB and Lemmy, which render the source instead of the content.
func factsMarkdown(w Words, doc PostDoc) string {
	var b strings.Builder
	for _, s := range sections(w, *doc.Practice) {
		b.WriteString("\n\n**" + s.title + "**\n\n" + s.text)
		for i, item := range s.list {
			if i > 0 {
				b.WriteString("\n")
			}
			b.WriteString("- " + item)
		}
	}
	b.WriteString("\n\n")
	if s := figuresSentence(w, doc.Practice.Figures); s != "" {
		b.WriteString(s + " ")
	}
	b.WriteString("[" + w.T("federation.facts.page") + "](" + doc.Post.URL + ")\n")
	return b.String()
}

type section struct {
	title, text string
	list        []string
}

func sections(w Words, p practice.Practice) []section {
	var list []section
	for _, s := range []section{
		{title: w.T("federation.facts.situation"), text: p.Situation},
		{title: w.T("federation.facts.measures"), list: p.Measures},
		{title: w.T("federation.facts.outcome"), text: p.Outcome},
		{title: w.T("federation.facts.prerequisites"), text: p.Prerequisites},
		{title: w.T("federation.facts.pitfalls"), text: p.Pitfalls},
	} {
		if s.text != "" || len(s.list) > 0 {
			list = append(list, s)
		}
	}
	return list
}

// figuresSentence is "Kennzahlen: Strom von 120 auf 70 MWh/a (2022 bis 2023); Emissionen um 50 t CO₂e/a gesenkt."
func figuresSentence(w Words, figures []practice.Figure) string {
	var parts []string
	for _, f := range figures {
		if s := figureWords(w, f); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return w.T("federation.facts.figures", "List", strings.Join(parts, "; "))
}

func figureWords(w Words, f practice.Figure) string {
	name := f.Name
	if f.Scope != "" {
		name += " (" + f.Scope + ")"
	}
	value := func(v float64) string {
		s := w.Number(v, 2)
		if unit := unitWords(f); unit != "" {
			s += " " + unit
		}
		return s
	}
	var s string
	switch {
	case f.Before != nil && f.After != nil:
		s = w.T("federation.facts.level", "Name", name, "Before", w.Number(*f.Before, 2), "After", value(*f.After))
	case f.Change != nil && *f.Change < 0:
		s = w.T("federation.facts.less", "Name", name, "Amount", value(math.Abs(*f.Change)))
	case f.Change != nil:
		s = w.T("federation.facts.more", "Name", name, "Amount", value(*f.Change))
	case f.After != nil:
		s = w.T("federation.facts.value", "Name", name, "Value", value(*f.After))
	case f.Before != nil:
		s = w.T("federation.facts.before", "Name", name, "Value", value(*f.Before))
	default:
		return ""
	}
	switch {
	case f.From != "" && f.To != "" && f.From != f.To:
		s += " (" + w.T("federation.facts.period", "From", f.From, "To", f.To) + ")"
	case f.From != "" || f.To != "":
		s += " (" + max(f.From, f.To) + ")"
	}
	return s
}

// unitWords prints a UCUM code as people write it.
func unitWords(f practice.Figure) string {
	switch f.Unit {
	case "1":
		return ""
	case "Cel":
		return "°C"
	case "EUR":
		return "Euro"
	}
	unit := strings.ReplaceAll(f.Unit, "W.h", "Wh")
	if f.Quantity == "emissions" {
		if mass, per, ok := strings.Cut(unit, "/"); ok {
			return mass + " CO₂e/" + per
		}
		return unit + " CO₂e"
	}
	return unit
}

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
