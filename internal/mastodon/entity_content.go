package mastodon

import (
	"html"
	"net/url"
	"strings"

	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// contentKey says which version of which post a content belongs to.
type contentKey struct{ post, edited, updated int64 }

// contentsMemory is how many bytes of contents are kept: a page of long ones costs milliseconds to flatten.
const contentsMemory = 8 << 20

// content is the HTML of a post for clients. They know no titles: one stands first, bold, where Mastodon itself puts it, and then
// what else the post is besides its text, lead.
func (s *Server) content(p post.Post, lead string) string {
	key := contentKey{post: p.ID}
	if p.EditedAt != nil {
		key.edited = p.EditedAt.UnixNano()
	}
	if p.State != post.StatePublished {
		return s.flatContent(p, lead)
	}
	if kept, ok := s.contents.GetIfPresent(key); ok {
		return kept
	}
	content := s.flatContent(p, lead)
	s.contents.Set(key, content)
	return content
}

func (s *Server) flatContent(p post.Post, lead string) string {
	body := titleParagraph(p) + lead + markup.Flatten(p.HTML)
	switch {
	case !linked(p):
		return body
	case p.HTML == "" && p.Summary != "" && !p.Sensitive:
		body += "<p>" + html.EscapeString(p.Summary) + "</p>"
	}
	return body + linkParagraph(p.URL, p.URL)
}

// practiceContent is a practice as far as a status can hold it: title, summary, figures in words, text, what stands beside
// the text, and the way to the full page.
func (s *Server) practiceContent(p post.Post, details practice.Practice) string {
	key := contentKey{post: p.ID, updated: details.UpdatedAt.UnixNano()}
	if p.EditedAt != nil {
		key.edited = p.EditedAt.UnixNano()
	}
	if kept, ok := s.contents.GetIfPresent(key); ok {
		return kept
	}
	words := s.I18n.For(p.Language)
	var b strings.Builder
	b.WriteString(titleParagraph(p))
	for _, text := range []string{p.Summary, details.FiguresSentence(words)} {
		if text != "" {
			b.WriteString("<p>" + html.EscapeString(text) + "</p>")
		}
	}
	b.WriteString(markup.Flatten(p.HTML))
	for _, section := range details.Sections(words) {
		b.WriteString("<p><strong>" + html.EscapeString(section.Title) + "</strong>")
		if section.Text != "" {
			b.WriteString("<br>" + strings.ReplaceAll(html.EscapeString(section.Text), "\n", "<br>"))
		}
		b.WriteString("</p>")
		if len(section.List) > 0 {
			b.WriteString("<ul><li>" + strings.Join(escaped(section.List), "</li> <li>") + "</li></ul>")
		}
		for _, l := range section.Links {
			b.WriteString(linkParagraph(l.Href, l.Words(words)))
		}
	}
	b.WriteString(linkParagraph(p.URL, words.T("federation.facts.page")))
	if p.State == post.StatePublished {
		s.contents.Set(key, b.String())
	}
	return b.String()
}

func titleParagraph(p post.Post) string {
	if p.Title == "" {
		return ""
	}
	return "<p><strong>" + html.EscapeString(p.Title) + "</strong></p>"
}

func linkParagraph(address, label string) string {
	if !webURL(address) {
		return ""
	}
	return `<p><a href="` + html.EscapeString(address) + `" rel="nofollow noopener ugc">` + html.EscapeString(label) + `</a></p>`
}

func escaped(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = html.EscapeString(text)
	}
	return out
}

func webURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// linked reports whether a post is more at its origin than its text, so that clients need the way there.
func linked(p post.Post) bool { return p.Kind != post.Note && p.Kind != post.Question }

// practiceCard shows where the full page of a practice is; nil where it has none.
func (s *Server) practiceCard(v post.View, details practice.Practice, author Account) *PreviewCard {
	card := s.linkCard(v, author)
	if card == nil {
		return nil
	}
	if details.OrganizationName != "" {
		card.AuthorName = details.OrganizationName
	}
	if webURL(details.OrganizationURL) {
		card.AuthorURL = details.OrganizationURL
	}
	return card
}

// linkCard shows where a post is more than its text; nil where it has no page.
func (s *Server) linkCard(v post.View, author Account) *PreviewCard {
	p := v.Post
	if !webURL(p.URL) {
		return nil
	}
	card := &PreviewCard{
		URL: p.URL, Title: p.Heading(), Description: p.Summary, Language: textOrNil(p.Language), Type: "link",
		AuthorName: v.Author.Name(), AuthorURL: author.URL, ProviderName: s.Config.Domain(), ProviderURL: s.Config.BaseURL,
		PublishedAt: stampOrNil(p.PublishedAt), Authors: []CardAuthor{},
	}
	if domain := v.Author.Host(); domain != "" {
		card.ProviderName, card.ProviderURL = domain, "https://"+domain
	}
	if author.ID != "" {
		card.Authors = append(card.Authors, CardAuthor{Name: v.Author.Name(), URL: author.URL, Account: &author})
	}
	return card
}
