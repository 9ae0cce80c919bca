package post

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
)

// ByID returns a post the viewer may see; withdrawn ones are fault.Gone, drafts are their author's (and editors').
func (s *Service) ByID(ctx context.Context, viewer Viewer, id int64) (View, error) {
	p, err := s.forViewer(ctx, viewer, id)
	if err != nil {
		return View{}, err
	}
	views, err := s.Views(ctx, viewer, []Post{p})
	if err != nil {
		return View{}, err
	}
	return views[0], nil
}

// forViewer is ByID without what stands beside the post.
func (s *Service) forViewer(ctx context.Context, viewer Viewer, id int64) (Post, error) {
	p, err := postForViewer(ctx, s.db, viewer.AccountID, id)
	if db.IsNotFound(err) {
		return p.Post, errNotFound()
	}
	if err != nil {
		return p.Post, fmt.Errorf("post %d: %w", id, err)
	}
	switch {
	case p.State == StateDraft && !s.mayManage(ctx, viewer, p.Post):
		return Post{}, errNotFound()
	case !p.Seen:
		return Post{}, errNotFound()
	case p.State == StateWithdrawn:
		return Post{}, errGone()
	}
	return p.Post, nil
}

// Find returns the post with that ActivityPub id or page address in any state, for federation. fault.NotFound.
func (s *Service) Find(ctx context.Context, uri string) (Post, error) {
	p, err := postByURI(ctx, s.db, uri)
	if db.IsNotFound(err) {
		p, err = postByURL(ctx, s.db, uri, s.ours(uri))
	}
	return found(p, err, "post.Find %q", uri)
}

// Get returns a post by id in any state, for federation and jobs.
func (s *Service) Get(ctx context.Context, id int64) (Post, error) {
	p, err := postByID(ctx, s.db, id)
	return found(p, err, "post.Get %d", id)
}

// ByIDs returns those of the posts that the viewer may see, by id.
func (s *Service) ByIDs(ctx context.Context, viewer Viewer, ids []int64) (map[int64]Post, error) {
	byID := make(map[int64]Post, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	list, err := visibleByIDs(ctx, s.db, viewer.AccountID, ids)
	if err != nil {
		return nil, fmt.Errorf("post.ByIDs: %w", err)
	}
	for _, p := range list {
		byID[p.ID] = p
	}
	return byID, nil
}

// ByURIs returns those of the posts that the viewer may see, by ActivityPub id.
func (s *Service) ByURIs(ctx context.Context, viewer Viewer, uris []string) (map[string]Post, error) {
	byURI := make(map[string]Post, len(uris))
	if len(uris) == 0 {
		return byURI, nil
	}
	list, err := visibleByURIs(ctx, s.db, viewer.AccountID, uris)
	if err != nil {
		return nil, fmt.Errorf("post.ByURIs: %w", err)
	}
	for _, p := range list {
		byURI[p.URI] = p
	}
	return byURI, nil
}

// ViewsByIDs is Views of those of the posts that the viewer may see, in the given order, each once.
func (s *Service) ViewsByIDs(ctx context.Context, viewer Viewer, ids []int64) ([]View, error) {
	byID, err := s.ByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, err
	}
	posts := make([]Post, 0, len(byID))
	for _, id := range ids {
		if p, ok := byID[id]; ok {
			posts = append(posts, p)
			delete(byID, id)
		}
	}
	return s.Views(ctx, viewer, posts)
}

