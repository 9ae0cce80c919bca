package post

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
)

// Thread returns the whole thread a post belongs to (threadID may be any post of it), its first post first, every
// answer after what it answers, siblings by time, Depth set. What the viewer may not see is left out, and its answers
// move up one step; withdrawn posts that have answers stay, emptied.
func (s *Service) Thread(ctx context.Context, viewer Viewer, threadID int64) ([]View, error) {
	p, err := postByID(ctx, s.db, threadID)
	if db.IsNotFound(err) {
		return nil, errNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("post.Thread %d: %w", threadID, err)
	}
	list, err := threadPosts(ctx, s.db, viewer.AccountID, p.ThreadID, p.ID, maxThread)
	if err != nil {
		return nil, fmt.Errorf("post.Thread %d: %w", threadID, err)
	}
	ordered, depths := arrange(list, p.ThreadID)
	if len(ordered) == 0 {
		if _, err := s.forViewer(ctx, viewer, p.ThreadID); err != nil {
			return nil, err
		}
		return nil, errNotFound()
	}
	views, err := s.Views(ctx, viewer, ordered)
	if err != nil {
		return nil, err
	}
	for i := range views {
		views[i].Depth = depths[i]
	}
	return views, nil
}

// arrange puts a thread, given by time, into reading order and leaves out what is not to be shown.
func arrange(list []seenPost, root int64) (ordered []Post, depths []int) {
	answers := make(map[int64][]seenPost, len(list))
	known := make(map[int64]bool, len(list))
	for _, p := range list {
		known[p.ID] = true
	}
	for _, p := range list {
		switch {
		case p.ID == root:
			answers[0] = append([]seenPost{p}, answers[0]...)
		case p.InReplyToID == nil || !known[*p.InReplyToID]:
			answers[root] = append(answers[root], p)
		default:
			answers[*p.InReplyToID] = append(answers[*p.InReplyToID], p)
		}
	}
	// below reports how many posts under p are shown; a withdrawn one is only worth its place when there are some.
	var walk func(p seenPost, depth int) int
	walk = func(p seenPost, depth int) int {
		at, shown := len(ordered), 0
		if p.Seen {
			ordered, depths = append(ordered, placeholder(p.Post)), append(depths, depth)
			depth++
		}
		for _, answer := range answers[p.ID] {
			shown += walk(answer, depth)
		}
		if p.Seen && p.State == StateWithdrawn && shown == 0 {
			ordered, depths = ordered[:at], depths[:at]
			return 0
		}
		if p.Seen {
			shown++
		}
		return shown
	}
	for _, p := range answers[0] {
		walk(p, 0)
	}
	return ordered, depths
}

// placeholder empties what was withdrawn, also where the words are kept for their authors.
func placeholder(p Post) Post {
	if p.State == StateWithdrawn {
		p.Title, p.Summary, p.HTML, p.Source = "", "", "", ""
	}
	return p
}

// Threads lists the first posts of discussions (notes with no parent, local and remote; public, and for our people those of the
// administration network), newest activity first.
// The page's cursors are ids of such posts.
func (s *Service) Threads(ctx context.Context, viewer Viewer, page paging.Page) ([]View, error) {
	list, err := threads(ctx, s.db, viewer.AccountID, page)
	if err != nil {
		return nil, fmt.Errorf("post.Threads: %w", err)
	}
	return s.Views(ctx, viewer, list)
}
