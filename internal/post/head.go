package post

import (
	"context"
	"fmt"
	"time"
)

// Head is what a list says of a thread: what it is about and how far it went, as far as the viewer may see it.
type Head struct {
	ThreadID int64      `db:"thread_id"`
	Title    string     `db:"title"` // what the first post is called; "" where it has no words, or none for the viewer
	Answers  int        `db:"answers"`
	LatestAt *time.Time `db:"latest_at"` // of the newest answer
}

// Heads returns the heads of threads by their id, with one query; unknown ones are left out.
func (s *Service) Heads(ctx context.Context, viewer Viewer, threadIDs []int64) (map[int64]Head, error) {
	heads := make(map[int64]Head, len(threadIDs))
	if len(threadIDs) == 0 {
		return heads, nil
	}
	list, err := threadHeads(ctx, s.db, viewer.AccountID, threadIDs)
	if err != nil {
		return nil, fmt.Errorf("post.Heads: %w", err)
	}
	for _, h := range list {
		h.Title = Post{Title: h.Title, Summary: h.Summary, HTML: h.Words, Sensitive: h.Sensitive}.Heading()
		heads[h.ThreadID] = h.Head
	}
	return heads, nil
}