// Views completes posts for the viewer, in the given order, with two queries.
func (s *Service) Views(ctx context.Context, viewer Viewer, posts []Post) ([]View, error) {
	views := make([]View, len(posts))
	if len(posts) == 0 {
		return views, nil
	}
	var ids, parents, threads, people []int64
	at := make(map[int64][]int, len(posts)) // a boosted post can stand in a list twice
	for i, p := range posts {
		at[p.ID] = append(at[p.ID], i)
		ids, threads, people = append(ids, p.ID), append(threads, p.ThreadID), append(people, p.AccountID)
		if p.BoardID != nil {
			people = append(people, *p.BoardID)
		}
		if p.InReplyToID != nil {
			parents = append(parents, *p.InReplyToID)
		}
	}
	asides, err := asidesOf(ctx, s.db, viewer.AccountID, ids, parents, threads)
	if err != nil {
		return nil, fmt.Errorf("post.Views: %w", err)
	}
	for _, a := range asides {
		if a.Kind == asideMention {
			people = append(people, a.AccountID)
		}
	}
	accounts, err := s.accounts.ByIDs(ctx, people)
	if err != nil {
		return nil, fmt.Errorf("post.Views: %w", err)
	}
	for i, p := range posts {
		views[i] = View{Post: p, Author: accounts[p.AccountID]}
		if p.BoardID != nil {
			if board, ok := accounts[*p.BoardID]; ok {
				views[i].Board = &board
			}
		}
	}
	authors, muted := map[int64]int64{}, map[int64]bool{}
	for _, a := range asides {
		switch a.Kind {
		case asideParent:
			authors[a.PostID] = a.AccountID
		case asideThread:
			muted[a.PostID] = true
		default:
			for _, i := range at[a.PostID] {
				views[i].add(a, accounts)
			}
		}
	}
	for i, p := range posts {
		slices.Sort(views[i].Tags)
		views[i].ThreadMuted = muted[p.ThreadID]
		if p.InReplyToID == nil {
			continue
		}
		if author, ok := authors[*p.InReplyToID]; ok {
			views[i].InReplyToAccountID = &author
		}
	}
	return views, nil
}

// add notes what one aside says of the post.
func (v *View) add(a aside, accounts map[int64]account.Account) {
	switch a.Kind {
	case asideMention:
		if mentioned, ok := accounts[a.AccountID]; ok {
			v.Mentions = append(v.Mentions, mentioned)
		}
	case asideTag:
		v.Tags = append(v.Tags, a.Name)
	case asideFavourited:
		v.Favourited = true
	case asideBoosted:
		v.Boosted = true
	case asideBookmarked:
		v.Bookmarked = true
	case asidePinned:
		v.Pinned = true
	}
}

// ByAccount lists an account's published posts the viewer may see, newest first.
func (s *Service) ByAccount(ctx context.Context, viewer Viewer, accountID int64, page paging.Page) ([]View, error) {
	list, err := postsByAccount(ctx, s.db, viewer.AccountID, accountID, page)
	if err != nil {
		return nil, fmt.Errorf("post.ByAccount %d: %w", accountID, err)
	}
	return s.Views(ctx, viewer, list)
}

// ByGroup lists what a group wrote itself and the practices or discussions that began on its board, as far as the viewer may
// see them, newest first.
func (s *Service) ByGroup(ctx context.Context, viewer Viewer, groupID int64, page paging.Page) ([]View, error) {
	list, err := postsOfGroup(ctx, s.db, viewer.AccountID, groupID, page)
	if err != nil {
		return nil, fmt.Errorf("post.ByGroup %d: %w", groupID, err)
	}
	return s.Views(ctx, viewer, list)
}

// Replies lists the direct public answers of a post, oldest first; MentionIDs who is mentioned; Tags its hashtags.
func (s *Service) Replies(ctx context.Context, id int64) ([]Post, error) {
	list, err := publicReplies(ctx, s.db, id, maxReplies)
	if err != nil {
		return nil, fmt.Errorf("post.Replies %d: %w", id, err)
	}
	return list, nil
}

// MentionIDs lists who is mentioned in a post.
func (s *Service) MentionIDs(ctx context.Context, id int64) ([]int64, error) {
	list, err := mentionsOf(ctx, s.db, []int64{id})
	if err != nil {
		return nil, fmt.Errorf("post.MentionIDs %d: %w", id, err)
	}
	ids := make([]int64, len(list))
	for i, m := range list {
		ids[i] = m.AccountID
	}
	return ids, nil
}

// Tags lists the hashtags of a post, without #.
func (s *Service) Tags(ctx context.Context, id int64) ([]string, error) {
	list, err := tagsOf(ctx, s.db, []int64{id})
	if err != nil {
		return nil, fmt.Errorf("post.Tags %d: %w", id, err)
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name
	}
	return names, nil
}

// ours reports whether an address is on this instance.
func (s *Service) ours(uri string) bool { return strings.HasPrefix(uri, s.baseURL+"/") }

func found(p Post, err error, format string, args ...any) (Post, error) {
	if db.IsNotFound(err) {
		return p, errNotFound()
	}
	if err != nil {
		return p, fmt.Errorf(format+": %w", append(args, err)...)
	}
	return p, nil
}
