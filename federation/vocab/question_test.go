package vocab

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
)

func parsed(t *testing.T, body string) Object {
	t.Helper()
	o, err := ParseObject([]byte(body))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return o
}

// TestPollRoundTrip: what we send is what our peers read.
func TestPollRoundTrip(t *testing.T) {
	t.Parallel()
	ends := wire(evening)
	want := poll.Received{ExpiresAt: &ends, VotersCount: 3, Options: []poll.Option{{Title: "Ja: sofort", Votes: 2}, {Title: "Nein & niemals", Votes: 1}}}
	r := NewRenderer(base, testWords)
	read := func(doc PostDoc) *poll.Received {
		t.Helper()
		body, err := r.Post(doc)
		if err != nil {
			t.Fatal(err)
		}
		return parsed(t, string(body)).Poll()
	}
	if diff := cmp.Diff(&want, read(question())); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
	hidden := question()
	hidden.Poll.HideTotals, hidden.Poll.Multiple = true, true
	if got := read(hidden); !got.HideTotals || !got.Multiple || got.Options[0].Votes != 0 {
		t.Errorf("hidden: %+v", got)
	}
	hidden.Poll.ClosedAt = &evening
	if got := read(hidden); got.HideTotals || got.ClosedAt == nil || got.Options[0].Votes != 2 {
		t.Errorf("closed: %+v", got)
	}
	lost := question()
	lost.Poll = nil
	body, err := r.Post(lost)
	if err != nil || !strings.Contains(string(body), `"type":"Note"`) || strings.Contains(string(body), "Question") {
		t.Errorf("a question without answers is sent as %s, %v", body, err)
	}
}

func TestPollOfOthers(t *testing.T) {
	t.Parallel()
	const head = `{"id":"https://m.example/q/1","type":"Question","published":"2026-11-20T10:00:00Z",`
	many := strings.Repeat(`{"type":"Note","name":"x"},`, 80)
	for name, c := range map[string]struct {
		body string
		want func(p *poll.Received) bool
	}{
		"Mastodon": {`"oneOf":[{"type":"Note","name":"A","replies":{"type":"Collection","totalItems":4}}],"endTime":"2026-11-21T10:00:00Z","votersCount":4}`,
			func(p *poll.Received) bool {
				return !p.Multiple && !p.HideTotals && p.Options[0] == poll.Option{Title: "A", Votes: 4} && p.VotersCount == 4 && p.ExpiresAt != nil && p.ClosedAt == nil
			}},
		"one answer that is no list": {`"anyOf":{"type":"Note","name":"A"}}`, func(p *poll.Received) bool { return p.Multiple && len(p.Options) == 1 }},
		"closed, when it says":       {`"oneOf":[{"name":"A"}],"closed":"2026-11-21T10:00:00Z"}`, func(p *poll.Received) bool { return p.ClosedAt.Day() == 21 }},
		"closed, it says":            {`"oneOf":[{"name":"A"}],"closed":true}`, func(p *poll.Received) bool { return p.ClosedAt.Equal(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)) }},
		"open, it says":              {`"oneOf":[{"name":"A"}],"closed":false}`, func(p *poll.Received) bool { return p.ClosedAt == nil }},
		"nonsense between":           {`"oneOf":[7,"B",{"name":" "},{"name":"A\n B","replies":{"totalItems":-4}}]}`, func(p *poll.Received) bool { return cmp.Equal(p.Options, []poll.Option{{Title: "A B"}}) }},
		"too many":                   {`"oneOf":[` + strings.TrimSuffix(many, ",") + `]}`, func(p *poll.Received) bool { return len(p.Options) == maxAnswers }},
		"a long one":                 {`"oneOf":[{"name":"` + strings.Repeat("ü", 2_000) + `"}]}`, func(p *poll.Received) bool { return len([]rune(p.Options[0].Title)) == maxAnswer }},
		"none":                       {`"oneOf":[]}`, func(p *poll.Received) bool { return p == nil }},
		"none at all":                {`"name":"Q"}`, func(p *poll.Received) bool { return p == nil }},
	} {
		if got := parsed(t, head+c.body).Poll(); !c.want(got) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := parsed(t, `{"id":"https://m.example/n/1","type":"Note","oneOf":[{"name":"A"}]}`).Poll(); got != nil {
		t.Errorf("a Note asks: %+v", got)
	}
}

func TestVoteOfOthers(t *testing.T) {
	t.Parallel()
	const vote = `{"id":"https://m.example/v/1","type":"Note","name":"Ja","inReplyTo":"https://sh.example/notes/1","to":["https://sh.example/u/anna"]%s}`
	for rest, want := range map[string]bool{
		"": true, `,"content":null`: true, `,"content":"<p>Ja</p>"`: false, `,"name":""`: false, `,"inReplyTo":""`: false, `,"type":"Article"`: false,
		`,"cc":["https://www.w3.org/ns/activitystreams#Public"]`: false,
	} {
		if got := parsed(t, fmt.Sprintf(vote, rest)).Vote(); got != want {
			t.Errorf("%s: %v", rest, got)
		}
	}
}

func TestMediaOfOthers(t *testing.T) {
	t.Parallel()
	read := func(attachments string) []media.Received {
		t.Helper()
		return parsed(t, `{"id":"https://m.example/n/1","type":"Note","attachment":`+attachments+`}`).Media()
	}
	want := []media.Received{{
		URL: "https://files.m.example/1.jpg", ContentType: "image/jpeg", Kind: media.Image, Description: "Ein Bild", Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
		Width: 1200, Height: 800, Focus: media.Focus{X: 0.5, Y: -0.25},
	}}
	if diff := cmp.Diff(want, read(`{"type":"Document","mediaType":"image/jpeg","url":"https://files.m.example/1.jpg","name":"Ein Bild",
		"blurhash":"LEHV6nWB2yk8pyo0adR*.7kCMdnj","width":1200,"height":800,"focalPoint":[0.5,-0.25]}`)); diff != "" {
		t.Errorf("Mastodon (-want +got):\n%s", diff)
	}
	var kinds []string
	for _, r := range read(`[
		{"type":"Image","url":"https://m.example/1"}, {"type":"Video","url":[{"type":"Link","href":"https://m.example/2.mp4","mediaType":"video/mp4"}]},
		{"type":"Document","mediaType":"audio/ogg","url":"https://m.example/3"}, {"type":"Document","mediaType":"application/pdf","url":"https://m.example/4"},
		{"type":"Image","url":"http://m.example/5"}, {"type":"Image","url":"javascript:alert(1)"}, {"type":"Image","url":"data:image/png;base64,AA"}, {"type":"Image"},
		{"type":"Link","href":"https://m.example/"}, {"type":"PropertyValue","name":"x","value":"y"}, "https://m.example/6", 7, null]`) {
		kinds = append(kinds, r.Kind)
	}
	if diff := cmp.Diff([]string{media.Image, media.Video, media.Audio, media.Unknown}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if n := len(read("[" + strings.Join(slices.Repeat([]string{`{"type":"Image","url":"https://m.example/1"}`}, 40), ",") + "]")); n != maxAttachments {
		t.Errorf("%d attachments", n)
	}
}
