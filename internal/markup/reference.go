package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

type parserReader = text.Reader

// referencesKey holds what one call of RenderWithLinks asks and finds.
var referencesKey = parser.NewContextKey()

type references struct {
	mention func(handle string) string
	tag     func(name string) string
	handles []string
	tags    []string
	known   map[string]string // addresses by what is written, in lower case
	links   int
}

const (
	maxHandle = 320
	maxTag    = 100

	// MaxTags is how many different hashtags of a text are linked and told; what else looks like one is text. Nobody reads more, and
	// each would be a page of its own.
	MaxTags = 30
	// maxHandles is how many different handles of a text are told and asked for.
	maxHandles = 100
	// maxReferences is how many links of a text lead to people and hashtags, also where they are few, again and again.
	maxReferences = 500
)

// address returns where a reference as written leads, "" where it stays text, and which class its link has.
func (refs *references) address(written string) (address, class string) {
	name, key := written[1:], strings.ToLower(written)
	class = "hashtag"
	if written[0] == '@' {
		class = "mention"
	}
	address, asked := refs.known[key]
	switch {
	case asked:
	case class == "mention" && len(refs.handles) < maxHandles:
		refs.handles = append(refs.handles, name)
		address = refs.mention(name)
	case class == "hashtag" && len(refs.tags) < MaxTags:
		refs.tags = append(refs.tags, name)
		address = refs.tag(name)
	default:
		return "", class
	}
	if !asked {
		if refs.known == nil {
			refs.known = map[string]string{}
		}
		refs.known[key] = address
	}
	if address == "" || refs.links == maxReferences {
		return "", class
	}
	refs.links++
	return address, class
}

var kindReference = ast.NewNodeKind("Reference")

// reference is an @mention or a #tag as written. It lives only between parsing and treeTransformer: goldmark would not
// allow a link within a link's text, where these stay text.
type reference struct {
	ast.BaseInline
	segment text.Segment // with its @ or #
}

// Kind implements ast.Node.
func (*reference) Kind() ast.NodeKind { return kindReference }

// Dump implements ast.Node.
func (n *reference) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// settle replaces the reference by a link, or by its text where there is nobody to ask, nothing to link to, or a link around it.
func (n *reference) settle(refs *references, source []byte) {
	parent := n.Parent()
	if parent == nil {
		return
	}
	label := ast.NewTextSegment(n.segment)
	written := string(n.segment.Value(source))
	address, class := "", ""
	if refs != nil && !insideLink(n) {
		address, class = refs.address(written)
	}
	if address == "" {
		parent.ReplaceChild(parent, n, label)
		return
	}
	link := ast.NewLink()
	link.Destination = []byte(address)
	link.SetAttributeString("class", []byte(class))
	link.AppendChild(link, label)
	parent.ReplaceChild(parent, n, link)
}

// referenceParser recognises @user, @user@host[:port] and #Tag at the beginning of a word.
type referenceParser struct{}

// Trigger implements parser.InlineParser.
func (referenceParser) Trigger() []byte { return []byte{'@', '#'} }

// Parse implements parser.InlineParser.
func (referenceParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); wordRune(before) || strings.ContainsRune("@#&/.-=", before) {
		return nil
	}
	line, segment := block.PeekLine()
	size := 0
	if line[0] == '@' {
		size = handleLength(line[1:])
	} else {
		size = tagLength(line[1:])
	}
	if size == 0 {
		return nil
	}
	block.Advance(size + 1)
	return &reference{segment: segment.WithStop(segment.Start + size + 1)}
}

// handleLength returns how many bytes at the start of b are user or user@host[:port]; 0 for none.
func handleLength(b []byte) int {
	user := span(b, func(r rune) bool { return asciiWord(r) || r == '.' || r == '-' })
	user = len(strings.TrimRight(string(b[:user]), ".-"))
	if user == 0 || !asciiWord(rune(b[0])) || user > maxHandle {
		return 0
	}
	rest := b[user:]
	if len(rest) < 2 || rest[0] != '@' {
		if len(rest) > 0 && rest[0] == '@' {
			return user
		}
		if r, _ := utf8.DecodeRune(rest); len(rest) > 0 && wordRune(r) {
			return 0 // @müller: part of a word is nobody's name
		}
		return user
	}
	rest = rest[1:]
	host := span(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '-' })
	host = len(strings.TrimRight(string(rest[:host]), ".-"))
	if host == 0 || rest[0] == '.' || rest[0] == '-' {
		return user
	}
	end := host
	if len(rest) > end+1 && rest[end] == ':' {
		if port := span(rest[end+1:], func(r rune) bool { return r >= '0' && r <= '9' }); port > 0 && port <= 5 {
			end += 1 + port
		}
	}
	if user+1+end > maxHandle {
		return 0
	}
	return user + 1 + end
}

// tagLength returns how many bytes at the start of b are a tag's name: letters of any script, digits and _, not digits alone.
func tagLength(b []byte) int {
	letters := false
	size := span(b, func(r rune) bool {
		letters = letters || unicode.IsLetter(r)
		return wordRune(r) || unicode.IsMark(r)
	})
	if !letters || size > maxTag {
		return 0
	}
	return size
}

func span(b []byte, in func(rune) bool) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError || !in(r) {
			return i
		}
		i += size
	}
	return len(b)
}

func asciiWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
