package markup

import "strings"

// special are the characters with a meaning in Markdown.
const special = "\\`*_{}[]<>()#+-.!|~"

// Escape writes a line of plain text so that Markdown shows it as it is.
func Escape(text string) string {
	var b strings.Builder
	for _, r := range Line(text) {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
