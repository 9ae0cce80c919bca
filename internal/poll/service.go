// Package poll is questions with answers to choose from: a post of kind question and its votes.
//
// Votes for our polls are counted from their rows, whoever cast them. How a poll of another server stands is what that
// server said last; of its votes we only know those of our people.
package poll

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits of our own polls, for instance descriptions too.
const (
	MinOptions = 2
	MaxOptions = 10
	MaxTitle   = 100 // characters of an answer
	MinPeriod  = 5 * time.Minute
	MaxPeriod  = 31 * 24 * time.Hour
)

// Poll is the details of a question, with what the viewer chose.
type Poll struct {
	PostID      int64
	AuthorID    int64
	Local       bool
	Multiple    bool
	HideTotals  bool // until it is closed
	ExpiresAt   *time.Time
	ClosedAt    *time.Time
	VotersCount int
	Options     []Option
	Voted       bool  // by the viewer, who counts as having voted in an own one
	OwnVotes    []int // positions
}

// Option is one answer.
type Option struct {
	Title string
	Votes int
}

// Expired reports whether nobody may vote any more.
func (p Poll) Expired(now time.Time) bool {
	return p.ClosedAt != nil || p.ExpiresAt != nil && !now.Before(*p.ExpiresAt)
}

// TotalsShown reports whether readers see how the poll stands.
func (p Poll) TotalsShown(now time.Time) bool { return !p.HideTotals || p.Expired(now) }

// Votes is the sum of all answers.
func (p Poll) Votes() (sum int) {
	for _, o := range p.Options {
		sum += o.Votes
	}
	return sum
}

// Draft is what someone asks.
type Draft struct {
	Options    []string
	Multiple   bool
	HideTotals bool
	ExpiresIn  time.Duration
}

// Service asks, counts and closes.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
	jobs     *job.Queue
	now      func() time.Time
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, jobs *job.Queue) *Service {
	s := &Service{db: db, accounts: accounts, posts: posts, jobs: jobs, now: time.Now}
	posts.OnErase(s.erase)
	return s
}

func errNotFound() error { return fault.New(fault.NotFound, "error.poll.not_found") }

// Check reports the mistakes of a draft as fault.Invalid.
func (s *Service) Check(d Draft) error {
	_, err := d.clean()
	return err
}

// clean tidies the answers up and reports the mistakes.
func (d Draft) clean() (Draft, error) {
	var mistakes []fault.Field
	mistake := func(field, message string, args map[string]any) {
		mistakes = append(mistakes, fault.Field{Name: field, Message: message, Args: args})
	}
	titles := make([]string, len(d.Options))
	for i, o := range d.Options {
		titles[i] = markup.Line(o)
	}
	d.Options = titles
	switch {
	case len(titles) < MinOptions:
		mistake("options", "error.poll.few", map[string]any{"Min": MinOptions})
	case len(titles) > MaxOptions:
		mistake("options", "error.poll.many", map[string]any{"Max": MaxOptions})
	case slices.Contains(titles, ""):
		mistake("options", "error.poll.empty", nil)
	case slices.ContainsFunc(titles, func(t string) bool { return utf8.RuneCountInString(t) > MaxTitle }):
		mistake("options", "error.poll.long", map[string]any{"Max": MaxTitle})
	case len(slices.Compact(slices.Sorted(slices.Values(titles)))) < len(titles):
		mistake("options", "error.poll.same", nil)
	}
	if d.ExpiresIn < MinPeriod || d.ExpiresIn > MaxPeriod {
		mistake("expires_in", "error.poll.duration", nil)
	}
	return d, fault.Fields(mistakes...)
}

// Ask returns the part of a draft that makes its post a question (the draft's Kind must be post.Question). Fault.Invalid
// comes from Check, which its caller asks first.
func (s *Service) Ask(d Draft) post.Part { return s.Replace(d) }

