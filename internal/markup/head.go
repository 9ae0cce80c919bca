package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Head is the beginning of sanitised HTML in at most limit bytes: whole paragraphs, lists and so on, or, where the first is longer
// than that, its first words.
func Head(fragment string, limit int) string {
	if len(fragment) <= limit {
		return fragment
	}
	root := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(fragment), root, html.ParseOptionEnableScripting(false))
	if err != nil {
		nodes = nil
	}
	var b, block strings.Builder
	for _, n := range nodes {
		block.Reset()
		if html.Render(&block, n) != nil || b.Len()+block.Len() > limit {
			break
		}
		b.WriteString(block.String())
	}
	if b.Len() == 0 {
		const longest = 12 // bytes of one character that is escaped, or has four bytes
		return "<p>" + escape(Excerpt(fragment, max((limit-len("<p></p>"))/longest, 1))) + "</p>"
	}
	return b.String()
}
