package export

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Markdown writes CommonMark with the tables of GitHub, below a head of YAML that pandoc and site generators read. What people
// wrote is escaped: nothing of it becomes HTML or another element.
func Markdown(d Document) []byte {
	var w markdownWriter
	w.head(d)
	w.line("# " + inlineMarkdown(Plain(d.Title), true))
	if d.Summary != "" {
		w.part(inlineMarkdown(Plain(d.Summary), false))
	}
	for _, notice := range d.Notices {
		w.part("> " + inlineMarkdown(Plain(notice), true))
	}
	if len(d.Facts) > 0 {
		w.line("")
		for _, f := range d.Facts {
			w.line("- " + inlineMarkdown(append([]Inline{{Text: f.Label + ": ", Strong: true}}, f.Text...), true))
		}
	}
	w.blocks(d.Blocks)
	return []byte(w.String())
}

// MarkdownBody writes the blocks of a document alone.
func MarkdownBody(blocks []Block) string { return joinMarkdown(blocks) }

type markdownWriter struct{ strings.Builder }

func (w *markdownWriter) line(s string) { w.WriteString(s + "\n") }

// part writes a block of its own.
func (w *markdownWriter) part(s string) {
	w.WriteString("\n")
	w.line(s)
}

// head writes the metadata. JSON strings are strings of YAML too.
func (w *markdownWriter) head(d Document) {
	quoted := func(s string) string {
		out, _ := json.Marshal(s) // a string never fails
		return string(out)
	}
	w.line("---")
	for _, m := range []struct{ name, value string }{
		{"title", d.Title}, {"lang", d.Language}, {"author", d.Author}, {"publisher", d.Origin}, {"rights", d.Licence}, {"source", d.Address},
	} {
		if m.value != "" {
			w.line(m.name + ": " + quoted(m.value))
		}
	}
	if !d.Date.IsZero() {
		w.line("date: " + quoted(d.Date.Format(time.DateOnly)))
	}
	if d.Revision > 0 {
		w.line(fmt.Sprintf("revision: %d", d.Revision))
	}
	w.line("---")
	w.line("")
}

func (w *markdownWriter) blocks(blocks []Block) {
	for _, b := range blocks {
		w.part(blockMarkdown(b))
	}
}

func blockMarkdown(b Block) string {
	switch b := b.(type) {
	case Heading:
		return strings.Repeat("#", b.Level) + " " + inlineMarkdown(b.Text, true)
	case Paragraph:
		return inlineMarkdown(b.Text, false)
	case List:
		return listMarkdown(b)
	case Quote:
		return indent(joinMarkdown(b.Blocks), "> ", "> ")
	case Code:
		fence := strings.Repeat("`", max(3, longestRun(b.Text)+1))
		return fence + "\n" + b.Text + "\n" + fence
	case Table:
		return tableMarkdown(b)
	case Foreign:
		return joinMarkdown(b.Blocks)
	case Rule:
		return "* * *"
	}
	return ""
}

func joinMarkdown(blocks []Block) string {
	parts := make([]string, len(blocks))
	for i, b := range blocks {
		parts[i] = blockMarkdown(b)
	}
	return strings.Join(parts, "\n\n")
}

func listMarkdown(l List) string {
	var lines []string
	for i, item := range l.Items {
		mark := "- "
		if l.Ordered {
			mark = fmt.Sprintf("%d. ", max(l.Start, 0)+i)
		}
		lines = append(lines, indent(joinMarkdown(item), mark, strings.Repeat(" ", len(mark))))
	}
	return strings.Join(lines, "\n")
}

// indent puts first before the first line and rest before the others; empty lines stay without blanks at their end.
func indent(text, first, rest string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		prefix := rest
		if i == 0 {
			prefix = first
		}
		lines[i] = strings.TrimRight(prefix+line, " ")
	}
	return strings.Join(lines, "\n")
}

func tableMarkdown(t Table) string {
	n := t.width()
	row := func(cells [][]Inline) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("| " + inlineMarkdown(forCell(cell(cells, i)), true) + " ")
		}
		return b.String() + "|"
	}
	lines := []string{row(t.Head), strings.Repeat("| --- ", n) + "|"}
	for _, r := range t.Rows {
		lines = append(lines, row(r))
	}
	return strings.Join(lines, "\n")
}

// forCell escapes what would end a cell: in code too, where nothing else is escaped.
func forCell(list []Inline) []Inline {
	out := make([]Inline, len(list))
	for i, in := range list {
		if out[i] = in; in.Code {
			out[i].Text = strings.ReplaceAll(in.Text, "|", "\\|")
		}
	}
	return out
}

// inlineMarkdown writes a run of text, on one line where the place has only one.
func inlineMarkdown(list []Inline, oneLine bool) string {
	var b strings.Builder
	fresh := true // at the beginning of a line
	for _, in := range list {
		if in.Break {
			if fresh {
				continue
			}
			if oneLine {
				b.WriteString(" ")
			} else {
				b.WriteString("\\\n")
			}
			fresh = !oneLine
			continue
		}
		text := runMarkdown(in)
		if fresh {
			text = escapeStart(text)
		}
		b.WriteString(text)
		fresh = false
	}
	return strings.TrimSuffix(b.String(), "\\\n")
}

func runMarkdown(in Inline) string {
	// Marks stand at the words, not at the blanks beside them.
	trimmed := strings.TrimSpace(in.Text)
	before, after, _ := strings.Cut(in.Text, trimmed)
	text := escapeMarkdown(trimmed)
	if in.Code {
		before, after = "", ""
		text = codeMarkdown(in.Text)
	}
	if trimmed == "" {
		return in.Text
	}
	if in.Struck {
		text = "~~" + text + "~~"
	}
	if in.Emph {
		text = "*" + text + "*"
	}
	if in.Strong {
		text = "**" + text + "**"
	}
	if in.Href != "" {
		text = "[" + text + "](" + hrefMarkdown(in.Href) + ")"
	}
	return before + text + after
}

func codeMarkdown(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	fence := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// longestRun is how many backticks stand beside each other at most.
func longestRun(text string) (longest int) {
	n := 0
	for _, r := range text {
		if r != '`' {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}

var (
	markdownEscaper = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>", "~", "\\~", "|", "\\|", "\n", " ")
	entity          = regexp.MustCompile(`&(#?[A-Za-z0-9]{1,32};)`)
	listStart       = regexp.MustCompile(`^(\d{1,9})([.)])(\s|$)`)
)

func escapeMarkdown(text string) string {
	return entity.ReplaceAllString(markdownEscaper.Replace(text), `\&$1`)
}

// escapeStart keeps the beginning of a line from being a heading, a list or a rule.
func escapeStart(text string) string {
	text = strings.TrimLeft(text, " \t")
	switch {
	case text == "":
		return text
	case strings.ContainsRune("#+-=", rune(text[0])):
		return "\\" + text
	}
	return listStart.ReplaceAllString(text, `$1\$2$3`)
}

// hrefMarkdown writes an address so that nothing in it ends the link.
func hrefMarkdown(href string) string {
	var b strings.Builder
	for i := range len(href) {
		if c := href[i]; c <= ' ' || c == 0x7f || strings.IndexByte("()<>\\\"`|", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
