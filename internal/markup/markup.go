// Package markup turns people's Markdown into HTML and makes others' HTML harmless. Local text is stricter than the
// browser needs and so survives every peer (FEP-b2b8). It knows neither accounts nor addresses: what a mention or a tag
// links to, the caller says.
package markup

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// The most bytes that are looked at. Services ask for less of our own people; peers send what they like.
const (
	maxSource = 200_000
	maxHTML   = 100_000
	// maxMarks bounds the characters that goldmark compares with each other: its time grows with their square. A long
	// practice has some hundreds.
	maxMarks = 4_000
	// maxOutput bounds what a source becomes: one long address can be named by thousands of links.
	maxOutput = 1 << 20
)

// linkedURL is what becomes a link without brackets: unlike goldmark's own, only http and https, with hosts that have a
// port or no dot, as the demo and administration networks use them.
var linkedURL = regexp.MustCompile(`^https?://[-a-zA-Z0-9.]{1,253}(?::\d{1,5})?(?:[/#?][-a-zA-Z0-9@:%_+.~#$!?&/=();,]*)?`)

// Renderer is safe for concurrent use.
type Renderer struct {
	markdown goldmark.Markdown
	local    *bluemonday.Policy
	remote   *bluemonday.Policy
}

// New returns a renderer.
func New() *Renderer {
	md := goldmark.New(
		goldmark.WithExtensions(
			extension.NewLinkify(
				extension.WithLinkifyAllowedProtocols([]string{"http", "https"}),
				extension.WithLinkifyURLRegexp(linkedURL),
			),
			tables{},
			extension.Strikethrough,
		),
		goldmark.WithParserOptions(
			parser.WithInlineParsers(util.Prioritized(referenceParser{}, 450)),
			parser.WithASTTransformers(util.Prioritized(treeTransformer{}, 900)),
		),
		// Without WithUnsafe raw HTML is left out of the result.
		goldmark.WithRendererOptions(html.WithHardWraps()),
	)
	return &Renderer{markdown: md, local: localPolicy(), remote: remotePolicy()}
}

// Render turns Markdown (no raw HTML) into sanitised HTML: headings from h2, paragraphs, lists, quotes, code, links, tables.
func (r *Renderer) Render(source string) string {
	out, _, _ := r.render(source, nil)
	return out
}

// RenderWithLinks is Render with @mentions and #tags linked; resolve returns the address of a mention's profile, "" if unknown.
// It returns the handles it found (as written, without the first @) and tags (without #).
func (r *Renderer) RenderWithLinks(source string, mention func(handle string) string, tag func(name string) string) (html string, handles, tags []string) {
	return r.render(source, &references{mention: mention, tag: tag})
}

func (r *Renderer) render(source string, refs *references) (string, []string, []string) {
	src := []byte(Block(cut(source, maxSource)))
	if marks(src) > maxMarks {
		return plainParagraphs(string(src)), nil, nil
	}
	ctx := parser.NewContext()
	if refs != nil {
		ctx.Set(referencesKey, refs)
	}
	var buf bounded
	if err := r.markdown.Convert(src, &buf, parser.WithContext(ctx)); err != nil {
		return plainParagraphs(string(src)), nil, nil // it becomes too much
	}
	out := r.local.Sanitize(tidy(buf.String()))
	if refs == nil {
		return out, nil, nil
	}
	return out, refs.handles, refs.tags
}

// bounded is a buffer that takes maxOutput bytes.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxOutput {
		return 0, bytes.ErrTooLarge
	}
	return b.Buffer.Write(p)
}

func marks(src []byte) (n int) {
	for _, c := range src {
		switch c {
		case '*', '_', '~', '[', '>':
			n++
		}
	}
	return n
}

// plainParagraphs shows a source as it was typed, for one that is not worth understanding.
func plainParagraphs(source string) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(source, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			b.WriteString("<p>" + strings.ReplaceAll(escape(paragraph), "\n", "<br/>\n") + "</p>\n")
		}
	}
	return b.String()
}

// treeTransformer shapes the parsed document: headings begin at h2 below the page's own h1, pictures become links to
// them, and references become links or, where none is wanted, the text they were.
type treeTransformer struct{}

// Transform implements parser.ASTTransformer.
func (treeTransformer) Transform(doc *ast.Document, reader parserReader, pc parser.Context) {
	refs, _ := pc.Get(referencesKey).(*references)
	var found []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+1, 6)
		case *ast.Image, *reference:
			found = append(found, n)
		}
		return ast.WalkContinue, nil
	})
	// Inner ones first, so that a picture's text is settled before the picture is.
	for i := len(found) - 1; i >= 0; i-- {
		if img, ok := found[i].(*ast.Image); ok {
			replaceImage(img)
		}
	}
	for _, n := range found {
		if ref, ok := n.(*reference); ok {
			ref.settle(refs, reader.Source())
		}
	}
}

func replaceImage(img *ast.Image) {
	parent := img.Parent()
	if parent == nil {
		return
	}
	if insideLink(img) {
		for child := img.FirstChild(); child != nil; child = img.FirstChild() {
			parent.InsertBefore(parent, img, child)
		}
		parent.RemoveChild(parent, img)
		return
	}
	link := ast.NewLink()
	link.Destination = img.Destination
	if !img.HasChildren() {
		label := ast.NewString(bytes.Clone(img.Destination))
		link.AppendChild(link, label)
	}
	for child := img.FirstChild(); child != nil; child = img.FirstChild() {
		link.AppendChild(link, child)
	}
	parent.ReplaceChild(parent, img, link)
}

func insideLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}

// cut shortens s to at most limit bytes without splitting a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