// Replace is Ask for an edited post. Other answers, or another way of choosing, make it another poll: the votes are dropped.
// The time runs anew.
func (s *Service) Replace(d Draft) post.Part {
	return func(ctx context.Context, tx *sqlx.Tx, p post.Post) error {
		d, err := d.clean()
		if err != nil {
			return err
		}
		ends := s.now().UTC().Truncate(time.Second).Add(d.ExpiresIn)
		row := row{PostID: p.ID, Multiple: d.Multiple, HideTotals: d.HideTotals, ExpiresAt: &ends}
		if err := s.write(ctx, tx, row, d.Options); err != nil {
			return fmt.Errorf("poll.Replace %d: %w", p.ID, err)
		}
		return s.jobs.Enqueue(ctx, tx, job.ClosePoll{PostID: p.ID, At: ends})
	}
}

// write stores a poll whose post is locked or new; votes for the same answers are kept.
func (s *Service) write(ctx context.Context, tx *sqlx.Tx, r row, titles []string) error {
	known, err := lockPoll(ctx, tx, r.PostID)
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	if err == nil {
		options, err := optionsOf(ctx, tx, []int64{r.PostID})
		if err != nil {
			return err
		}
		same := slices.EqualFunc(options, titles, func(o optionRow, title string) bool { return o.Title == title })
		if same && known.Multiple == r.Multiple {
			return updatePoll(ctx, tx, r)
		}
		if err := deletePoll(ctx, tx, r.PostID); err != nil {
			return err
		}
	}
	if err := insertPoll(ctx, tx, r); err != nil {
		return err
	}
	return insertOptions(ctx, tx, r.PostID, titles)
}

// Remove returns the part of an edit that leaves a post without its poll.
func (s *Service) Remove() post.Part {
	return func(ctx context.Context, tx *sqlx.Tx, p post.Post) error { return s.erase(ctx, tx, p.ID) }
}

// erase takes the answers and votes of a post that was withdrawn.
func (s *Service) erase(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	if err := deletePoll(ctx, tx, postID); err != nil {
		return fmt.Errorf("poll: erase %d: %w", postID, err)
	}
	return nil
}

// ByPosts returns the polls of those posts that are questions, by post id, as the viewer sees them.
func (s *Service) ByPosts(ctx context.Context, viewerID int64, postIDs []int64) (map[int64]Poll, error) {
	return s.read(ctx, s.db, viewerID, postIDs)
}

func (s *Service) read(ctx context.Context, db sqlx.ExtContext, viewerID int64, postIDs []int64) (map[int64]Poll, error) {
	byID := map[int64]Poll{}
	if len(postIDs) == 0 {
		return byID, nil
	}
	rows, err := pollsOf(ctx, db, postIDs)
	if err != nil {
		return nil, fmt.Errorf("polls: %w", err)
	}
	if len(rows) == 0 {
		return byID, nil
	}
	for _, r := range rows {
		byID[r.PostID] = Poll{
			PostID: r.PostID, AuthorID: r.AuthorID, Local: r.Local, Multiple: r.Multiple, HideTotals: r.HideTotals, ExpiresAt: r.ExpiresAt,
			ClosedAt: r.ClosedAt, VotersCount: r.VotersCount, Voted: viewerID != 0 && viewerID == r.AuthorID, OwnVotes: []int{},
		}
	}
	options, err := optionsOf(ctx, db, postIDs)
	if err != nil {
		return nil, fmt.Errorf("polls: options: %w", err)
	}
	for _, o := range options {
		p := byID[o.PostID]
		p.Options = append(p.Options, Option{Title: o.Title, Votes: o.VotesCount})
		byID[o.PostID] = p
	}
	if viewerID == 0 {
		return byID, nil
	}
	own, err := votesBy(ctx, db, viewerID, postIDs)
	if err != nil {
		return nil, fmt.Errorf("polls: own votes: %w", err)
	}
	for _, v := range own {
		p := byID[v.PostID]
		p.Voted, p.OwnVotes = true, append(p.OwnVotes, v.Position)
		byID[v.PostID] = p
	}
	return byID, nil
}

// Voters lists who voted in a poll, as far as we know.
func (s *Service) Voters(ctx context.Context, postID int64) ([]int64, error) {
	ids, err := voters(ctx, s.db, postID)
	if err != nil {
		return nil, fmt.Errorf("poll.Voters %d: %w", postID, err)
	}
	return ids, nil
}
