package vocab

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
)

// remoteActor is a document as other software writes them; set changes single values, nil removes one.
func remoteActor(set map[string]any) []byte {
	doc := map[string]any{
		"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       "https://sh.example/u/anna", "type": "Person", "preferredUsername": "anna",
		"name": "Kiel: A#B ü", "summary": "<p>Rechenzentrum: Kühlung</p>",
		"url":   "https://sh.example/@anna",
		"inbox": "https://sh.example/u/anna/inbox", "outbox": "https://sh.example/u/anna/outbox",
		"followers": "https://sh.example/u/anna/followers", "following": "https://sh.example/u/anna/following", "featured": "https://sh.example/u/anna/featured",
		"endpoints":                 map[string]any{"sharedInbox": "https://sh.example/inbox"},
		"manuallyApprovesFollowers": true, "discoverable": true, "vb:level": "land", "vb:region": "DE-SH",
		"publicKey": remoteKey("https://sh.example/u/anna#main-key", "https://sh.example/u/anna", "PEM"),
	}
	for name, value := range set {
		if value == nil {
			delete(doc, name)
		} else {
			doc[name] = value
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

func remoteKey(id, owner, pem string) map[string]any {
	return map[string]any{"id": id, "owner": owner, "publicKeyPem": pem}
}

func remoteAnna() account.Account {
	host := "sh.example"
	return account.Account{
		Username: "anna", Domain: &host, URI: "https://sh.example/u/anna", URL: "https://sh.example/@anna", Kind: account.Person,
		DisplayName: "Kiel: A#B ü", Note: "<p>Rechenzentrum: Kühlung</p>", Level: "land", Region: "DE-SH",
		InboxURI: "https://sh.example/u/anna/inbox", SharedInboxURI: "https://sh.example/inbox", OutboxURI: "https://sh.example/u/anna/outbox",
		FollowersURI: "https://sh.example/u/anna/followers", FollowingURI: "https://sh.example/u/anna/following", FeaturedURI: "https://sh.example/u/anna/featured",
		PublicKeyID: "https://sh.example/u/anna#main-key", PublicKeyPEM: "PEM", ApprovesFollowers: true, Discoverable: true,
	}
}

func TestParseActor(t *testing.T) {
	t.Parallel()
	const id = "https://sh.example/u/anna"
	for name, tt := range map[string]struct {
		set  map[string]any
		want func(*account.Account)
	}{
		"whole":                 {nil, func(*account.Account) {}},
		"type in a list":        {map[string]any{"type": []string{"schema:Person", "Person"}}, func(*account.Account) {}},
		"embedded collections":  {map[string]any{"followers": map[string]any{"id": "https://sh.example/u/anna/followers", "type": "Collection"}}, func(*account.Account) {}},
		"unknown level":         {map[string]any{"vb:level": "kreis", "vb:region": "DE-XX"}, func(a *account.Account) { a.Level, a.Region = "", "" }},
		"level of another type": {map[string]any{"vb:level": []string{"land"}, "vb:region": 7}, func(a *account.Account) { a.Level, a.Region = "", "" }},
		"profile": {map[string]any{
			"indexable": true,
			"attachment": []any{
				map[string]any{"type": "PropertyValue", "name": " Amt\n", "value": "<b>Kreis</b>"},
				map[string]any{"type": "Document", "name": "kein Feld", "url": "https://sh.example/x.png"},
				map[string]any{"type": "PropertyValue", "value": "ohne Namen"}, "https://sh.example/y", nil,
			},
			"icon":  map[string]any{"type": "Image", "url": "https://files.sh.example/anna.png"},
			"image": []any{map[string]any{"type": "Image", "url": "http://sh.example/plain.png"}, "https://sh.example/wide.png"},
		}, func(a *account.Account) {
			a.Indexable, a.Avatar, a.Header = true, "https://files.sh.example/anna.png", "https://sh.example/wide.png"
			a.Fields = account.Fields{{Name: "Amt", Value: "<b>Kreis</b>"}}
		}},
		"moved": {map[string]any{"alsoKnownAs": "https://alt.example/u/anna", "movedTo": "https://neu.example/u/anna"}, func(a *account.Account) {
			a.AlsoKnownAs, a.MovedToURI = []string{"https://alt.example/u/anna"}, "https://neu.example/u/anna"
		}},
		"other names": {map[string]any{"alsoKnownAs": []any{"https://a.example/1", "javascript:x", 7, id, "https://a.example/1", map[string]any{"id": "https://b.example/2"}}, "movedTo": id}, func(a *account.Account) {
			a.AlsoKnownAs = []string{"https://a.example/1", "https://b.example/2"}
		}},
		"silent person":          {map[string]any{"discoverable": nil, "manuallyApprovesFollowers": nil}, func(a *account.Account) { a.Discoverable, a.ApprovesFollowers = false, false }},
		"silent group":           {map[string]any{"discoverable": nil, "type": "Group"}, func(a *account.Account) { a.Kind = account.Group }},
		"hidden group":           {map[string]any{"discoverable": false, "type": "Group"}, func(a *account.Account) { a.Kind, a.Discoverable = account.Group, false }},
		"groups of a person":     {map[string]any{"vb:catalogue": "https://sh.example/g/praxis"}, func(*account.Account) {}},
		"groups of another host": {map[string]any{"type": "Application", "vb:catalogue": "https://evil.example/g", "vb:forum": "https://sh.example/g/forum"}, func(a *account.Account) { a.Kind, a.ForumURI = account.Application, "https://sh.example/g/forum" }},
		"outbox elsewhere":       {map[string]any{"outbox": "https://evil.example/o", "followers": "javascript:x", "featured": 3}, func(a *account.Account) { a.OutboxURI, a.FollowersURI, a.FeaturedURI = "", "", "" }},
		"shared inbox elsewhere": {map[string]any{"endpoints": map[string]any{"sharedInbox": "https://victim.example/inbox"}}, func(a *account.Account) { a.SharedInboxURI = "" }},
		"no endpoints":           {map[string]any{"endpoints": nil}, func(a *account.Account) { a.SharedInboxURI = "" }},
		"page elsewhere":         {map[string]any{"url": "https://evil.example/@anna"}, func(a *account.Account) { a.URL = id }},
		"script for a page":      {map[string]any{"url": "javascript:alert(1)"}, func(a *account.Account) { a.URL = id }},
		"several pages":          {map[string]any{"url": []any{map[string]any{"type": "Link", "href": "https://sh.example/feed", "mediaType": "application/rss+xml"}, map[string]any{"type": "Link", "href": "https://sh.example/@anna", "mediaType": "text/html"}}}, func(*account.Account) {}},
		"no key":                 {map[string]any{"publicKey": nil}, func(a *account.Account) { a.PublicKeyID, a.PublicKeyPEM = "", "" }},
		"key of another owner":   {map[string]any{"publicKey": remoteKey(id+"#main-key", "https://sh.example/u/bert", "PEM")}, func(a *account.Account) { a.PublicKeyID, a.PublicKeyPEM = "", "" }},
		"key without owner":      {map[string]any{"publicKey": map[string]any{"id": id + "#main-key", "publicKeyPem": "PEM"}}, func(a *account.Account) { a.PublicKeyID, a.PublicKeyPEM = "", "" }},
		"key of another host":    {map[string]any{"publicKey": remoteKey("https://victim.example/u/v#main-key", id, "PEM")}, func(a *account.Account) { a.PublicKeyID, a.PublicKeyPEM = "", "" }},
		"several keys":           {map[string]any{"publicKey": []any{"https://sh.example/k", remoteKey("https://victim.example/k", id, "X"), remoteKey(id+"#main-key", id, "PEM"), remoteKey(id+"#two", id, "Y")}}, func(*account.Account) {}},
		"huge key":               {map[string]any{"publicKey": remoteKey(id+"#main-key", id, strings.Repeat("x", 9000))}, func(a *account.Account) { a.PublicKeyID, a.PublicKeyPEM = "", "" }},
		"long words": {map[string]any{"name": strings.Repeat("ü", 300), "summary": strings.Repeat("ä", 30000)}, func(a *account.Account) {
			a.DisplayName, a.Note = strings.Repeat("ü", 200), strings.Repeat("ä", 20000)
		}},
		"name that turns around": {map[string]any{"name": "Anna\u202e\n\x00 B\u200b."}, func(a *account.Account) { a.DisplayName = "Anna B." }},
		"words of another type":  {map[string]any{"name": map[string]any{"de": "x"}, "summary": nil}, func(a *account.Account) { a.DisplayName, a.Note = "", "" }},
		"keys in another case":   {map[string]any{"Inbox": "https://victim.example/inbox", "ID": "https://victim.example/u/v"}, func(*account.Account) {}},
		"id with a query": {map[string]any{"id": "https://sh.example/?author=1", "publicKey": nil, "url": nil}, func(a *account.Account) {
			a.URI, a.URL, a.PublicKeyID, a.PublicKeyPEM = "https://sh.example/?author=1", "https://sh.example/?author=1", "", ""
		}},
		"name with dot and colon": {map[string]any{"preferredUsername": "sh.localhost:8402"}, func(a *account.Account) { a.Username = "sh.localhost:8402" }},
	} {
		want := remoteAnna()
		tt.want(&want)
		got, err := ParseActor(remoteActor(tt.set))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestParseActorWithKey(t *testing.T) {
	t.Parallel()
	const id = "https://sh.example/u/anna"
	raw := remoteActor(map[string]any{"publicKey": []any{remoteKey(id+"#one", id, "1"), remoteKey(id+"#two", id, "2"), remoteKey(id+"#three", id, "3")}})
	for asked, want := range map[string]string{"": "1", id + "#two": "2", id + "#three": "3", id + "#none": "1"} {
		if a, err := ParseActorWithKey(raw, asked); err != nil || a.PublicKeyPEM != want {
			t.Errorf("%q: key %q, %v", asked, a.PublicKeyPEM, err)
		}
	}
}

func TestParseActorRefuses(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]map[string]any{
		"no id":              {"id": nil},
		"id of another type": {"id": []string{"https://sh.example/u/anna"}},
		"id no address":      {"id": "anna"},
		"id with a fragment": {"id": "https://sh.example/u/anna#me"},
		"id with a password": {"id": "https://u:p@sh.example/u/anna"},
		"long id":            {"id": "https://sh.example/" + strings.Repeat("a", 2100)},
		"no type":            {"type": nil},
		"a note":             {"type": "Note"},
		"no username":        {"preferredUsername": nil},
		"empty username":     {"preferredUsername": ""},
		"long username":      {"preferredUsername": strings.Repeat("a", 101)},
		"blank in username":  {"preferredUsername": "an na"},
		"at in username":     {"preferredUsername": "anna@victim.example"},
		"path in username":   {"preferredUsername": "../admin"},
		"dots as username":   {"preferredUsername": ".."},
		"tag in username":    {"preferredUsername": "<b>"},
		"hidden in username": {"preferredUsername": "an\u200bna"},
		"no inbox":           {"inbox": nil},
		"inbox elsewhere":    {"inbox": "https://victim.example/inbox"},
		"inbox other port":   {"inbox": "https://sh.example:8443/inbox"},
		"inbox no address":   {"inbox": "/inbox"},
		"graph":              {"@graph": []any{}},
	} {
		if a, err := ParseActor(remoteActor(set)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
	}
	for _, raw := range []string{"", "null", "[]", `"x"`, "{", `{"id":1}`, strings.Repeat("[", 100)} {
		if _, err := ParseActor([]byte(raw)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func FuzzParseActor(f *testing.F) {
	f.Add(remoteActor(nil))
	f.Add(remoteActor(map[string]any{"type": []string{"Group"}, "publicKey": []any{remoteKey("https://sh.example/k", "https://sh.example/u/anna", "x")}}))
	f.Add([]byte(`{"id":"https://a.example","type":"Application","preferredUsername":"a","inbox":{"id":"https://A.example/i"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := ParseActor(raw)
		if err != nil {
			return
		}
		if a.Username == "" || a.Kind == "" || a.Domain == nil || *a.Domain != HostOf(a.URI) {
			t.Errorf("%q: %+v", raw, a)
		}
		for _, address := range []string{a.URL, a.InboxURI, a.SharedInboxURI, a.OutboxURI, a.FollowersURI, a.FollowingURI, a.FeaturedURI, a.CatalogURI, a.ForumURI, a.PublicKeyID} {
			if address != "" && HostOf(address) != HostOf(a.URI) {
				t.Errorf("%q: address %s on another host", raw, address)
			}
		}
		if a.PublicKeyID == "" && a.PublicKeyPEM != "" {
			t.Errorf("%q: key without id", raw)
		}
	})
}
