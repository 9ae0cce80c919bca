// Package reuse is who takes a practice over (Nachnutzung): a note in reply to it with the state they have reached, their own
// experience and figures. It must not know the wire format.
//
// The words stand in posts, the rest beside them in reuses. To which practice a reuse belongs is what its note answers.
package reuse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// State is how far a reuse has come.
type State string

const (
	Planned      State = "planned"
	Implementing State = "implementing"
	InUse        State = "in-use"
	Rejected     State = "rejected"
)

// States lists them in the order in which a reuse passes them.
var States = []State{Planned, Implementing, InUse, Rejected}

// Valid reports whether s is one of States.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Reuse is what stands beside the note.
type Reuse struct {
	PostID           int64              `db:"post_id"`
	State            State              `db:"state"`
	OrganizationName string             `db:"organization_name"`
	OrganizationURL  string             `db:"organization_url"`
	Level            organization.Level `db:"level"`
	Region           string             `db:"region"`       // ISO 3166-2:DE
	PracticeURI      string             `db:"practice_uri"` // ActivityPub id of the reuser's own practice
	Figures          []practice.Figure  `db:"-"`
	UpdatedAt        time.Time          `db:"updated_at"`
}

// View is a reuse as a reader sees it.
type View struct {
	post.View
	Reuse Reuse
	Own   *post.Post // the reuser's own practice, nil where there is none that the reader may see here
}

// Draft is what a member says of a practice that their organization reuses.
type Draft struct {
	State      State
	Source     string // own experience in Markdown, up to post.MaxNote characters; may be empty
	PracticeID int64  // the own practice that grew out of it, 0: none
	Figures    []practice.Figure
}

// Service says and lists reuses.
type Service struct {
	db            *sqlx.DB
	organizations *organization.Service
	posts         *post.Service
	practices     *practice.Service
	baseURL       string
}

// New returns the service. From then on notes that are emptied take their reuse with them.
func New(db *sqlx.DB, organizations *organization.Service, posts *post.Service, practices *practice.Service, baseURL string) *Service {
	posts.OnErase(func(ctx context.Context, tx *sqlx.Tx, postID int64) error { return deleteReuse(ctx, tx, postID) })
	return &Service{db: db, organizations: organizations, posts: posts, practices: practices, baseURL: baseURL}
}

func errForbidden() error { return fault.New(fault.Forbidden, "error.reuse.forbidden") }

// May reports whether an account can say that it reuses a practice: any member of this instance, but not its author.
func May(actor account.Account, v practice.View) bool {
	return actor.Local() && actor.Able(account.RoleMember) && actor.ID != v.Post.AccountID && v.Post.State == post.StatePublished
}

// Get returns what stands beside a note; fault.NotFound for any other post.
func (s *Service) Get(ctx context.Context, postID int64) (Reuse, error) {
	found, err := s.ByPosts(ctx, []int64{postID})
	if err != nil {
		return Reuse{}, err
	}
	r, ok := found[postID]
	if !ok {
		return r, fault.New(fault.NotFound, "error.reuse.not_found")
	}
	return r, nil
}

// ByPosts returns the reuses among posts that the caller may show, by post id.
func (s *Service) ByPosts(ctx context.Context, ids []int64) (map[int64]Reuse, error) {
	found := map[int64]Reuse{}
	if len(ids) == 0 {
		return found, nil
	}
	rows, err := reusesByPosts(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("reuse.ByPosts: %w", err)
	}
	for _, row := range rows {
		found[row.PostID] = row.reuse()
	}
	return found, nil
}

// Own returns what the account has said of a practice, with the note; fault.NotFound.
func (s *Service) Own(ctx context.Context, actor account.Account, practiceID int64) (post.Post, Reuse, error) {
	id, err := ownNote(ctx, s.db, actor.ID, practiceID)
	if err != nil {
		return post.Post{}, Reuse{}, fmt.Errorf("reuse.Own of %d by %d: %w", practiceID, actor.ID, err)
	}
	if id == 0 {
		return post.Post{}, Reuse{}, fault.New(fault.NotFound, "error.reuse.not_found")
	}
	p, err := s.posts.Get(ctx, id)
	if err != nil {
		return p, Reuse{}, err
	}
	r, err := s.Get(ctx, id)
	return p, r, err
}

// Of lists who reuses a practice, from all instances, each once with what they said last, furthest first.
func (s *Service) Of(ctx context.Context, viewer post.Viewer, practiceID int64) ([]View, error) {
	rows, err := reusesOf(ctx, s.db, viewer.AccountID, practiceID)
	if err != nil {
		return nil, fmt.Errorf("reuse.Of %d: %w", practiceID, err)
	}
	return s.views(ctx, viewer, rows)
}

func (s *Service) views(ctx context.Context, viewer post.Viewer, rows []row) ([]View, error) {
	ids := make([]int64, len(rows))
	var practices []string
	for i, r := range rows {
		ids[i] = r.PostID
		if r.PracticeURI != "" {
			practices = append(practices, r.PracticeURI)
		}
	}
	posts, err := s.posts.ViewsByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, fmt.Errorf("reuse: notes: %w", err)
	}
	own, err := s.own(ctx, viewer, practices)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]post.View, len(posts))
	for _, v := range posts {
		byID[v.Post.ID] = v
	}
	list := make([]View, 0, len(rows))
	for _, r := range rows {
		if v, ok := byID[r.PostID]; ok {
			list = append(list, View{View: v, Reuse: r.reuse(), Own: own[r.PracticeURI]})
		}
	}
	return list, nil
}

// own finds those practices that the viewer may see here, by their ActivityPub ids.
func (s *Service) own(ctx context.Context, viewer post.Viewer, uris []string) (map[string]*post.Post, error) {
	found := map[string]*post.Post{}
	if len(uris) == 0 {
		return found, nil
	}
	ids, err := practicesByURI(ctx, s.db, uris)
	if err != nil {
		return nil, fmt.Errorf("reuse: own practices: %w", err)
	}
	byID, err := s.posts.ByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range byID {
		found[p.URI] = &p
	}
	return found, nil
}

// Counts says of practices how many reuse them, or mean to: who rejected it is not counted.
func (s *Service) Counts(ctx context.Context, viewer post.Viewer, practiceIDs []int64) (map[int64]int, error) {
	counts := map[int64]int{}
	if len(practiceIDs) == 0 {
		return counts, nil
	}
	rows, err := countReuses(ctx, s.db, viewer.AccountID, practiceIDs)
	if err != nil {
		return nil, fmt.Errorf("reuse.Counts: %w", err)
	}
	for _, r := range rows {
		counts[r.PracticeID] = r.Count
	}
	return counts, nil
}

// Source finds the practice that another grew out of: the one it names itself, else the one whose reuse names it, as its own
// house says to the viewer. address is its ActivityPub id, "" where it grew out of none; from is nil where the viewer cannot see that practice here.
func (s *Service) Source(ctx context.Context, viewer post.Viewer, v practice.View) (from *post.Post, address string, err error) {
	if address = v.Practice.ReuseOf; address == "" {
		if address, err = sourceOf(ctx, s.db, viewer.AccountID, v.Post.URI, v.Author.Host()); err != nil && !db.IsNotFound(err) {
			return nil, "", fmt.Errorf("reuse.Source of %d: %w", v.Post.ID, err)
		}
	}
	if address == "" {
		return nil, "", nil
	}
	found, err := s.own(ctx, viewer, []string{address})
	return found[address], address, err
}
