package vocab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// understood is what we take over of a document of other software.
type understood struct {
	Kind      post.Kind
	Author    string
	URL       string
	InReplyTo string
	Title     string
	Summary   string
	Content   string
	Format    post.SourceType
	Language  string
	Links     []post.WebLink
	Hashtags  []string
	Files     []media.Received
	Board     bool // our forum is among the groups that may be its board
	Published string
	Event     *event.Received
	Quote     quote.Received
}

const peerAuthor = "https://peer.example/author"

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// peerDocuments are written as the software in their names writes them (FEDERATION.md), and what we make of each.
var peerDocuments = map[string]understood{
	"lemmy_page": {
		Kind: post.Link, Title: "Erfahrungen mit Flüssigkühlung: wer hat welche?", Content: "<p>Bei uns läuft ein <strong>Versuch</strong>.</p>\n", Language: "de", Board: true,
		Links:     []post.WebLink{{URL: "https://kuehlung.example/bericht"}},
		Hashtags:  []string{"forum"},
		Files:     []media.Received{{URL: "https://peer.example/pictrs/image/abc.webp", Kind: media.Image}},
		Published: "2026-02-03T15:10:51Z",
	},
	"nodebb_article": {
		Kind: post.Article, URL: "https://peer.example/post/21", Title: "Serverraum im Altbau", Summary: `<p dir="auto">Wie wir den Serverraum kühlen.</p>`,
		Content:  "<p dir=\"auto\">Wie wir den Serverraum kühlen.</p>\n<p dir=\"auto\">Erstens: <a href=\"https://peer.example/lesen\">lesen</a>.</p>",
		Hashtags: []string{"kuehlungimaltbau"}, Board: true, Published: "2026-02-03T10:00:00Z",
	},
	"peertube_video": {
		Kind: post.Link, URL: "https://peer.example/w/0b1c", Title: "Rundgang: das neue Rechenzentrum", Content: "Ein **Rundgang** durch das Rechenzentrum.", Format: post.Markdown,
		Language: "de", Hashtags: []string{"neuesrechenzentrum"}, Published: "2026-03-01T08:00:00Z",
		Files: []media.Received{
			{URL: "https://peer.example/hls/720.mp4", ContentType: "video/mp4", Kind: media.Video, Description: "Rundgang: das neue Rechenzentrum"},
			{URL: "https://peer.example/lazy-static/previews/gross.jpg", ContentType: "image/jpeg", Kind: media.Image, Width: 850, Height: 480},
		},
	},
	"mobilizon_event": {
		Kind: post.Event, URL: "https://peer.example/events/a1", Title: "Austausch Green-IT der Kommunen", Content: "<p>Wir sprechen über Abwärme.</p>", Language: "de",
		Links: []post.WebLink{{URL: "https://konferenz.example/raum", Name: "Website"}}, Hashtags: []string{"abwaerme"}, Published: "2026-05-01T08:00:00Z",
		Files: []media.Received{{URL: "https://peer.example/media/banner.jpg", ContentType: "image/jpeg", Kind: media.Image, Description: "Banner"}},
		Event: &event.Received{
			StartsAt: at("2026-11-20T16:00:00Z"), EndsAt: new(at("2026-11-20T18:30:00Z")), TimeZone: "Europe/Berlin", Place: "Rathaus Kiel",
			Address: "Fleethörn 9, 24103 Kiel, Deutschland", URL: "https://konferenz.example/raum", Status: event.Confirmed,
		},
	},
	"wordpress_article": {
		Kind: post.Article, URL: "https://peer.example/bilanz/", Title: "Kiel: Bilanz nach einem Jahr", Summary: "<p>Ein Jahr Abwärmenutzung in Zahlen. [&hellip;]</p>", Language: "de",
		Content:  `<p>Ein Jahr Abwärmenutzung.</p><figure class="wp-block-image"><img src="https://peer.example/bild.jpg" alt="Heizraum"/></figure>`,
		Hashtags: []string{"greenIt"}, Published: "2026-04-01T06:00:00Z",
		Files: []media.Received{{URL: "https://peer.example/bild.jpg", ContentType: "image/jpeg", Kind: media.Image, Description: "Heizraum"}},
	},
	"friendica_page": {
		Kind: post.Link, URL: "https://peer.example/display/f1", Title: "Hinweis auf eine Studie", Content: "Eine Studie zum Stromverbrauch.", Language: "de",
		Links: []post.WebLink{{URL: "https://studie.example/strom?a=1&b=2", Name: "Die Studie"}}, Hashtags: []string{"strom"}, Published: "2026-04-02T06:00:00Z",
	},
	"misskey_note": {
		Kind: post.Note, Content: "<p><span>Das lohnt sich</span></p>", Published: "2026-04-03T06:00:00Z", Quote: quote.Received{URI: "https://other.example/notes/1"},
	},
	"pixelfed_note": {
		Kind: post.Note, URL: "https://peer.example/p/anna/1", Content: `Neue Wärmepumpe <a href="https://peer.example/discover/tags/waerme">#waerme</a>`,
		Hashtags: []string{"waerme"}, Published: "2026-04-04T06:00:00Z",
		Files: []media.Received{{
			URL: "https://peer.example/storage/m/1.jpg", ContentType: "image/jpeg", Kind: media.Image, Description: "Eine Wärmepumpe auf dem Dach", Width: 1080, Height: 720,
			Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
		}},
	},
	"funkwhale_audio": {
		Kind: post.Link, URL: "https://peer.example/library/tracks/9", Title: "Folge 3: Green-IT im Amt", Content: "Ein Gespräch.\nZweite Zeile <b>ohne</b> Auszeichnung.", Format: post.PlainText,
		Published: "2026-04-05T06:00:00Z",
		Files: []media.Received{
			{URL: "https://peer.example/listen/9.ogg", ContentType: "audio/ogg", Kind: media.Audio, Description: "Folge 3: Green-IT im Amt"},
			{URL: "https://peer.example/cover.png", Kind: media.Image},
		},
	},
	"mastodon_quote": {
		Kind: post.Note, URL: "https://peer.example/@anna/5", Content: "<p>Lesenswert</p>", Language: "de", Published: "2026-04-06T06:00:00Z",
		Quote: quote.Received{URI: "https://other.example/users/b/statuses/1", AuthorizationURI: "https://other.example/users/b/quote_authorizations/3"},
	},
	"gancio_image": {
		Kind: post.Link, URL: "https://peer.example/images/4.png", Title: "Plan der Leitung", Summary: "Der Plan",
		Files: []media.Received{{URL: "https://peer.example/images/4.png", ContentType: "image/png", Kind: media.Image, Description: "Plan der Leitung"}},
	},
	"odd_document": {
		Kind: post.Link, URL: "https://peer.example/docs/8.html", InReplyTo: "https://other.example/notes/1", Title: "Leitfaden", Summary: "A guide", Language: "de", Published: "2026-04-07T00:00:00Z",
		Files: []media.Received{{URL: "https://peer.example/docs/8.pdf", ContentType: "application/pdf", Kind: media.Unknown, Description: "Leitfaden als PDF"}},
	},
}

// TestPeerDocuments: what other software writes is understood, whatever form it gives to the same thing.
func TestPeerDocuments(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/peers/*.json")
	if err != nil || len(files) != len(peerDocuments) {
		t.Fatalf("%d documents, %d expected: %v", len(files), len(peerDocuments), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckShape(raw); err != nil {
				t.Fatal(err)
			}
			o, err := ParseObject(raw)
			if err != nil {
				t.Fatal(err)
			}
			got := understood{
				Kind: o.Kind(), Author: o.AttributedTo, URL: o.URL, InReplyTo: o.InReplyTo, Title: o.Name, Summary: o.Summary, Content: o.Content, Format: o.Format,
				Language: o.Language, Links: o.Links, Hashtags: o.Hashtags, Files: o.Media(), Event: o.Event(), Quote: o.Quote(),
				Board: slices.Contains(o.Groups(), "https://ours.example/g/forum"),
			}
			if !o.Published.IsZero() {
				got.Published = o.Published.Format(time.RFC3339)
			}
			want := peerDocuments[name]
			want.Author = peerAuthor
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("understood (-want +got):\n%s", diff)
			}
		})
	}
}
