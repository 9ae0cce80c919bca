package timeline_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/timeline"
)

// What moderators decide about an author or a domain holds at once for all there is of it and for what still arrives, and ends as it
// began. The followed is not unfollowed here: the rule alone hides.
func TestTimelinesWithoutRestrictedAuthors(t *testing.T) {
	for name, restriction := range map[string]struct {
		begin, end string
		followed   []string // what who follows the author reads meanwhile
	}{
		"suspended": {
			`UPDATE accounts SET state = 'suspended' WHERE username = 'klima'`, `UPDATE accounts SET state = 'active' WHERE username = 'klima'`,
			[]string{"Vom Freund"},
		},
		"refused domain": {
			`INSERT INTO domain_rules (domain, severity) VALUES ('vitako.example', 'suspend')`, `DELETE FROM domain_rules`,
			[]string{"Vom Freund"},
		},
		"changed rule": {
			`INSERT INTO domain_rules (domain) VALUES ('vitako.example'); UPDATE domain_rules SET severity = 'suspend'`, `UPDATE domain_rules SET severity = ''`,
			[]string{"Vom Freund"},
		},
		"silenced": {
			`UPDATE accounts SET silenced = true WHERE username = 'klima'`, `UPDATE accounts SET silenced = false WHERE username = 'klima'`,
			[]string{"Früher (freund)", "Später", "Vom Freund (klima)"},
		},
		"silenced domain": {
			`INSERT INTO domain_rules (domain, severity) VALUES ('vitako.example', 'silence')`, `DELETE FROM domain_rules`,
			[]string{"Früher (freund)", "Später", "Vom Freund (klima)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			friend := h.Account("freund", "", account.Person, account.RoleMember)
			h.Follow(h.Member, friend)
			h.Follow(h.Member, h.Remote)
			arrives := func(title string) post.Post {
				return h.Arrives(h.Remote, title, func(r *post.Received) { r.Title, r.Tags = title, []string{"Klima"} })
			}
			h.Must(h.Posts.Boost(h.Ctx, friend, arrives("Früher").ID))
			h.Must(h.Posts.ReceiveBoost(h.Ctx, h.Remote.ID, h.Thread(friend, "Vom Freund").ID, "https://vitako.example/boosts/1"))
			all := []string{"Früher", "Später"}
			follower := []string{"Früher (freund)", "Später", "Vom Freund (klima)"}
			check := func(when string, followed, others []string) {
				t.Helper()
				stranger := post.Viewer{AccountID: h.Other.ID}
				for _, list := range []struct {
					name string
					read func() (timeline.Lines, error)
					want []string
				}{
					{"home", func() (timeline.Lines, error) { return h.lines.Home(h.Ctx, h.Member, paging.Page{}) }, followed},
					{"public", func() (timeline.Lines, error) {
						return h.lines.Public(h.Ctx, stranger, timeline.Options{Remote: true}, paging.Page{})
					}, others},
					{"tag", func() (timeline.Lines, error) {
						return h.lines.Tag(h.Ctx, stranger, "klima", timeline.Options{}, paging.Page{})
					}, others},
				} {
					page, err := list.read()
					h.Must(err)
					got := titles(page.Items)
					slices.Sort(got)
					if diff := cmp.Diff(list.want, got); diff != "" {
						t.Errorf("%s, %s: %s", when, list.name, diff)
					}
				}
			}
			check("before", []string{"Früher (freund)", "Vom Freund (klima)"}, []string{"Früher"})
			h.exec(restriction.begin)
			arrives("Später")
			check("meanwhile", restriction.followed, []string{})
			h.exec(restriction.end)
			check("after", follower, all)
		})
	}
}
