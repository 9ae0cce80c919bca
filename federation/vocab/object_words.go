package vocab

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/vorbild/vorbild/internal/post"
)

// preferred is the language whose words are taken of those that an object is written in: the instances are German.
const preferred = "de"

// readWords reads name, summary and content from the raw JSON, all in one language where the object has several.
func (o *Object) readWords(f fields) {
	var content string
	content, o.Language = f.words("content", preferred)
	o.Format = formatOf(f.text("mediaType"))
	if content == "" {
		if source, err := parseFields(f["source"]); err == nil && formatOf(source.text("mediaType")) == post.Markdown {
			content, o.Format = source.text("content"), post.Markdown
		}
	}
	o.Content = content
	if o.Quote().URI != "" {
		o.Content = withoutQuoteLine(content)
	}
	want := cmp.Or(o.Language, preferred)
	name, language := f.words("name", want)
	summary, summaryLanguage := f.words("summary", want)
	o.Name, o.Summary = clip(name, maxTitle), clip(summary, maxSummary)
	o.Language = cmp.Or(o.Language, language, summaryLanguage, declaredLanguage(f))
}

// formatOf reads in what a text is written; everything but the two that are not is taken for HTML.
func formatOf(mediaType string) post.SourceType {
	name, _, _ := strings.Cut(mediaType, ";")
	switch t := post.SourceType(strings.ToLower(strings.TrimSpace(name))); t {
	case post.Markdown, post.PlainText:
		return t
	}
	return ""
}

// wording is a text in one language.
type wording struct{ tag, text string }

// words reads a text that may stand in key, in key+"Map" by language, or in both: that of the wanted language, else the one
// without a language, else the first.
func (f fields) words(key, want string) (text, language string) {
	text = f.plain(key)
	entries := f.wordings(key + "Map")
	for _, e := range entries {
		if languageTag(e.tag) == want {
			return e.text, want
		}
	}
	for _, e := range entries {
		if text == "" || e.text == text {
			return e.text, languageTag(e.tag)
		}
	}
	return text, ""
}

// plain is a string, or the first of a list of strings as some libraries write it.
func (f fields) plain(key string) string {
	if texts := f.texts(key); len(texts) > 0 {
		return withoutNUL(texts[0])
	}
	return ""
}

// wordings reads a language map in the order in which it was written.
func (f fields) wordings(key string) (list []wording) {
	d := json.NewDecoder(bytes.NewReader(f[key]))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() && len(list) < maxList {
		tag, err := d.Token()
		if err != nil {
			return list
		}
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return list
		}
		var s string
		if json.Unmarshal(raw, &s) == nil && s != "" {
			list = append(list, wording{tag: tag.(string), text: withoutNUL(s)})
		}
	}
	return list
}

// declaredLanguage reads the language where no text says it: Lemmy and PeerTube describe it, Mobilizon names it.
func declaredLanguage(f fields) string {
	if described, err := parseFields(f["language"]); err == nil {
		return languageTag(described.text("identifier"))
	}
	return languageTag(f.text("inLanguage"))
}

// languageTag keeps the primary subtag of a plausible tag.
func languageTag(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if len(primary) < 2 || len(primary) > 3 || strings.Trim(primary, "abcdefghijklmnopqrstuvwxyz") != "" || primary == "und" {
		return ""
	}
	return primary
}

func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// quoteLine is what Mastodon, Misskey and we put into the content for readers whose software shows no quotes.
var quoteLine = regexp.MustCompile(`(?s)<(p|span) class="quote-inline">.*?</(?:p|span)>`)

func withoutQuoteLine(content string) string {
	if !strings.Contains(content, "quote-inline") {
		return content
	}
	return quoteLine.ReplaceAllString(content, "")
}

// maxLinks bounds how many attached addresses we list.
const maxLinks = 8

// readLinks reads attached pages: what a Lemmy post is about, what Friendica and Mastodon show a card of, where a meeting takes
// place. An address that the text names already is not said twice.
func (o *Object) readLinks(f fields) {
	for _, raw := range f.list("attachment") {
		link, err := parseFields(raw)
		if err != nil || len(o.Links) == maxLinks {
			continue
		}
		address := link.text("href")
		switch link.text("type") {
		case "Link":
		case "Page", "Article":
			if address == "" {
				address = pageOf(link)
			}
		default:
			continue
		}
		if mediaType := link.text("mediaType"); !webID(address) || mediaType != "" && !strings.HasPrefix(mediaType, "text/html") {
			continue
		}
		if strings.Contains(o.Content, address) || strings.Contains(o.Content, strings.ReplaceAll(address, "&", "&amp;")) || address == o.URL {
			continue
		}
		name, _ := link.words("name", preferred)
		o.Links = append(o.Links, post.WebLink{URL: address, Name: clip(strings.Join(strings.Fields(name), " "), maxTitle)})
	}
}
