package web

import (
	"slices"

	"github.com/vorbild/vorbild/internal/auth"
)

// rightsView is what a program may do, of one kind, in sentences.
type rightsView struct {
	Kind  string // read, write, push
	Items []string
}

// rights says which scopes each sentence is about; it is said when any of them is allowed, so that a program can never do
// more than was said.
var rights = []struct {
	kind, key string
	scopes    []string
}{
	{"read", "posts", []string{"read:statuses"}},
	{"read", "accounts", []string{"read:accounts"}},
	{"read", "profile", []string{"profile"}},
	{"read", "notifications", []string{"read:notifications"}},
	{"read", "follows", []string{"read:follows"}},
	{"read", "silenced", []string{"read:mutes", "read:blocks"}},
	{"read", "saved", []string{"read:bookmarks", "read:favourites"}},
	{"read", "lists", []string{"read:lists", "read:filters"}},
	{"read", "search", []string{"read:search"}},
	{"write", "posts", []string{"write:statuses"}},
	{"write", "media", []string{"write:media"}},
	{"write", "saved", []string{"write:bookmarks", "write:favourites"}},
	{"write", "follows", []string{"write:follows"}},
	{"write", "silenced", []string{"write:mutes", "write:blocks"}},
	{"write", "lists", []string{"write:lists", "write:filters"}},
	{"write", "notifications", []string{"write:notifications", "write:conversations"}},
	{"write", "accounts", []string{"write:accounts"}},
	{"write", "reports", []string{"write:reports"}},
	{"push", "notifications", []string{"push"}},
}

// rightsOf says scopes in sentences, as keys.
func rightsOf(scopes []string) (list []rightsView) {
	for _, x := range rights {
		if !slices.ContainsFunc(x.scopes, func(scope string) bool { return auth.Allows(scopes, scope) }) {
			continue
		}
		if x.key == "profile" && auth.Allows(scopes, "read:accounts") {
			continue // said with it
		}
		if len(list) == 0 || list[len(list)-1].Kind != x.kind {
			list = append(list, rightsView{Kind: x.kind})
		}
		last := &list[len(list)-1]
		last.Items = append(last.Items, "oauth.right."+x.kind+"."+x.key)
	}
	return list
}
