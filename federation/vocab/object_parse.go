package vocab

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/vorbild/vorbild/internal/post"
)

// Object is a post as another server describes it, in plain values; HTML is not yet sanitised.
type Object struct {
	Addressing
	ID           string
	Type         string
	AttributedTo string // the one who wrote it; see authorOf
	URL          string
	InReplyTo    string
	Context      string
	Audience     string
	Replies      string
	Name         string
	Summary      string
	Content      string
	Format       post.SourceType // "" for HTML, else what Content is written in
	Language     string
	Links        []post.WebLink // attached addresses of pages
	Role         string         // vb:kind of a Note, or of an Article that is a publication
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
		ID: f.text("id"), Type: typeOf(f), AttributedTo: authorOf(f), URL: pageOf(f),
		InReplyTo: f.id("inReplyTo"), Context: f.id("context"), Audience: f.id("audience"), Replies: f.id("replies"),
		Sensitive: f.boolean("sensitive"), Addressing: Addressing{To: f.ids("to"), Cc: f.ids("cc")}, terms: f,
	}
	if HostOf(o.ID) == "" || len(o.ID) > maxID || strings.ContainsRune(o.ID, 0) {
		return o, fmt.Errorf("%w: object id %.100q", ErrMalformed, o.ID)
	}
	if o.Type == "" {
		return o, fmt.Errorf("%w: object type of %s", ErrMalformed, o.ID)
	}
	for _, id := range []*string{&o.InReplyTo, &o.Context, &o.Audience, &o.Replies} {
		if !webID(*id) {
			*id = ""
		}
	}
	o.readWords(f)
	o.Content = withoutTitle(o.Content)
	if o.IsPractice() {
		o.Content = withoutFacts(o.Content)
	} else if kind := f.text("vb:kind"); o.Type == "Article" && (kind == post.RoleDocument || kind == post.RoleEdition) {
		o.Content, o.Role = withoutFacts(o.Content), kind
	} else if o.Type == "Note" {
		o.Content, o.Role = withoutWords(o.Content), o.roleOf()
	}
	o.readTags(f)
	o.readLinks(f)
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
	for _, id := range slices.Concat([]string{o.Audience}, o.terms.ids("attributedTo"), o.To, o.Cc) {
		if len(ids) == maxGroups {
			break
		}
		if id != PublicURI && id != o.AttributedTo && HostOf(id) != "" && !slices.Contains(ids, id) {
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
			name := clip(hashtagName(t.text("name")), maxHashtag)
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

// hashtagName makes one word of a hashtag as Mastodon does: PeerTube and NodeBB have some with blanks and hyphens.
func hashtagName(written string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.In(r, unicode.L, unicode.M, unicode.N) {
			return r
		}
		return -1
	}, written)
}

// typeOf reads type. Some peers say it as a list: the first one we know counts, else the first.
func typeOf(f fields) string {
	var first string
	for _, raw := range f.list("type") {
		var name string
		if json.Unmarshal(raw, &name) != nil {
			continue
		}
		if kinds[name] != "" || name == "Tombstone" {
			return name
		}
		if first == "" {
			first = name
		}
	}
	return first
}

// authorOf reads who wrote an object, always the same of several: Mobilizon names the person in actor where attributedTo is
// the group for which they wrote, PeerTube lists a Person and the Group of the channel.
func authorOf(f fields) string {
	if actor := f.id("actor"); SameHost(actor, f.text("id")) {
		return actor
	}
	list := f.list("attributedTo")
	for _, raw := range list {
		if entry, err := parseFields(raw); err == nil && entry.text("type") == "Person" && len(list) > 1 {
			return idOf(raw)
		}
	}
	return f.id("attributedTo")
}

// webID reports whether an id or address can be kept.
func webID(id string) bool {
	return HostOf(id) != "" && len(id) <= maxID && !strings.ContainsRune(id, 0)
}

// pageOf reads url: a string, a Link, or a list of Links of which the HTML one is for people.
func pageOf(f fields) string {
	var first string
	for _, raw := range f.list("url") {
		page := idOf(raw)
		if !webID(page) {
			continue
		}
		link, err := parseFields(raw)
		if err == nil && link.text("mediaType") == "text/html" {
			return page
		}
		if err == nil && link.text("mediaType") != "" && kinds[typeOf(f)] == post.Link {
			continue // a file
		}
		if first == "" {
			first = page
		}
	}
	return first
}
