package post_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// An index of posts shows every reader exactly what the posts themselves would.
func TestListedIn(t *testing.T) {
	h := posttest.New(t)
	limited := h.Account("leise", "vitako.example", account.Person, "")
	hidden := h.Account("weg", "vitako.example", account.Person, "")
	blocker := h.Account("zu", "vitako.example", account.Person, "")
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := h.DB.ExecContext(h.Ctx, query, args...)
		h.Must(err)
	}
	exec(`UPDATE accounts SET silenced = true WHERE id = $1`, limited.ID)
	exec(`UPDATE accounts SET state = 'suspended' WHERE id = $1`, hidden.ID)
	for i, authors := range [][]account.Account{{h.Remote, limited, hidden, blocker}} {
		for _, author := range authors {
			h.Follow(h.Other, author)
		}
		exec(`INSERT INTO blocks (id, account_id, target_id, uri) VALUES ($1, $2, $3, '')`, i+1, blocker.ID, h.Editor.ID)
	}
	for _, author := range []account.Account{h.Remote, limited, hidden, blocker, h.Member} {
		for _, visibility := range []post.Visibility{post.Public, post.Unlisted, post.Network, post.Followers, post.Direct} {
			for _, mention := range []bool{false, true} {
				p := h.Arrives(h.Remote, fmt.Sprintf("%s-%s-%v", author.Username, visibility, mention), func(r *post.Received) {
					r.Visibility = visibility
					if mention {
						r.MentionIDs = []int64{h.Guest.ID}
					}
				})
				exec(`UPDATE posts SET account_id = $2 WHERE id = $1`, p.ID, author.ID)
			}
		}
	}
	exec(`CREATE TABLE sample AS SELECT id AS post_id, account_id, visibility FROM posts`)
	seen := map[int]bool{}
	for name, viewer := range map[string]int64{
		"visitor": 0, "follower": h.Other.ID, "mentioned": h.Guest.ID, "blocked": h.Editor.ID, "author": h.Member.ID, "limited": limited.ID, "member": h.Admin.ID, "unknown": 1,
	} {
		ids := func(query string) (list []int64) {
			t.Helper()
			h.Must(h.DB.SelectContext(h.Ctx, &list, query, viewer))
			slices.Sort(list)
			return list
		}
		want := ids(`SELECT p.id FROM posts p WHERE ` + post.ListedTo("p", "$1"))
		if diff := cmp.Diff(want, ids(`SELECT i.post_id FROM sample i WHERE `+post.ListedIn("i", "$1"))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		seen[len(want)] = true
	}
	if len(seen) < 5 {
		t.Errorf("only %d readers see anything of their own: the test tells them apart no more", len(seen))
	}
}
