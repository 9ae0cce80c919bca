package mastodon

import (
	"time"

	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// Poll is the Poll entity. Its id is that of its status.
type Poll struct {
	ID          string        `json:"id"`
	ExpiresAt   *string       `json:"expires_at"`
	Expired     bool          `json:"expired"`
	Multiple    bool          `json:"multiple"`
	VotesCount  int           `json:"votes_count"`
	VotersCount *int          `json:"voters_count"` // of multiple only
	Options     []PollOption  `json:"options"`
	Emojis      []CustomEmoji `json:"emojis"`
	// To a reader with an account only.
	Voted    *bool  `json:"voted,omitempty"`
	OwnVotes *[]int `json:"own_votes,omitempty"`
}

// PollOption is one answer; its votes are null as long as they are hidden.
type PollOption struct {
	Title      string `json:"title"`
	VotesCount *int   `json:"votes_count"`
}

// pollEntity is a question as the viewer sees it.
func (s *Server) pollEntity(viewer post.Viewer, p poll.Poll) Poll {
	now := time.Now()
	e := Poll{
		ID: idText(p.PostID), ExpiresAt: stampOrNil(p.ExpiresAt), Expired: p.Expired(now), Multiple: p.Multiple, VotesCount: p.Votes(),
		Options: make([]PollOption, len(p.Options)), Emojis: []CustomEmoji{},
	}
	if p.Multiple {
		e.VotersCount = &p.VotersCount
	}
	for i, o := range p.Options {
		e.Options[i].Title = o.Title
		if p.TotalsShown(now) {
			e.Options[i].VotesCount = &p.Options[i].Votes
		}
	}
	if viewer.AccountID != 0 {
		e.Voted, e.OwnVotes = &p.Voted, &p.OwnVotes
	}
	return e
}
