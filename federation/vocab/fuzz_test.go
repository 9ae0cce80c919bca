package vocab

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-fed/activity/streams"
)

// addDocuments seeds a fuzz test with what others and we write.
func addDocuments(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no documents %s: %v", pattern, err)
		}
		for _, path := range files {
			raw, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
}

// FuzzParseActivity: whatever is sent, an envelope names its actor and object by ids that can be kept, and go-fed can read it.
func FuzzParseActivity(f *testing.F) {
	addDocuments(f, "testdata/create_*.json", "testdata/undo_*.json", "testdata/announce_*.json", "testdata/accept.json")
	f.Add([]byte(`{"id":"https://a.example/1","type":["Like"],"actor":[[[]]],"object":[{}],"url":[{"href":"https://a"}],"contentMap":{"de":""}}`))
	f.Add([]byte(`{"id":"https://a.example/1","type":"Create","actor":{"id":"https://a.example/u"},"object":[{"id":"https://a.example/2","type":"Note","name":"Ja"},{"name":"Nein"},7]}`))
	f.Add([]byte(`{"id":"https://a.example/1","type":"QuoteRequest","actor":"https://a.example/u","object":"https://b.example/1","instrument":{"id":"https://a.example/2"},"result":[{"id":1}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if CheckShape(raw) != nil {
			return
		}
		a, err := ParseActivity(raw)
		if err != nil {
			return
		}
		if HostOf(a.ID) == "" || HostOf(a.Actor) == "" || a.Type == "" || strings.ContainsRune(a.ID+a.Actor+a.ObjectID+a.Type, 0) {
			t.Errorf("%q: id %q, actor %q, type %q", raw, a.ID, a.Actor, a.Type)
		}
		if _, err := json.Marshal(a.Envelope()); err != nil {
			t.Errorf("%q: envelope: %v", raw, err)
		}
		// Of a type it knows go-fed takes the envelope, whatever else that says.
		_, err = a.typed(context.Background())
		if _, readErr := streams.ToType(context.Background(), a.Envelope()); (err == nil) != (readErr == nil) {
			t.Errorf("%q: type: %v, envelope: %v", raw, err, readErr)
		}
		parts := a.Parts()
		if len(parts) == 0 || len(parts) > maxParts {
			t.Errorf("%q: %d parts", raw, len(parts))
		}
		for _, p := range parts {
			if p.ID != a.ID || p.Actor != a.Actor {
				t.Errorf("%q: a part by %q", raw, p.Actor)
			}
			if inner, err := p.Inner(); err == nil && HostOf(inner.Actor) == "" {
				t.Errorf("%q: inner actor %q", raw, inner.Actor)
			}
		}
	})
}

// FuzzParseObject: whatever an object says, what we take over is text that PostgreSQL keeps, addresses of the web, and bounded.
func FuzzParseObject(f *testing.F) {
	addDocuments(f, "testdata/peers/*.json", "testdata/article.json", "testdata/question*.json", "testdata/note_*.json", "testdata/tombstone.json")
	f.Add([]byte(`{"id":"https://a.example/1","type":"Article","vb:kind":"BestPractice","vb:figures":[{"quantity":"heat","change":1}],"tag":[{"type":"Hashtag","name":"#x"}]}`))
	f.Add([]byte(`{"id":"https://a.example/1","type":["x","Event"],"startTime":"2026-01-01T00:00:00Z","location":[{"type":"VirtualLocation","url":[[]]},{"address":"\u0000"}],"nameMap":{"de":7}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if CheckShape(raw) != nil {
			return
		}
		o, err := ParseObject(raw)
		if err != nil {
			return
		}
		texts := []string{o.Name, o.Summary, o.Content, o.Language, o.Role}
		var addresses []string
		o.Practice()
		o.Reuse()
		o.Assessment()
		o.InvitesTo()
		if len(o.Groups()) > maxGroups || len(o.Hashtags) > 100 || len(o.Mentions) > 100 || len(o.Links) > maxLinks {
			t.Errorf("%q: too much", raw)
		}
		texts = append(texts, o.Hashtags...)
		for _, l := range o.Links {
			texts, addresses = append(texts, l.Name), append(addresses, l.URL)
		}
		files := o.Media()
		if len(files) > maxAttachments {
			t.Errorf("%q: %d files", raw, len(files))
		}
		for _, file := range files {
			texts, addresses = append(texts, file.Description, file.ContentType, file.Blurhash), append(addresses, file.URL)
		}
		if p := o.Poll(); p != nil {
			if len(p.Options) == 0 || len(p.Options) > maxAnswers {
				t.Errorf("%q: %d answers", raw, len(p.Options))
			}
			for _, option := range p.Options {
				texts = append(texts, option.Title)
			}
		}
		if e := o.Event(); e != nil {
			texts = append(append(texts, e.Place, e.Address, e.TimeZone), e.Organizers...)
			if e.EndsAt != nil && e.EndsAt.Before(e.StartsAt) {
				t.Errorf("%q: ends before it begins", raw)
			}
			if e.URL != "" {
				addresses = append(addresses, e.URL)
			}
		}
		if q := o.Quote(); q.URI != "" {
			addresses = append(addresses, q.URI)
		}
		for _, text := range texts {
			if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
				t.Errorf("%q: text %q", raw, text)
			}
		}
		for _, address := range addresses {
			if !webID(address) {
				t.Errorf("%q: address %q", raw, address)
			}
		}
	})
}
