// Package markup turns people's Markdown into HTML and makes others' HTML harmless. Local text is stricter than the
// browser needs and so survives every peer (FEP-b2b8).
package markup

// Renderer is safe for concurrent use.
type Renderer struct{}

// New returns a renderer.
func New() *Renderer { return &Renderer{} }

// Render turns Markdown (no raw HTML) into sanitised HTML: headings from h2, paragraphs, lists, quotes, code, links, tables.
func (r *Renderer) Render(source string) string { panic("not built") }

// RenderWithLinks is Render with @mentions and #tags linked; resolve returns the address of a mention's profile, "" if unknown.
// It returns the handles it found (as written, without the first @) and tags (without #).
func (r *Renderer) RenderWithLinks(source string, mention func(handle string) string, tag func(name string) string) (html string, handles, tags []string) {
	panic("not built")
}

// Sanitize cleans HTML of others: allow-list, links get rel="nofollow noopener ugc", no images, no styles.
func (r *Renderer) Sanitize(html string) string { panic("not built") }

// Text strips HTML to plain text with single blanks.
func Text(html string) string { panic("not built") }
