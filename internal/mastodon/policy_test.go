package mastodon

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// TestPublicDomainBlocks: the rules are not found until the house shows them, and then as Mastodon shows its own.
func TestPublicDomainBlocks(t *testing.T) {
	h := newHouse(t)
	ctx, op := t.Context(), account.Operator()
	for _, r := range []peer.Rule{
		{Domain: "boese.example", Severity: peer.Suspend, Obfuscate: true, PublicComment: "Hetze", PrivateComment: "geheim"},
		{Domain: "laut.example", Severity: peer.Silence}, {Domain: "bund.example", Network: true},
	} {
		_, err := h.Rules.Save(ctx, op, r, false)
		h.must(err)
	}
	const path = "/api/v1/instance/domain_blocks"
	h.as("").get(path).wants(http.StatusNotFound)
	h.must(h.Rules.SavePolicy(ctx, op, peer.Policy{Mode: peer.Open, RulesPublic: true}))
	got := h.as("").get(path).wants(http.StatusOK)
	const want = `[{"domain":"boes*.****ple","digest":"803b3d0c2bfabebdffd19c6305a861c5ff0d695753ad33d57e4218bcb85e0a5b","severity":"suspend","comment":"Hetze"},{"domain":"laut.example","digest":"b90cf6bd9053b4e08c0e7209632569829609fc0a94dd0cf1493543dcbbeb4428","severity":"silence","comment":null}]`
	if body := strings.TrimSpace(string(got.body)); body != want {
		t.Errorf("%s\nwant\n%s", body, want)
	}
}

// TestRestrictedAccounts: who is limited is come across by followers only; who is suspended, alone or with the domain, by nobody.
// Both come back as they were.
func TestRestrictedAccounts(t *testing.T) {
	h := newHouse(t)
	ctx, op := t.Context(), account.Operator()
	author := h.people["fremd"]
	p, _, err := h.Posts.Receive(ctx, post.Received{
		URI: author.URI + "/notes/werbung", AuthorID: author.ID, Kind: post.Note, Visibility: post.Public, HTML: `<p>Sonderangebot <a href="https://x.example/tags/kauf">#kauf</a></p>`,
		Language: "de", Tags: []string{"kauf"}, PublishedAt: time.Now(),
	}, nil)
	h.must(err)
	id := idText(p.ID)
	follower, other := h.as("member"), h.as("other")
	_, err = h.db.ExecContext(ctx, `INSERT INTO follows (id, account_id, target_id, uri, state) VALUES (77, $1, $2, 'f:77', 'accepted')`, h.id("member"), author.ID)
	h.must(err)
	// look says where the reader comes across the post: public timeline, hashtag, search, home, profile, itself.
	look := func(who string) string {
		t.Helper()
		c := h.as(who)
		has := func(path string, args ...string) string {
			t.Helper()
			if slices.Contains(c.get(path, args...).ids(), id) {
				return "yes"
			}
			return "no"
		}
		itself := "no"
		if c.get("/api/v1/statuses/"+id).StatusCode == http.StatusOK {
			itself = "yes"
		}
		home := "-"
		if who != "" {
			home = has("/api/v1/timelines/home")
		}
		return fmt.Sprintf("public %s, tag %s, home %s, profile %s, itself %s", has("/api/v1/timelines/public"), has("/api/v1/timelines/tag/kauf"), home,
			has(h.accountPath("fremd", "/statuses")), itself)
	}
	const (
		all      = "public yes, tag yes, home yes, profile yes, itself yes"
		stranger = "public yes, tag yes, home no, profile yes, itself yes"
		visitor  = "public yes, tag yes, home -, profile yes, itself yes"
		nothing  = "public no, tag no, home no, profile no, itself no"
	)
	expect := func(when string, want map[string]string) {
		t.Helper()
		for who, line := range want {
			if got := look(who); got != line {
				t.Errorf("%s, %q: %s, want %s", when, who, got, line)
			}
		}
	}
	before := map[string]string{"member": all, "other": stranger, "": visitor}
	gone := map[string]string{"member": nothing, "other": nothing, "": "public no, tag no, home -, profile no, itself no"}
	expect("before", before)

	moderator := h.people["moderator"]
	h.must(h.Accounts.SetSilenced(ctx, moderator, author.ID, true, "Werbung"))
	expect("limited", map[string]string{
		"member": all, "other": "public no, tag no, home no, profile yes, itself yes", "": "public no, tag no, home -, profile yes, itself yes",
	})
	if r := other.get(h.accountPath("fremd", "")); r.at("limited") != true || r.at("suspended") == true {
		t.Errorf("limited: %s", r.body)
	}
	h.must(h.Accounts.SetSilenced(ctx, moderator, author.ID, false, ""))
	expect("no longer limited", before)

	h.must(h.Accounts.SetState(ctx, moderator, author.ID, account.Suspended))
	expect("suspended", gone)
	if r := follower.get(h.accountPath("fremd", "")); r.at("suspended") != true {
		t.Errorf("suspended: %s", r.body)
	}
	h.must(h.Accounts.SetState(ctx, moderator, author.ID, account.Active))
	expect("no longer suspended", before)

	_, err = h.Rules.Save(ctx, op, peer.Rule{Domain: author.Host(), Severity: peer.Suspend}, false)
	h.must(err)
	expect("with its domain", gone)
	// What it is by itself is apart from what its domain is.
	h.must(h.Accounts.SetState(ctx, moderator, author.ID, account.Suspended))
	h.must(h.Rules.Delete(ctx, op, author.Host()))
	expect("still by itself", gone)
	h.must(h.Accounts.SetState(ctx, moderator, author.ID, account.Active))
	expect("free again", before)

	h.must(h.Moderation.Hide(ctx, moderator, p.ID, "Betrug"))
	expect("hidden", gone)
	// An edit of its author does not bring it back.
	edited := time.Now().Add(time.Second)
	_, _, err = h.Posts.Receive(ctx, post.Received{
		URI: p.URI, AuthorID: author.ID, Kind: post.Note, Visibility: post.Public, HTML: "<p>Noch billiger</p>", Language: "de", Tags: []string{"kauf"}, PublishedAt: time.Now(), UpdatedAt: &edited,
	}, nil)
	h.must(err)
	expect("edited", gone)
	h.must(h.Moderation.Show(ctx, moderator, p.ID))
	expect("shown again", before)
}
