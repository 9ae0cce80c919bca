package post

import (
	"context"
	"fmt"
	"slices"

	"github.com/vorbild/vorbild/internal/db"
)

// Surroundings returns what a post the viewer may see answers, oldest first, and what answers it: depth first, every answer
// after what it answers, siblings by time. What the viewer may not see, or wants to hear nothing of, is left out; answers
// to it stay.
func (s *Service) Surroundings(ctx context.Context, viewer Viewer, id int64) (ancestors, descendants []View, err error) {
	p, err := s.forViewer(ctx, viewer, id)
	if err != nil {
		return nil, nil, err
	}
	list, err := shownThread(ctx, s.db, viewer.AccountID, p.ThreadID, maxThread)
	if err != nil && !db.IsNotFound(err) {
		return nil, nil, fmt.Errorf("post.Surroundings %d: %w", id, err)
	}
	above, below := surroundings(list, id)
	below = below[:min(len(below), maxBelow(viewer))]
	views, err := s.Views(ctx, viewer, slices.Concat(above, below))
	if err != nil {
		return nil, nil, err
	}
	return views[:len(above)], views[len(above):], nil
}

// maxBelow is how many answers are shown at once: all of any thread that people read to its end, and less to visitors, to whom
// a thread costs nothing to ask for.
func maxBelow(viewer Viewer) int {
	if viewer.AccountID == 0 {
		return 200
	}
	return 1_000
}

// surroundings picks from a thread, given by time, what stands above and below one of its posts.
func surroundings(list []shownPost, id int64) (above, below []Post) {
	at, answers := make(map[int64]int, len(list)), make(map[int64][]int, len(list))
	for i, p := range list {
		at[p.ID] = i
		if p.InReplyToID != nil {
			answers[*p.InReplyToID] = append(answers[*p.InReplyToID], i)
		}
	}
	i, ok := at[id]
	for ok && list[i].InReplyToID != nil && len(above) <= len(list) {
		if i, ok = at[*list[i].InReplyToID]; ok && list[i].Shown {
			above = append(above, list[i].Post)
		}
	}
	slices.Reverse(above)
	var walk func(id int64, depth int)
	walk = func(id int64, depth int) {
		for _, i := range answers[id] {
			if list[i].Shown {
				below = append(below, list[i].Post)
			}
			if depth < maxThread {
				walk(list[i].ID, depth+1)
			}
		}
	}
	walk(id, 0)
	return above, below
}
