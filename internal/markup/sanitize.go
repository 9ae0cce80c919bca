package markup

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxDepth is how deep elements may nest; what lies deeper is kept without its outer elements' siblings' nesting.
const maxDepth = 24

// linkRel is on every link: the instance does not vouch for what its people and peers link to.
const linkRel = "nofollow noopener ugc"

// linkClasses are the only classes kept, because peers hide and shorten by them.
var linkClasses = []string{"mention", "hashtag", "ellipsis", "invisible"}

// Sanitize cleans HTML of others: allow-list, links get rel="nofollow noopener ugc", no images, no styles.
func (r *Renderer) Sanitize(html string) string {
	return r.remote.Sanitize(tidy(Block(cut(html, maxHTML))))
}

func localPolicy() *bluemonday.Policy {
	p := remotePolicy()
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	return p
}

func remotePolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "b", "i", "u", "s", "del", "sub", "sup", "code", "pre", "blockquote",
		"ul", "ol", "li", "h2", "h3", "h4", "h5", "h6", "hr", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "span")
	p.AllowStandardURLs()
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(false) // tidy sets all of rel
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile("^" + linkRel + "$")).OnElements("a")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(mention|hashtag|ellipsis|invisible)( (mention|hashtag|ellipsis|invisible))*$`)).OnElements("a", "span")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,6}$`)).OnElements("ol")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[1-9][0-9]?$`)).OnElements("th", "td")
	return p
}

// kept are the elements that stay as they are; what is in neither list gives way to its content.
var kept = []atom.Atom{atom.P, atom.Br, atom.Strong, atom.Em, atom.B, atom.I, atom.U, atom.S, atom.Del, atom.Sub, atom.Sup,
	atom.Code, atom.Pre, atom.Blockquote, atom.Ul, atom.Ol, atom.Li, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr,
	atom.Table, atom.Caption, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Th, atom.Td, atom.A, atom.Span}

// dropped vanish with all they hold: code, forms, other documents, and elements whose text a browser reads by other rules.
var dropped = []atom.Atom{atom.Script, atom.Style, atom.Template, atom.Iframe, atom.Object, atom.Embed, atom.Noembed, atom.Noframes,
	atom.Noscript, atom.Xmp, atom.Plaintext, atom.Textarea, atom.Select, atom.Button, atom.Input, atom.Title, atom.Head, atom.Meta,
	atom.Link, atom.Base, atom.Audio, atom.Video, atom.Canvas, atom.Svg, atom.Math}

// blocks that we do not keep become paragraphs, so that their texts do not run into each other.
var blocks = []atom.Atom{atom.Div, atom.Section, atom.Article, atom.Aside, atom.Header, atom.Footer, atom.Main, atom.Figure,
	atom.Figcaption, atom.Address, atom.Dl, atom.Dt, atom.Dd, atom.Details, atom.Summary, atom.Center, atom.Fieldset, atom.Form}

var renamed = map[atom.Atom]atom.Atom{atom.H1: atom.H2, atom.Strike: atom.Del, atom.Ins: atom.U}

// tidy returns a well-formed copy of fragment with only elements we keep, links marked and nesting bounded. It makes HTML tame;
// that it is safe is the policy's business, which runs last.
func tidy(fragment string) string {
	root := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(fragment), root, html.ParseOptionEnableScripting(false))
	if err != nil {
		// Nested deeper than the parser likes: nobody writes so, the words are enough.
		return "<p>" + escape(Text(fragment)) + "</p>"
	}
	for _, n := range nodes {
		copyTidy(root, n, 0)
	}
	unlinkTags(root)
	var b strings.Builder
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		if err := html.Render(&b, n); err != nil {
			return "<p>" + escape(Text(fragment)) + "</p>"
		}
	}
	return b.String()
}

// unlinkTags leaves of the links to hashtags the first maxReferences; of the others the text stays.
func unlinkTags(root *html.Node) {
	links := 0
	for n := range root.Descendants() {
		if n.DataAtom != atom.A || !slices.Contains(strings.Fields(attribute(n.Attr, "class")), "hashtag") {
			continue
		}
		if links++; links > maxReferences {
			n.DataAtom, n.Data, n.Attr = atom.Span, "span", nil
		}
	}
}

// copyTidy appends what is kept of n to parent.
func copyTidy(parent, n *html.Node, depth int) {
	if n.Type == html.TextNode {
		parent.AppendChild(&html.Node{Type: html.TextNode, Data: Block(n.Data)}) // entities may spell what Block removed
		return
	}
	if n.Type != html.ElementNode || n.Namespace != "" || slices.Contains(dropped, n.DataAtom) {
		return
	}
	if n.DataAtom == atom.Img {
		appendImage(parent, n)
		return
	}
	name := n.DataAtom
	if r, ok := renamed[name]; ok {
		name = r
	}
	if slices.Contains(blocks, name) && !hasBlock(n) {
		name = atom.P
	}
	into := parent
	if depth < maxDepth && slices.Contains(kept, name) && !(name == atom.P && inside(parent, atom.P)) {
		into = &html.Node{Type: html.ElementNode, DataAtom: name, Data: name.String(), Attr: attributes(name, n.Attr)}
		if name == atom.A && len(into.Attr) == 0 {
			into.DataAtom, into.Data = atom.Span, "span" // leads nowhere we allow: its text stays
		}
		parent.AppendChild(into)
		depth++
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		copyTidy(into, c, depth)
	}
}

// appendImage puts a link to the picture in its place, or its alternative text where a link cannot be.
func appendImage(parent, img *html.Node) {
	alt, src := Line(attribute(img.Attr, "alt")), attribute(img.Attr, "src")
	label := &html.Node{Type: html.TextNode, Data: alt}
	if !webAddress(src) || inside(parent, atom.A) || strings.Contains(attribute(img.Attr, "class"), "emoji") {
		parent.AppendChild(label)
		return
	}
	if alt == "" {
		label.Data = src
	}
	a := &html.Node{Type: html.ElementNode, DataAtom: atom.A, Data: "a", Attr: []html.Attribute{{Key: "href", Val: src}, {Key: "rel", Val: linkRel}}}
	a.AppendChild(label)
	parent.AppendChild(a)
}

// attributes returns what an element keeps. A link without an address we allow keeps nothing.
func attributes(name atom.Atom, attrs []html.Attribute) []html.Attribute {
	var out []html.Attribute
	switch name {
	case atom.A:
		href := strings.TrimSpace(attribute(attrs, "href"))
		if !webAddress(href) && !strings.HasPrefix(strings.ToLower(href), "mailto:") {
			return nil
		}
		out = append(out, html.Attribute{Key: "href", Val: href}, html.Attribute{Key: "rel", Val: linkRel})
		fallthrough
	case atom.Span:
		var classes []string
		for _, c := range strings.Fields(attribute(attrs, "class")) {
			if slices.Contains(linkClasses, c) && !slices.Contains(classes, c) {
				classes = append(classes, c)
			}
		}
		if len(classes) > 0 {
			out = append(out, html.Attribute{Key: "class", Val: strings.Join(classes, " ")})
		}
	case atom.Ol, atom.Th, atom.Td:
		for _, a := range attrs {
			if a.Namespace == "" && slices.Contains([]string{"start", "colspan", "rowspan", "align"}, a.Key) {
				out = append(out, html.Attribute{Key: a.Key, Val: a.Val})
			}
		}
	}
	return out
}

func attribute(attrs []html.Attribute, key string) string {
	for _, a := range attrs {
		if a.Namespace == "" && a.Key == key {
			return a.Val
		}
	}
	return ""
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func inside(n *html.Node, a atom.Atom) bool {
	for ; n != nil; n = n.Parent {
		if n.DataAtom == a {
			return true
		}
	}
	return false
}

// hasBlock reports whether n holds an element that cannot stand in a paragraph.
func hasBlock(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.DataAtom {
		case atom.P, atom.Ul, atom.Ol, atom.Pre, atom.Blockquote, atom.Table, atom.Hr, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			return true
		}
		if slices.Contains(blocks, c.DataAtom) || hasBlock(c) {
			return true
		}
	}
	return false
}

func escape(s string) string { return html.EscapeString(s) }
