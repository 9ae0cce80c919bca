package vocab

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/post"
)

// Object is a post as another server describes it, in plain values; HTML is not yet sanitised.
type Object struct {
	Addressing
	ID           string
	Type         string
	AttributedTo string
	URL          string
	InReplyTo    string
	Context      string
	Audience     string
	Replies      string
	Name         string
	Summary      string
	Content      string
	Language     string
	Role         string // vb:kind of a Note
	Sensitive    bool
	Hashtags     []string // without #
	Mentions     []string // ids of actors
	Published    time.Time
	Updated      *time.Time

	terms fields
}

// Longest texts we take over; the rest is cut (names, summaries) or refused by size before.
const (
	maxTitle   = 500
	maxSummary = 5000
	maxHashtag = 100
)

// ParseObject reads a post, or a Tombstone. It fails only when there is no id or no single type; what else breaks a rule
// is left out.
func ParseObject(raw []byte) (Object, error) {
	f, err := parseFields(raw)
	if err != nil {
		return Object{}, err
	}
	o := Object{
		ID: f.text("id"), Type: f.text("type"), AttributedTo: f.id("attributedTo"), URL: pageOf(f),
		InReplyTo: f.id("inReplyTo"), Context: f.id("context"), Audience: f.id("audience"), Replies: f.id("replies"),
		Name: clip(f.text("name"), maxTitle), Summary: clip(f.text("summary"), maxSummary), Sensitive: f.boolean("sensitive"),
		Addressing: Addressing{To: f.ids("to"), Cc: f.ids("cc")}, terms: f,
	}
	if o.Type == "" {
		// Some peers say type as a list; the first one we know counts.
		for _, t := range f.list("type") {
			var name string
			if json.Unmarshal(t, &name) == nil && (kinds[name] != "" || name == "Tombstone") {
				o.Type = name
				break
			}
		}
	}
	if HostOf(o.ID) == "" || len(o.ID) > maxID || strings.ContainsRune(o.ID, 0) {
		return o, fmt.Errorf("%w: object id %.100q", ErrMalformed, o.ID)
	}
	if o.Type == "" {
		return o, fmt.Errorf("%w: object type of %s", ErrMalformed, o.ID)
	}
	for _, id := range []*string{&o.InReplyTo, &o.Context, &o.Audience, &o.Replies} {
		if HostOf(*id) == "" || len(*id) > maxID || strings.ContainsRune(*id, 0) {
			*id = ""
		}
	}
	o.Content, o.Language = contentOf(f)
	o.Content = withoutTitle(o.Content)
	if o.IsPractice() {
		o.Content = withoutFacts(o.Content)
	} else if o.Type == "Note" {
		o.Role = clip(f.text("vb:kind"), 50)
	}
	o.readTags(f)
	if t, ok := f.time("published"); ok {
		o.Published = t
	}
	if t, ok := f.time("updated"); ok {
		o.Updated = &t
	}
	return o, nil
}

var kinds = map[string]post.Kind{
	"Note": post.Note, "Article": post.Article, "Question": post.Question, "Event": post.Event,
	"Page": post.Link, "Video": post.Link, "Audio": post.Link, "Image": post.Link, "Document": post.Link,
}

// Kind is how we keep it, "" for what is not a post.
func (o Object) Kind() post.Kind { return kinds[o.Type] }

// Tombstone reports whether the object was deleted at its origin.
func (o Object) Tombstone() bool { return o.Type == "Tombstone" }

// IsPractice reports whether it carries our terms for a best practice.
func (o Object) IsPractice() bool {
	return o.Type == "Article" && o.terms.text("vb:kind") == KindPractice
}

// maxGroups bounds how many of the addressed are looked up as groups: each costs a query, and whoever addresses a thousand
// has named the group among the first.
const maxGroups = 50

// Groups are the ids that may be the board it stands on, the audience first.
func (o Object) Groups() []string {
	var ids []string
	for _, id := range append([]string{o.Audience}, append(slices.Clone(o.To), o.Cc...)...) {
		if len(ids) == maxGroups {
			break
		}
		if id != PublicURI && HostOf(id) != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (o *Object) readTags(f fields) {
	tags := f.list("tag")
	for _, raw := range tags[:min(len(tags), 100)] {
		t, err := parseFields(raw)
		if err != nil {
			continue
		}
		switch t.text("type") {
		case "Hashtag":
			name := clip(strings.TrimLeft(strings.TrimSpace(t.text("name")), "#"), maxHashtag)
			if name != "" && !slices.Contains(o.Hashtags, name) {
				o.Hashtags = append(o.Hashtags, name)
			}
		case "Mention":
			if href := t.text("href"); HostOf(href) != "" && !slices.Contains(o.Mentions, href) {
				o.Mentions = append(o.Mentions, href)
			}
		}
	}
}

// pageOf reads url: a string, a Link, or a list of Links of which the HTML one is for people.
func pageOf(f fields) string {
	var first string
	for _, raw := range f.list("url") {
		page := idOf(raw)
		if HostOf(page) == "" || len(page) > maxID || strings.ContainsRune(page, 0) {
			continue
		}
		if link, err := parseFields(raw); err == nil && link.text("mediaType") == "text/html" {
			return page
		}
		if first == "" {
			first = page
		}
	}
	return first
}

// contentOf reads the text and its language: contentMap names the language of the content it repeats.
func contentOf(f fields) (content, language string) {
	content = strings.ReplaceAll(f.text("content"), "\x00", "")
	byLanguage := map[string]string{}
	if json.Unmarshal(f["contentMap"], &byLanguage) != nil {
		return content, ""
	}
	var languages []string
	for l := range byLanguage {
		languages = append(languages, l)
	}
	sort.Strings(languages)
	for _, l := range languages {
		if content == "" || strings.ReplaceAll(byLanguage[l], "\x00", "") == content {
			return strings.ReplaceAll(byLanguage[l], "\x00", ""), languageTag(l)
		}
	}
	if len(languages) > 0 {
		language = languageTag(languages[0])
	}
	return content, language
}

// languageTag keeps the primary subtag of a plausible tag.
func languageTag(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if len(primary) < 2 || len(primary) > 3 || strings.Trim(primary, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return primary
}
