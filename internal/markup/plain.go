package markup

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// blankLines part paragraphs.
var blankLines = regexp.MustCompile(`\n[ \t]*\n\s*`)

// RenderPlain shows plain text as it was typed: paragraphs at blank lines, lines where lines end, and addresses, @mentions
// and #tags linked. Nothing else has a meaning: an asterisk is an asterisk. It returns what RenderWithLinks does.
func (r *Renderer) RenderPlain(source string, mention func(handle string) string, tag func(name string) string) (html string, handles, tags []string) {
	refs := &references{mention: mention, tag: tag}
	var b strings.Builder
	for _, paragraph := range blankLines.Split(strings.TrimSpace(Block(cut(source, maxSource))), -1) {
		if paragraph == "" {
			continue
		}
		b.WriteString("<p>")
		for i, line := range strings.Split(paragraph, "\n") {
			if i > 0 {
				b.WriteString("<br>")
			}
			refs.writeLine(&b, strings.TrimRight(line, " \t"))
		}
		b.WriteString("</p>")
	}
	return b.String(), refs.handles, refs.tags
}

// writeLine escapes a line and links what can be linked. rest is what is still to write, before the character in front of it.
func (refs *references) writeLine(b *strings.Builder, line string) {
	before := ' '
	for rest := line; rest != ""; {
		if size, html := refs.link(before, rest); size > 0 {
			b.WriteString(html)
			before, _ = utf8.DecodeLastRuneInString(rest[:size])
			rest = rest[size:]
			continue
		}
		r, size := utf8.DecodeRuneInString(rest)
		b.WriteString(escape(rest[:size]))
		before, rest = r, rest[size:]
	}
}

// link returns the link that stands at the beginning of text and how many bytes it takes; 0 for none.
func (refs *references) link(before rune, text string) (size int, html string) {
	switch {
	case text[0] == 'h' || text[0] == 'H':
		if wordRune(before) {
			return 0, ""
		}
		address := addressAt(text)
		if address == "" {
			return 0, ""
		}
		return len(address), anchor(address, "", address)
	case text[0] != '@' && text[0] != '#', wordRune(before), strings.ContainsRune("@#&/.-=", before):
		return 0, ""
	case text[0] == '@':
		if size = handleLength([]byte(text[1:])); size == 0 {
			return 0, ""
		}
	default:
		if size = tagLength([]byte(text[1:])); size == 0 {
			return 0, ""
		}
	}
	label := text[:1+size]
	address, class := refs.address(label)
	if !webAddress(address) {
		return size + 1, escape(label)
	}
	return size + 1, anchor(address, class, label)
}

func anchor(address, class, label string) string {
	if class != "" {
		class = ` class="` + class + `"`
	}
	return `<a href="` + escape(address) + `" rel="` + linkRel + `"` + class + `>` + escape(label) + `</a>`
}

// addressAt returns the web address at the beginning of text without the punctuation that ends a sentence, and without
// a bracket that was opened before it.
func addressAt(text string) string {
	// The pattern knows lower case; of the scheme alone the case is of no matter.
	scheme, _, found := strings.Cut(text[:min(len(text), len("https://"))], "://")
	if !found || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	matched := linkedURL.FindString(strings.ToLower(scheme) + text[len(scheme):])
	address := text[:len(matched)]
	for address != "" {
		last := address[len(address)-1]
		if strings.IndexByte(".,:;!?'*_~", last) >= 0 || last == ')' && strings.Count(address, ")") > strings.Count(address, "(") {
			address = address[:len(address)-1]
			continue
		}
		break
	}
	if len(address) <= len(scheme)+len("://") || !webAddress(address) {
		return ""
	}
	return address
}

// Handles lists whom a text mentions, as written, without the first @.
func Handles(source string) []string {
	nothing := func(string) string { return "" }
	refs := &references{mention: nothing, tag: nothing}
	var b strings.Builder
	refs.writeLine(&b, cut(source, maxSource))
	return refs.handles
}
