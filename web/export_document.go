package web

import (
	"cmp"
	"strings"

	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// document is a practice as a file for people. All its words are in the language of the text, so that it reads the same for
// everybody and can be kept.
func (s *Site) document(e exported) export.Document {
	l := s.I18n.For(e.Post.Language)
	p := e.Practice
	d := export.Document{
		Title: e.Post.Title, Summary: e.Post.Summary, Language: cmp.Or(e.Post.Language, l.Lang()), Origin: cmp.Or(p.OrganizationName, e.Author.Name()), Author: e.Author.Name(),
		Subject: l.T("export.subject"), Licence: licenceName(p.Licence), Modified: e.At, Revision: p.Revision, Address: s.originOf(e.Post),
		Page: l.T("export.page"), Of: l.T("export.of"),
	}
	if e.Post.PublishedAt != nil && !e.Draft {
		d.Date = *e.Post.PublishedAt
	}
	for _, t := range append(append([]practice.Term{}, p.Fields...), p.Goals...) {
		d.Keywords = append(d.Keywords, t.Name)
	}
	d.Facts = s.exportFacts(l, e)
	d.Notices = exportNotices(l, e)
	d.Blocks = exportBlocks(l, e)
	return d
}

func exportNotices(l *i18n.Localizer, e exported) []string {
	var notices []string
	if e.Draft {
		notices = append(notices, l.T("export.notice.draft"))
	}
	if e.Older {
		notices = append(notices, l.T("export.notice.older"))
	}
	if e.Post.Visibility == post.Network {
		notices = append(notices, l.T("export.notice.network"))
	}
	if at := e.Practice.ArchivedAt; at != nil {
		notices = append(notices, strings.TrimSpace(l.T("export.notice.archived", "Date", l.Date(*at))+" "+e.Practice.ArchiveReason))
	}
	return notices
}

// exportFacts are what stands below the title: where it comes from, and how it may be used.
func (s *Site) exportFacts(l *i18n.Localizer, e exported) []export.Fact {
	var facts []export.Fact
	add := func(key string, text []export.Inline) {
		if len(text) > 0 {
			facts = append(facts, export.Fact{Label: l.T(key), Text: text})
		}
	}
	plain := func(key, value string) {
		if value != "" {
			add(key, export.Plain(value))
		}
	}
	p := e.Practice
	if p.OrganizationName != "" {
		add("practices.organization", export.Linked(p.OrganizationName, p.OrganizationURL))
	}
	plain("export.author", e.Author.Name()+" ("+s.fullHandle(e.Author)+")")
	plain("practices.form.level", nameOf(l, "web.level.", string(p.Level)))
	plain("practices.form.region", nameOf(l, "web.region.", p.Region))
	plain("structure.ars", p.ARS)
	plain("practices.implementation", nameOf(l, "practices.state.", p.Implementation))
	if e.Post.PublishedAt != nil && !e.Draft {
		plain("practices.published", l.Date(*e.Post.PublishedAt))
		version := l.T("practices.version.number", "Revision", max(p.Revision, 1))
		if p.Revision > 1 && !e.At.IsZero() {
			version += ", " + l.Date(e.At)
		}
		plain("practices.version", version)
	}
	if p.Licence != "" {
		add("practices.licence", export.Linked(licenceName(p.Licence), p.Licence))
	}
	address := s.originOf(e.Post)
	add("export.address", export.Linked(address, address))
	return facts
}

// exportBlocks is the text, in the order of the page.
func exportBlocks(l *i18n.Localizer, e exported) []export.Block {
	p := e.Practice
	w := exportWriter{l: l}
	if len(p.Figures) > 0 {
		w.section("practices.figures", figureTable(l, p.Figures))
	}
	w.text("practices.situation", p.Situation)
	w.lines("practices.measures", p.Measures)
	w.section("export.description", export.Body(e.Post.HTML, 3)...)
	w.text("practices.outcome", p.Outcome)
	w.text("practices.prerequisites", p.Prerequisites)
	w.text("practices.pitfalls", p.Pitfalls)
	f := newFacts(l, p, e.Post.Language)
	effort := append([]string{}, f.Sums...)
	if f.Effort != "" {
		effort = append([]string{f.Effort}, effort...)
	}
	w.lines("export.effort", append(effort, f.Costs...))
	w.lines("structure.legal_basis", f.Laws)
	var services []string
	for _, k := range f.Services {
		services = append(services, k.Words())
	}
	w.lines("structure.services", services)
	var links [][]export.Inline
	for _, link := range f.Links {
		links = append(links, append(export.Plain(link.Kind+": "), export.Linked(cmp.Or(link.Name, link.Href), link.Href)...))
	}
	if p.ReuseOf != "" {
		links = append(links, append(export.Plain(l.T("structure.reuse_of")+": "), export.Linked(p.ReuseOf, p.ReuseOf)...))
	}
	w.list("structure.links", links)
	w.lines("practices.goals", termNames(p.Goals))
	w.lines("practices.fields", termNames(p.Fields))
	w.list("practices.contact", contactLines(p))
	return w.blocks
}

func contactLines(p practice.Practice) [][]export.Inline {
	var lines [][]export.Inline
	for _, line := range []string{p.ContactName, p.ContactUnit} {
		if line != "" {
			lines = append(lines, export.Plain(line))
		}
	}
	if p.ContactEmail != "" {
		lines = append(lines, export.Linked(p.ContactEmail, "mailto:"+p.ContactEmail))
	}
	if p.ContactURL != "" {
		lines = append(lines, export.Linked(p.ContactURL, p.ContactURL))
	}
	return lines
}

// figureTable is the key figures with their numbers; columns that say nothing are left out.
func figureTable(l *i18n.Localizer, figures []practice.Figure) export.Table {
	columns := []struct {
		key  string
		text func(figureView) string
	}{
		{"practices.figures.name", func(f figureView) string { return f.Name }},
		{"export.figures.before", func(f figureView) string { return f.Before }},
		{"export.figures.after", func(f figureView) string { return f.After }},
		{"practices.figures.change", func(f figureView) string { return f.Change }},
		{"export.figures.about", func(f figureView) string { return figureAbout(l, f) }},
	}
	t := export.Table{RowHeads: true, Rows: make([][][]export.Inline, len(figures))}
	views := newFigures(l, figures)
	for i, column := range columns {
		used := i == 0
		for _, v := range views {
			used = used || column.text(v) != ""
		}
		if !used {
			continue
		}
		t.Head = append(t.Head, export.Plain(l.T(column.key)))
		for row, v := range views {
			t.Rows[row] = append(t.Rows[row], export.Plain(cmp.Or(column.text(v), "–")))
		}
	}
	return t
}

// figureAbout says when and where a figure was measured, and how.
func figureAbout(l *i18n.Localizer, f figureView) string {
	var parts []string
	for _, part := range []string{f.Period, f.Scope} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if f.Method != "" {
		parts = append(parts, l.T("practices.figures.method", "Method", f.Method))
	}
	return strings.Join(parts, ", ")
}

// exportWriter adds what there is to say below a heading.
type exportWriter struct {
	l      *i18n.Localizer
	blocks []export.Block
}

func (w *exportWriter) section(key string, blocks ...export.Block) {
	if len(blocks) > 0 {
		w.blocks = append(append(w.blocks, export.Heading{Level: 2, Text: export.Plain(w.l.T(key))}), blocks...)
	}
}

func (w *exportWriter) text(key, text string) { w.section(key, export.Paragraphs(text)...) }

func (w *exportWriter) lines(key string, lines []string) {
	var list [][]export.Inline
	for _, line := range lines {
		list = append(list, export.Plain(line))
	}
	w.list(key, list)
}

func (w *exportWriter) list(key string, lines [][]export.Inline) {
	if len(lines) > 0 {
		w.section(key, export.Bullets(lines))
	}
}
