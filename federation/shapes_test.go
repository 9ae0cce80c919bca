package federation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/post"
)

// TestContentTypesOfOthers: an activity is taken by any of the names that its type has, also where the name is signed; and by no other,
// which a browser or an upload could send.
func TestContentTypesOfOthers(t *testing.T) {
	t.Parallel()
	ours, peer := ft.Start(t, "ours"), ft.Start(t, "peer")
	about := ours.Say(nil, "Wer misst was?", "Wir messen den Strom.")
	n := 0
	for contentType, want := range map[string]int{
		`application/activity+json`:                                                                         http.StatusAccepted,
		`application/activity+json; charset=utf-8`:                                                          http.StatusAccepted, // PeerTube, Misskey
		`Application/Activity+JSON;charset=UTF-8`:                                                           http.StatusAccepted,
		`application/activity+json; profile="https://www.w3.org/ns/activitystreams"`:                        http.StatusAccepted,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`:                              http.StatusAccepted, // Lemmy, Hubzilla
		`application/ld+json;profile="https://www.w3.org/ns/activitystreams"`:                               http.StatusAccepted,
		`application/ld+json; profile=https://www.w3.org/ns/activitystreams`:                                http.StatusAccepted, // without the quotation marks
		`application/ld+json; charset=utf-8; profile="https://www.w3.org/ns/activitystreams"`:               http.StatusAccepted,
		`application/ld+json; charset=utf-8; profile=https://www.w3.org/ns/activitystreams`:                 http.StatusAccepted,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"; charset=utf-8`:               http.StatusAccepted,
		`application/ld+json; profile="https://w3id.org/security/v1 https://www.w3.org/ns/activitystreams"`: http.StatusAccepted,
		`application/ld+json`: http.StatusUnsupportedMediaType,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams-not"`: http.StatusUnsupportedMediaType,
		`application/ld+json; profile=https://www.w3.org/ns/activitystreams-not`:   http.StatusUnsupportedMediaType,
		`application/ld+json; x=/; profile2=https://www.w3.org/ns/activitystreams`: http.StatusUnsupportedMediaType,
		`application/json; profile="https://www.w3.org/ns/activitystreams"`:        http.StatusUnsupportedMediaType,
		`text/plain; x="application/activity+json"`:                                http.StatusUnsupportedMediaType,
		`multipart/form-data; boundary=application/activity+json`:                  http.StatusUnsupportedMediaType,
		`application/x-www-form-urlencoded, application/activity+json`:             http.StatusUnsupportedMediaType,
	} {
		for _, signed := range []bool{false, true} {
			n++
			body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/likes/%d","type":"Like","actor":%q,"object":%q}`, peer.Config.BaseURL, n, peer.Author.URI, about.URI)
			letter := ft.Letter{To: ours.Config.BaseURL + "/inbox", Body: body, ContentType: contentType}
			if signed {
				letter.Signed = map[string]string{"Content-Type": contentType}
			}
			if status := peer.Send(peer.Author, letter); status != want {
				t.Errorf("%s, signed %t: answered %d, want %d", contentType, signed, status, want)
			}
		}
	}
}

