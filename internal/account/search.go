package account

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

const (
	maxSearchText  = 200
	maxSearchWords = 8
	maxSearchLimit = 80
)

// Query is what someone looks for among the known accounts.
type Query struct {
	ViewerID      int64  // 0: a visitor
	Text          string // words of a name, or a handle; each may be only its beginning
	FollowedOnly  bool
	Limit, Offset int
}

// Search finds people, groups and services by how the words of their names or their usernames begin. It never finds the
// actor of an instance.
func (s *Service) Search(ctx context.Context, q Query) ([]Account, error) {
	text := strings.ToLower(cut(oneLine(q.Text), maxSearchText))
	name, host, _ := strings.Cut(strings.TrimPrefix(text, "@"), "@")
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 || len(words) > maxSearchWords {
		return nil, nil
	}
	for i, w := range words {
		words[i] = "'" + w + "':*" // letters and digits need no more quoting
	}
	look := search{
		viewerID: q.ViewerID, words: strings.Join(words, " & "), username: likeStart(name), exact: name, own: s.domain,
		followed: q.FollowedOnly, limit: min(max(q.Limit, 1), maxSearchLimit), offset: max(q.Offset, 0),
	}
	if host != "" {
		look.host = likeStart(host)
	}
	list, err := searchAccounts(ctx, s.db, look)
	if err != nil {
		return nil, fmt.Errorf("account.Search: %w", err)
	}
	return list, nil
}

// Directory lists who wants to be found, by their last post or the newest first; local leaves only ours.
func (s *Service) Directory(ctx context.Context, viewerID int64, newest, local bool, limit, offset int) ([]Account, error) {
	list, err := directory(ctx, s.db, viewerID, newest, local, min(max(limit, 1), maxSearchLimit), max(offset, 0))
	if err != nil {
		return nil, fmt.Errorf("account.Directory: %w", err)
	}
	return list, nil
}

// likeStart is the pattern of LIKE for what begins with text.
func likeStart(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
