package markup

import (
	"bytes"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// maxCells bounds the cells of all tables of a text. Lines are filled up to the width of their table, so that few characters make
// millions of cells.
const maxCells = 10_000

// tables are those of GitHub's Markdown, as far as they have maxCells; what is beyond stays text.
type tables struct{}

// Extend implements goldmark.Extender.
func (tables) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithParagraphTransformers(util.Prioritized(tableTransformer{extension.NewTableParagraphTransformer()}, 200)),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(
		util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
	))
}

var cellsKey = parser.NewContextKey()

// tableTransformer makes tables of paragraphs, for as long as there are cells left.
type tableTransformer struct{ parser.ParagraphTransformer }

// Transform implements parser.ParagraphTransformer.
func (t tableTransformer) Transform(node *ast.Paragraph, reader parserReader, pc parser.Context) {
	lines, widest := node.Lines(), 0
	for i := range lines.Len() {
		line := lines.At(i)
		widest = max(widest, bytes.Count(line.Value(reader.Source()), []byte("|")))
	}
	if widest > 0 { // else there is one cell in a line at most
		used, _ := pc.Get(cellsKey).(int)
		if used += (widest + 1) * lines.Len(); used > maxCells {
			return
		}
		pc.Set(cellsKey, used)
	}
	t.ParagraphTransformer.Transform(node, reader, pc)
}
