package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

const (
	activityJSON = "application/activity+json"
	ldJSON       = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	browser      = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
)

// TestLinksLead: every id of ours that a document names can be fetched and is what it says it is.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	practice := a.Publish("Kiel: Abwärme nutzen")
	thread := a.Say(nil, "Wer misst?", "Und wie?")
	answer := a.Say(&practice, "", "Eine Ergänzung.")
	atB := b.Has(practice.URI)
	if err := b.Posts.Boost(t.Context(), b.Author, atB.ID); err != nil {
		t.Fatal(err)
	}
	ft.Settle(a, b)

	seen := map[string]bool{}
	var visit func(i *ft.Instance, from, id string)
	collect := func(i *ft.Instance, from string, v any) {
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				for key, x := range v {
					switch key {
					case "url", "href", "content", "contentMap", "source", "inbox", "sharedInbox", "@context", "summary":
						continue // pages, and what is only posted to
					}
					walk(x)
				}
			case []any:
				for _, x := range v {
					walk(x)
				}
			case string:
				if strings.HasPrefix(v, i.Config.BaseURL+"/") && !strings.Contains(v, "#") {
					visit(i, from, v)
				}
			}
		}
		walk(v)
	}
	visit = func(i *ft.Instance, from, id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		status, header, doc := i.Get(strings.TrimPrefix(id, i.Config.BaseURL), activityJSON)
		if status != http.StatusOK || doc["id"] != id {
			t.Errorf("%s (named by %s) answers %d, id %v", id, from, status, doc["id"])
			return
		}
		if header.Get("Content-Type") != activityJSON || header.Get("Vary") != "Accept" || header.Get("ETag") == "" || header.Get("Cache-Control") != "public, no-cache" {
			t.Errorf("%s: headers %v", id, header)
		}
		collect(i, id, doc)
	}
	for _, id := range []string{a.Author.URI, a.Catalog().URI, a.Forum().URI, a.Config.BaseURL + "/actor", practice.URI, thread.URI, answer.URI, practice.URI + "/activity"} {
		visit(a, "the test", id)
	}
	visit(b, "the test", b.Author.URI)
	visit(b, "the test", b.Catalog().URI)
	for _, id := range []string{practice.ContextURI, practice.URI + "/replies", practice.URI + "/likes", practice.URI + "/shares", a.Catalog().URI + "/outbox?page=true", a.Catalog().URI + "/followers?page=true"} {
		if !seen[id] {
			t.Errorf("%s is named nowhere", id)
		}
	}
	_, _, page := a.Get("/g/praxis/outbox?page=true", activityJSON)
	if items, _ := page["orderedItems"].([]any); len(items) != 1 || items[0].(map[string]any)["object"] != practice.URI {
		t.Errorf("outbox of the catalogue is %v", page)
	}
	_, _, replies := a.Get(fmt.Sprintf("/practices/%d/replies", practice.ID), activityJSON)
	first, _ := replies["first"].(map[string]any)
	if items, _ := first["items"].([]any); len(items) != 1 || items[0] != answer.URI {
		t.Errorf("replies are %v", replies)
	}
	if _, header, _ := a.Get(fmt.Sprintf("/practices/%d", practice.ID), activityJSON); header.Get("ETag") == "" {
		t.Error("no ETag")
	}
}