// TestShapesOfOthers: one and the same note, in the forms that other software, or the library that it is made with, gives it, is one and
// the same here.
func TestShapesOfOthers(t *testing.T) {
	t.Parallel()
	ours, peer := ft.Start(t, "ours"), ft.Start(t, "peer")
	const public = "https://www.w3.org/ns/activitystreams#Public"
	author, reader := peer.Author, ours.Author
	without := func(o m, keys ...string) m {
		for _, key := range keys {
			delete(o, key)
		}
		return o
	}
	with := func(o m, more m) m { maps.Copy(o, more); return o }
	person := m{"id": author.URI, "type": "Person", "preferredUsername": author.Username, "name": "Anna", "inbox": author.InboxURI}
	plain := func(_, object m) {}
	n := 0
	for name, c := range map[string]struct {
		change  func(activity, object m)
		content string
	}{
		"Mastodon": {func(a, o m) {
			with(o, m{"summary": nil, "inReplyTo": nil, "sensitive": false, "atomUri": o["id"], "inReplyToAtomUri": nil, "conversation": "tag:peer,2026:objectId=1:objectType=Conversation",
				"replies": m{"id": o["id"].(string) + "/replies", "type": "Collection", "first": m{"type": "CollectionPage", "items": []any{}}}})
		}, ""},
		"GoToSocial: single values are no lists": {func(a, o m) {
			with(a, m{"to": public, "cc": reader.URI})
			with(o, m{"to": public, "cc": reader.URI, "tag": o["tag"].([]any)[0], "attachment": o["attachment"].([]any)[0]})
		}, ""},
		"Pleroma: the short name of everyone": {func(a, o m) {
			with(a, m{"to": []any{"as:Public"}, "context": "https://peer.example/contexts/1"})
			with(o, m{"to": []any{"as:Public"}, "actor": author.URI, "source": "Guten Tag"})
		}, ""},
		"compacted: the shortest name": {func(a, o m) { with(a, m{"to": "Public"}); with(o, m{"to": "Public"}) }, ""},
		"Hubzilla: actors in full":     {func(a, o m) { with(a, m{"actor": person}); with(o, m{"attributedTo": person, "actor": person}) }, ""},
		"actor as a list of one":       {func(a, o m) { with(a, m{"actor": []any{author.URI}}); with(o, m{"attributedTo": []any{author.URI}}) }, ""},
		"no context":                   {func(a, o m) { without(a, "@context") }, ""},
		"context in the object":        {func(a, o m) { o["@context"] = a["@context"]; without(a, "@context") }, ""},
		"a context of its own": {func(a, o m) {
			a["@context"] = []any{"https://www.w3.org/ns/activitystreams", "https://peer.example/schemas/litepub-0.1.jsonld", m{"@language": "und"}}
		}, ""},
		"object as a list of one": {func(a, o m) { a["object"] = []any{o} }, ""},
		"words by language only": {func(a, o m) {
			with(without(o, "content"), m{"contentMap": m{"en": "<p>Good day</p>", "de": "<p>Guten Tag</p>"}})
		}, ""},
		"PeerTube: links by medium": {func(a, o m) {
			o["url"] = []any{m{"type": "Link", "mediaType": "text/html", "href": o["url"]}, m{"type": "Link", "mediaType": "application/x-mpegURL", "href": peer.Config.BaseURL + "/x.m3u8"}}
		}, ""},
		"url as a list": {func(a, o m) { o["url"] = []any{o["url"]} }, ""},
		"NodeBB: only Markdown": {func(a, o m) {
			with(without(o, "content"), m{"source": m{"mediaType": "text/markdown", "content": "Guten Tag"}})
		}, "<p>Guten Tag</p>\n"},
		"WordPress: numbers and nulls": {func(a, o m) {
			with(o, m{"image": nil, "icon": nil, "replies": nil, "likes": nil, "audience": nil, "context": nil, "updated": nil, "interactionPolicy": 7})
		}, ""},
		"Misskey": {func(a, o m) {
			with(o, m{"_misskey_content": "Guten Tag", "_misskey_summary": nil, "quoteUrl": nil, "summary": nil})
		}, ""},
		"unchanged": {plain, ""},
	} {
		n++
		id := fmt.Sprintf("%s/shapes/%d", peer.Config.BaseURL, n)
		object := m{
			"id": id, "type": "Note", "attributedTo": author.URI, "content": "<p>Guten Tag</p>", "published": "2026-03-01T08:00:00Z", "url": id + "/page",
			"to": []any{public}, "cc": []any{reader.URI},
			"tag":        []any{m{"type": "Mention", "href": reader.URI, "name": "@author"}},
			"attachment": []any{m{"type": "Document", "mediaType": "image/png", "url": peer.Config.BaseURL + "/a.png", "name": "Ein Bild"}},
		}
		activity := m{"@context": "https://www.w3.org/ns/activitystreams", "id": id + "/activity", "type": "Create", "actor": author.URI, "to": []any{public}, "cc": []any{reader.URI}, "object": object}
		c.change(activity, object)
		body, err := json.Marshal(activity)
		must(t, err)
		if status := peer.Send(author, ft.Letter{To: ours.Config.BaseURL + "/inbox", Body: string(body)}); status != http.StatusAccepted {
			t.Errorf("%s: answered %d", name, status)
			continue
		}
		p := ours.Has(id)
		views, err := ours.Posts.Views(t.Context(), post.Viewer{AccountID: reader.ID}, []post.Post{p})
		must(t, err)
		mentioned, err := ours.Posts.MentionIDs(t.Context(), p.ID)
		must(t, err)
		want := c.content
		if want == "" {
			want = "<p>Guten Tag</p>"
		}
		got := []any{views[0].Author.URI, p.Visibility, p.HTML, p.URL, mentioned, ours.Count(`SELECT count(*) FROM media WHERE post_id = $1 AND description = 'Ein Bild'`, p.ID)}
		if diff := cmp.Diff([]any{author.URI, post.Public, want, id + "/page", []int64{reader.ID}, 1}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
