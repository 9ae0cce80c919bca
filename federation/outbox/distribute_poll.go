package outbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// updatePoll tells how one of our polls stands, also those who voted without following anyone here.
func (o *Outbox) updatePoll(ctx context.Context, id int64) (plan, error) {
	doc, err := o.Document(ctx, id)
	if err != nil || doc.Poll == nil || doc.Post.State != post.StatePublished || !doc.Post.Local {
		return plan{}, err
	}
	if _, ok, err := o.known(ctx, vocab.CreateURI(doc.Post)); err != nil || !ok {
		return plan{}, err
	}
	voters, err := o.Polls.Voters(ctx, id)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.UpdatePoll(doc)
	p := o.aboutPost(doc, out)
	p.to.Accounts = append(p.to.Accounts, voters...)
	return p, err
}

// vote sends a vote for a poll of another server to its author, and to nobody else.
func (o *Outbox) vote(ctx context.Context, id int64) (plan, error) {
	v, err := o.Polls.VoteByID(ctx, id)
	if err != nil {
		return plan{}, err
	}
	question, err := o.Posts.Get(ctx, v.PostID)
	if err != nil || question.Local || question.State != post.StatePublished {
		return plan{}, err
	}
	polls, err := o.Polls.ByPosts(ctx, 0, []int64{v.PostID})
	if err != nil {
		return plan{}, err
	}
	asked, ok := polls[v.PostID]
	if !ok || v.Position >= len(asked.Options) {
		return plan{}, fault.New(fault.NotFound, "error.poll.not_found")
	}
	accounts, err := o.Accounts.ByIDs(ctx, []int64{v.AccountID, question.AccountID})
	if err != nil {
		return plan{}, err
	}
	voter, author := accounts[v.AccountID], accounts[question.AccountID]
	out, err := o.Render.Vote(v, asked.Options[v.Position].Title, voter, question, author)
	return plan{out: out, table: "poll_votes", id: id, to: recipients{Accounts: []int64{author.ID}, Personal: true}}, err
}
