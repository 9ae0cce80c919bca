package vocab

import (
	"slices"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// Addressing is to and cc: who may see an object, and whose server should hear of it.
type Addressing struct {
	To, Cc []string
}

// Public reports whether everyone is addressed.
func (a Addressing) Public() bool { return containsPublic(a.To) || containsPublic(a.Cc) }

// Includes reports whether an id stands in to or cc.
func (a Addressing) Includes(id string) bool {
	return slices.Contains(a.To, id) || slices.Contains(a.Cc, id)
}

// Visibility reads to and cc; followersURI is the author's followers collection.
func (a Addressing) Visibility(followersURI string) post.Visibility {
	switch {
	case containsPublic(a.To):
		return post.Public
	case containsPublic(a.Cc):
		return post.Unlisted
	case followersURI != "" && a.Includes(followersURI):
		return post.Followers
	}
	return post.Direct
}

// containsPublic accepts the two short forms that JSON-LD compaction produces.
func containsPublic(ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool {
		return id == PublicURI || id == "as:Public" || id == "Public"
	})
}

// addressing is the same on an object and on the activities about it. The author of the answered post stands in to, as
// servers notify by it; a board's group is addressed only by what everyone may see.
func (d PostDoc) addressing() Addressing {
	var a Addressing
	var people []string
	for _, m := range d.Mentions {
		if m.URI != d.Author.URI && (d.ParentAuthor == nil || m.URI != d.ParentAuthor.URI) {
			people = append(people, m.URI)
		}
	}
	if d.ParentAuthor != nil && d.ParentAuthor.URI != d.Author.URI {
		people = append([]string{d.ParentAuthor.URI}, people...)
	}
	switch d.Post.Visibility {
	case post.Public:
		a.To = []string{PublicURI}
		a.Cc = []string{d.Author.FollowersURI}
	case post.Unlisted:
		a.To = []string{d.Author.FollowersURI}
		a.Cc = []string{PublicURI}
	case post.Network:
		a, _ = d.networkAddressing()
	case post.Followers:
		a.To = []string{d.Author.FollowersURI}
	}
	if d.Board != nil && (d.Post.Visibility == post.Public || d.Post.Visibility == post.Unlisted) {
		a.To = append(a.To, d.Board.URI)
		if d.Board.FollowersURI != "" {
			a.Cc = append(a.Cc, d.Board.FollowersURI)
		}
	}
	a.To = appendNew(a.To, people...)
	return a
}

// appendNew keeps to and cc free of doubles and gaps.
func appendNew(list []string, ids ...string) []string {
	for _, id := range ids {
		if id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// openly is the addressing of what an account says to all who follow it.
func openly(a account.Account, also ...string) Addressing {
	return Addressing{To: []string{PublicURI}, Cc: appendNew(nil, append([]string{a.FollowersURI}, also...)...)}
}
