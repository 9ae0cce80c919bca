package vocab

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/vorbild/vorbild/internal/account"
)

// maxTags keeps the list of hashtags readable where it is shown under the text.
const maxTags = 12

// tags are the Mentions (without them Mastodon notifies nobody) and the Hashtags of a post.
func (r *Renderer) tags(doc PostDoc, names []string) []any {
	list := []any{}
	people := doc.Mentions
	if doc.ParentAuthor != nil {
		people = append([]account.Account{*doc.ParentAuthor}, people...)
	}
	seen := map[string]bool{doc.Author.URI: true}
	for _, a := range people {
		if seen[a.URI] {
			continue
		}
		seen[a.URI] = true
		list = append(list, map[string]any{"type": "Mention", "href": a.URI, "name": "@" + r.handle(a)})
	}
	for _, name := range names {
		list = append(list, map[string]any{
			"type": "Hashtag", "name": "#" + name,
			"href": r.baseURL + "/tags/" + url.PathEscape(name),
		})
	}
	return list
}

// handle is user@host also for our own accounts: others have to find them.
func (r *Renderer) handle(a account.Account) string {
	if a.Local() {
		return a.Username + "@" + r.domain
	}
	return a.Handle()
}

// practiceTags lets people of other software find a practice: #GreenIT, its own hashtags, its fields and goals.
func practiceTags(doc PostDoc) []string {
	names := append([]string{"GreenIT"}, doc.Tags...)
	for _, f := range doc.Practice.Fields {
		names = append(names, f.Name)
	}
	for _, g := range doc.Practice.Goals {
		names = append(names, g.Name)
	}
	var tags []string
	seen := map[string]bool{}
	for _, name := range names {
		tag := hashtag(name)
		key := strings.ToLower(tag)
		if tag == "" || seen[key] || len(tags) == maxTags {
			continue
		}
		seen[key] = true
		tags = append(tags, tag)
	}
	return tags
}

// hashtag makes "Zentrale IT-Infrastruktur" into "ZentraleITInfrastruktur".
func hashtag(name string) string {
	var b strings.Builder
	start := true
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			start = true
			continue
		}
		if start {
			c = unicode.ToUpper(c)
		}
		start = false
		b.WriteRune(c)
	}
	if s := b.String(); strings.ContainsFunc(s, unicode.IsLetter) {
		return s
	}
	return ""
}
