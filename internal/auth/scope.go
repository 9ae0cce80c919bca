package auth

import (
	"slices"
	"strings"
	"unicode"

	"github.com/vorbild/vorbild/internal/account"
)

// Scopes are what a token can be allowed to do, coarse and fine, as Mastodon's OAuth scopes name them. A coarse one includes
// its fine ones; follow is the old name for everything about relationships.
var Scopes = []string{
	"profile",
	"read", "read:accounts", "read:blocks", "read:bookmarks", "read:favourites", "read:filters", "read:follows", "read:lists",
	"read:mutes", "read:notifications", "read:search", "read:statuses",
	"write", "write:accounts", "write:blocks", "write:bookmarks", "write:conversations", "write:favourites", "write:filters",
	"write:follows", "write:lists", "write:media", "write:mutes", "write:notifications", "write:reports", "write:statuses",
	"follow", "push",
}

// AllScopes is what a token of the command line may do unless told otherwise.
var AllScopes = []string{"read", "write", "follow", "push"}

var followScopes = []string{"read:blocks", "write:blocks", "read:follows", "write:follows", "read:mutes", "write:mutes"}

// Allows reports whether the scopes granted include need.
func Allows(granted []string, need string) bool {
	coarse, _, fine := strings.Cut(need, ":")
	switch {
	case slices.Contains(granted, need):
		return true
	case fine && slices.Contains(granted, coarse):
		return true
	case slices.Contains(followScopes, need) && slices.Contains(granted, "follow"):
		return true
	}
	return need == "profile" && Allows(granted, "read:accounts")
}

// Grant is what a token stands for: a person, or only a program (Account is zero then).
type Grant struct {
	Token   Token
	Account account.Account
}

// Allows reports whether the token's scopes include need.
func (g Grant) Allows(need string) bool { return Allows(strings.Fields(g.Token.Scopes), need) }

// ParseScopes reads scopes as programs write them, separated by blanks or pluses, each once and in their order; false when one
// is unknown.
func ParseScopes(text string) ([]string, bool) {
	var list []string
	for _, scope := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '+' }) {
		if !slices.Contains(Scopes, scope) {
			return nil, false
		}
		if !slices.Contains(list, scope) {
			list = append(list, scope)
		}
	}
	return list, true
}
