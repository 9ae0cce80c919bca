package export

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// Feed is a list of what was published last (RFC 4287).
type Feed struct {
	ID       string // address that stays
	Title    string
	Subtitle string
	Language string
	Self     string // address of the feed
	Page     string // of the page that shows the same
	Author   string
	Entries  []Entry
}

// Entry is one text of a feed.
type Entry struct {
	ID         string // ActivityPub id
	Title      string
	Page       string
	Language   string
	Published  time.Time
	Updated    time.Time
	Author     string
	AuthorURL  string
	Categories []string
	Summary    string // plain text
	HTML       string // sanitised
	Rights     string
}

// Updated is when the newest of the entries changed; the zero time when there is none.
func (f Feed) Updated() time.Time {
	var newest time.Time
	for _, e := range f.Entries {
		if e.Updated.After(newest) {
			newest = e.Updated
		}
	}
	return newest
}

// AtomType is the media type of a feed.
const AtomType = "application/atom+xml; charset=utf-8"

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Language string      `xml:"xml:lang,attr,omitempty"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle,omitempty"`
	Updated  string      `xml:"updated"`
	Author   *atomPerson `xml:"author"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type atomEntry struct {
	Language   string         `xml:"xml:lang,attr,omitempty"`
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Links      []atomLink     `xml:"link"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Author     *atomPerson    `xml:"author"`
	Categories []atomCategory `xml:"category"`
	Rights     string         `xml:"rights,omitempty"`
	Summary    string         `xml:"summary,omitempty"`
	Content    *atomContent   `xml:"content"`
}

// Atom writes a feed. One without entries says the beginning of time as its last change: nobody fetches it again for that.
func Atom(f Feed) ([]byte, error) {
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	updated := f.Updated()
	if updated.IsZero() {
		updated = time.Unix(0, 0)
	}
	out := atomFeed{
		Language: f.Language, ID: f.ID, Title: f.Title, Subtitle: f.Subtitle, Updated: stamp(updated), Author: &atomPerson{Name: f.Author},
		Links: []atomLink{{Rel: "self", Type: "application/atom+xml", Href: f.Self}, {Rel: "alternate", Type: "text/html", Href: f.Page}},
	}
	for _, e := range f.Entries {
		entry := atomEntry{
			Language: e.Language, ID: e.ID, Title: e.Title, Links: []atomLink{{Rel: "alternate", Type: "text/html", Href: e.Page}},
			Published: stamp(e.Published), Updated: stamp(e.Updated), Author: &atomPerson{Name: e.Author, URI: e.AuthorURL}, Rights: e.Rights, Summary: e.Summary,
		}
		for _, c := range e.Categories {
			entry.Categories = append(entry.Categories, atomCategory{c})
		}
		if e.HTML != "" {
			entry.Content = &atomContent{Type: "html", Text: e.HTML}
		}
		out.Entries = append(out.Entries, entry)
	}
	var buf bytes.Buffer
	buf.WriteString(xml.Header)
	enc := xml.NewEncoder(&buf)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("export.Atom: %w", err)
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}
