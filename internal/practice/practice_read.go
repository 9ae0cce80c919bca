package practice

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/post"
)

// ByID returns one practice the viewer may see. fault.NotFound, fault.Gone (withdrawn).
func (s *Service) ByID(ctx context.Context, viewer post.Viewer, id int64) (View, error) {
	v, err := s.posts.ByID(ctx, viewer, id)
	if err != nil {
		return View{}, asPractice(err)
	}
	views, err := s.attach(ctx, []post.View{v})
	if err != nil {
		return View{}, err
	}
	if len(views) == 0 {
		return View{}, errNotFound()
	}
	return views[0], nil
}

// AtRevision returns a practice as one of its versions says, with what our desk says of it now; Post.EditedAt is when that version
// was published. Where it stands in a catalogue and whether it is archived is not of a version. fault.NotFound, also for a version
// that was never kept, fault.Gone (withdrawn).
func (s *Service) AtRevision(ctx context.Context, viewer post.Viewer, id int64, revision int) (View, error) {
	v, err := s.ByID(ctx, viewer, id)
	if err != nil || v.Practice.Revision == revision {
		return v, err
	}
	r, err := s.posts.Version(ctx, viewer, id, revision)
	if err != nil {
		return View{}, asPractice(err)
	}
	details, err := Detail(r)
	if err != nil {
		return View{}, err
	}
	details.PostID, details.Revision, details.UpdatedAt = id, r.Revision, r.CreatedAt
	details.ArchivedAt, details.ArchiveReason = v.Practice.ArchivedAt, v.Practice.ArchiveReason
	for i, f := range details.Files {
		if k := slices.IndexFunc(v.Practice.Files, func(listed File) bool { return listed.ID == f.ID }); k >= 0 {
			details.Files[i] = v.Practice.Files[k]
			details.Files[i].Description = f.Description
		}
	}
	v.Post.Title, v.Post.Summary, v.Post.HTML, v.Post.Source, v.Post.EditedAt = r.Title, r.Summary, r.HTML, r.Source, &r.CreatedAt
	v.Practice = details
	return v, nil
}

// Views completes posts of kind article that are practices; others, and those the viewer may not see, are left out.
func (s *Service) Views(ctx context.Context, viewer post.Viewer, postIDs []int64) ([]View, error) {
	byID, err := s.posts.ByIDs(ctx, viewer, postIDs)
	if err != nil {
		return nil, err
	}
	posts := make([]post.Post, 0, len(postIDs))
	for _, id := range postIDs {
		if p, ok := byID[id]; ok {
			posts = append(posts, p)
		}
	}
	return s.complete(ctx, viewer, posts)
}

// Get returns the details of one post's practice for federation; fault.NotFound for any other post.
func (s *Service) Get(ctx context.Context, postID int64) (Practice, error) {
	return s.load(ctx, s.db, postID)
}

// ByPosts returns the details of those posts that are practices, by post id. Whoever asks has looked at who may see the posts.
func (s *Service) ByPosts(ctx context.Context, postIDs []int64) (map[int64]Practice, error) {
	details, _, err := s.loadAll(ctx, s.db, postIDs)
	return details, err
}

func (s *Service) complete(ctx context.Context, viewer post.Viewer, posts []post.Post) ([]View, error) {
	views, err := s.posts.Views(ctx, viewer, posts)
	if err != nil {
		return nil, err
	}
	return s.attach(ctx, views)
}

// attach adds the details and drops what has none.
func (s *Service) attach(ctx context.Context, posts []post.View) ([]View, error) {
	ids := make([]int64, len(posts))
	for i, v := range posts {
		ids[i] = v.Post.ID
	}
	details, curations, err := s.loadAll(ctx, s.db, ids)
	if err != nil {
		return nil, err
	}
	seals, err := s.seals(ctx, s.db, details, curations, ids)
	if err != nil {
		return nil, err
	}
	views := make([]View, 0, len(posts))
	for _, v := range posts {
		if d, ok := details[v.Post.ID]; ok {
			views = append(views, View{View: v, Practice: d, Curation: curations[v.Post.ID], Seals: seals[v.Post.ID]})
		}
	}
	return views, nil
}

func (s *Service) load(ctx context.Context, db sqlx.ExtContext, id int64) (Practice, error) {
	details, _, err := s.loadAll(ctx, db, []int64{id})
	if err != nil {
		return Practice{}, err
	}
	p, ok := details[id]
	if !ok {
		return Practice{}, errNotFound()
	}
	return p, nil
}

// loadAll reads details with three queries, however many there are.
func (s *Service) loadAll(ctx context.Context, db sqlx.ExtContext, ids []int64) (map[int64]Practice, map[int64]*Curation, error) {
	details, curations := make(map[int64]Practice, len(ids)), make(map[int64]*Curation, len(ids))
	if len(ids) == 0 {
		return details, curations, nil
	}
	rows, err := practicesByIDs(ctx, db, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("practices: %w", err)
	}
	terms, err := termsOf(ctx, db, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("practices: terms: %w", err)
	}
	figures, err := figuresOf(ctx, db, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("practices: figures: %w", err)
	}
	files, err := publishedFiles(ctx, db, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("practices: files: %w", err)
	}
	for _, r := range rows {
		p := r.Practice
		p.Measures, p.LegalBasis = r.Measures, append([]string(nil), r.LegalBasis...)
		p.Costs, p.Services, p.Links = r.Costs, r.Services, r.Links
		details[p.PostID] = p
		if r.CurationState != nil {
			curations[p.PostID] = &Curation{State: *r.CurationState, Featured: *r.Featured, RevisionAccepted: *r.RevisionAccepted, Reason: *r.Reason}
		}
	}
	for _, t := range terms {
		p := details[t.PostID]
		if t.Scheme == SchemeGoal {
			p.Goals = append(p.Goals, t.Term)
		} else {
			p.Fields = append(p.Fields, t.Term)
		}
		details[t.PostID] = p
	}
	for _, f := range files {
		p := details[*f.PostID]
		p.Files = append(p.Files, f)
		details[*f.PostID] = p
	}
	for _, f := range figures {
		p := details[f.PostID]
		p.Figures = append(p.Figures, f.Figure)
		details[f.PostID] = p
	}
	return details, curations, nil
}
