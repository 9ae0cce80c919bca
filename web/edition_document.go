package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/i18n"
)

// freeze says how an edition reads, in its own language: as the page that is kept, as an electronic book, and to those who follow.
func (s *Site) freeze(publisher string) func(edition.Paper) (edition.Frozen, error) {
	return func(p edition.Paper) (edition.Frozen, error) {
		l := s.I18n.For(p.Language)
		return edition.Frozen{
			Document:     s.editionDocument(l, p, publisher),
			EPUB:         export.EPUBWords{Accessibility: l.T("editions.epub.accessibility"), Start: l.T("editions.epub.start")},
			Announcement: s.editionAnnouncement(l, p),
		}, nil
	}
}

// editionDocument is an edition as a text: foreword, what it brings together, the chapters with their practices, credits, imprint.
func (s *Site) editionDocument(l *i18n.Localizer, p edition.Paper, publisher string) export.Document {
	address := s.Config.BaseURL + p.Path()
	d := export.Document{
		Title: l.T("editions.document.title", "Title", p.Title, "Number", p.Number), Summary: p.Summary, Language: p.Language, Origin: publisher, Author: publisher,
		Subject: l.T("editions.document.subject"), Address: address, Contents: l.T("editions.document.contents"), Found: true,
		Page: l.T("export.page"), Of: l.T("export.of"), Keywords: []string{"Green-IT", l.T("editions.document.keyword")},
	}
	fact := func(key string, text []export.Inline) {
		d.Facts = append(d.Facts, export.Fact{Label: l.T(key), Text: text})
	}
	fact("editions.document.publisher", export.Plain(publisher))
	fact("editions.document.number", export.Plain(p.Number))
	if p.PublishedAt != nil {
		d.Date, d.Modified = *p.PublishedAt, *p.PublishedAt
		fact("editions.document.date", export.Plain(l.Date(*p.PublishedAt)))
	}
	fact("editions.document.size", export.Plain(l.T("editions.document.practices", "Count", p.Practices)))
	fact("export.address", export.Linked(address, address))
	w := editionWriter{site: s, l: l, paper: p}
	w.part("foreword", "vorwort", l.T("editions.document.foreword"), export.Body(s.Practices.Preview(p.Foreword), 3))
	w.part("introduction", "wirkung", l.T("editions.document.effect"), w.effect())
	for i := range p.Parts {
		w.chapter(i)
	}
	w.part("credits", "mitwirkende", l.T("editions.document.credits"), w.credits())
	w.part("imprint", "impressum", l.T("editions.document.imprint"), export.Body(s.Practices.Preview(p.Imprint), 3))
	d.Blocks = w.blocks
	return d
}

// editionWriter adds the parts of an edition one after another.
type editionWriter struct {
	site   *Site
	l      *i18n.Localizer
	paper  edition.Paper
	blocks []export.Block
}

// part adds a part of the edition, unless there is nothing to say in it.
func (w *editionWriter) part(role, id, title string, blocks []export.Block) {
	if len(blocks) > 0 {
		w.blocks = append(append(w.blocks, export.Heading{Level: 2, Text: export.Plain(title), ID: id, Role: role}), blocks...)
	}
}

// effect is what the practices save together, with what the sums rest on.
func (w *editionWriter) effect() []export.Block {
	if len(w.paper.Sums) == 0 {
		return nil
	}
	l := w.l
	t := export.Table{Caption: l.T("editions.effect.caption"), RowHeads: true}
	for _, key := range []string{"quantity", "sum", "rests", "methods"} {
		t.Head = append(t.Head, export.Plain(l.T("editions.effect."+key)))
	}
	repeated := 0
	for _, sum := range w.paper.Sums {
		amount := math.Round(sum.Amount*10) / 10
		said := joinUnit(signed(l, amount), unitName(l, sum.Quantity, sum.Unit))
		t.Rows = append(t.Rows, [][]export.Inline{
			export.Plain(quantityName(l, sum.Quantity)), export.Plain(said),
			export.Plain(l.T("editions.effect.of", "Count", sum.Practices, "All", w.paper.Practices)), export.Plain(l.T("editions.effect.of", "Count", sum.Methods, "All", sum.Practices)),
		})
		repeated = max(repeated, sum.Repeated)
	}
	blocks := []export.Block{export.Paragraph{Text: export.Plain(l.T("editions.effect.lead"))}, t, export.Paragraph{Text: export.Plain(l.T("editions.effect.method"))}}
	if repeated > 0 {
		blocks = append(blocks, export.Paragraph{Text: export.Plain(l.T("editions.effect.repeated", "Count", repeated))})
	}
	return blocks
}

