// Package assessment is how experts judge a practice, after the scheme of the peer reviews: a traffic light, how far it has come,
// whether it is urgent, for a year, and why. Each is a note in reply to the practice. It must not know the wire format.
//
// The reason stands in posts, the rest beside it in assessments. Editors invite who may assess.
package assessment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Status is the traffic light.
type Status string

const (
	Critical   Status = "critical"
	Attention  Status = "attention" // further measures are needed
	Uncritical Status = "uncritical"
)

// Statuses lists them, the gravest first.
var Statuses = []Status{Critical, Attention, Uncritical}

// Valid reports whether s is one of Statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses, s) }

// Horizons is for how many years ahead of the current one an assessment can be made.
const Horizons = 10

// Years of others that we believe.
const (
	earliest = 2000
	latest   = 2200
)

// Assessment is what stands beside the note.
type Assessment struct {
	PostID    int64     `db:"post_id"`
	Status    Status    `db:"status"`
	Progress  string    `db:"progress"` // one of practice.Implementations
	Urgent    bool      `db:"urgent"`
	Horizon   int       `db:"horizon"` // the year it is about
	UpdatedAt time.Time `db:"updated_at"`
}

// View is an assessment as a reader sees it.
type View struct {
	post.View
	Assessment Assessment
}

// Draft is what an expert says.
type Draft struct {
	Status   Status
	Progress string
	Urgent   bool
	Horizon  int
	Source   string // the reason in Markdown, 1..post.MaxNote characters
}

// Service invites, assesses and lists.
type Service struct {
	db        *sqlx.DB
	accounts  *account.Service
	posts     *post.Service
	practices *practice.Service
	jobs      *job.Queue
	now       func() time.Time
}

// New returns the service. From then on notes that are emptied take their assessment, or the invitation they carried, with them.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, practices *practice.Service, jobs *job.Queue) *Service {
	s := &Service{db: db, accounts: accounts, posts: posts, practices: practices, jobs: jobs, now: time.Now}
	posts.OnErase(func(ctx context.Context, tx *sqlx.Tx, postID int64) error {
		if err := deleteAssessment(ctx, tx, postID); err != nil {
			return err
		}
		return revokeByNote(ctx, tx, postID, s.now())
	})
	return s
}

func errNotFound() error { return fault.New(fault.NotFound, "error.assessment.not_found") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.assessment.forbidden") }

// May reports whether the actor may assess a practice: whom an editor invited, and our editors; but nobody their own practice.
func (s *Service) May(ctx context.Context, actor account.Account, v practice.View) (bool, error) {
	if !actor.Local() || !actor.Able(account.RoleGuest) || actor.ID == v.Post.AccountID || v.Post.State != post.StatePublished {
		return false, nil
	}
	if actor.Able(account.RoleEditor) {
		return true, nil
	}
	yes, err := invited(ctx, s.db, v.Post.URI, actor.ID)
	if err != nil {
		return false, fmt.Errorf("assessment.May of %d: %w", v.Post.ID, err)
	}
	return yes, nil
}

// Save assesses a practice for a year, or changes what the actor said of it for that year before. It is published as an answer to
// the practice, to whoever that is for. Errors: NotFound, Gone, Forbidden, and Invalid with the fields status, progress,
// horizon, source.
func (s *Service) Save(ctx context.Context, actor account.Account, practiceID int64, d Draft) (post.Post, error) {
	v, err := s.practices.ByID(ctx, post.Viewer{AccountID: actor.ID}, practiceID)
	if err != nil {
		return post.Post{}, err
	}
	if ok, err := s.May(ctx, actor, v); err != nil || !ok {
		if err == nil {
			err = errForbidden()
		}
		return post.Post{}, err
	}
	if err := s.check(d); err != nil {
		return post.Post{}, err
	}
	a := Assessment{Status: d.Status, Progress: d.Progress, Urgent: d.Urgent, Horizon: d.Horizon}
	if known, said, err := s.Own(ctx, actor, practiceID, d.Horizon); err == nil && known.Source == d.Source && a.says(said) {
		return known, nil
	} else if err != nil && !fault.Is(err, fault.NotFound) {
		return known, err
	}
	draft := post.Draft{
		InReplyToID: practiceID, Source: d.Source, Role: post.RoleAssessment, Language: actor.Language,
		Parts: []post.Part{func(ctx context.Context, tx *sqlx.Tx, p post.Post) error {
			a.PostID = p.ID
			if err := upsertAssessment(ctx, tx, a); err != nil {
				return fmt.Errorf("assessment %d of %d: %w", p.ID, practiceID, err)
			}
			return nil
		}},
	}
	return s.posts.PublishOnce(ctx, actor, draft, func(ctx context.Context, tx *sqlx.Tx) (int64, error) {
		return ownNote(ctx, tx, actor.ID, practiceID, d.Horizon)
	})
}

func (a Assessment) says(b Assessment) bool {
	a.PostID, a.UpdatedAt = b.PostID, b.UpdatedAt
	return a == b
}

func (s *Service) check(d Draft) error {
	var mistakes []fault.Field
	add := func(name, message string, args map[string]any) {
		mistakes = append(mistakes, fault.Field{Name: name, Message: message, Args: args})
	}
	if !d.Status.Valid() {
		add("status", "error.assessment.status", nil)
	}
	if !slices.Contains(practice.Implementations, d.Progress) {
		add("progress", "error.assessment.progress", nil)
	}
	if year := s.Year(); d.Horizon < year || d.Horizon > year+Horizons {
		add("horizon", "error.assessment.horizon", map[string]any{"From": fmt.Sprint(year), "To": fmt.Sprint(year + Horizons)})
	}
	if d.Source == "" {
		add("source", "error.assessment.reason", nil)
	}
	return fault.Fields(mistakes...)
}

// home is where the readers are: it says which year it is.
var home = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return l
}()

// Year is the current one.
func (s *Service) Year() int { return s.now().In(home).Year() }

// Get returns what stands beside a note; fault.NotFound for any other post.
func (s *Service) Get(ctx context.Context, postID int64) (Assessment, error) {
	found, err := s.ByPosts(ctx, []int64{postID})
	if err != nil {
		return Assessment{}, err
	}
	a, ok := found[postID]
	if !ok {
		return a, errNotFound()
	}
	return a, nil
}

// ByPosts returns the assessments among posts that the caller may show, by post id.
func (s *Service) ByPosts(ctx context.Context, ids []int64) (map[int64]Assessment, error) {
	found := map[int64]Assessment{}
	if len(ids) == 0 {
		return found, nil
	}
	list, err := assessmentsByPosts(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("assessment.ByPosts: %w", err)
	}
	for _, a := range list {
		found[a.PostID] = a
	}
	return found, nil
}

// Own returns what the account said of a practice for a year, or last where the year is 0, with the note; fault.NotFound.
func (s *Service) Own(ctx context.Context, actor account.Account, practiceID int64, horizon int) (post.Post, Assessment, error) {
	id, err := ownNote(ctx, s.db, actor.ID, practiceID, horizon)
	if err != nil {
		return post.Post{}, Assessment{}, fmt.Errorf("assessment.Own of %d by %d: %w", practiceID, actor.ID, err)
	}
	if id == 0 {
		return post.Post{}, Assessment{}, errNotFound()
	}
	p, err := s.posts.Get(ctx, id)
	if err != nil {
		return p, Assessment{}, err
	}
	a, err := s.Get(ctx, id)
	return p, a, err
}