// TestNegotiation: documents for servers, pages for people, and nothing that is not public for anyone.
func TestNegotiation(t *testing.T) {
	t.Parallel()
	a := ft.Start(t, "a")
	practice := a.Publish("Kiel: Abwärme nutzen")
	gone := a.Publish("Bald zurückgezogen")
	if err := a.Practices.Withdraw(t.Context(), a.Editor, gone.ID); err != nil {
		t.Fatal(err)
	}
	draft, err := a.Practices.SaveDraft(t.Context(), a.Author, 0, a.Sample("Entwurf"))
	if err != nil {
		t.Fatal(err)
	}
	private, err := a.Posts.Create(t.Context(), a.Author, post.Draft{Title: "Nur für uns", Source: "geheim", Visibility: post.Followers, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	former, err := a.Accounts.CreateLocal(t.Context(), "former", "Früher hier", account.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Accounts.SetState(t.Context(), account.Operator(), former.ID, account.Suspended); err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("/practices/%d", practice.ID)
	for _, test := range []struct {
		path, accept string
		status       int
		location     string
	}{
		{id, activityJSON, 200, ""},
		{id, ldJSON, 200, ""},
		{id, "*/*", 200, ""},
		{id, "", 200, ""},
		{id, browser, 303, practice.URL},
		{id + "/activity", browser, 303, practice.URL},
		{"/u/author", browser, 303, a.Author.URL},
		{"/actor", browser, 303, a.Config.BaseURL + "/instanz"},
		{fmt.Sprintf("/threads/%d", practice.ID), browser, 303, practice.URL},
		{fmt.Sprintf("/praxisbeispiele/%d", practice.ID), activityJSON, 303, practice.URI},
		{fmt.Sprintf("/praxisbeispiele/%d", practice.ID), browser, 404, ""}, // the pages are not part of this surface
		{"/@author", ldJSON, 303, a.Author.URI},
		{"/@praxis", activityJSON, 303, a.Catalog().URI},
		{"/@author@" + a.Config.Domain(), activityJSON, 303, a.Author.URI},
		{"/@nobody", activityJSON, 404, ""},
		{"/", activityJSON, 303, a.Config.BaseURL + "/actor"},
		{fmt.Sprintf("/practices/%d", gone.ID), activityJSON, 410, ""},
		{fmt.Sprintf("/practices/%d/replies", gone.ID), activityJSON, 410, ""},
		{fmt.Sprintf("/practices/%d/activity", gone.ID), activityJSON, 410, ""},
		{fmt.Sprintf("/practices/%d", draft), activityJSON, 404, ""},
		{fmt.Sprintf("/praxisbeispiele/%d", draft), activityJSON, 404, ""},
		{fmt.Sprintf("/notes/%d", private.ID), activityJSON, 404, ""},
		{fmt.Sprintf("/notes/%d", private.ID), browser, 404, ""},
		{fmt.Sprintf("/notes/%d/replies", private.ID), activityJSON, 404, ""},
		{fmt.Sprintf("/threads/%d", private.ID), activityJSON, 404, ""},
		{fmt.Sprintf("/notes/%d/activity", private.ID), activityJSON, 404, ""},
		{fmt.Sprintf("/notes/%d", practice.ID), activityJSON, 404, ""}, // by the wrong name
		{"/practices/1", activityJSON, 404, ""},
		{"/practices/99999999999999999999999999", activityJSON, 404, ""},
		{"/practices/007", activityJSON, 404, ""},
		{"/practices/-1", activityJSON, 404, ""},
		{"/practices/%00", activityJSON, 404, ""},
		{"/threads/99999999999999999999999999", activityJSON, 404, ""},
		{"/u/former", activityJSON, 404, ""},
		{"/u/praxis", activityJSON, 404, ""},
		{"/g/author", activityJSON, 404, ""},
		{"/u/%00", activityJSON, 404, ""},
		{"/u/%ff", activityJSON, 404, ""},
		{"/@%ff%00", activityJSON, 404, ""},
		{"/g/praxis/collections/kuratiert", activityJSON, 200, ""},
		{"/g/praxis/collections/anderes", activityJSON, 404, ""},
		{"/g/forum/collections/kuratiert", activityJSON, 404, ""},
		{"/g/praxis/outbox?page=true&before=x", activityJSON, 200, ""},
		{"/g/praxis/outbox?page=true&before=-9", activityJSON, 200, ""},
		{"/g/praxis/followers?page=true&before=99999999999999999999", activityJSON, 200, ""},
		{"/u/author/followers?page=true", activityJSON, 200, ""},
		{"/u/author/likes/1", activityJSON, 404, ""},
		{"/u/author/follows/99999999999999999999999999", activityJSON, 404, ""},
		{"/inbox", activityJSON, 405, ""},
	} {
		status, header, doc := a.Get(test.path, test.accept)
		if status != test.status || header.Get("Location") != test.location {
			t.Errorf("%s as %q: %d %q, want %d %q", test.path, test.accept, status, header.Get("Location"), test.status, test.location)
		}
		if status == http.StatusGone && doc["type"] != "Tombstone" && doc["error"] == "" {
			t.Errorf("%s: %v", test.path, doc)
		}
	}
	_, hidden, _ := a.Get(fmt.Sprintf("/notes/%d", private.ID), activityJSON)
	_, absent, _ := a.Get("/notes/1", activityJSON)
	if fmt.Sprint(hidden) != fmt.Sprint(absent) {
		t.Errorf("a hidden post answers differently from one that does not exist:\n%v\n%v", hidden, absent)
	}
	if n := a.Count(`SELECT count(*) FROM deliveries`); n != 0 {
		t.Errorf("%d deliveries of an instance that nobody follows", n)
	}
}

// TestWithdrawnLetters: what a group passed on about a post is not readable when the post is not.
func TestWithdrawnLetters(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	thread := a.Say(nil, "Wer misst?", "Und wie?")
	there := b.Has(thread.URI)
	answer := b.Say(&there, "", "Mein Chef heißt so und so.")
	a.Has(answer.URI)
	ft.Settle(a, b)
	letters := func() map[string]string {
		t.Helper()
		var rows []struct {
			URI  string `db:"uri"`
			Body string `db:"body"`
		}
		if err := a.DB.SelectContext(t.Context(), &rows, `SELECT uri, convert_from(body, 'UTF8') AS body FROM activities WHERE type = 'Announce'`); err != nil {
			t.Fatal(err)
		}
		byPath := map[string]string{}
		for _, r := range rows {
			byPath[strings.TrimPrefix(r.URI, a.Config.BaseURL)] = r.Body
		}
		return byPath
	}
	check := func(want int, about string) (found int) {
		t.Helper()
		for path, body := range letters() {
			if !strings.Contains(body, about) {
				continue
			}
			found++
			if status, _, _ := a.Get(path, activityJSON); status != want {
				t.Errorf("%s with %q answers %d, want %d", path, about, status, want)
			}
		}
		return found
	}
	if check(http.StatusOK, "so und so")+check(http.StatusOK, "Und wie?") < 2 {
		t.Fatal("the forum passed nothing on")
	}
	if err := b.Posts.Delete(t.Context(), b.Author, answer.ID); err != nil {
		t.Fatal(err)
	}
	if err := a.Posts.Delete(t.Context(), a.Author, thread.ID); err != nil {
		t.Fatal(err)
	}
	ft.Settle(a, b)
	check(http.StatusGone, "so und so")
	check(http.StatusGone, "Und wie?")
}

// TestNotModified: who has a document is not sent it again.
func TestNotModified(t *testing.T) {
	t.Parallel()
	a := ft.Start(t, "a")
	practice := a.Publish("Kiel: Abwärme nutzen")
	path := fmt.Sprintf("/practices/%d", practice.ID)
	_, header, _ := a.Get(path, activityJSON)
	etag := header.Get("ETag")
	for _, test := range []struct {
		tag    string
		status int
	}{{etag, 304}, {"W/" + etag, 304}, {`"other", ` + etag, 304}, {`"other"`, 200}, {"*", 304}} {
		if status := a.GetIf(path, activityJSON, test.tag); status != test.status {
			t.Errorf("If-None-Match %s: %d, want %d", test.tag, status, test.status)
		}
	}
	if _, err := a.Practices.Publish(t.Context(), a.Editor, practice.ID, a.Sample("Geändert")); err != nil {
		t.Fatal(err)
	}
	if status := a.GetIf(path, activityJSON, etag); status != 200 {
		t.Errorf("after a change: %d", status)
	}
}