// chapter adds a chapter with its practices.
func (w *editionWriter) chapter(i int) {
	part := w.paper.Parts[i]
	number := i + 1
	w.blocks = append(w.blocks, export.Heading{Level: 2, Text: export.Plain(fmt.Sprintf("%d %s", number, part.Title)), ID: fmt.Sprintf("kapitel-%d", number), Role: "chapter"})
	w.blocks = append(w.blocks, export.Body(w.site.Practices.Preview(part.Introduction), 3)...)
	for j, place := range part.Places {
		w.place(fmt.Sprintf("%d.%d", number, j+1), place)
	}
}

// place adds a practice in its own language, or that it is gone: of what was withdrawn nothing is told but that.
func (w *editionWriter) place(number string, p edition.Place) {
	l := w.l
	heading := export.Heading{Level: 3, ID: "beispiel-" + strings.ReplaceAll(number, ".", "-")}
	if !p.Reads() {
		heading.Text = export.Plain(number + " " + l.T("editions.gone.title"))
		w.blocks = append(w.blocks, heading, export.Paragraph{Text: export.Plain(l.T("editions.gone.text", "Origin", p.Origin))})
		return
	}
	e := exported{View: p.View, At: changedAt(p.View.Post)}
	heading.Text = export.Plain(number + " " + p.View.Post.Title)
	if lang := p.View.Post.Language; lang != "" && lang != w.paper.Language {
		heading.Lang = lang
		l = w.site.I18n.For(lang)
	}
	var blocks []export.Block
	if p.View.Post.Summary != "" {
		blocks = append(blocks, export.Paragraph{Text: []export.Inline{{Text: p.View.Post.Summary, Strong: true}}})
	}
	facts := export.Table{RowHeads: true, Caption: l.T("editions.document.about")}
	for _, f := range w.site.exportFacts(l, e) {
		facts.Rows = append(facts.Rows, [][]export.Inline{export.Plain(f.Label), f.Text})
	}
	blocks = append(append(blocks, facts), export.Deeper(exportBlocks(l, e), 2)...)
	w.blocks = append(w.blocks, heading)
	if p.Note != "" {
		note := export.Paragraphs(p.Note)
		if first, ok := note[0].(export.Paragraph); ok {
			note[0] = export.Paragraph{Text: append([]export.Inline{{Text: w.l.T("editions.document.note") + " ", Strong: true}}, first.Text...)}
		}
		w.blocks = append(w.blocks, note...)
	}
	if heading.Lang != "" {
		blocks = []export.Block{export.Foreign{Lang: heading.Lang, Blocks: blocks}}
	}
	w.blocks = append(w.blocks, blocks...)
}

// credits name who contributed: in the editors' words, then everybody whose practice stands in the edition.
func (w *editionWriter) credits() []export.Block {
	blocks := export.Body(w.site.Practices.Preview(w.paper.Credits), 3)
	counts := map[string]int{}
	var names []string
	for _, part := range w.paper.Parts {
		for _, place := range part.Places {
			if !place.Reads() {
				continue
			}
			name := cmp.Or(place.View.Practice.OrganizationName, place.View.Author.Name())
			if counts[name]++; counts[name] == 1 {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return blocks
	}
	slices.SortFunc(names, strings.Compare)
	var lines [][]export.Inline
	for _, name := range names {
		lines = append(lines, export.Plain(w.l.T("editions.document.contributor", "Name", name, "Count", counts[name])))
	}
	return append(blocks, export.Paragraph{Text: export.Plain(w.l.T("editions.document.contributors"))}, export.Bullets(lines))
}

// editionAnnouncement is what followers are told, in Markdown.
func (s *Site) editionAnnouncement(l *i18n.Localizer, p edition.Paper) string {
	address := s.Config.BaseURL + p.Path()
	blocks := []export.Block{export.Paragraph{Text: export.Plain(l.T("editions.announcement", "Number", p.Number, "Count", p.Practices))}}
	for i, part := range p.Parts {
		blocks = append(blocks, export.Heading{Level: 2, Text: export.Plain(fmt.Sprintf("%d %s", i+1, part.Title))})
		var lines [][]export.Inline
		for _, place := range part.Places {
			if place.Reads() {
				lines = append(lines, export.Plain(place.View.Post.Title+" ("+cmp.Or(place.View.Practice.OrganizationName, place.View.Author.Name())+")"))
			}
		}
		if len(lines) > 0 {
			blocks = append(blocks, export.Bullets(lines))
		}
	}
	blocks = append(blocks, export.Paragraph{Text: append(export.Plain(l.T("editions.announcement.read")+" "), export.Linked(address, address)...)})
	return export.MarkdownBody(blocks)
}
