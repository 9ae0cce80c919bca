package publication

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// LocalOrigin is the origin of what we published ourselves.
const LocalOrigin = "local"

// TypeEdition is what editions are listed as, beside the types of documents.
const TypeEdition = "edition"

// maxPage bounds a page of a list, maxOffset how far one can leaf.
const (
	maxPage   = 100
	maxOffset = 10_000
	maxText   = 200 // characters of each thing that is asked for
)

// Filter narrows a list. Empty values do not filter.
type Filter struct {
	Kind   string // Document or Edition
	Type   string // one of Types, or TypeEdition
	Origin string // domain of the instance it came from; LocalOrigin for ours
	Text   string // as people type it
	Offset int
	Limit  int // at most 100, 20 where it is 0
}

// Facet is one value to filter by, and how many there are with the other choices as they are.
type Facet struct {
	Value string
	Count int
}

// List is one page with how much there is.
type List struct {
	Items   []View
	Total   int
	Types   []Facet
	Origins []Facet
}

// List returns what the viewer may see, ours and that of the instances we read, newest first.
func (s *Service) List(ctx context.Context, viewer post.Viewer, f Filter) (List, error) {
	f = f.bounded()
	var list List
	ids, err := listPublications(ctx, s.db, viewer.AccountID, f)
	if err != nil {
		return list, fmt.Errorf("publication.List: %w", err)
	}
	if list.Items, err = s.Views(ctx, viewer, ids); err != nil {
		return list, err
	}
	counts, err := countPublications(ctx, s.db, viewer.AccountID, f)
	if err != nil {
		return list, fmt.Errorf("publication.List: count: %w", err)
	}
	for _, c := range counts {
		switch c.Name {
		case "type":
			list.Types = append(list.Types, Facet{c.Value, c.Count})
		case "origin":
			list.Origins = append(list.Origins, Facet{c.Value, c.Count})
		default:
			list.Total = c.Count
		}
	}
	return list, nil
}

// Views completes those of the posts that are publications the viewer may see, in the given order.
func (s *Service) Views(ctx context.Context, viewer post.Viewer, ids []int64) ([]View, error) {
	posts, err := s.posts.ViewsByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, err
	}
	byPost, err := s.ByPosts(ctx, ids)
	if err != nil {
		return nil, err
	}
	var views []View
	for _, v := range posts {
		if p, ok := byPost[v.Post.ID]; ok {
			views = append(views, View{View: v, Publication: p})
		}
	}
	return views, nil
}

func (f Filter) bounded() Filter {
	if f.Limit <= 0 {
		f.Limit = 20
	}
	f.Limit, f.Offset = min(f.Limit, maxPage), min(max(f.Offset, 0), maxOffset)
	for _, s := range []*string{&f.Type, &f.Origin, &f.Text} {
		r := []rune(markup.Line(*s))
		*s = string(r[:min(len(r), maxText)])
	}
	return f
}
