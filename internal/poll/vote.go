package poll

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

func refuse(message string) error {
	return fault.Fields(fault.Field{Name: "choices", Message: message})
}

// Get returns the poll of a post that the viewer may see. Errors: NotFound, Gone.
func (s *Service) Get(ctx context.Context, viewer post.Viewer, postID int64) (Poll, error) {
	seen, err := s.posts.ByID(ctx, viewer, postID)
	if err != nil {
		return Poll{}, err
	}
	if seen.Post.Kind != post.Question {
		return Poll{}, errNotFound()
	}
	return s.one(ctx, s.db, viewer.AccountID, postID)
}

func (s *Service) one(ctx context.Context, x sqlx.ExtContext, viewerID, postID int64) (Poll, error) {
	list, err := s.read(ctx, x, viewerID, []int64{postID})
	if err != nil {
		return Poll{}, err
	}
	p, ok := list[postID]
	if !ok {
		return Poll{}, errNotFound()
	}
	return p, nil
}

// Vote chooses answers by their positions, once: whoever has voted cannot change their mind, and nobody votes in an own
// poll. The votes for a poll of another server are sent there. Errors: NotFound, Gone, Forbidden, Invalid.
func (s *Service) Vote(ctx context.Context, actor account.Account, postID int64, choices []int) (Poll, error) {
	if !actor.Local() || !actor.Able(account.RoleGuest) {
		return Poll{}, fault.New(fault.Forbidden, "error.poll.forbidden")
	}
	p, err := s.Get(ctx, post.Viewer{AccountID: actor.ID}, postID)
	if err != nil {
		return Poll{}, err
	}
	choices = slices.Compact(slices.Sorted(slices.Values(choices)))
	err = db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if _, err := lockPoll(ctx, tx, postID); err != nil {
			return err
		}
		if p, err = s.one(ctx, tx, actor.ID, postID); err != nil {
			return err
		}
		if err := p.mayChoose(actor.ID, choices, s.now()); err != nil {
			return err
		}
		return s.cast(ctx, tx, p, actor, choices)
	})
	if err != nil {
		return Poll{}, err
	}
	return s.one(ctx, s.db, actor.ID, postID)
}

// mayChoose says why somebody cannot vote like that.
func (p Poll) mayChoose(actorID int64, choices []int, now time.Time) error {
	switch {
	case p.AuthorID == actorID:
		return refuse("error.poll.own")
	case p.Expired(now):
		return refuse("error.poll.expired")
	case p.Voted:
		return refuse("error.poll.voted")
	case len(choices) == 0 || slices.ContainsFunc(choices, func(c int) bool { return c < 0 || c >= len(p.Options) }):
		return refuse("error.poll.choice")
	case len(choices) > 1 && !p.Multiple:
		return refuse("error.poll.single")
	}
	return nil
}

// cast stores the votes of one of our people.
func (s *Service) cast(ctx context.Context, tx *sqlx.Tx, p Poll, actor account.Account, choices []int) error {
	var jobs []river.JobArgs
	now := s.now()
	for _, c := range choices {
		v := Vote{PostID: p.PostID, Position: c, AccountID: actor.ID, CreatedAt: now}
		for inserted := false; !inserted; {
			v.ID = db.NewID(now)
			v.URI = fmt.Sprintf("%s#votes/%d", actor.URI, v.ID)
			var err error
			if inserted, err = insertVote(ctx, tx, v); err != nil {
				return fmt.Errorf("poll.Vote %d: %w", p.PostID, err)
			}
		}
		if !p.Local {
			jobs = append(jobs, job.Distribute{Verb: job.Vote, ID: v.ID})
		}
	}
	if p.Local {
		return s.counted(ctx, tx, p.PostID)
	}
	votes := make([]int64, len(p.Options))
	for i, o := range p.Options {
		votes[i] = int64(o.Votes)
	}
	if err := takeOver(ctx, tx, p.PostID, votes, p.VotersCount); err != nil {
		return fmt.Errorf("poll.Vote %d: %w", p.PostID, err)
	}
	if p.ExpiresAt != nil { // who voted wants to hear how it ended
		jobs = append(jobs, job.ClosePoll{PostID: p.PostID, At: p.ExpiresAt.UTC()})
	}
	return s.jobs.Enqueue(ctx, tx, jobs...)
}

// counted recounts one of our polls and has other servers told, within a minute.
func (s *Service) counted(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	if err := recount(ctx, tx, postID); err != nil {
		return fmt.Errorf("poll: count %d: %w", postID, err)
	}
	return s.jobs.Enqueue(ctx, tx, job.TellPoll{PostID: postID, Minute: s.now().Unix()/60 + 1})
}

// ReceiveVote takes the vote of somebody of another server for an answer of one of our polls. Repeated, late and further
// votes change nothing. It reports false where the post is none of our polls, so that the sender meant something else.
func (s *Service) ReceiveVote(ctx context.Context, voter account.Account, pollURI, title, uri string) (bool, error) {
	asked, err := s.posts.Find(ctx, pollURI)
	if fault.Is(err, fault.NotFound) || err == nil && (!asked.Local || asked.Kind != post.Question) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// Who cannot see a poll cannot vote in it.
	if _, err := s.Get(ctx, post.Viewer{AccountID: voter.ID}, asked.ID); err != nil {
		return true, err
	}
	err = db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if _, err := lockPoll(ctx, tx, asked.ID); err != nil {
			return err
		}
		p, err := s.one(ctx, tx, voter.ID, asked.ID)
		if err != nil {
			return err
		}
		choice := slices.IndexFunc(p.Options, func(o Option) bool { return o.Title == title })
		// Another server sends the answers that somebody chose one by one.
		if p.Multiple {
			p.Voted = slices.Contains(p.OwnVotes, choice)
		}
		if err := p.mayChoose(voter.ID, []int{choice}, s.now()); err != nil {
			return err
		}
		now := s.now()
		for inserted := false; !inserted; {
			v := Vote{ID: db.NewID(now), PostID: asked.ID, Position: choice, AccountID: voter.ID, URI: uri, CreatedAt: now}
			if inserted, err = insertVote(ctx, tx, v); err != nil {
				return fmt.Errorf("poll.ReceiveVote %s: %w", uri, err)
			}
		}
		return s.counted(ctx, tx, asked.ID)
	})
	return true, err
}

// VoteByID returns a vote, for federation. fault.NotFound.
func (s *Service) VoteByID(ctx context.Context, id int64) (Vote, error) {
	v, err := voteByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return v, errNotFound()
	}
	if err != nil {
		return v, fmt.Errorf("poll.VoteByID %d: %w", id, err)
	}
	return v, nil
}
