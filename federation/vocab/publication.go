package vocab

import (
	"html"
	"strings"

	"github.com/go-fed/activity/streams"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/publication"
)

// publicationObject is a document or an edition: an Article with its files attached, complete for every reader of Articles.
func (r *Renderer) publicationObject(doc PostDoc) (map[string]any, error) {
	d, p := newDraft(), doc.Post
	t := streams.NewActivityStreamsArticle()
	words := r.words(p.Language)
	r.common(d, t, doc, p.HTML+publicationHTML(words, doc), doc.Tags)
	setName(t, p.Title)
	setSummary(t, p.Summary)
	if p.Source != "" {
		d.set("source", map[string]any{"mediaType": "text/markdown", "content": p.Source + publicationMarkdown(words, doc)})
	}
	for key, value := range publicationTerms(p, *doc.Publication) {
		d.set(key, value)
	}
	if len(doc.Publication.Files) > 0 {
		d.set("attachment", each(doc.Publication.Files, fileObject))
	}
	return d.object(t)
}

func publicationTerms(p post.Post, of publication.Publication) map[string]any {
	m := map[string]any{
		"vb:kind": p.Role, "vb:schema": Schema, "vb:revision": max(of.Revision, 1),
		"vb:documentType": of.Type, "vb:version": of.Version, "vb:checksum": of.Checksum,
	}
	if len(of.Entries) > 0 {
		m["vb:entries"] = each(of.Entries, func(e publication.Entry) map[string]any {
			entry := texts("id", e.URI, "chapter", e.Chapter)
			if e.Revision > 0 {
				entry["revision"] = e.Revision
			}
			return entry
		})
	}
	return m
}

func fileObject(f publication.File) map[string]any {
	m := texts("type", "Document", "mediaType", f.MediaType, "url", f.URL, "name", f.Name)
	if f.Bytes > 0 {
		m["vb:bytes"] = f.Bytes
	}
	return m
}

// publicationHTML closes the content for readers whose software does not show what is attached: which version it is, what can be
// saved, and the way to the page.
func publicationHTML(w Words, doc PostDoc) string {
	var b strings.Builder
	b.WriteString(factsOpen)
	if v := doc.Publication.Version; v != "" {
		b.WriteString(html.EscapeString(w.T("publications.version", "Version", v)) + " ")
	}
	b.WriteString(`<a href="` + html.EscapeString(doc.Post.URL) + `">` + html.EscapeString(w.T("publications.facts.page")) + `</a></p>`)
	if len(doc.Publication.Files) == 0 {
		return b.String()
	}
	b.WriteString("<ul>")
	for _, f := range doc.Publication.Files {
		b.WriteString(`<li><a href="` + html.EscapeString(f.URL) + `">` + html.EscapeString(f.Label()) + `</a></li>`)
	}
	b.WriteString("</ul>")
	return b.String()
}

// publicationMarkdown is the same for software that renders the source instead of the content.
func publicationMarkdown(w Words, doc PostDoc) string {
	var b strings.Builder
	b.WriteString("\n\n")
	if v := doc.Publication.Version; v != "" {
		b.WriteString(w.T("publications.version", "Version", v) + " ")
	}
	b.WriteString("[" + w.T("publications.facts.page") + "](<" + linkAddress.Replace(doc.Post.URL) + ">)\n")
	for _, f := range doc.Publication.Files {
		b.WriteString("\n- [" + linkText.Replace(f.Label()) + "](<" + linkAddress.Replace(f.URL) + ">)")
	}
	return b.String()
}

// IsPublication reports whether it carries our terms for a document or an edition.
func (o Object) IsPublication() bool {
	return o.Type == "Article" && (o.Role == post.RoleDocument || o.Role == post.RoleEdition)
}

// Publication reads what a document or an edition says beyond its words. A term that breaks a rule is dropped and named in dropped.
func (o Object) Publication() (p publication.Publication, dropped []string) {
	t := termReader{fields: o.terms}
	p = publication.Publication{
		Kind: o.Role, Revision: max(t.integer("vb:revision"), 1), Version: t.short("vb:version"), Checksum: t.short("vb:checksum"),
	}
	if o.Role == post.RoleDocument {
		p.Type = t.oneOf("vb:documentType", publication.Types)
	}
	p.Entries = t.entries("vb:entries")
	for _, raw := range o.terms.list("attachment") {
		f, err := parseFields(raw)
		if err != nil || len(p.Files) == maxAttachments {
			continue
		}
		address := f.text("url")
		if address == "" {
			address = pageOf(f)
		}
		if f.text("type") != "Document" || !o.mayLoad(address) {
			continue
		}
		bytes, _ := integer(f["vb:bytes"])
		name, _ := f.words("name", preferred)
		p.Files = append(p.Files, publication.File{URL: address, MediaType: clip(f.text("mediaType"), 100), Name: clip(name, maxShort), Bytes: int64(bytes)})
	}
	return p, t.dropped
}

// entries reads what an edition contains; it may be long, but not endless.
func (t *termReader) entries(key string) (entries []publication.Entry) {
	list := t.list(key)
	whole := len(list) <= publication.MaxEntries
	for _, raw := range list[:min(len(list), publication.MaxEntries)] {
		f, err := parseFields(raw)
		if err != nil {
			whole = false
			continue
		}
		e := &termReader{fields: f}
		entry := publication.Entry{URI: e.address("id"), Revision: e.integer("revision"), Chapter: e.short("chapter")}
		if entry.URI == "" || len(e.dropped) > 0 {
			whole = false
		}
		if entry.URI != "" {
			entries = append(entries, entry)
		}
	}
	if !whole {
		t.drop(key)
	}
	return entries
}
