package mastodon

import (
	"context"
	"slices"

	"github.com/vorbild/vorbild/internal/filter"
	"github.com/vorbild/vorbild/internal/markup"
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

func filterEntity(f filter.Filter) Filter {
	e := Filter{
		ID: idText(f.ID), Title: f.Title, Context: append([]string{}, f.Contexts...), ExpiresAt: stampOrNil(f.ExpiresAt), FilterAction: f.Action,
		Keywords: keywordEntities(f.Keywords), Statuses: filterStatusEntities(f.Statuses),
	}
	return e
}

func keywordEntity(k filter.Keyword) FilterKeyword {
	return FilterKeyword{ID: idText(k.ID), Keyword: k.Keyword, WholeWord: k.WholeWord}
}

func keywordEntities(keywords []filter.Keyword) []FilterKeyword {
	list := make([]FilterKeyword, len(keywords))
	for i, k := range keywords {
		list[i] = keywordEntity(k)
	}
	return list
}

func filterStatusEntity(x filter.Status) FilterStatus {
	return FilterStatus{ID: idText(x.ID), StatusID: idText(x.PostID)}
}

func filterStatusEntities(statuses []filter.Status) []FilterStatus {
	list := make([]FilterStatus, len(statuses))
	for i, x := range statuses {
		list[i] = filterStatusEntity(x)
	}
	return list
}

// filterResults says which of the viewer's filters each post met, by post id; a visitor has none, and own posts meet none.
// Who has no filters costs one query.
func (s *Server) filterResults(ctx context.Context, viewer post.Viewer, views []post.View) (map[int64][]FilterResult, error) {
	results := map[int64][]FilterResult{}
	own := func(v post.View) bool { return v.Post.AccountID == viewer.AccountID }
	if viewer.AccountID == 0 || !slices.ContainsFunc(views, func(v post.View) bool { return !own(v) }) {
		return results, nil // own posts are never filtered
	}
	matcher, err := s.Filters.Matcher(ctx, viewer.AccountID)
	if err != nil || matcher == nil {
		return results, err
	}
	texts, err := s.texts(ctx, viewer, views)
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		for _, r := range matcher.Match(text) {
			e := FilterResult{Filter: filterEntity(r.Filter), KeywordMatches: r.Keywords}
			for _, id := range r.Statuses {
				e.StatusMatches = append(e.StatusMatches, idText(id))
			}
			results[text.PostID] = append(results[text.PostID], e)
		}
	}
	return results, nil
}

// texts is what there is to read of the posts of others, each once.
func (s *Server) texts(ctx context.Context, viewer post.Viewer, views []post.View) ([]filter.Text, error) {
	ids, at := make([]int64, 0, len(views)), make(map[int64]int, len(views))
	texts := make([]filter.Text, 0, len(views))
	for _, v := range views {
		p := v.Post
		if _, known := at[p.ID]; known || p.AccountID == viewer.AccountID {
			continue
		}
		at[p.ID] = len(texts)
		ids = append(ids, p.ID)
		texts = append(texts, filter.Text{PostID: p.ID, Parts: []string{p.Title, p.Summary, markup.Text(p.HTML)}})
	}
	files, err := s.Media.ByPosts(ctx, ids)
	if err != nil {
		return nil, err
	}
	for id, list := range files {
		for _, m := range list {
			texts[at[id]].Parts = append(texts[at[id]].Parts, m.Description)
		}
	}
	polls, err := s.Polls.ByPosts(ctx, viewer.AccountID, ids)
	if err != nil {
		return nil, err
	}
	for id, p := range polls {
		for _, o := range p.Options {
			texts[at[id]].Parts = append(texts[at[id]].Parts, o.Title)
		}
	}
	return texts, nil
}
