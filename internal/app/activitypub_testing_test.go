package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mattn/go-mastodon"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// notForActors are the checks that do not apply to our actors, and why. Whatever else does not apply is a mistake: of ours, or a
// check that must be listed here.
var notForActors = map[string]string{
	"liked-collection-must-be-a-collection":  "optional; what someone likes is nobody's business",
	"likes-collection-must-be-a-collection":  "a property of posts",
	"shares-collection-must-be-a-collection": "a property of posts",
	"inbox-must-be-an-orderedcollection":     "inboxes are read by nobody: GET is answered with 405",

	// Clients speak Mastodon's API: POST to an outbox is answered with 405 (ActivityPub, 6).
	"outbox-post-must-accept-non-activity-object":                        "no client to server protocol",
	"outbox-post-servers-must-return-a-201-created-http-code":            "no client to server protocol",
	"outbox-wraps-object-with-create-checked-using-get-location":         "no client to server protocol",
	"outbox-post-server-adds-to-outbox-collection-checked-by-outbox-get": "no client to server protocol",
	"post-outbox-server-overwrites-id-property":                          "no client to server protocol",
	"create-then-update-modifies-object-checked-by-get":                  "no client to server protocol",
}

// TestActivityPubTesting runs the checks of activitypub-testing (npm) on an actor of each kind, and on posts.
func TestActivityPubTesting(t *testing.T) {
	t.Parallel()
	i := startInstance(t, "checked", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	note, err := i.mastodonClient(i.person("anna", account.RoleMember)).PostStatus(t.Context(), &mastodon.Toot{Status: "Hallo."})
	if err != nil {
		t.Fatal(err)
	}
	vera, err := i.Accounts.CreateLocal(t.Context(), "vera", "", account.RoleModerator)
	if err != nil {
		t.Fatal(err)
	}
	id, err := i.Practices.Publish(t.Context(), vera, 0, draft("Serverräume wärmer betreiben"))
	if err != nil {
		t.Fatal(err)
	}
	article, err := i.Posts.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	checked := map[string]struct {
		uri  string
		pass int // checks that must apply and pass
	}{
		"actor Person": {i.url("/u/anna"), 5}, "actor Group of practices": {i.url("/g/praxis"), 5}, "actor Group of posts": {i.url("/g/forum"), 5}, "actor Application": {i.url("/actor"), 5},
		"post Note": {note.URI, 2}, "post Article": {article.URI, 2},
	}
	var uris []string
	for _, c := range checked {
		uris = append(uris, c.uri)
	}
	out, err := node(t, "checks.mjs", uris...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	type result struct{ Of, Test, Outcome, Info string }
	results := map[string][]result{}
	for line := range strings.Lines(string(out)) {
		var r result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		results[r.Of] = append(results[r.Of], r)
	}
	for name, c := range checked {
		passed := 0
		for _, r := range results[c.uri] {
			why, excused := notForActors[r.Test]
			excused = excused && strings.HasPrefix(name, "actor")
			switch {
			case r.Outcome == "passed" && !excused:
				passed++
				t.Logf("%-24s passed         %s", name, r.Test)
			case r.Outcome == "inapplicable" && excused:
				t.Logf("%-24s does not apply %s: %s", name, r.Test, why)
			default:
				t.Errorf("%s, %s: %s %s", name, r.Test, r.Outcome, r.Info)
			}
		}
		if passed != c.pass {
			t.Errorf("%s: %d checks passed, want %d", name, passed, c.pass)
		}
	}
}
